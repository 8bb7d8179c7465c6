"""AUC, Dice, operating points, rank correlation, and bootstrap intervals that draw whole groups: patients, or photographs."""

import math

import numpy as np
from scipy.stats import rankdata

REPEATS = 1000
BINS = 2000


def auc(score, label):
    """Area under the ROC curve; ties count half. NaN without both answers.

    As scikit-learn's roc_auc_score (test_stats.py), whose checks take fifteen times as long: a bootstrap asks 1000 times.
    """
    ill = np.asarray(label) == 1
    n1, n0 = ill.sum(), (~ill).sum()
    return ratio(rankdata(score)[ill].sum() - n1 * (n1 + 1) / 2, n1 * n0)


def histogram_auc(positive, negative):
    """AUC from histograms of scores, bin 0 the lowest."""
    n1, n0 = positive.sum(), negative.sum()
    below = np.cumsum(negative) - negative
    return float((positive * (below + negative / 2)).sum() / (n1 * n0)) if n1 and n0 else float("nan")


def ratio(a, b):
    return float(a / b) if b else float("nan")


def mean(values):
    """NaN of nothing, without a warning."""
    return float(np.mean(values)) if len(values) else float("nan")


def wilson(share, n, z=1.96):
    """(share, low, high): the 95 % interval of a share of n by Wilson's score; of none of them, too."""
    if not n:
        return (float("nan"),) * 3
    middle, half = share + z * z / (2 * n), z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return share, max(0.0, (middle - half) / (1 + z * z / n)), min(1.0, (middle + half) / (1 + z * z / n))


def dice(tp, fp, fn):
    return ratio(2 * tp, 2 * tp + fp + fn)


def f1(predicted, label):
    return dice((predicted & label).sum(), (predicted & ~label).sum(), (~predicted & label).sum())


def sensitivity_at(score, label, specificity=0.95):
    """Share of the positives above the lowest cut that leaves `specificity` of the negatives at or below it."""
    s = np.asarray(score)
    neg = np.sort(s[label == 0])
    if len(neg) == 0 or (label == 1).sum() == 0:
        return float("nan")
    cut = neg[min(len(neg) - 1, int(np.ceil(specificity * len(neg) - 1e-9)) - 1)]
    return float((s[label == 1] > cut).mean())


def specificity_at(score, label, sensitivity=0.95):
    """The same, mirrored."""
    return sensitivity_at(-np.asarray(score), 1 - np.asarray(label), sensitivity)


def ppv(sensitivity, specificity, prevalence):
    """Positive predictive value where `prevalence` of the people are ill (Bayes)."""
    true, false = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    return ratio(true, true + false)


def f1_cut(score, label):
    """The cut with the largest F1: between two neighbouring scores."""
    order = np.argsort(-np.asarray(score), kind="stable")
    s, y = np.asarray(score)[order], np.asarray(label)[order] == 1
    tp = np.cumsum(y)
    value = 2 * tp / (np.arange(len(y)) + 1 + y.sum())
    value[:-1][s[:-1] == s[1:]] = -1  # no cut between equal scores
    best = int(np.argmax(value))
    return float((s[best] + (s[best + 1] if best + 1 < len(s) else 0)) / 2)


def correlation(a, b):
    """Pearson's; NaN where one of them is constant."""
    a, b = np.ravel(a).astype(float), np.ravel(b).astype(float)
    a, b = a - a.mean(), b - b.mean()
    return ratio((a * b).sum(), np.sqrt((a * a).sum() * (b * b).sum()))


def rank_correlation(a, b):
    """Spearman's."""
    return correlation(rankdata(a), rankdata(b))


def quadratic_kappa(a, b, levels=5):
    """Cohen's, of whole numbers 0 to levels - 1, weighted by the square of the distance; NaN where all are the same."""
    far = np.subtract.outer(np.arange(levels), np.arange(levels)) ** 2
    table = np.histogram2d(a, b, bins=(np.arange(levels + 1) - 0.5,) * 2)[0]
    chance = np.outer(table.sum(1), table.sum(0)) / max(1, len(a))
    return 1 - ratio((table * far).sum(), (chance * far).sum())


class Bootstrap:
    """The same REPEATS draws of whole groups for every statistic that is asked for."""

    def __init__(self, groups, seed=1):
        groups = np.asarray(groups)
        rng = np.random.default_rng(seed)
        order = np.argsort(groups, kind="stable")
        _, starts = np.unique(groups[order], return_index=True)
        members = np.split(order, starts[1:])
        self.draws = [
            np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))]) if len(groups) else order
            for _ in range(REPEATS)
        ]
        self.all = np.arange(len(groups))

    def measure(self, statistic):
        """(value, low, high): statistic(indices) of all, and its 95 % percentile interval."""
        values = [v for v in (statistic(i) for i in self.draws) if np.isfinite(v)] if len(self.all) else []
        low, high = (float(v) for v in np.percentile(values, [2.5, 97.5])) if values else (float("nan"),) * 2
        return float(statistic(self.all)) if len(self.all) else float("nan"), low, high
