"""Figures on validation photographs while a run goes on: mean AUC of the named diseases, Dice of the vessels."""

import time

import data as sets
import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from steps import lower_precision, network_input

SHARE = 0.05  # of the time, at most


def auc(score, label):
    """Area under the ROC curve; NaN unless both answers occur."""
    return float(roc_auc_score(label, score)) if len(np.unique(label)) == 2 else float("nan")


def class_aucs(scores, labels):
    """[n,classes] each, labels below 0 unknown -> one AUC a class, NaN where there are not both answers."""
    known = labels >= 0
    return np.array([auc(scores[k, c], labels[k, c]) for c, k in enumerate(known.T)])


def tensor(x, side):
    """uint8 [n,s,s,3] -> 0..1 [n,3,side,side]"""
    y = torch.from_numpy(x[..., :3]).permute(0, 3, 1, 2).float() / 255
    return y if y.shape[-1] == side else torch.nn.functional.interpolate(y, size=(side, side), mode="area")


@torch.no_grad()
def outputs(net, x, side, guide=1.0, batch=8, wanted=("logits",)):
    """The network, in evaluation mode, over x uint8 [n,s,s,3] -> {name: float32 [n,...]}"""
    net.eval()
    device, out = next(net.parameters()).device, {k: [] for k in wanted}
    for i in range(0, len(x), batch):
        with lower_precision(device):
            o = net(network_input(tensor(x[i : i + batch], side).to(device)), guide)
        for k in wanted:
            out[k].append(o[k].float().cpu())
    return {k: torch.cat(v).numpy() for k, v in out.items()}


def vessel_dice(net, layers, side, threshold=0.5):
    """Mean over photographs [side,side,5] of the Dice inside the field of view, at `side` pixels a retina."""
    dice = []
    for a in layers:
        p = 1 / (1 + np.exp(-outputs(net, a[None], side, wanted=["vessel_logit"])["vessel_logit"][0]))
        inside = a[:, :, 4] > 127
        t, q = a[inside][:, 3] > 127, p[inside] >= threshold
        dice.append(2 * (t & q).sum() / max(1, t.sum() + q.sum()))
    return float(np.mean(dice)) if dice else float("nan")


class Watch:
    """Validation every `minutes` of a run, less often where it would take more than SHARE of the time.

    Diseases: the validation part of the sets that choose the thresholds (ODIR's, if it is there). These figures are
    for watching; nothing is chosen by them.
    """

    def __init__(self, data, diseases, vessels, classes, minutes, missing=None):
        self.minutes, self.classes, self.cost, self.last = minutes, classes, 0.0, time.time()
        if not minutes:
            return
        judges = sets.judges(diseases, classes)
        quiet = dict(progress=lambda _: None, missing=missing)
        loaded = sets.load_diseases(data, "val", sets=[s.name for s in judges], classes=classes, **quiet).values()
        self.x = [x for x, _ in loaded]
        self.y = np.concatenate([y for _, y in loaded]) if loaded else np.zeros((0, len(classes)))
        layers = sets.load_vessels(data, "val", sides=(sets.SIDE,), sets=vessels, **quiet)
        self.layers = [a[0] for a in layers]

    def due(self, now):
        return self.minutes and now - self.last >= max(self.minutes * 60, self.cost * (1 / SHARE - 1))

    def figures(self, net):
        """-> mean AUC of the named classes that have both answers, mean Dice of the vessels; NaN where there is none"""
        began = time.time()
        area = np.array([])
        if len(self.y):
            scores = np.concatenate([outputs(net, x, sets.SIDE)["logits"] for x in self.x])
            area = class_aucs(scores, self.y)[sets.named(self.classes)]
        dice = vessel_dice(net, self.layers, sets.SIDE)
        self.last = time.time()
        self.cost = self.last - began
        return float(np.nanmean(area)) if np.isfinite(area).any() else float("nan"), dice
