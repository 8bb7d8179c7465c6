#!/usr/bin/env python3
"""The last stage: the fine path of the vessel decoder learns on alone, for long, from sharp cuts; resumable.

usage: fine.py --data DATA --start FILE [--work build/fine] [--minutes 90] [--rate 0.001] [--seed 1]
               [--sets drive,... [--allow-missing]] [--layers fine|half] [--thin 0]

Encoder, D16 and heads stand still, so that diseases stay as the joint stage left them (but for the density of vessels
that the guide reads: export.py calibrates after this stage). 52 thousand of the network's weights learn here; a step
costs a quarter of a joint one, and thin vessels need many.

--start      the averaged weights of the joint stage (train.py's WORK/vmnet.pt), or a released file, vmnet.safetensors
--rate       the peak; lower where the fine path has learnt already and what it reads has changed a little
--sets       vessel sets to learn from, each as often as any other, whether the start knew them or not; without it those
             that the start has learnt from
--layers     half: only what works at half resolution learns. Optic disc and cup stay as they are; the heads of lesions and of
             arteries read D2, too, and were to be fitted anew, as after all of it
--thin       how much more a pixel of a vessel under three pixels wide counts in the cross-entropy

Writes WORK/last.pt (to resume), WORK/vmnet.pt (the whole network, the fine path averaged) and WORK/log.csv, whose
columns are step, minutes, loss, and Dice of each vessel set's validation part.
"""

import copy
import csv
import sys
import time
from pathlib import Path

import augment
import data as sets
import options
import steps
import torch
from average import checkpoint
from network import VMNet, even_scales
from train import clock
from validate import vessel_dice

DECAY = 0.01
BATCH, SIDE = dict(cpu=4, cuda=32), 320
WATCH = 600  # seconds between two validations


def parse(argv):
    p = options.parser(__doc__, "--data", "--sets", "--allow-missing", "--seed", "--minutes")
    p.add_argument("--start", type=Path, required=True)
    p.add_argument("--work", type=Path, default=Path("build/fine"))
    p.add_argument("--rate", type=float, default=1.0e-3)
    p.add_argument("--layers", choices=["fine", "half"], default="fine")
    p.add_argument("--thin", type=float, default=0.0)
    return p.parse_args(argv)


def choose(args, record):
    """Names of the vessel sets to learn from."""
    names = args.sets.split(",") if args.sets else [n for n in sets.VESSEL_SETS if n in record["sets"]]
    if strange := set(names) - set(sets.VESSEL_SETS):
        raise sets.MissingData(f"no vessel set is called {', '.join(strange)}; known: {', '.join(sets.VESSEL_SETS)}")
    if both := set(names) & set(record["without"]):
        raise sets.MissingData(f"{args.start} was made without {', '.join(sorted(both))}: leave them out of --sets")
    return names


def with_sets(record, names):
    """What a checkpoint says of its data (data.py, record_of), and that it has learnt from these vessel sets too."""
    known = [*record["sets"], *(n for n in names if n not in record["sets"])]
    return record | dict(sets=known, seen=sorted({*record["seen"], *names}))


def load(args, names, missing):
    """-> the layers of the training photographs, how often each is drawn, and those of each set's validation part"""
    quiet = dict(progress=lambda _: None, missing=missing)
    found = {n: sets.load_vessels(args.data, "train", sets=[n], missing=missing) for n in names}
    found = {n: layers for n, layers in found.items() if layers}
    judges = {n: sets.load_vessels(args.data, "val", sides=(sets.SIDE,), sets=[n], **quiet) for n in found}
    odds = [1 / len(found) / len(layers) for layers in found.values() for _ in layers]
    judges = {n: [a[0] for a in layers] for n, layers in judges.items()}
    return [item for layers in found.values() for item in layers], odds, judges


class Run:
    """The network, the averaged fine path inside a copy of it, the optimiser and the counters."""

    def __init__(self, args, device):
        self.args, self.step, self.spent, self.last = args, 0, 0.0, args.work / "last.pt"
        resumed = self.last.is_file()
        state = torch.load(self.last, map_location=device, weights_only=False) if resumed else checkpoint(args.start)
        self.record, self.origin = sets.record_of(state), state["origin"]
        self.names = choose(args, self.record)
        self.record = with_sets(self.record, self.names)
        self.joint = state.get("joint") or dict(steps=state["step"], minutes=state["minutes"])
        net = VMNet(len(self.record["classes"])).to(device, memory_format=torch.channels_last)
        net.load_state_dict(state["net" if resumed else "weights"])
        layers = net.vessels.fine_layers() if args.layers == "fine" else net.vessels.half_layers()
        if not resumed:
            even_scales(layers)
        self.net, self.ema = net.requires_grad_(False), copy.deepcopy(net)
        fine = [p.requires_grad_(True) for layer in layers for p in layer.parameters()]
        self.opt = torch.optim.AdamW(steps.groups(fine, args.rate, DECAY))
        if resumed:
            steps.go_on(self, state, args.seed)

    def save(self):
        steps.save_network(self, joint=self.joint)


def one_step(run, device, vessels, odds, done):
    steps.set_rates(run.opt, run.step, done)
    run.net.eval()  # the norms too: few cuts of several cameras would shake their statistics
    x, vessel, fov = augment.sharp_vessel_batch(vessels, BATCH[device.type], SIDE, odds=odds)
    with steps.lower_precision(device):
        x = steps.network_input(x)
        with torch.no_grad():
            taps = run.net.encoder(x)
            d16 = run.net.vessels.coarse(taps)
        logit = run.net.vessels.fine(x, taps, d16)
    loss = steps.vessel_loss(logit[:, 0].float(), vessel, fov, run.args.thin)
    steps.descend(run.net, run.opt, loss)
    run.step += 1
    steps.average(run.ema.vessels, run.net.vessels, run.step)
    return loss.detach()


def tell(run, losses, figures):
    loss, left = float(torch.stack(losses[-200:]).mean()), max(0, run.args.minutes - run.spent / 60)
    dice = ", ".join(f"{name} {v:.4f}" for name, v in figures.items())
    print(f"step {run.step}, vessel {loss:.4f}, {left:.0f} min left{', Dice ' + dice if dice else ''}", flush=True)
    with open(run.args.work / "log.csv", "a", newline="") as f:
        row = [f"{v:.4f}" for v in figures.values()]
        csv.writer(f).writerow([run.step, f"{run.spent / 60:.2f}", f"{loss:.4f}", *row])


def loop(run, device, vessels, odds, judges):
    budget, losses = run.args.minutes * 60, []
    told, watched, tick = time.time(), time.time(), clock(device)
    while run.spent < budget:
        losses.append(one_step(run, device, vessels, odds, run.spent / budget))
        now = clock(device)
        run.spent, tick = run.spent + now - tick, now
        end = run.spent >= budget
        if time.time() - told > 60 or end:
            run.save()
            due = time.time() - watched > WATCH or end
            figures = {k: vessel_dice(run.ema, layers, sets.SIDE) for k, layers in judges.items()} if due else {}
            tell(run, losses, figures)
            told = time.time()
            if due:
                watched, tick = time.time(), clock(device)


def main(argv):
    args = parse(argv)
    if not args.data.is_dir():
        sys.exit(f"fine.py: --data {args.data} is not a folder; it must hold the sets named in weights/MODEL_CARD.md")
    if not args.start.is_file():
        sys.exit(f"fine.py: --start {args.start} is not there; train.py makes it")
    args.work.mkdir(parents=True, exist_ok=True)
    steps.seed_all(args.seed)
    device, missing = steps.device(), [] if args.allow_missing else None
    try:
        run = Run(args, device)
        layers, odds, judges = load(args, run.names, missing)
    except (sets.MissingData, FileNotFoundError) as e:
        sys.exit(f"fine.py: {e}")
    if layers:
        loop(run, device, steps.layers_on(device, layers), odds, judges)
    run.save()


if __name__ == "__main__":
    main(sys.argv[1:])
