#!/usr/bin/env python3
"""Can the network teach itself to stand still? What it says of a photograph as it is, it learns to say of it turned and tinted.

usage: steady.py --data DATA [--work build/steady] [--weights weights/vmnet.safetensors] [--photographs 2048] [--steps 800]
                 [--from-block 16 --minutes 20] [--loss 0.3,0.02,0.3,8] [--unlabelled odir5k,...] [--rate 0.004] [--seed 1]
                 [--colours own|amplitudes|statistics] [--watched N] [--out build/steady]
                 [--measure] [--share 1]

The teacher is the released network: the mean of its logits for the photograph as it is and in a mirror. The student sees these
two, the photograph turned anywhere over the circle, in other colours, and the photograph turned by quarters, mirrored or not, its
hue turned by up to 15°. Encoder, vessel decoder and the heads of structures stand still: what the classification decoder reads of
each view is kept on disk (WORK/*.npy, half a megabyte), and that decoder alone learns from it, --steps steps.

--from-block  the first of the encoder's blocks that learns, too, as in opened.py: for --minutes after these steps, at an eighth of
              --rate and less, from views seen as they come; 16 opens none. What comes of it cannot be shipped by itself
--loss        shares: cross-entropy with the teacher around each class's balanced cut, squared distance from it, the labels, squared
              distance of a photograph's views from their mean, which counts most near the cut
--colours     the last two views of each photograph in colours of another one, by the amplitudes of the lowest frequencies or by mean
              and deviation of each channel, a random share of the way
--watched     how many of ODIR's validation photographs are turned and tinted, all unless told, where the encoder stands still
--unlabelled  sets whose photographs are learnt from without their labels
--share       what is measured is the mean of both networks' weights, with this share of the student's

Resumable: views are seen once; OUT/last.pt. OUT/steady.pt holds the averaged weights. Findings are classes, but normal, that
reach their balanced cut; the student's cuts find as many on ODIR's validation photographs as they are. At the end, or with
--measure alone, both networks on test photographs with 95 % intervals by patient: OUT/table.md.
"""

import copy
import sys
import time
from pathlib import Path

import data as sets
import options
import steps
import torch
import torch.nn.functional as F
from steady_data import AS_IS, COLOURS, VIEWS, Learnt, Measured, cuts_of, released, same_share, table, told, views
from train import clock

BATCH, OPEN_BATCH = 8, 3  # photographs, each in all its views; the second where the encoder learns
TESTED = dict(odir5k=200, eyepacs=60, kaggle4=60, idrid=60, dr_maculopathy=60)  # how many are turned and tinted
BLOCKS = 16  # of the encoder
FEW = 100  # validation photographs that are turned and tinted where the encoder learns


def parse(argv):
    p = options.parser(__doc__, "--data", "--weights", "--seed")
    p.add_argument("--work", type=Path, default=Path("build/steady"))
    p.add_argument("--photographs", type=int, default=2048)
    p.add_argument("--steps", type=int, default=800)
    p.add_argument("--from-block", type=int, default=BLOCKS)
    p.add_argument("--minutes", type=float, default=20)
    p.add_argument("--loss", type=lambda v: [float(s) for s in v.split(",")], default=[0.3, 0.02, 0.3, 8])
    p.add_argument("--unlabelled", type=lambda v: v.split(","), default=[])
    p.add_argument("--share", type=float, default=1.0)
    p.add_argument("--colours", choices=[*COLOURS], default="own")
    p.add_argument("--watched", type=int, default=10**6)
    p.add_argument("--out", type=Path, help="where checkpoints and figures go, where not to WORK")
    p.add_argument("--rate", type=float, default=4e-3)
    p.add_argument("--measure", action="store_true")
    args = p.parse_args(argv)
    args.out = args.out or args.work
    return args


# ---- learning ----


def optimiser(net, first, rate):
    """The decoder's weights, and those of the encoder's blocks from `first` on but for their norms."""
    net.requires_grad_(False)
    named = [(n, p) for b in net.net.encoder.blocks[first:] for n, p in b.named_parameters()]
    encoder = [p for n, p in named if not n.endswith("norm.weight")]
    d = net.decoder
    decoder = [p for part in (d.features, d.guide, d.head) for p in part.parameters()]
    for p in [*encoder, *decoder]:
        p.requires_grad_(True)
    return torch.optim.AdamW([*steps.groups(decoder, rate, 0.02), *steps.groups(encoder, 0.4 * rate, 0.02)])


class Run:
    """What a checkpoint holds: net, ema, opt, step, spent (steps.py); spent: while the encoder learns. opened: whether it does"""

    def __init__(self, args):
        self.args, self.step, self.spent, self.opened, self.last = args, 0, 0.0, False, args.out / "last.pt"
        self.net, self.teacher, self.cuts = released(args.weights), released(args.weights), cuts_of(args.weights)
        self.ema, self.opt = copy.deepcopy(self.net), optimiser(self.net, BLOCKS, args.rate)
        if self.last.is_file():
            state = torch.load(self.last, weights_only=False)
            if state["opened"]:
                self.open()
            steps.go_on(self, state, args.seed)

    def open(self):
        """The averaged weights learn on, the encoder's with them."""
        self.net.load_state_dict(self.ema.state_dict())
        self.opt, self.opened = optimiser(self.net, self.args.from_block, self.args.rate / 8), True

    def save(self):
        steps.save_atomically(steps.state_of(self) | dict(opened=self.opened), self.last)
        weights = dict(weights=self.ema.state_dict(), steps=self.step, minutes=self.spent / 60)
        steps.save_atomically(weights | dict(still=not self.opened), self.last.with_name("steady.pt"))


def pair(t):
    """Of each photograph's views those that the teacher sees."""
    return t.unflatten(0, (-1, VIEWS))[:, :2].flatten(0, 1)


def loss_of(z, t, labels, cuts, shares):
    """z [n * VIEWS,8]: the student's logits; t [n,8]: the teacher's"""
    t, labels = (v.repeat_interleave(VIEWS, 0) for v in (t, labels))
    near = F.binary_cross_entropy_with_logits(z - cuts, torch.sigmoid(t - cuts))
    each = z.unflatten(0, (-1, VIEWS))
    mean = each.mean(1, keepdim=True)
    slope = torch.sigmoid(mean - cuts) * torch.sigmoid(cuts - mean)
    apart = ((each - mean).square() * (slope + 0.02)).mean()
    parts = near, (z - t).square().mean(), steps.masked_bce(z, labels), apart
    return sum(share * part for share, part in zip(shares, parts, strict=True))


def one_step(run, seen, teachers, labels):
    """seen: the student's views; teachers: what the teacher sees of them"""
    with torch.no_grad():
        t = run.teacher(teachers).unflatten(0, (-1, 2)).mean(1)
    with steps.lower_precision(torch.device("cpu")):
        z = run.net(seen)
    steps.descend(run.net, run.opt, loss_of(z, t, labels, torch.from_numpy(run.cuts), run.args.loss))
    run.step += 1
    steps.average(run.ema, run.net, run.step)


def learn_still(run, learnt, watched):
    while run.step < run.args.steps:
        steps.set_rates(run.opt, run.step, run.step / run.args.steps)
        seen, labels = learnt.draw(BATCH)
        one_step(run, seen, {k: pair(v) for k, v in seen.items()}, labels)
        if run.step % 200 == 0:
            watch(run, watched, True)
    run.save()


def learn_opened(run, learnt, watched):
    if not run.opened:
        run.open()
    budget, said = run.args.minutes * 60, time.time()
    sampler, tick = learnt.sampler(10**6 * run.args.seed + run.step), clock(torch.device("cpu"))
    while run.spent < budget:
        steps.set_rates(run.opt, run.step - run.args.steps, run.spent / budget)
        x, labels = sampler.draw(OPEN_BATCH)
        y = views(x)
        with torch.no_grad():
            teachers = run.teacher.see(pair(y))
        one_step(run, run.net.see(y), teachers, labels)
        now = clock(torch.device("cpu"))
        run.spent, tick = run.spent + now - tick, now
        if time.time() - said > 60:
            said = time.time()
            run.save()
            print(f"step {run.step}, {run.args.minutes - run.spent / 60:.1f} min left", flush=True)
    run.save()
    watch(run, watched, False)


# ---- figures ----


def watched(args, still):
    return args.watched if still else FEW


def watch(run, m, still):
    """-> {network: cuts}"""
    z = {"released": m.logits(run.teacher, True), "steady": m.logits(run.ema, still)}
    print("\n".join(f"validation, step {run.step}, {line}" for line in told(m, z, run.cuts)), flush=True)
    return {k: same_share(v[AS_IS], z["released"][AS_IS], run.cuts) for k, v in z.items()}


def between(a, b, share):
    """Weights from a's to b's."""
    return {k: torch.lerp(v, b[k], share) if v.is_floating_point() else b[k] for k, v in a.items()}


def measure(args):
    state, run = torch.load(args.out / "steady.pt", weights_only=False), Run(args)
    run.ema.load_state_dict(between(run.teacher.state_dict(), state["weights"], args.share))
    cuts = watch(run, Measured(args, "odir5k", "val", watched(args, state["still"])), state["still"])
    measured = {name: Measured(args, name, "test", most) for name, most in TESTED.items()}
    networks = dict(released=(run.teacher, True), steady=(run.ema, state["still"]))
    z = {k: {name: m.logits(*net) for name, m in measured.items()} for k, net in networks.items()}
    text = table(measured, z, cuts)
    (args.out / "table.md").write_text(text + "\n")
    print(f"{state['steps']} steps, {state['minutes']:.1f} min\n{text}")


def run_all(args):
    if not args.measure:
        run = Run(args)
        learnt = Learnt(args, run.teacher)
        learn_still(run, learnt, Measured(args, "odir5k", "val", watched(args, True)))
        if args.from_block < BLOCKS:
            learn_opened(run, learnt, Measured(args, "odir5k", "val", watched(args, False)))
    measure(args)


def main(argv):
    args = parse(argv)
    steps.seed_all(args.seed)
    options.attempt("steady.py", args, run_all, sets.MissingData, folders=(args.out,))


if __name__ == "__main__":
    main(sys.argv[1:])
