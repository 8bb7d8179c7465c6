"""Arteries against veins: what the core calls the pixels that somebody drew as one of them, and the calibres that come of it."""

import drawn_arteries
import numpy as np
import stats as st
from core import Refused
from drawn_arteries import ARTERY, VEIN
from tables import number, span, table


def counts(called, truth, inside):
    """[arteries called so, arteries, veins called so, veins] among the pixels `inside`."""
    a, v = inside & (truth == ARTERY), inside & (truth == VEIN)
    return [(a & called).sum(), a.sum(), (v & ~called).sum(), v.sum()]


def measure_photo(core, item):
    """One photograph: its counts over all that is drawn, and over what the vessel mask covers of it; and its calibres."""
    try:
        rgba = core.pixels(item.photo)
        report, maps = core.screen(rgba, [("artery-map", 0), ("vessel-mask", 0)])
    except Refused as e:
        return dict(refused=f"{item.photo.name}: {e}")
    if not report["arteries"]["valid"]:
        return dict(refused=f"{item.photo.name}: {report['arteries']['reason']}")
    truth = drawn_arteries.labels(item)
    if truth.shape != maps[0].shape:
        return dict(refused=f"{item.photo.name}: its drawing {item.drawing} is of another size")
    called, mask = maps[0] >= 0.5, maps[1] > 0
    rows = [counts(called, truth, np.ones_like(mask)), counts(called, truth, mask)]
    return dict(counts=rows, calibres=report["arteries"]["calibres"])


def balanced(row):
    """Mean of the shares of both kinds that are called so; NaN where a kind is missing."""
    return (st.ratio(row[0], row[1]) + st.ratio(row[2], row[3])) / 2


def measure(pool, name, items):
    """items: [Drawn] of one set"""
    rows = pool.map(measure_photo, items, f"{name}, arteries")
    out = dict(set=name, refused=[r["refused"] for r in rows if "refused" in r])
    rows = [r for r in rows if "refused" not in r]
    out["n"] = len(rows)
    if not rows:
        return out
    all_drawn, covered = np.array([r["counts"] for r in rows], float).transpose(1, 0, 2)
    boot = st.Bootstrap(np.arange(len(rows)))
    out["balanced"] = boot.measure(lambda i: balanced(all_drawn[i].sum(0)))
    out["covered"] = boot.measure(lambda i: balanced(covered[i].sum(0)))
    each = np.array([balanced(r) for r in all_drawn])
    out["mean"] = boot.measure(lambda i: each[i].mean())
    out["least"] = float(each.min())
    total = all_drawn.sum(0)
    out["arteries"], out["veins"] = st.ratio(total[0], total[1]), st.ratio(total[2], total[3])
    ratios = [r["calibres"]["ratio"] for r in rows if r["calibres"]["valid"]]
    out["ratios"] = dict(n=len(ratios), median=float(np.median(ratios)) if ratios else float("nan"))
    return out


def tables(results):
    head = ["set", "n", "balanced accuracy, pooled", "mean of photographs", "least", "where a vessel is seen, pooled"]
    head += ["arteries called so", "veins called so", "photographs with a ratio", "its median"]
    rows = [
        [v["set"], v["n"], span(v["balanced"]), span(v["mean"]), number(v["least"]), span(v["covered"])]
        + [number(v["arteries"]), number(v["veins"]), v["ratios"]["n"], number(v["ratios"]["median"])]
        for v in results
        if v["n"]
    ]
    note = (
        "Native resolution, over the pixels drawn as artery or vein, crossings and unsure ones left out, whether the network "
        "sees a vessel there or not. Intervals by photograph. The ratio is that of the calibres in zone B, as the report gives it."
    )
    text = table("Arteries and veins", head, rows, note)
    lost = [f"- {v['set']}: {r}" for v in results for r in v["refused"]]
    return text + ("\nRefused:\n\n" + "\n".join(lost) + "\n" if lost else "")
