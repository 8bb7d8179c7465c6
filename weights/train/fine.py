#!/usr/bin/env python3
"""The last stage: the fine path of the vessel decoder learns on alone, for long, from sharp cuts; resumable.

usage: fine.py --data DATA --start FILE [--work build/fine] [--minutes 90] [--rate 0.001] [--seed 1]
               [--sets drive,... [--allow-missing]] [--layers fine|half|all] [--thin 0]
               [--skeleton 0] [--styles] [--disc 512]

Encoder, D16 and heads stand still, so that diseases stay as the joint stage left them (but for the density of vessels
that the guide reads: export.py calibrates after this stage). 52 thousand of the network's weights learn here; a step
costs a quarter of a joint one, and thin vessels need many.

--start      the averaged weights of the joint stage (train.py's WORK/vmnet.pt), or a released file, vmnet.safetensors
--rate       the peak; lower where the fine path has learnt already and what it reads has changed a little
--sets       vessel sets to learn from, each as often as any other, whether the start knew them or not; without it those
             that the start has learnt from
--layers     half: only what works at half resolution learns. Optic disc and cup stay as they are; the heads of lesions and of
             arteries read D2, too, and were to be fitted anew, as after all of it. all: D32 and D16, too, which every head reads
--thin       how much more a pixel of a vessel under three pixels wide counts in the cross-entropy
--skeleton   share of a soft clDice (Shit 2021) in the loss: do the centre lines of either lie in the other
--styles     each set has a small vector of its own that is added to what the two layers of D2 and the output give, for the way in
             which its people draw; WORK/vmnet.pt holds the mean of the sets' in its biases
--disc       the retina's diameter in the network's input, in learning and in the figures

Writes WORK/last.pt (to resume), WORK/vmnet.pt (the whole network, the fine path averaged) and WORK/log.csv, whose
columns are step, minutes, loss, and Dice of each vessel set's validation part; with --styles each twice, in its own style, then
in the mean of all.
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
import torch.nn.functional as F
from average import checkpoint
from network import VMNet, even_scales, quads, up2
from torch import nn
from train import clock
from validate import vessel_dice

DECAY = 0.01
BATCH, SIDE = dict(cpu=4, cuda=32), 320
WATCH = 600  # seconds between two validations
STYLE_RATE = 3  # times the others'
STYLES = ("styles", "averaged")


def parse(argv):
    p = options.parser(__doc__, "--data", "--sets", "--allow-missing", "--seed", "--minutes")
    p.add_argument("--start", type=Path, required=True)
    p.add_argument("--work", type=Path, default=Path("build/fine"))
    p.add_argument("--rate", type=float, default=1.0e-3)
    p.add_argument("--layers", choices=["fine", "half", "all"], default="fine")
    p.add_argument("--thin", type=float, default=0.0)
    p.add_argument("--skeleton", type=float, default=0.0)
    p.add_argument("--styles", action="store_true")
    p.add_argument("--disc", type=int, default=sets.SIDE)
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
    """-> the layers of the training photographs and the set of each, how often each is drawn, and those of each set's validation
    part"""
    quiet, sides = dict(progress=lambda _: None, missing=missing), (args.disc, args.disc * 3 // 2)
    found = {n: sets.load_vessels(args.data, "train", sides, sets=[n], missing=missing) for n in names}
    found = {n: layers for n, layers in found.items() if layers}
    judges = {n: sets.load_vessels(args.data, "val", sides=sides[:1], sets=[n], **quiet) for n in found}
    odds = [1 / len(found) / len(layers) for layers in found.values() for _ in layers]
    judges = {n: [a[0] for a in layers] for n, layers in judges.items()}
    return [(item, names.index(n)) for n, layers in found.items() for item in layers], odds, judges


class Styles(nn.Module):
    """What each set's way to draw adds to D2's two layers and to the output."""

    def __init__(self, count):
        super().__init__()
        for name, channels in dict(d2a=24, d2b=24, out=4).items():
            setattr(self, name, nn.Parameter(torch.zeros(count, channels)))

    def forward(self, vessels, x, taps, d16, of):
        """Vessel logits [n,1,S,S]; of: the set of each [n]"""
        add = lambda y, name: y + getattr(self, name)[of, :, None, None]  # noqa: E731
        d4 = vessels.middle(taps, d16)[1]
        y = vessels.d2a.merged(torch.cat([up2(d4), taps[0], vessels.stem(quads(x))], 1))
        y = vessels.d2b.merged(F.relu6(add(y, "d2a")))
        return F.pixel_shuffle(add(vessels.out(F.relu6(add(y, "d2b"))), "out"), 2)

    @torch.no_grad()
    def fixed(self, net, of):
        """A copy of the network whose biases hold the mean style of the sets `of`."""
        net = copy.deepcopy(net)
        v = net.vessels
        for bias, style in ((v.d2a.norm.bias, self.d2a), (v.d2b.norm.bias, self.d2b), (v.out.bias, self.out)):
            bias.add_(style[of].mean(0))
        return net


class Run:
    """The network, the averaged fine path inside a copy of it, the optimiser and the counters; styles, averaged: Styles"""

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
        v = net.vessels
        layers = dict(fine=v.fine_layers(), half=v.half_layers(), all=[v.d32, v.d16, *v.fine_layers()])[args.layers]
        if not resumed:
            even_scales(layers)
        self.net, self.ema = net.requires_grad_(False), copy.deepcopy(net)
        fine = [p.requires_grad_(True) for layer in layers for p in layer.parameters()]
        self.styles = Styles(len(self.names)).to(device) if args.styles else None
        self.averaged = copy.deepcopy(self.styles)
        own = steps.groups(self.styles.parameters(), STYLE_RATE * args.rate, 0.0) if args.styles else []
        self.opt = torch.optim.AdamW([*steps.groups(fine, args.rate, DECAY), *own])
        if resumed:
            steps.go_on(self, state, args.seed)
            for name in STYLES if args.styles else ():
                getattr(self, name).load_state_dict(state[name])

    def save(self):
        own = {name: getattr(self, name).state_dict() for name in STYLES} if self.styles else {}
        steps.save_network(self, self.in_style([*range(len(self.names))]), joint=self.joint, **own)

    def in_style(self, of):
        """The averaged network, in the mean style of these sets."""
        return self.averaged.fixed(self.ema, of) if self.styles else self.ema


def one_step(run, device, vessels, odds, done):
    steps.set_rates(run.opt, run.step, done)
    run.net.eval()  # the norms too: few cuts of several cameras would shake their statistics
    items, of = zip(*augment.draw(vessels, BATCH[device.type], odds), strict=True)
    x, vessel, fov = augment.sharp_cuts(items, SIDE, run.args.disc)
    with steps.lower_precision(device):
        logit = logits_of(run, steps.network_input(x), torch.tensor(of, device=device))
    loss = steps.vessel_loss(logit[:, 0].float(), vessel, fov, run.args.thin, run.args.skeleton)
    steps.descend(run.net, run.opt, loss)
    run.step += 1
    steps.average(run.ema.vessels, run.net.vessels, run.step)
    if run.styles:
        steps.average(run.averaged, run.styles, run.step)
    return loss.detach()


def logits_of(run, x, of):
    """of: the set of each cut"""
    v = run.net.vessels
    with torch.no_grad():
        taps = run.net.encoder(x)
    with torch.set_grad_enabled(run.args.layers == "all"):
        d16 = v.coarse(taps)
    return run.styles(v, x, taps, d16, of) if run.styles else v.fine(x, taps, d16)


def figures_of(run, judges):
    """{set: [Dice]}: of each set's validation part, in its own style and in the mean of all where there are styles"""
    every = [*range(len(run.names))]
    ways = lambda name: [[run.names.index(name)], every] if run.styles else [every]  # noqa: E731
    side = run.args.disc
    return {k: [vessel_dice(run.in_style(of), layers, side) for of in ways(k)] for k, layers in judges.items()}


def tell(run, losses, figures):
    loss, left = float(torch.stack(losses[-200:]).mean()), max(0, run.args.minutes - run.spent / 60)
    dice = ", ".join(f"{name} {' '.join(f'{d:.4f}' for d in v)}" for name, v in figures.items())
    print(f"step {run.step}, vessel {loss:.4f}, {left:.0f} min left{', Dice ' + dice if dice else ''}", flush=True)
    with open(run.args.work / "log.csv", "a", newline="") as f:
        row = [f"{d:.4f}" for v in figures.values() for d in v]
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
            tell(run, losses, figures_of(run, judges) if due else {})
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
        items, of = zip(*layers, strict=True)
        loop(run, device, [*zip(steps.layers_on(device, items), of, strict=True)], odds, judges)
    run.save()


if __name__ == "__main__":
    main(sys.argv[1:])
