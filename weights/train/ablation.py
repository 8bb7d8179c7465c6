#!/usr/bin/env python3
"""What the vessel branch and its guide bring: five arms, some seeds, the same data and the same number of steps.

usage: ablation.py --data DATA [--work build/ablation] [--steps 300 | --minutes 2] [--side 192] [--seeds 1,2,3]
                   [--arms vessels,diseases,...] [--backbone FILE.npz] [--weights weights/vmnet.safetensors]
                   [--limit N] [--table]

arm             learns              guide
vessels         vessels             -
diseases        diseases            -      (no vessel branch at all)
both            vessels, diseases   a = 0, in training and in the test
guided          vessels, diseases   the network's own
truth           vessels, diseases   reads pseudo-true vessels instead of its own, in training and in the test

Photographs: ODIR's training patients and the training part of the vessel sets, at `--side` pixels a retina. Start: the ODIR
backbone of train.py. Measured: mean AUC of the six named diseases on ODIR's `val` and `test` patients together (no arm
chooses anything on them), mean Dice on the validation photographs of the vessel sets, both at --side and with the
averaged weights of the last step. Arms of one seed share the start and the photographs' order as far as they can: the
guide opens, even, when the encoder is let go, and until then `guided` and `truth` are `both`.

`truth` is an upper bound for a perfect vessel branch at these sizes: no disease set has vessel masks (only HRF knows both,
for 30 photographs), so the maps are those of the released weights at 512 pixels, far finer than a branch at
192 can see. The guide still reads D16 beside them, as in the network.

For the first quarter the encoder stands still; then it learns five times as fast as in train.py, or a short run would not
move it. 15 runs of 400 steps at 192 pixels take about an hour on two idle cores, the pseudo-true maps ten minutes of it.

--minutes    sets the steps once, so that the dearest arm takes about that long on this machine; all arms get them.
WORK/results.json holds what is finished: the same command skips it and goes on. WORK/maps-*.npy are the pseudo-true maps.
--table      only prints what is there.
"""

import copy
import json
import math
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import augment
import data as sets
import numpy as np
import options
import steps
import torch
from ablation_data import Data, map_logits
from network import VMNet, load_backbone
from validate import class_aucs, outputs, tensor, vessel_dice

PHOTOGRAPHS, CUTS = 12, 6
FROZEN = 0.25  # share of the steps in which the encoder stands still, in every arm, and the guide is not there yet
GUIDE_RATE = 5  # a short run must give the guide the chance to say something: it learns so many times as fast


@dataclass
class Arm:
    name: str
    vessels: bool
    diseases: bool
    guide: float = 0.0
    truth: bool = False


ARMS = [
    Arm("vessels", True, False),
    Arm("diseases", False, True),
    Arm("both", True, True),
    Arm("guided", True, True, 1.0),
    Arm("truth", True, True, 1.0, True),
]


def parse(argv):
    p = options.parser(__doc__, "--data", "--weights")
    p.add_argument("--work", type=Path, default=Path("build/ablation"))
    p.add_argument("--steps", type=int)
    p.add_argument("--minutes", type=float, default=2)
    p.add_argument("--side", type=int, default=192)
    p.add_argument("--seeds", default="1,2,3")
    p.add_argument("--arms", default=",".join(a.name for a in ARMS))
    p.add_argument("--backbone", type=Path)
    p.add_argument("--limit", type=int, default=0)
    p.add_argument("--table", action="store_true")
    args = p.parse_args(argv)
    args.backbone = args.backbone or args.data / "pretrained/efficientnet_lite0_odir512.npz"
    return args


# ---- one arm ----


def start(seed, backbone):
    steps.seed_all(seed)
    net = load_backbone(VMNet(len(sets.CLASSES)), backbone)
    return net.to(steps.device(), memory_format=torch.channels_last)


def optimiser(net):
    """As train.py's, but for the guide."""
    guide = [net.diseases.a, *net.diseases.guide.parameters()]
    own = {id(p) for p in guide}
    rest = {n: [p for p in getattr(net, n).parameters() if id(p) not in own] for n in steps.RATES}
    groups = [g for n, rate in steps.RATES.items() for g in steps.groups(rest[n], rate, 0.02)]
    return torch.optim.AdamW([*groups, *steps.groups(guide, GUIDE_RATE * steps.RATES["diseases"], 0.0)])


def disease_loss(net, arm, device, batch, labels, frozen):
    """batch [n,3 or 4,S,S] 0..1"""
    guide = 0.0 if frozen else arm.guide
    x = steps.network_input(batch[:, :3])
    with steps.lower_precision(device):
        if arm.vessels:
            truth = map_logits(batch[:, 3:]) if arm.truth else None
            out = steps.disease_outputs(net, x, frozen, guide, truth)
        else:  # the guide is off: what it would read is of no account
            n, _, s, _ = x.shape
            nothing = torch.zeros(n, 1, s, s, device=device), torch.zeros(n, 48, s // 16, s // 16, device=device)
            out = net.heads(steps.encode(net, x, frozen), *nothing, 0.0, dropout=0.2)
    return steps.masked_bce(out["logits"].float(), labels)


def one_step(net, opt, arm, device, data, sampler, side, done):
    steps.freeze_encoder_statistics(net)
    frozen, losses = done < FROZEN, []
    if arm.vessels:
        cut = round(0.625 * side / 32) * 32
        losses.append(
            steps.vessel_losses(net, device, augment.vessel_batch(data.cuts, CUTS, cut, side), frozen)["vessel"]
        )
    if arm.diseases:
        x, y = sampler.draw(PHOTOGRAPHS)
        batch = augment.photographs(x, side)
        losses.append(disease_loss(net, arm, device, batch, y, frozen))
    steps.descend(net, opt, sum(losses))


def train(arm, seed, data, args, count):
    """The averaged weights after `count` steps."""
    device, net = steps.device(), start(seed, args.backbone)
    ema, opt = copy.deepcopy(net), optimiser(net)
    photographs = {"odir5k": data.with_maps("train") if arm.truth else data.odir["train"]}
    sampler = steps.Sampler(photographs, sets.DISEASE_SETS[:1], seed, device)
    steps.seed_all(seed)
    release = math.ceil(FROZEN * count)  # the first step that is not frozen
    for step in range(count):
        if step == release:
            if arm.guide:
                steps.open_guide(net)
            ema.load_state_dict(net.state_dict())
            steps.seed_all(seed + 1)
        steps.set_rates(opt, step, step / count, warm=min(50, count // 6 + 1))
        one_step(net, opt, arm, device, data, sampler, args.side, step / count)
        steps.average(ema, net, step + 1)
    return ema


@torch.no_grad()
def truth_outputs(net, x, side):
    """As validate.outputs, the guide reading the fourth channel of x."""
    net.eval()
    device, out = next(net.parameters()).device, {"logits": [], "guide": []}
    for i in range(0, len(x), 8):
        part = x[i : i + 8]
        maps = torch.from_numpy(part[..., 3]).float()[:, None].to(device) / 255
        with steps.lower_precision(device):
            taps = net.encoder(steps.network_input(tensor(part, side).to(device)))
            o = net.heads(taps, map_logits(maps), net.vessels.coarse(taps), 1.0)
        for k, v in out.items():
            v.append(o[k].float().cpu())
    return {k: torch.cat(v).numpy() for k, v in out.items()}


def measure(net, arm, data, side):
    """{what: figure}"""
    out = {}
    if arm.vessels:
        out["dice"] = vessel_dice(net, data.layers, side)
    if arm.diseases:
        halves = [data.with_maps(s) if arm.truth else data.odir[s] for s in ("val", "test")]
        look = truth_outputs if arm.truth else lambda *a: outputs(*a, guide=arm.guide, wanted=("logits", "guide"))
        seen = [look(net, x[..., : 4 if arm.truth else 3], side) for x, _ in halves]
        area = class_aucs(np.concatenate([o["logits"] for o in seen]), np.concatenate([y for _, y in halves]))
        out["auc"] = float(np.nanmean(area[sets.named(sets.CLASSES)]))
        out["aucs"] = {c: round(float(v), 4) for c, v in zip(sets.CLASSES, area, strict=True)}
        if arm.guide:
            g = np.concatenate([o["guide"].ravel() for o in seen])
            out |= dict(a=net.diseases.a.item(), guide_mean=float(g.mean()), guide_sd=float(g.std()))
    return out


# ---- all arms ----


def steps_for(minutes, data, args):
    """How many steps of the dearest arm fit into so many minutes here; measured over ten of them."""
    arm, device = ARMS[3], steps.device()
    net = start(0, args.backbone)
    opt, sampler = optimiser(net), steps.Sampler({"odir5k": data.odir["train"]}, sets.DISEASE_SETS[:1], 0, device)
    seconds = []
    for _ in range(12):
        began = time.time()
        one_step(net, opt, arm, device, data, sampler, args.side, 0.5)
        seconds.append(time.time() - began)
    return max(10, round(minutes * 60 / np.mean(seconds[2:]), -1))  # the first two are slow


def settings_of(args, data):
    count = args.steps or int(steps_for(args.minutes, data, args))
    return dict(steps=count, side=args.side, limit=args.limit, backbone=args.backbone.name, weights=args.weights.name)


def load_results(path, args):
    """{settings, runs}; refuses a folder with other settings (--minutes: those that were measured there before hold)."""
    if not path.is_file():
        return dict(settings=None, runs={})
    results = json.loads(path.read_text())
    asked = dict(side=args.side, limit=args.limit, backbone=args.backbone.name, weights=args.weights.name)
    asked |= dict(steps=args.steps) if args.steps else {}
    other = [k for k, v in asked.items() if results["settings"][k] != v]
    if other:
        raise sets.MissingData(f"{path} was made with other settings ({', '.join(other)}): choose another --work")
    return results


def save_results(path, results):
    path.with_suffix(".tmp").write_text(json.dumps(results, indent=1) + "\n")
    path.with_suffix(".tmp").replace(path)


def run_all(args, results, path):
    arms = [a for a in ARMS if a.name in args.arms.split(",")]
    todo = [(s, a) for s in args.seeds.split(",") for a in arms if f"{a.name}-{s}" not in results["runs"]]
    if not todo:
        return
    data = Data(args)
    results["settings"] = results["settings"] or settings_of(args, data)
    save_results(path, results)
    count = results["settings"]["steps"]
    print(f"{len(todo)} runs of {count} steps", flush=True)
    for seed, arm in todo:
        if arm.truth:
            data.with_maps("train")  # not a part of the run's time
        began = time.time()
        net = train(arm, int(seed), data, args, count)
        trained = time.time() - began
        figures = measure(net, arm, data, args.side)
        run = dict(arm=asdict(arm), seed=int(seed), seconds=round(trained), **figures)
        results["runs"][f"{arm.name}-{seed}"] = run
        save_results(path, results)
        told = ", ".join(f"{k} {v:.4f}" for k, v in figures.items() if k != "aucs")
        print(f"{arm.name}, seed {seed}: {told} ({trained / 60:.1f} min)", flush=True)


def spread(values):
    """mean ± sd of the seeds"""
    if not values:
        return "–"
    sd = f" ± {np.std(values, ddof=1):.4f}" if len(values) > 1 else ""
    return f"{np.mean(values):.4f}{sd}"


def table(results):
    """Markdown: a row an arm, and the paired differences (same seed) that the question is about."""
    runs, s = results["runs"].values(), results["settings"]
    of = lambda name, k: {r["seed"]: r[k] for r in runs if r["arm"]["name"] == name and k in r}  # noqa: E731
    lines = [
        f"{s['steps']} steps, {s['side']} px; mean AUC of the six named diseases on ODIR val + test, Dice on the vessel "
        "sets' validation photographs; mean ± sd over seeds",
        "",
        "| arm | seeds | mean AUC | Dice | a | guide, mean and sd over cells |",
        "|---|---|---|---|---|---|",
    ]
    for arm in ARMS:
        seeds = sorted(r["seed"] for r in runs if r["arm"]["name"] == arm.name)
        if seeds:
            cells = [spread(list(of(arm.name, k).values())) for k in ("auc", "dice", "a")]
            g, sd = (list(of(arm.name, k).values()) for k in ("guide_mean", "guide_sd"))
            guide = f"{np.mean(g):.3f}, {np.mean(sd):.3f}" if g else "–"
            lines.append(f"| {arm.name} | {len(seeds)} | {' | '.join(cells)} | {guide} |")
    lines += ["", "| difference, seed by seed | mean AUC | Dice |", "|---|---|---|"]
    for more, less in (
        ("both", "diseases"),
        ("both", "vessels"),
        ("guided", "both"),
        ("truth", "both"),
        ("truth", "guided"),
    ):
        cells = []
        for k in ("auc", "dice"):
            a, b = of(more, k), of(less, k)
            cells.append(spread([a[i] - b[i] for i in a if i in b]))
        if cells != ["–", "–"]:
            lines.append(f"| {more} − {less} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(argv):
    args = parse(argv)
    if not args.data.is_dir():
        sys.exit(f"ablation.py: --data {args.data} is not a folder")
    strange = set(args.arms.split(",")) - {a.name for a in ARMS}
    if strange or args.side % 32:
        sys.exit(
            f"ablation.py: no arm is called {', '.join(strange)}"
            if strange
            else "ablation.py: --side must be a multiple of 32"
        )
    args.work.mkdir(parents=True, exist_ok=True)
    path = args.work / "results.json"
    try:
        results = load_results(path, args)
        if not args.table:
            run_all(args, results, path)
    except (sets.MissingData, FileNotFoundError) as e:
        sys.exit(f"ablation.py: {e}")
    if results["runs"]:
        print(table(results))
        (args.work / "table.md").write_text(table(results) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
