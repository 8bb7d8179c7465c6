#!/usr/bin/env python3
"""The encoder's late stages open for longer, over the whole circle: they learn on from what its early ones hold, kept on disk.

usage: late.py --data DATA [--work build/steady] [--out build/late] [--weights weights/vmnet.safetensors] [--photographs 2048]
               [--also eyepacs,kaggle4 --share-also 0.3] [--from-block 11] [--minutes 20] [--rate 0.0003] [--seed 1]
               [--loss 1,0.1,0.1,0.5,4,1] [--asked-grades eyepacs,kaggle4] [--start OTHER/late.pt] [--share 1] [--measure]

Views as steady.py's, in the same WORK: of each photograph as it is, mirrored, turned anywhere over the circle in other colours,
turned by quarters with its hue turned. What learns: the encoder from --from-block on (11 begins S/32, 5 S/16) but for its depthwise
filters, the two layers of the vessel decoder that read it (D32, D16), the classification decoder, the head of gradability, and a
head that answers whether the grade of retinopathy is at least 1, 2, 3, 4 (opened.py). All that does not see these stands still to
the byte; D16, which vessels, discs, lesions and arteries read, is held by a loss of its own.

--also         sets of which every training photograph is seen besides, and --share-also how often one of these is drawn
--asked-grades sets whose labels teach the grade alone, not the eight diseases
--loss         shares: cross-entropy with the teacher around each class's balanced cut and squared distance from it (the released
               network's mean over the photograph and its mirror), the labels, the grades, squared distance of a photograph's views
               from their mean, distance of D16 from the released one's in parts of its variance
--start        averaged weights of another run, to go on from; the teacher stays the released network
--share        what is measured is the mean of both networks' weights, with this share of the student's

Resumable: OUT/last.pt; OUT/late.pt holds the averaged weights. With --measure, or at the end: OUT/table.md.
"""

import copy
import sys
import time
from pathlib import Path

import data as sets
import guides
import numpy as np
import opened
import options
import steady_data
import steps
import torch
import torch.nn.functional as F
from average import checkpoint
from network import ConvNorm, VMNet, even_scales, up2
from opened import CLASSES, grade_from, kappa, referable
from opened_data import Part
from steady import TESTED, between, loss_of, pair
from steady_data import AS_IS, CHUNK, VIEWS, Measured, cuts_of, kept, rows_of, same_share, views
from torch import nn
from train import clock

BATCH = 4  # photographs, each in all its views
EARLY = {11: None, 5: "e8"}  # what the open blocks start from, where that is not among SEEN
EARLY_SEEN = dict(e8=(40, 8))
JUDGED = dict(odir5k=10**6, eyepacs=0, kaggle4=0, idrid=0)  # validation parts: how many of each are turned and tinted


def names(text):
    return [n for n in text.split(",") if n]


def parse(argv):
    p = options.parser(__doc__, "--data", "--weights", "--seed")
    p.add_argument("--work", type=Path, default=Path("build/steady"))
    p.add_argument("--out", type=Path, default=Path("build/late"))
    p.add_argument("--photographs", type=int, default=2048)
    p.add_argument("--also", type=names, default=["eyepacs", "kaggle4"])
    p.add_argument("--share-also", type=float, default=0.3)
    p.add_argument("--from-block", type=int, choices=[*EARLY], default=11)
    p.add_argument("--minutes", type=float, default=20)
    p.add_argument("--rate", type=float, default=3e-4)
    p.add_argument("--loss", type=lambda v: [float(s) for s in v.split(",")], default=[1, 0.1, 0.1, 0.5, 4, 1])
    p.add_argument("--asked-grades", type=names, default=["eyepacs", "kaggle4"])
    p.add_argument("--start", type=Path)
    p.add_argument("--share", type=float, default=1.0)
    p.add_argument("--measure", action="store_true")
    return p.parse_args(argv)


# ---- the network ----


class Depthwise(torch.autograd.Function):
    """A depthwise convolution whose filters stand still: the gradient of what it reads is a convolution, too, five times faster
    than the one that torch has for it."""

    @staticmethod
    def forward(ctx, x, weight, bias, stride, padding):
        ctx.save_for_backward(weight)
        ctx.stride, ctx.padding, ctx.size = stride, padding, x.shape[2:]
        return F.conv2d(x, weight, bias, stride, padding, 1, len(weight))

    @staticmethod
    def backward(ctx, g):
        (weight,), k = ctx.saved_tensors, ctx.saved_tensors[0].shape[2]
        spread = g
        if ctx.stride > 1:
            h, w = (n + 2 * ctx.padding - k + 1 for n in ctx.size)
            spread = g.new_zeros(*g.shape[:2], h, w).contiguous(memory_format=torch.channels_last)
            spread[:, :, :: ctx.stride, :: ctx.stride] = g
        back = F.conv2d(spread, weight.flip(2, 3), None, 1, k - 1 - ctx.padding, 1, len(weight))
        return back, None, g.sum((0, 2, 3)), None, None


class Filters(ConvNorm):
    def merged(self, x):
        if not torch.is_grad_enabled():
            return super().merged(x)
        n, c = self.norm, self.conv
        scale = n.weight * torch.rsqrt(n.running_var + n.eps)
        weight, bias = c.weight * scale[:, None, None, None], n.bias - n.running_mean * scale
        return Depthwise.apply(x, weight.to(x), bias.to(x), self.stride, c.padding[0])


def lower(x):
    """As the layer before would have given it."""
    x = x.contiguous(memory_format=torch.channels_last)
    return x.bfloat16() if steps.has_bf16(torch.device("cpu")) else x


class Late(nn.Module):
    """A network whose late stages read what its early ones held. {name: [n,c,h,w]} -> logits [n,8 + 4]"""

    def __init__(self, net, first):
        super().__init__()
        self.net, self.first = net, first
        self.grade = opened.Graded(net).grade
        for block in net.encoder.blocks[first:]:
            block.depthwise.__class__ = Filters

    def early(self, y):
        """y 0..1 [n,3,S,S] -> what the open blocks read, where the released network's SEEN does not hold it"""
        with steps.lower_precision(torch.device("cpu")):
            x = self.net.encoder.stem(steps.network_input(y))
            for block in self.net.encoder.blocks[:5]:
                x = block(x)
        return dict(e8=x.float())

    see = early  # for steady_data.rows_of

    def late(self, seen):
        """-> E16, E32, D16"""
        e16, blocks = seen["e16"], self.net.encoder.blocks
        with steps.lower_precision(torch.device("cpu")):
            if self.first < 11:
                e16 = lower(seen["e8"])
                for block in blocks[self.first : 11]:
                    e16 = block(e16)
            e32 = lower(e16)
            for block in blocks[11:]:
                e32 = block(e32)
            return e16, e32, self.net.vessels.coarse([None, None, None, e16, e32])

    def told(self, seen):
        """-> logits [n,8 + 4], that of gradability [n], D16"""
        e16, e32, d16 = self.late(seen)
        return *self.heads(e16, e32, d16, seen["maps"]), d16.float()

    def means(self, e16, e32, d16, maps):
        """[n,channels] of the guided features, E16 and E32"""
        d = self.net.diseases
        with steps.lower_precision(torch.device("cpu")):
            w = d.features.weight
            f = F.relu(F.conv2d(e16, w[:, :112], d.features.bias) + up2(F.conv2d(e32, w[:, 112:])))
            g = torch.sigmoid(d.guide(torch.cat([maps.to(d16), d16], 1)))
            guided = f * (1 + d.a * g).to(f)
        return [t.float().mean((2, 3)) for t in (guided, e16, e32)]

    def heads(self, e16, e32, d16, maps):
        means = self.means(e16, e32, d16, maps)
        logits = torch.cat([self.net.diseases.head(means[0]), self.grade(torch.cat(means, 1))], 1)
        return logits, self.net.gradable(means[2])[:, 0]

    def held(self, seen):
        """As `told`, of what the released network held."""
        return *self.heads(*(seen[k] for k in ("e16", "e32", "d16", "maps"))), seen["d16"]

    def forward(self, seen):
        return self.told(seen)[0]


def released(path, first):
    state = checkpoint(path)
    net = VMNet(len(state["classes"]))
    net.load_state_dict(state["weights"])
    even_scales(net.encoder.modules())
    even_scales(net.vessels.modules())
    return Late(net, first).eval().to(memory_format=torch.channels_last)


def optimiser(net, rate):
    """Encoder, D32 and D16 without the norms' factors; the heads at three times the rate."""
    net.requires_grad_(False)
    v, d = net.net.vessels, net.net.diseases
    layers = [*net.net.encoder.blocks[net.first :], v.d32, v.d16]
    named = [(n, p) for layer in layers for n, p in layer.named_parameters()]
    slow = [p for n, p in named if not n.endswith("norm.weight") and "depthwise.conv" not in n]
    quick = [p for m in (d.features, d.guide, d.head, net.grade, net.net.gradable) for p in m.parameters()]
    for p in [*slow, *quick]:
        p.requires_grad_(True)
    return torch.optim.AdamW([*steps.groups(slow, rate, 0.02), *steps.groups(quick, 3 * rate, 0.02)])


class Run:
    """What a checkpoint holds: net, ema, opt, step, spent (steps.py)."""

    def __init__(self, args):
        self.args, self.step, self.spent, self.last = args, 0, 0.0, args.out / "last.pt"
        self.net, self.teacher = (released(args.weights, args.from_block) for _ in range(2))
        if args.start:
            self.net.load_state_dict(torch.load(args.start, weights_only=False)["weights"])
        self.cuts, self.ema = cuts_of(args.weights), copy.deepcopy(self.net)
        self.opt = optimiser(self.net, args.rate)
        if self.last.is_file():
            steps.go_on(self, torch.load(self.last, weights_only=False), args.seed)

    def save(self):
        steps.save_atomically(steps.state_of(self), self.last)
        weights = dict(weights=self.ema.state_dict(), steps=self.step, minutes=self.spent / 60)
        steps.save_atomically(weights, self.last.with_name("late.pt"))


# ---- photographs ----


def early_of(args, net, name, make):
    """Rows of what the open blocks read, or None where SEEN holds it. make: () -> batches of views 0..1"""
    if not EARLY[args.from_block]:
        return None
    return kept(args.work / f"{EARLY[args.from_block]}-{name}.npy", lambda: rows_of(net, make()))


def apart(rows, early):
    """Rows of the released network's SEEN, and of what the open blocks read -> {name: [n,c,h,w]}"""
    seen = steady_data.apart(rows)
    if early is None:
        return seen
    shapes = {k: (c, sets.SIDE // cell, sets.SIDE // cell) for k, (c, cell) in EARLY_SEEN.items()}
    return seen | steady_data.taken_apart(early, shapes)


class Learnt:
    """Views of training photographs by chunks: steady.py's, and all photographs of some sets."""

    def __init__(self, args, net):
        self.args, self.net, self.steady = args, net, steady_data.released(args.weights)
        chosen = steady_data.chosen()
        parts = {s.name: Part(args.work, args.data, s, "train") for s in chosen}
        self.drawn = lambda seed: Drawn(chosen, parts, args.asked_grades, seed)
        self.chunks = [self.chunk(i) for i in range(args.photographs // CHUNK)]
        self.also = [self.whole(parts[n], n, i) for n in args.also for i in range(0, len(parts[n].x), CHUNK)]
        odds = [steps.class_weights(c[2].numpy()) * len(c[2]) for c in self.also]
        self.odds = [o / sum(map(sum, odds)) for o in odds]

    def chunk(self, i):
        seed = 1000 * self.args.seed + i
        x, labels = self.drawn(seed).draw(CHUNK)
        return *self.rows(f"train-{self.args.seed}-{i:03}", x, seed), labels

    def whole(self, part, name, i):
        labels = torch.from_numpy(part.labels[i : i + CHUNK])
        x = lambda: torch.from_numpy(np.array(part.x[i : i + CHUNK]))  # noqa: E731
        return *self.rows(f"more-{name}-{i:04}", x, 500000 + i), taught(labels, name in self.args.asked_grades)

    def rows(self, name, x, seed):
        def make():
            steps.seed_all(seed)
            return views(x()).split(steady_data.BATCH)

        seen = kept(self.args.work / f"{name}.npy", lambda: rows_of(self.steady, make()))
        return seen, early_of(self.args, self.net, name, make)

    def place(self):
        if self.also and np.random.rand() < self.args.share_also:
            flat = np.concatenate(self.odds)
            k, c = np.random.choice(len(flat), p=flat / flat.sum()), 0
            while k >= len(self.odds[c]):
                k, c = k - len(self.odds[c]), c + 1
            return self.also[c], k
        return self.chunks[np.random.randint(len(self.chunks))], np.random.randint(CHUNK)

    def draw(self, n):
        """What was held of n photographs in all their views, and labels [n,8 + 4]"""
        places = [self.place() for _ in range(n)]
        cut = lambda a, k: a[k * VIEWS : (k + 1) * VIEWS]  # noqa: E731
        early = None if places[0][0][1] is None else np.concatenate([cut(c[1], k) for c, k in places])
        rows = np.concatenate([cut(c[0], k) for c, k in places])
        return apart(rows, early), torch.stack([c[2][k] for c, k in places])


def taught(labels, grades_alone):
    labels = labels.clone()
    if grades_alone:
        labels[..., :CLASSES] = sets.UNKNOWN
    return labels


class Drawn(opened.Drawn):
    """Drawn by the eight diseases as steady.py does; gives the grades, too, and the photographs later."""

    def __init__(self, chosen, parts, alone, seed):
        eight = {s.name: (parts[s.name].x, parts[s.name].labels[:, :CLASSES]) for s in chosen}
        super().__init__(eight, chosen, seed, torch.device("cpu"))
        labels = [taught(torch.from_numpy(parts[s.name].labels), s.name in alone) for s in chosen]
        self.sets = [(x, y) for (x, _), y in zip(self.sets, labels, strict=True)]

    def places(self, n):
        """[(set, photograph)]"""
        of = self.rng.choice(len(self.sets), n, p=self.share)
        return [(i, self.rng.choice(len(self.odds[i]), p=self.odds[i])) for i in of]

    def draw(self, n):
        """-> () -> uint8 [n,s,s,c], labels [n,8 + 4]"""
        which = self.places(n)
        x = lambda: torch.stack([self.sets[i][0][j] for i, j in which])  # noqa: E731
        return x, torch.stack([self.sets[i][1][j] for i, j in which])


# ---- learning ----


def one_step(run, seen, labels):
    a, b, c, grades, apart_share, d16_share = run.args.loss
    with torch.no_grad():
        t = run.teacher.held({k: pair(v) for k, v in seen.items()})[0][:, :CLASSES].unflatten(0, (-1, 2)).mean(1)
        judged = run.teacher.held(seen)[1]
    z, g, d16 = run.net.told(seen)
    loss = loss_of(z[:, :CLASSES], t, labels[:, :CLASSES], torch.from_numpy(run.cuts), (a, b, c, apart_share))
    loss = loss + grades * steps.masked_bce(z[:, CLASSES:], labels[:, CLASSES:].repeat_interleave(VIEWS, 0))
    each = z[:, CLASSES:].unflatten(0, (-1, VIEWS))
    loss = loss + 0.02 * (each - each.mean(1, keepdim=True)).square().mean()
    far = (d16 - seen["d16"]).square().mean((0, 2, 3)) / (seen["d16"].var((0, 2, 3)) + 1e-3)
    loss = loss + d16_share * far.mean() + 0.02 * (g - judged).square().mean()
    steps.descend(run.net, run.opt, loss)
    run.step += 1
    steps.average(run.ema, run.net, run.step)
    return loss.item(), far.mean().item()


def learn(run, learnt, watched):
    budget, said, told = run.args.minutes * 60, time.time(), []
    watches, tick = int(2 * run.spent / max(budget, 1)), clock(torch.device("cpu"))
    while run.spent < budget:
        steps.set_rates(run.opt, run.step, run.spent / budget)
        told.append(one_step(run, *learnt.draw(BATCH)))
        now = clock(torch.device("cpu"))
        run.spent, tick = run.spent + now - tick, now
        if time.time() - said > 60:
            said = time.time()
            run.save()
            loss, far = np.mean(told[-200:], 0)
            left = run.args.minutes - run.spent / 60
            print(f"step {run.step}, loss {loss:.4f}, D16 {far:.4f}, {left:.1f} min left", flush=True)
        if int(2 * run.spent / budget) > watches:
            watches = int(2 * run.spent / budget)
            watch(run, watched)
            tick = clock(torch.device("cpu"))
    run.save()


# ---- figures ----


class Seen(Measured):
    """As steady_data.Measured; networks answer with grades, too."""

    def __init__(self, args, net, name, split, most):
        super().__init__(args, name, split, most or 1)
        self.args, self.first, self.net, self.turned = args, net, steady_data.released(args.weights), most > 0

    def rows(self, i, way):
        rows = kept(self.file(i), lambda: rows_of(self.net, self.batches(way)))
        return rows, early_of(self.args, self.first, self.file(i).stem, lambda: self.batches(way))

    @torch.no_grad()
    def said(self, of):
        """{way: [n,8 + 4]} by of: seen -> logits"""
        out = {}
        for i, way in enumerate(steady_data.WAYS):
            if i and not self.turned:
                continue
            rows, early = self.rows(i, way)
            at = [slice(k, k + 32) for k in range(0, len(rows), 32)]
            out[way] = torch.cat([of(apart(rows[s], None if early is None else early[s])) for s in at]).numpy()
        return out


def of_all(run, m):
    """{network: {way: [n,8 + 4]}}"""
    return dict(released=m.said(lambda seen: run.teacher.held(seen)[0]), steady=m.said(run.ema))


def eight(z):
    return {way: v[:, :CLASSES] for way, v in z.items()}


def area_of(m, score):
    """Grade 2 and above, AUC"""
    known = m.grades >= 0
    return f"{guides.areas(score[known], m.grades[known] >= 2, np.ones((1, known.sum())))[0]:.4f}"


def watch(run, measured):
    """-> {network: cuts}"""
    cuts, said = None, []
    for name, m in measured.items():
        z = of_all(run, m)
        by = [f"{k} {area_of(m, v[AS_IS][:, steady_data.DR])}" for k, v in z.items()]
        said.append(f"{name}, referable: {', '.join(by)}, by the grade {area_of(m, referable(z['steady'][AS_IS]))}")
        if m.turned:
            e = {k: eight(v) for k, v in z.items()}
            said += [f"{name}, {line}" for line in steady_data.told(m, e, run.cuts)]
            cuts = {k: same_share(v[AS_IS], e["released"][AS_IS], run.cuts) for k, v in e.items()}
    print("\n".join(f"validation, step {run.step}, {line}" for line in said), flush=True)
    return cuts


def rows_of_grades(name, m, z):
    """z: {network: [n,8 + 4]}"""
    known, weight = m.grades >= 0, guides.weights_of(m.patients)
    ill, w = m.grades[known] >= 2, weight[:, known]
    before = guides.areas(z["released"][known, steady_data.DR], ill, w)
    after = guides.areas(referable(z["steady"])[known], ill, w)
    yield opened.row(f"{name}, referable, by p and by the grade, AUC", f"{len(ill)} ({ill.sum()})", after, before)
    k = kappa(m.grades[known], grade_from(z["steady"])[known], w)
    yield opened.row(f"{name}, grade, quadratic kappa", len(ill), k)


def measure(args):
    run = Run(args)
    state = torch.load(args.out / "late.pt", weights_only=False)
    run.ema.load_state_dict(between(run.teacher.state_dict(), state["weights"], args.share))
    cuts = watch(run, {n: Seen(args, run.net, n, "val", most) for n, most in JUDGED.items()})
    measured = {name: Seen(args, run.net, name, "test", most) for name, most in TESTED.items()}
    z = {name: of_all(run, m) for name, m in measured.items()}
    text = steady_data.table(
        measured, {k: {n: eight(v[k]) for n, v in z.items()} for k in ("released", "steady")}, cuts
    )
    more = [r for n, m in measured.items() for r in rows_of_grades(n, m, {k: v[AS_IS] for k, v in z[n].items()})]
    text = "\n".join([text, *more])
    (args.out / "table.md").write_text(text + "\n")
    print(f"{state['steps']} steps, {state['minutes']:.1f} min\n{text}")


def run_all(args):
    if not args.measure:
        run = Run(args)
        learnt = Learnt(args, run.net)
        learn(run, learnt, {n: Seen(args, run.net, n, "val", most) for n, most in JUDGED.items()})
    measure(args)


def main(argv):
    args = parse(argv)
    steps.seed_all(args.seed)
    options.attempt("late.py", args, run_all, sets.MissingData, folders=(args.out,))


if __name__ == "__main__":
    main(sys.argv[1:])
