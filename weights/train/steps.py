"""What one training step is made of, for train.py, backbone.py and ablation.py: batches, losses, rates, averaging."""

import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

RATES = {"encoder": 2.0e-4, "vessels": 2.0e-3, "diseases": 4.0e-4, "gradable": 1.0e-3}


def device():
    torch.backends.cudnn.benchmark = True  # the sides of the pictures seldom change
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_bf16(device, cpu=Path("/proc/cpuinfo")):
    """Whether the device computes in bf16 itself. A processor that only emulates it takes ten times as long as in f32."""
    if device.type != "cpu":
        return True
    return cpu.is_file() and not {"avx512_bf16", "amx_bf16", "bf16"}.isdisjoint(cpu.read_text().split())


def lower_precision(device):
    """bf16 where that is faster; weights, optimiser and losses stay in f32."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=has_bf16(device))


def seed_all(seed):
    torch.manual_seed(seed)
    np.random.seed(seed)


def network_input(y):
    """0..1 -> (rgb - 127) / 128, as square.c writes it."""
    return ((y * 255 - 127) / 128).contiguous(memory_format=torch.channels_last)


# ---- batches ----


def class_weights(labels):
    """Photographs of rare classes are drawn more often. labels [n,classes] -> shares [n]."""
    y = np.maximum(labels, 0)
    share = np.maximum(y.mean(0), 1e-3)
    w = np.where(y == 1, np.sqrt(0.25 / share), 0).max(1).clip(0.6, 2.5)
    return w / w.sum()


class Sampler:
    """Draws photographs from several sets by the sets' weights; all of them lie on the device.

    diseases: {name: (uint8 [n,s,s,c], labels [n,classes])}; chosen: the Sets, in a fixed order.
    """

    def __init__(self, diseases, chosen, seed, device):
        self.rng = np.random.default_rng(seed)
        chosen = [s for s in chosen if s.name in diseases]
        self.odds = [class_weights(diseases[s.name][1]) for s in chosen]
        self.sets = [tuple(torch.from_numpy(a).to(device) for a in diseases[s.name]) for s in chosen]
        share = np.array([s.weight for s in chosen])
        self.share = share / share.sum()

    def draw(self, n):
        """-> uint8 [n,s,s,c], labels [n,classes]"""
        of = self.rng.choice(len(self.sets), n, p=self.share)
        chosen = [(i, self.rng.choice(len(self.odds[i]), p=self.odds[i])) for i in of]
        x, y = ([self.sets[i][k][j] for i, j in chosen] for k in (0, 1))
        return torch.stack(x), torch.stack(y)


def layers_on(device, layers):
    """The vessel sets' layers, lists of uint8 arrays, as tensors on the device."""
    return [[torch.from_numpy(a).to(device) for a in item] for item in layers]


# ---- losses ----


def thin_parts(target):
    """Of vessels [n,s,s] 0..1 what a square of three pixels does not fit into."""
    t = target[:, None]
    opened = F.max_pool2d(1 - F.max_pool2d(1 - t, 3, 1, 1), 3, 1, 1)
    return (t - opened).clamp(min=0)[:, 0]


def thinned(p, times=6):
    """The soft skeleton of p [n,s,s] 0..1: what is left of it, however often its rim is taken away."""
    less = lambda t: torch.minimum(-F.max_pool2d(-t, (3, 1), 1, (1, 0)), -F.max_pool2d(-t, (1, 3), 1, (0, 1)))  # noqa: E731
    y, lines = p[:, None], 0
    for _ in range(times):
        smaller = less(y)
        line = F.relu(y - F.max_pool2d(smaller, 3, 1, 1))
        lines = lines + F.relu(line - lines * line)
        y = smaller
    return lines[:, 0]


def skeleton_loss(p, target):
    """1 - soft clDice."""
    mine, theirs = thinned(p), thinned(target)
    precision = ((mine * target).sum() + 1) / (mine.sum() + 1)
    found = ((theirs * p).sum() + 1) / (theirs.sum() + 1)
    return 1 - 2 * precision * found / (precision + found)


def vessel_loss(logit, target, fov, thin=0.0, skeleton=0.0):
    """BCE plus Dice over the cut; outside the field of view the target is "no vessel". thin: how much more thin vessels count;
    skeleton: share of soft clDice"""
    target = target * (fov > 0.5)
    weight = 1 + thin * thin_parts(target) if thin else None
    bce = F.binary_cross_entropy_with_logits(logit, target, weight)
    p = torch.sigmoid(logit)
    dice = 1 - (2 * (p * target).sum() + 1) / (p.square().sum() + target.square().sum() + 1)
    return bce + dice + (skeleton * skeleton_loss(p, target) if skeleton else 0)


def masked_bce(logits, labels, share=1.0):
    """share: how much each label counts"""
    known = (labels >= 0) * share
    loss = F.binary_cross_entropy_with_logits(logits, labels.clamp(min=0), reduction="none")
    return (loss * known).sum() / known.sum().clamp(min=1)


def encode(net, x, frozen):
    with torch.set_grad_enabled(not frozen):
        return net.encoder(x)


def vessel_losses(net, device, cuts, frozen):
    x, vessel, fov = cuts
    with lower_precision(device):
        x = network_input(x)
        logit, _ = net.vessels(x, encode(net, x, frozen))
    return dict(vessel=vessel_loss(logit[:, 0].float(), vessel, fov))


def disease_outputs(net, x, frozen, guide, vessels=None):
    """x: network input. vessels [n,1,S,S]: logits that the guide shall read instead of the network's own."""
    taps = encode(net, x, frozen)
    net.vessels.eval()  # its statistics are those of the vessel cuts
    d16 = net.vessels.coarse(taps)  # the diseases teach the guide through D16, but do not bend the fine vessels
    with torch.no_grad():
        z = net.vessels.fine(x, taps, d16) if vessels is None else vessels
    net.vessels.train()
    return net.heads(taps, z, d16, guide, dropout=0.2)


def disease_losses(net, device, batch, frozen):
    x, labels, gradable = batch
    with lower_precision(device):
        guide = 1.0 if np.random.rand() > 0.1 else 0.0  # one batch in ten without: a = 0 must stay sensible
        out = disease_outputs(net, network_input(x), frozen, guide)
    return dict(
        disease=masked_bce(out["logits"].float(), labels),
        gradable=0.3 * F.binary_cross_entropy_with_logits(out["gradable"].float(), gradable),
    )


# ---- steps ----


def groups(params, rate, decay):
    """Two groups of AdamW: weight decay for matrices only."""
    params = list(params)
    return [
        dict(params=[p for p in params if p.ndim > 1], lr=rate, peak=rate, weight_decay=decay),
        dict(params=[p for p in params if p.ndim <= 1], lr=rate, peak=rate, weight_decay=0.0),
    ]


def optimiser(net, factor=1.0):
    """factor: on all rates"""
    own = {n: getattr(net, n).parameters() for n in RATES}
    return torch.optim.AdamW([g for n, rate in RATES.items() for g in groups(own[n], factor * rate, 0.02)])


def set_rates(opt, step, done, warm=50):
    """Linear over the first `warm` steps, then a cosine to 2 % of the peak; done 0..1 is the share of the budget."""
    for g in opt.param_groups:
        g["lr"] = g["peak"] * min(1, (step + 1) / warm) * (0.49 * (1 + math.cos(math.pi * done)) + 0.02)


def freeze_encoder_statistics(net):
    """The encoder keeps its batch-norm statistics: vessel cuts and whole discs must not mix in them."""
    net.train()
    for m in net.encoder.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.eval()


def descend(net, opt, loss, norm=4.0):
    opt.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), norm)
    opt.step()


@torch.no_grad()
def average(ema, net, step):
    keep = min(0.998, (1 + step) / (20 + step))
    for e, p in zip(ema.state_dict().values(), net.state_dict().values(), strict=True):
        e.lerp_(p, 1 - keep) if e.dtype.is_floating_point else e.copy_(p)


# ---- the guide ----

GUIDE_START = 0.5  # a: so that the guide has something to say from the first step on


@torch.no_grad()
def open_guide(net):
    """A fresh guide that is even at the start: F (1 + a / 2), made up for in the head."""
    d = net.diseases
    d.guide.weight.normal_(0, 0.02)
    d.guide.bias.zero_()
    even = (1 + GUIDE_START / 2) / (1 + d.a * 0.5)
    d.a.fill_(GUIDE_START)
    d.head.weight.div_(even)
    return net


def save_atomically(state, path):
    """A run that is stopped while it writes keeps the file from before."""
    torch.save(state, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)


# ---- a stage that can be stopped: it has net, ema, opt, step and spent (seconds), and goes on from the file `last` ----

PARTS = ("net", "ema", "opt")


def state_of(stage):
    return {k: getattr(stage, k).state_dict() for k in PARTS} | dict(step=stage.step, spent=stage.spent)


def go_on(stage, state, seed):
    """From what state_of gave."""
    for k in PARTS:
        getattr(stage, k).load_state_dict(state[k])
    stage.step, stage.spent = state["step"], state["spent"]
    seed_all(seed + stage.step)
    print(f"resumed at step {stage.step}, {stage.spent / 60:.1f} min spent")


def save_network(stage, kept=None, **said):
    """WORK/last.pt, and the averaged network in WORK/vmnet.pt: both say where it comes from and what it has seen."""
    said |= dict(step=stage.step, origin=stage.origin, **stage.record)
    save_atomically(state_of(stage) | said, stage.last)
    weights = dict(weights=(kept or stage.ema).state_dict(), minutes=stage.spent / 60)
    save_atomically(weights | said, stage.last.with_name("vmnet.pt"))
