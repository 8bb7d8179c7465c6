#!/usr/bin/env python3
"""Trains V-MNet with a budget of minutes; resumable: the same command goes on from the last checkpoint.

usage: train.py --data DATA [--work build/train] [--minutes 90] [--seed 1] [--sets odir5k,idrid,... [--allow-missing]]
                [--without idrid,tvhl] [--backbone FILE.npz | --backbone imagenet | --start FILE.pt] [--validate 10]
                [--negatives FOLDER]

Batches mix data sets; each photograph contributes only the losses that it has labels for.

--sets       which sets to learn from; without it all that the model card names. `rfmid` and `airogs` (the whole of
             EyePACS-AIROGS-light-v2) are read as their authors publish them. The classes follow the sets. Whatever is
             missing or malformed is listed (all of it in WORK/missing.txt), and training goes on with the rest only
             with --allow-missing.
--without    sets to leave out, so that they can be measured as places never seen. Weights to start from that have seen
             one of them are refused.
--backbone   the encoder to start from. Without it DATA/pretrained/efficientnet_lite0_odir512.npz if it is there, else,
             or with the word imagenet, the first stage (backbone.py, --backbone-minutes) makes WORK/backbone.npz first.
--start      goes on from the averaged weights of an earlier run instead, with a fresh schedule and guide.
--validate   minutes between two validations (0: none). Their time comes on top of --minutes, at most a twentieth.
--negatives  pictures that are no fundus photographs, as negatives.py collects them: the more, the surer is the refusal.
             Without it only the few that come with scikit-image and scikit-learn.

Writes WORK/last.pt (to resume), WORK/vmnet.pt (averaged weights) and WORK/log.csv (plot.py draws it), whose columns
are step, minutes, side, losses of vessels, diseases and gradability, a, and where it was validated mean AUC and Dice.
`export.py` turns vmnet.pt into vmnet.safetensors.
"""

import copy
import csv
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import augment
import backbone
import data as sets
import negatives
import numpy as np
import options
import steps
import torch
from network import VMNet, backbone_file, load_backbone
from validate import Watch

VESSEL_SIDE = 320
LOSSES = ("vessel", "disease", "gradable")
OTHERS = sets.Set("negatives", "", {sets.GRADABLE: lambda _: 0.0}, 0.09)  # pictures that are no fundus photographs


@dataclass
class Pace:
    """What a device has time for in the minutes that one spends on it."""

    sizes: list  # from this share of the budget on: side and number of disease photographs
    cuts: int  # vessel cuts in a step
    frozen: float  # share of the budget in which the encoder stands still and new decoders learn to read it
    every: int  # while it does, every so many steps see disease photographs; later every step
    warm: int  # steps in which the rates rise
    rate: float  # factor on the rates
    negatives: int  # made from the pictures that are no fundus photographs


PACES = dict(
    cpu=Pace([(0.0, 384, 12), (0.6, 512, 8)], cuts=6, frozen=0.4, every=3, warm=50, rate=1, negatives=800),
    cuda=Pace([(0.0, 384, 96), (0.4, 512, 64)], cuts=24, frozen=0.1, every=2, warm=200, rate=1.5, negatives=3000),
)


def parse(argv):
    p = options.parser(
        __doc__, "--data", "--sets", "--without", "--allow-missing", "--seed", "--minutes", "--backbone-minutes"
    )
    p.add_argument("--work", type=Path, default=Path("build/train"))
    p.add_argument("--backbone")
    p.add_argument("--start", type=Path)
    p.add_argument("--validate", type=float, default=10)
    p.add_argument("--negatives", type=Path)
    return p.parse_args(argv)


# ---- data ----


def choose(args):
    """The sets to learn from, after telling what is missing: (disease sets, names of vessel sets)."""
    diseases, vessels = sets.choose(args.sets, args.without)
    problems = sets.survey(args.data, diseases, vessels)
    if problems:
        (args.work / "missing.txt").write_text("\n".join(problems) + "\n")
        print("\n  ".join([f"{len(problems)} missing or wrong:", *sets.summary(problems)]), file=sys.stderr)
        if not args.allow_missing:
            raise sets.MissingData(f"put this right ({args.work / 'missing.txt'}), or go on with --allow-missing")
    diseases = [s for s in diseases if sets.disease_list(args.data, s, "train", missing=[])]
    if not diseases:
        raise sets.MissingData("no disease photographs to train on")
    return diseases, vessels


def record(args, diseases, vessels, seen=()):
    """What a checkpoint will say of its data (data.py, record_of); seen: by the weights it starts from."""
    names = [s.name for s in diseases] + vessels
    return dict(
        classes=sets.classes_of(diseases),
        sets=names,
        without=args.without.split(",") if args.without else [],
        seen=sorted({*names, *seen}),
    )


def refuse_seen(seen, without, what):
    both = sorted(set(seen) & set(without))
    if both:
        raise sets.MissingData(f"{what} has been trained on {', '.join(both)}: it cannot start a run without them")


def no_photographs(args, count, classes):
    """As load_diseases: nothing is known of them but that they are not gradable."""
    x = negatives.pool(negatives.load(args.negatives), count, sets.SIDE)
    labels = np.full((count, len(classes) + 1), sets.UNKNOWN, np.float32)
    labels[:, -1] = 0
    print(f"negatives: {count} made")
    return x, labels


# ---- start ----


def rows_by_name(state, theirs, ours, net):
    """The disease head of another class list: rows of the classes that both have, the others as they are in net."""
    own = net.state_dict()
    for name in ("diseases.head.weight", "diseases.head.bias"):
        rows = own[name].clone()
        for i, c in enumerate(ours):
            if c in theirs:
                rows[i] = state[name][theirs.index(c)]
        state[name] = rows
    return state


def from_checkpoint(args, classes):
    state = torch.load(args.start, map_location="cpu", weights_only=False)
    old = sets.record_of(state)
    refuse_seen(old["seen"], args.without.split(","), args.start)
    if "airogs_light" in old["seen"] and "airogs" in args.sets.split(","):
        print(f"{args.start} has seen a part of airogs' validation photographs: thresholds from them are too bold")
    net = VMNet(len(classes))
    weights = state["weights"]
    net.load_state_dict(weights if old["classes"] == classes else rows_by_name(weights, old["classes"], classes, net))
    return steps.open_guide(net), f"{state['origin']}, {state['step']} steps", old["seen"]


def start_network(args, diseases):
    """-> network, where it comes from in words, names of the sets it has seen"""
    classes = sets.classes_of(diseases)
    if args.start:
        return from_checkpoint(args, classes)
    path = Path(args.backbone) if args.backbone not in (None, "imagenet") else None
    ready = args.data / "pretrained/efficientnet_lite0_odir512.npz"
    if args.backbone is None and ready.is_file() and "odir5k" not in args.without.split(","):
        path = ready
    if path is None:
        path = backbone.make(args, diseases, classes)
    z, said = backbone_file(path)
    seen = said.get("sets", ["odir5k"] if "head.weight" in z else [])
    refuse_seen(seen, args.without.split(","), path)
    origin = f"ImageNet, first stage on {', '.join(seen)}" if "sets" in said else path.name
    return steps.open_guide(load_backbone(VMNet(len(classes)), path, classes)), origin, seen


class Run:
    """Network, average, optimiser and counters: what a checkpoint holds."""

    def __init__(self, args, diseases, vessels, device):
        self.args, self.step, self.spent, self.last = args, 0, 0.0, args.work / "last.pt"
        self.pace = PACES[device.type]
        if self.last.is_file():
            self.resume(record(args, diseases, vessels), device)
            return
        net, self.origin, seen = start_network(args, diseases)
        self.record = record(args, diseases, vessels, seen)
        self.net = net.to(device, memory_format=torch.channels_last)
        self.ema, self.opt = copy.deepcopy(self.net), steps.optimiser(self.net, self.pace.rate)

    def resume(self, record, device):
        state = torch.load(self.last, map_location=device, weights_only=False)
        self.record = sets.record_of(state)
        for k in ("classes", "sets"):
            if self.record[k] != record[k]:
                raise sets.MissingData(f"{self.last} was trained on other {k} ({', '.join(self.record[k])})")
        net = VMNet(len(record["classes"])).to(device, memory_format=torch.channels_last)
        self.net, self.ema, self.opt = net, copy.deepcopy(net), steps.optimiser(net, self.pace.rate)
        self.origin = state["origin"]
        steps.go_on(self, state, self.args.seed)

    def save(self):
        steps.save_network(self)


# ---- the loop ----


def one_step(run, device, vessels, sampler, done):
    """-> {loss: value}, side of the disease photographs"""
    pace = run.pace
    side, photographs = [row[1:] for row in pace.sizes if done >= row[0]][-1]
    steps.set_rates(run.opt, run.step, done, pace.warm)
    steps.freeze_encoder_statistics(run.net)
    frozen = done < pace.frozen and not run.args.start
    losses = {}
    if vessels:
        cuts = augment.vessel_batch(vessels, pace.cuts, VESSEL_SIDE)
        losses |= steps.vessel_losses(run.net, device, cuts, frozen)
    if not frozen or not vessels or run.step % pace.every == 0:
        x, labels = sampler.draw(photographs)
        batch = augment.disease_batch(x, labels[:, :-1], side, labels[:, -1])
        losses |= steps.disease_losses(run.net, device, batch, frozen)
    steps.descend(run.net, run.opt, sum(losses.values()))
    run.step += 1
    steps.average(run.ema, run.net, run.step)
    return {k: v.detach() for k, v in losses.items()}, side


def write_log(run, side, history, figures):
    """A line for the reader and one for log.csv. figures: mean AUC and Dice, or nothing this time."""
    mean = [float(torch.stack(history[name][-50:]).mean()) if name in history else 0.0 for name in LOSSES]
    a, left = run.net.diseases.a.item(), max(0, run.args.minutes - run.spent / 60)
    told = ", ".join(f"{k} {v:.4f}" for k, v in zip(LOSSES, mean, strict=True))
    print(f"step {run.step}, {side} px, {told}, a {a:.3f}, {left:.0f} min left", flush=True)
    if figures:
        print(f"validation: mean AUC {figures[0]:.4f}, vessels Dice {figures[1]:.4f}", flush=True)
    row = [run.step, f"{run.spent / 60:.2f}", side, *(f"{v:.4f}" for v in mean), f"{a:.4f}"]
    row += [f"{v:.4f}" if v == v else "" for v in figures or ()]
    with open(run.args.work / "log.csv", "a", newline="") as f:
        csv.writer(f).writerow(row)


def clock(device):
    """Seconds that count against the budget. On a CPU its own, over the threads that are used: a busy machine makes a
    run longer, not worse."""
    return time.process_time() / torch.get_num_threads() if device.type == "cpu" else time.time()


def loop(run, device, vessels, sampler, watch):
    budget, history = run.args.minutes * 60, {}
    told, tick = time.time(), clock(device)
    while run.spent < budget:
        losses, side = one_step(run, device, vessels, sampler, run.spent / budget)
        for name, v in losses.items():
            history.setdefault(name, []).append(v)
        now = clock(device)
        run.spent, tick = run.spent + now - tick, now
        end = run.spent >= budget
        if time.time() - told > 60 or end:
            due = watch.due(time.time()) or (end and watch.minutes)
            run.save()
            write_log(run, side, history, watch.figures(run.ema) if due else None)
            told = time.time()
            tick = clock(device) if due else tick
    run.save()


def main(argv):
    args = parse(argv)
    if not args.data.is_dir():
        sys.exit(
            f"train.py: --data {args.data} is not a folder; it must hold the data sets named in weights/MODEL_CARD.md"
        )
    args.work.mkdir(parents=True, exist_ok=True)
    steps.seed_all(args.seed)
    device, missing = steps.device(), [] if args.allow_missing else None
    try:
        diseases, vessels = choose(args)
        run = Run(args, diseases, vessels, device)
        classes, names = run.record["classes"], [s.name for s in diseases]
        labels = [*classes, sets.GRADABLE]
        photographs = sets.load_diseases(args.data, "train", sets=names, classes=labels, missing=missing)
        layers = steps.layers_on(device, sets.load_vessels(args.data, "train", sets=vessels, missing=missing))
        watch = Watch(args.data, diseases, vessels, classes, args.validate, missing)
    except (sets.MissingData, FileNotFoundError) as e:
        sys.exit(f"train.py: {e}")
    photographs[OTHERS.name] = no_photographs(args, run.pace.negatives, classes)
    sampler = steps.Sampler(photographs, [*diseases, OTHERS], args.seed + run.step, device)
    loop(run, device, layers, sampler, watch)


if __name__ == "__main__":
    main(sys.argv[1:])
