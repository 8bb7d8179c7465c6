#!/usr/bin/env python3
"""Do structures guide diseases? Groups of guide channels for vessels, arteries and veins, disc and cup, and lesions, on features
that stand still: seven arms, some seeds, the same photographs in the same order, the same number of steps.

usage: guides.py --data DATA [--work build/guides] [--weights weights/vmnet.safetensors] [--steps 300] [--every 50]
                 [--seeds 1,2,3] [--sets odir5k,airogs_light] [--mirrored] [--limit N] [--see | --table]

arm                 guides beside the released one
control             none: the released decoder goes on learning
vessels             vessels
vessels+discs       vessels, disc and cup
vessels+lesions     vessels, lesions
vessels+arteries    vessels, arteries and veins
all                 all four
shuffled            all four, but the maps are another photograph's: a placebo

A group has CHANNELS guide channels G = sigmoid(conv1x1([its maps over a cell of S/16, D16])) and one learnt strength a:
F' = F (1 + a0 G0 + sum over groups of a (G - 1/2)), G0 and a0 being the released guide's; feature k goes by channel k mod CHANNELS.
The head stays linear after the mean, so that Grad-CAM stays exact. At the start G is one half: every arm is the released
network. In training each group is off in one step of ten, so that each can be switched off alone.

Encoder, vessel decoder and the heads of the structures are the released ones and stand still; photographs are prepared by
the core (`make native`) and seen once, as they are (--mirrored: and in a mirror), in bf16 where the machine has it:
WORK/*.npy, half a megabyte each; --see does no more than that. Only training photographs teach: those of --sets, ODIR's among
them, at most --limit of each set. Loss, labels and odds are train.py's. Every --every steps the averaged decoder's
mean AUC of the six named diseases on ODIR's validation photographs is taken, and the step with the highest kept.

Measured: AUC on ODIR's validation and test photographs, of retinopathy on EyePACS (whose grades taught nothing), of glaucoma on
the AIROGS part; differences from control with 95 % intervals, 1000 draws of patients, the seeds averaged in each draw.
WORK/scores-SEED.npz holds what is finished: the same command skips it and goes on. --table only prints what is there.
"""

import copy
import sys
from dataclasses import dataclass
from pathlib import Path

import data as sets
import guides_data
import numpy as np
import options
import steps
import torch
import torch.nn.functional as F
from guides_data import Part, Seer, map_names, taken_apart
from network import FEATURES, up2
from torch import nn

CHANNELS = 4  # of a group
START = 0.5  # a of a group
GUIDE_RATE = 5  # as in ablation.py
OFF = 0.1  # of the steps, in which a group is off
BATCH = 16
LOOKED = 32  # photographs that are measured together
PARTS = [("odir5k", "val"), ("odir5k", "test"), ("eyepacs", "test"), ("airogs_light", "test")]
DRAWS = 1000  # of patients
CHECKED = 12  # photographs on which the released decoder is compared


@dataclass(frozen=True)
class Arm:
    name: str
    groups: tuple = ()
    shuffled: bool = False


GROUPS = ("vessels", "arteries", "discs", "lesions")
ARMS = [
    Arm("control"),
    Arm("vessels", ("vessels",)),
    Arm("vessels+discs", ("vessels", "discs")),
    Arm("vessels+lesions", ("vessels", "lesions")),
    Arm("vessels+arteries", ("vessels", "arteries")),
    Arm("all", GROUPS),
    Arm("shuffled", GROUPS, True),
]


def parse(argv):
    p = options.parser(__doc__, "--data", "--weights")
    p.add_argument("--work", type=Path, default=Path("build/guides"))
    p.add_argument("--steps", type=int, default=300)
    p.add_argument("--every", type=int, default=50)
    p.add_argument("--seeds", default="1,2,3")
    p.add_argument("--sets", default="odir5k,airogs_light")
    p.add_argument("--mirrored", action="store_true")
    p.add_argument("--limit", type=int, default=0)
    p.add_argument("--see", action="store_true")
    p.add_argument("--table", action="store_true")
    return p.parse_args(argv)


# ---- the decoder ----


class Group(nn.Module):
    """Guide channels of some maps and D16, and their strength. G - 1/2 [n,CHANNELS,h,w]"""

    def __init__(self, maps, d16=48):
        super().__init__()
        self.conv = nn.Conv2d(maps + d16, CHANNELS, 1)
        self.a = nn.Parameter(torch.tensor(START))
        nn.init.zeros_(self.conv.weight)
        nn.init.zeros_(self.conv.bias)

    def forward(self, maps, d16):
        return torch.sigmoid(self.conv(torch.cat([maps, d16], 1))) - 0.5


class Decoder(nn.Module):
    """The released decoder, to which groups of guides are added. mean, sd: of each channel of the maps"""

    def __init__(self, released, mean, sd):
        super().__init__()
        self.features, self.guide = copy.deepcopy(released.features), copy.deepcopy(released.guide)
        self.a, self.head = nn.Parameter(released.a.detach().clone()), copy.deepcopy(released.head)
        self.places, self.groups = {}, nn.ModuleDict()
        self.register_buffer("mean", mean)
        self.register_buffer("sd", sd)

    def forward(self, seen, offs=((),), dropout=0.0):
        """seen: {e16, e32, d16, maps} -> logits [n,classes] for each of offs, the groups that are switched off"""
        w, cells = self.features.weight, seen["e16"].shape[2] * seen["e16"].shape[3]
        # up2 and a 1x1 convolution commute
        f = F.relu(F.conv2d(seen["e16"], w[:, :112], self.features.bias) + up2(F.conv2d(seen["e32"], w[:, 112:])))
        f = f.reshape(len(f), FEATURES // CHANNELS, CHANNELS, cells)
        g = torch.sigmoid(self.guide(torch.cat([seen["maps"][:, :1], seen["d16"]], 1)))
        released = (1 + self.a * g).expand(-1, CHANNELS, -1, -1)
        standard = (seen["maps"] - self.mean[:, None, None]) / self.sd[:, None, None]
        parts = {k: group(standard[:, self.places[k]], seen["d16"]) for k, group in self.groups.items()}
        out = []
        for off in offs:
            factor = sum((self.groups[k].a * part for k, part in parts.items() if k not in off), released)
            mean = torch.einsum("njkc,nkc->njk", f, factor.reshape(len(f), CHANNELS, cells).to(f)) / cells
            mean = F.dropout(mean.flatten(1).float(), dropout, self.training)
            out.append(self.head(mean).float())
        return out


def places_of(meta):
    """{group: indices of its channels in the maps}"""
    out, at = {}, 0
    for group, names in map_names(meta).items():
        out[group] = list(range(at, at + len(names)))
        at += len(names)
    return out


def decoder(arm, released, meta, mean, sd):
    out = Decoder(released, mean, sd)
    for group in arm.groups:
        out.places[group] = places_of(meta)[group]
        out.groups[group] = Group(len(out.places[group]))
    return out


def optimiser(net):
    """As ablation.py's: the released guide and the groups learn faster, and nothing pulls them to zero."""
    guide = [net.a, *net.guide.parameters(), *net.groups.parameters()]
    rest = [*net.features.parameters(), *net.head.parameters()]
    rate = steps.RATES["diseases"]
    return torch.optim.AdamW([*steps.groups(rest, rate, 0.02), *steps.groups(guide, GUIDE_RATE * rate, 0.0)])


# ---- photographs ----


class Learnt:
    """Training photographs of some parts: drawn by steps.Sampler, read from disk."""

    def __init__(self, parts, shapes, chosen, seed):
        self.shapes = shapes
        self.rows = [(p.open(shapes), i) for p in parts for i in p.ready()]
        names, at, told = [p.name.split("-")[0] for p in parts], 0, {}
        for name, p in zip(names, parts, strict=True):
            n = len(p.ready())
            told.setdefault(name, []).append((np.arange(at, at + n), p.labels[p.ready()]))
            at += n
        diseases = {k: tuple(np.concatenate(part) for part in zip(*v, strict=True)) for k, v in told.items()}
        self.counts = {k: len(v[0]) for k, v in diseases.items()}
        self.sampler = steps.Sampler(diseases, chosen, seed, torch.device("cpu"))

    def take(self, which):
        return taken_apart(np.stack([self.rows[i][0][self.rows[i][1]] for i in which]), self.shapes)

    def draw(self, n):
        which, labels = self.sampler.draw(n)
        return self.take(which.tolist()), labels

    def statistics(self, most=400):
        """Mean and spread of each channel of the maps."""
        some = np.linspace(0, len(self.rows) - 1, min(most, len(self.rows))).astype(int)
        maps = torch.cat([self.take(some[i : i + BATCH])["maps"] for i in range(0, len(some), BATCH)])
        return maps.mean((0, 2, 3)), maps.std((0, 2, 3)) + 1e-3


class Measured:
    """A part on which decoders are measured. Its shuffled maps are another photograph's, the same one every time."""

    def __init__(self, part, shapes):
        self.name, self.which, self.shapes, self.file = part.name, part.ready(), shapes, part.open(shapes)
        self.labels, self.weights = part.labels[self.which], weights_of(part.patients[self.which])
        self.other = self.which[another(len(self.which))]

    def batches(self, shuffled):
        for i in range(0, len(self.which), LOOKED):
            seen = taken_apart(self.file[self.which[i : i + LOOKED]], self.shapes)
            if shuffled:
                seen["maps"] = taken_apart(self.file[self.other[i : i + LOOKED]], self.shapes)["maps"]
            yield seen

    @torch.no_grad()
    def logits(self, net, shuffled=False, offs=((),)):
        """[n,classes] for each of offs"""
        net.eval()
        found = [net(seen, offs) for seen in self.batches(shuffled)]
        return [torch.cat(f).numpy() for f in zip(*found, strict=True)]


def another(n):
    """For each of n its partner: a permutation that leaves none in place, a quarter of a round away at least where n allows."""
    return np.roll(np.arange(n), max(1, n // 3))


def see(args, seer, chosen):
    """-> (training parts, measured parts), all of them on disk"""
    known = {s.name: s for s in sets.ALL_SETS}
    part = lambda s, split, **k: Part(args.work, args.data, s, split, seer.meta, **k)  # noqa: E731
    measured = [part(known[name], split) for name, split in PARTS]
    ways = (False, True) if args.mirrored else (False,)
    learnt = [part(s, "train", mirrored=m, limit=args.limit) for m in ways for s in chosen]
    for p in measured + learnt:
        p.fill(seer)
    return learnt, measured


@torch.no_grad()
def check(seer, part, plain):
    """Prints how far the released decoder on what is kept is from the network's own logits, and from the core's."""
    far = dict(network=[], core=[], f16=[])
    rows, types = part.open(seer.shapes), (torch.float32, torch.float16)
    for i in part.ready()[:CHECKED]:
        path = part.items[i][0]
        x = torch.from_numpy(seer.square(path)).permute(2, 0, 1)[None]
        found, own = guides_data.features_of(seer.exact, x.contiguous(memory_format=torch.channels_last))
        told = seer.reader.screen(guides_data.pool.enlarged(seer.reader.pixels(path)))[0]["diseases"]
        (kept,) = plain.eval()(taken_apart(rows[[i]], seer.shapes))
        near = [plain(dict(zip(seer.shapes, (f.to(t).float() for f in found), strict=True)))[0] for t in types]
        far["network"].append(near[0] - own)
        far["f16"].append(near[1] - own)
        far["core"].append(kept - torch.tensor([d["logit"] for d in told]))
    told = {k: (float(v.abs().max()), float(v.square().mean().sqrt())) for k, d in far.items() for v in [torch.cat(d)]}
    print(f"released decoder, {len(far['core'])} photographs, largest difference of a logit and root mean square:")
    print("on f32 features from the network's {:.6f}, {:.6f}".format(*told["network"]))
    print("on the same as f16 from the network's {:.6f}, {:.6f}".format(*told["f16"]))
    print(f"on what is kept ({seer.type}) from the core's {told['core'][0]:.4f}, {told['core'][1]:.4f}", flush=True)


# ---- training ----


def one_step(net, opt, ema, seen, labels, arm, seed, step):
    """The same dropout, shuffle and switched-off groups in every arm of a seed."""
    steps.seed_all(100003 * seed + step)
    net.train()
    off = [g for g, r in zip(GROUPS, np.random.rand(len(GROUPS)), strict=True) if r < OFF]
    if arm.shuffled:
        seen = seen | dict(maps=seen["maps"].roll(1 + np.random.randint(len(labels) - 1), 0))
    with steps.lower_precision(torch.device("cpu")):
        (logits,) = net(seen, (off,), 0.2)
    loss = steps.masked_bce(logits, labels)
    steps.descend(net, opt, loss)
    steps.average(ema, net, step + 1)
    return loss.item()


class Student:
    """A decoder of one arm while it learns; `best`: the averaged one with the highest validation AUC so far."""

    def __init__(self, arm, *start):
        self.arm, self.net = arm, decoder(arm, *start)
        self.ema, self.opt = copy.deepcopy(self.net), optimiser(self.net)
        self.best, self.highest, self.at = None, -1.0, 0

    def judge(self, part, step):
        six = mean_areas(part.logits(self.ema, self.arm.shuffled)[0], part, SIX, once=True)[0]
        if six > self.highest:
            self.best, self.highest, self.at = copy.deepcopy(self.ema), six, step
        return six


def train(seed, args, start, learnt, judge):
    """All arms side by side: every batch is read once. -> [Student]"""
    students = [Student(arm, *start) for arm in ARMS]
    for step in range(args.steps):
        seen, labels = learnt.draw(BATCH)
        losses = []
        for s in students:
            steps.set_rates(s.opt, step, step / args.steps, warm=min(20, args.steps // 6 + 1))
            losses.append(one_step(s.net, s.opt, s.ema, seen, labels, s.arm, seed, step))
        if (step + 1) % args.every == 0 or step + 1 == args.steps:
            told = [s.judge(judge, step + 1) for s in students]
            print(f"seed {seed}, step {step + 1}: training loss {np.mean(losses):.4f}, validation AUC", end=" ")
            print(", ".join(f"{s.arm.name} {v:.4f}" for s, v in zip(students, told, strict=True)), flush=True)
    return students


def scores(students, measured):
    """{arm/part: logits, arm/part/without a group: logits, arm/strengths: [a0, a of each group]}"""
    out = {}
    for s in students:
        name, net = s.arm.name, s.best
        out[f"{name}/strengths"] = np.array([net.a.item(), *(net.groups[g].a.item() for g in s.arm.groups)])
        out[f"{name}/step"] = np.array(s.at)
        for m in measured:
            offs = [(), *((g,) for g in s.arm.groups)]
            for off, z in zip(offs, m.logits(net, s.arm.shuffled, offs), strict=True):
                out["/".join([name, m.name, *(f"without {g}" for g in off)])] = z
    return out


# ---- figures ----

SIX = sets.named(sets.CLASSES)
ASKED = [  # (what, part, classes whose AUCs are averaged)
    *((f"ODIR {split}, mean of the six", f"odir5k-{split}", SIX) for split in ("val", "test")),
    *((f"ODIR {split}, {sets.CLASSES[c]}", f"odir5k-{split}", [c]) for split in ("val", "test") for c in range(8)),
    ("EyePACS, diabetic retinopathy", "eyepacs-test", [sets.CLASSES.index(sets.DR)]),
    ("AIROGS, glaucoma", "airogs_light-test", [sets.CLASSES.index(sets.GLAUCOMA)]),
]


def weights_of(patients):
    """[1 + DRAWS,n]: how often each photograph counts: once, then as often as its patient is drawn."""
    names, index = np.unique(patients, return_inverse=True)
    draws = np.random.default_rng(1).integers(0, len(names), (DRAWS, len(names)))
    drawn = np.stack([np.bincount(d, minlength=len(names)) for d in draws])[:, index]
    return np.concatenate([np.ones((1, len(index))), drawn])


def areas(score, label, weight):
    """AUC under each row of weights [draws,n]; ties count half, NaN without both answers."""
    if not len(score):
        return np.full(len(weight), np.nan)
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) > 0])
    ill, w = label[order] == 1, weight[:, order]
    yes, no = (np.add.reduceat(w * k, starts, 1) for k in (ill, ~ill))
    with np.errstate(invalid="ignore"):
        return (yes * (np.cumsum(no, 1) - no / 2)).sum(1) / (yes.sum(1) * no.sum(1))


def mean_areas(logits, part, classes, once=False):
    """[1 + DRAWS], or the first of these alone: mean over classes; labels below 0 are unknown."""
    weight = part.weights[:1] if once else part.weights
    known = [(c, part.labels[:, c] >= 0) for c in classes]
    found = np.stack([areas(logits[k, c], part.labels[k, c], weight[:, k]) for c, k in known])
    with np.errstate(invalid="ignore"):  # a draw without positives: NaN
        return np.nansum(found, 0) / np.isfinite(found).sum(0)


def apart(more, less, part, classes):
    """Mean over seeds of AUC(more) - AUC(less), with its interval. more, less: [logits of a seed]"""
    off = [mean_areas(a, part, classes) - mean_areas(b, part, classes) for a, b in zip(more, less, strict=True)]
    mean = np.mean(off, 0)
    return mean[0], *np.nanpercentile(mean[1:], [2.5, 97.5])


def show(value, low, high):
    return f"{value:+.4f} [{low:+.4f}, {high:+.4f}]"


def spread(values):
    sd = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
    return f"{np.mean(values):.3f}{sd}"


def table(runs, parts, released):
    """Markdown. runs: {seed: scores}; parts: {name: Measured}; released: {part: logits}"""
    of, arms = lambda key: [r[key] for r in runs.values()], ARMS
    lines = [f"{len(runs)} seeds; AUC, and the differences from control", ""]
    lines += [
        f"| what | n (positive) | released | {' | '.join(a.name for a in arms)} | all − shuffled |",
        "|---" * (len(arms) + 4) + "|",
    ]
    for what, name, classes in ASKED:
        part, y = parts[name], parts[name].labels
        known = y[:, classes[0]] >= 0
        n = f"{known.sum()}" + (f" ({(y[:, classes[0]] == 1).sum()})" if len(classes) == 1 else "")
        cells = [f"{mean_areas(released[name], part, classes)[0]:.4f}"]
        for a in arms:
            if a.name == "control":
                cells.append(f"{np.mean([mean_areas(z, part, classes)[0] for z in of(f'control/{name}')]):.4f}")
            else:
                cells.append(show(*apart(of(f"{a.name}/{name}"), of(f"control/{name}"), part, classes)))
        cells.append(show(*apart(of(f"all/{name}"), of(f"shuffled/{name}"), part, classes)))
        lines.append(f"| {what} | {n} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *strengths(runs, arms), "", *worth(runs, parts, arms)])


def strengths(runs, arms):
    lines = [f"| arm | kept step | a of the released guide | {' | '.join(GROUPS)} |", "|---" * (len(GROUPS) + 3) + "|"]
    for a in arms:
        found = np.stack([r[f"{a.name}/strengths"] for r in runs.values()])
        own = {g: spread(found[:, 1 + i]) for i, g in enumerate(a.groups)}
        kept = ", ".join(str(int(r[f"{a.name}/step"])) for r in runs.values())
        lines.append(f"| {a.name} | {kept} | {spread(found[:, 0])} | {' | '.join(own.get(g, '–') for g in GROUPS)} |")
    return lines


def both(runs, arm, part, group):
    """[logits of a seed] with the group, and without it"""
    return [[r[f"{arm.name}/{part}{end}"] for r in runs.values()] for end in ("", f"/without {group}")]


def worth(runs, parts, arms):
    """What each group is worth once it has been learnt: the decoder with it against the same one with it switched off; and
    by how much it moves a logit on ODIR's test photographs (root mean square)."""
    asked = [row for row in ASKED if row[2] is SIX or row[1] in ("eyepacs-test", "airogs_light-test")]
    lines = [f"| group, in arm | moves | {' | '.join(a[0] for a in asked)} |", "|---" * (len(asked) + 2) + "|"]
    for arm in arms:
        for g in arm.groups:
            cells = [f"{np.sqrt(np.mean(np.square(np.subtract(*both(runs, arm, 'odir5k-test', g))))):.3f}"]
            for _, name, classes in asked:
                cells.append(show(*apart(*both(runs, arm, name, g), parts[name], classes)))
            lines.append(f"| {g}, {arm.name} | {' | '.join(cells)} |")
    return lines


# ---- all of it ----


def run(args):
    if "odir5k" not in args.sets.split(","):
        raise sets.MissingData("--sets must hold odir5k, which every class is measured on")
    chosen, _ = sets.choose(args.sets)
    seer = Seer(args.weights)
    learnt_parts, measured_parts = see(args, seer, chosen)
    if args.see:
        return
    released, shapes = seer.exact.diseases, seer.shapes
    measured = [Measured(p, shapes) for p in measured_parts]
    none = torch.zeros(shapes["maps"][0])
    plain = decoder(ARMS[0], released, seer.meta, none, none + 1)
    if not args.table:
        check(seer, measured_parts[0], plain)
        told = Measured(next(p for p in learnt_parts if p.name.startswith("odir5k")), shapes)
        six = mean_areas(told.logits(plain)[0], told, SIX)[0]
        print(
            f"released decoder on {len(told.which)} training photographs of ODIR: mean of the six {six:.4f}", flush=True
        )
    for seed in [int(s) for s in args.seeds.split(",")]:
        path = args.work / f"scores-{seed}.npz"
        if path.is_file() or args.table:
            continue
        learnt = Learnt(learnt_parts, shapes, chosen, seed)
        print(f"seed {seed}, {args.steps} steps of {BATCH} from {learnt.counts}", flush=True)
        start = released, seer.meta, *learnt.statistics()
        np.savez(path, **scores(train(seed, args, start, learnt, measured[0]), measured))
    runs = {s: dict(np.load(args.work / f"scores-{s}.npz")) for s in args.seeds.split(",")}
    text = table(runs, {m.name: m for m in measured}, {m.name: m.logits(plain)[0] for m in measured})
    (args.work / "table.md").write_text(text + "\n")
    print(text)


def main(argv):
    args = parse(argv)
    options.attempt("guides.py", args, run, sets.MissingData, guides_data.core.Unusable)


if __name__ == "__main__":
    main(sys.argv[1:])
