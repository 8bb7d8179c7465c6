"""Do photographs called 20 % have the disease in 20 of 100 cases? Calibration error, Brier score, reliability bins."""

import numpy as np

BINS = 10


def equal_mass(probability, bins=BINS):
    """Indices of each bin: sorted by probability, and cut into bins of equally many photographs."""
    return [b for b in np.array_split(np.argsort(probability, kind="stable"), bins) if len(b)]


def ece(probability, label, bins=BINS):
    """Expected calibration error: the bins' mean |mean probability - share of positives|, weighted by their size."""
    p, y = np.asarray(probability, float), np.asarray(label, float)
    gaps = [abs(p[b].sum() - y[b].sum()) for b in equal_mass(p, bins)]
    return float(sum(gaps) / len(p)) if len(p) else float("nan")


def ece_equal_width(probability, label, bins=BINS):
    """The same over bins of equal width, as Guo et al. 2017 have it: most photographs share the first one."""
    p, y = np.asarray(probability, float), np.asarray(label, float)
    gaps = np.bincount(np.minimum((p * bins).astype(int), bins - 1), p - y, bins)
    return float(np.abs(gaps).sum() / len(p)) if len(p) else float("nan")


def ece_by_chance(probability, bins=BINS, draws=200, seed=1):
    """The ECE that labels drawn from these very probabilities would show, on average: what few photographs cost a
    perfectly calibrated model."""
    rng = np.random.default_rng(seed)
    p = np.asarray(probability, float)
    return float(np.mean([ece(p, rng.random(len(p)) < p, bins) for _ in range(draws)]))


def brier(probability, label):
    return float(np.mean((np.asarray(probability, float) - np.asarray(label, float)) ** 2))


def wilson(positives, n):
    """95 % interval of a share."""
    z, p = 1.96, positives / n
    centre, half = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return float((centre - half) / (1 + z * z / n)), float((centre + half) / (1 + z * z / n))


def reliability(probability, label, bins=BINS):
    """Per bin: n, mean probability, share of positives with its interval."""
    p, y = np.asarray(probability, float), np.asarray(label, float)
    out = []
    for b in equal_mass(p, bins):
        low, high = wilson(y[b].sum(), len(b))
        out.append(dict(n=len(b), predicted=float(p[b].mean()), observed=float(y[b].mean()), low=low, high=high))
    return out
