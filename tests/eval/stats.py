"""AUC, Dice, operating points and their bootstrap intervals. Resampling is by group: patients, or photographs."""

import numpy as np

REPEATS = 1000
BINS = 2000


def auc(score, label):
    """Area under the ROC curve; ties count half. NaN without both answers."""
    score, label = np.asarray(score, float), np.asarray(label, int)
    n1 = int(label.sum())
    n0 = len(label) - n1
    if n1 == 0 or n0 == 0:
        return float("nan")
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = np.cumsum(counts) - (counts - 1) / 2
    return float((rank[inverse][label == 1].sum() - n1 * (n1 + 1) / 2) / (n1 * n0))


def histogram_auc(positive, negative):
    """AUC from histograms of scores, bin 0 the lowest."""
    n1, n0 = positive.sum(), negative.sum()
    below = np.cumsum(negative) - negative
    return float((positive * (below + negative / 2)).sum() / (n1 * n0)) if n1 and n0 else float("nan")


def dice(tp, fp, fn):
    return float(2 * tp / (2 * tp + fp + fn)) if tp + fp + fn else float("nan")


def f1(predicted, label):
    return dice((predicted & label).sum(), (predicted & ~label).sum(), (~predicted & label).sum())


def sensitivity_at(score, label, specificity=0.95):
    s = np.asarray(score)
    neg = np.sort(s[label == 0])
    if len(neg) == 0 or (label == 1).sum() == 0:
        return float("nan")
    cut = neg[min(len(neg) - 1, int(np.ceil(specificity * len(neg))) - 1)]
    return float((s[label == 1] > cut).mean())


def interval(groups, statistic, seed=1):
    """95 % percentile interval of statistic(indices) when whole groups are drawn with replacement."""
    rng = np.random.default_rng(seed)
    order = np.argsort(groups, kind="stable")
    _, starts = np.unique(np.asarray(groups)[order], return_index=True)
    members = np.split(order, starts[1:])
    values = []
    for _ in range(REPEATS):
        pick = rng.integers(0, len(members), len(members))
        v = statistic(np.concatenate([members[i] for i in pick]))
        if np.isfinite(v):
            values.append(v)
    return [round(float(v), 4) for v in np.percentile(values, [2.5, 97.5])] if values else [None, None]
