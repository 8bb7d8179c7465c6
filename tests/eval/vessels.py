"""Vessels: Dice, AUC and clDice at the photograph's own resolution, inside the field of view, first observer.

Where a set gives no field of view, it is what is lit. Where it has a second observer, the same figures of that person's
drawing say what one human makes of another's.
"""

import extra
import numpy as np
import stats as st
from core import Refused
from PIL import Image
from shapes import centre_line_counts, cl_dice
from tables import number, span, table

SECOND = {"1st_manual": "2nd_manual", "labels_1stHO": "labels_2ndHO"}  # folder of the second observer's drawings


def read_mask(path):
    return np.asarray(Image.open(path).convert("L")) > 127


def counts(predicted, truth, inside):
    """[tp, fp, fn, tn] in the field of view, and the counts of clDice."""
    p, t = predicted[inside], truth[inside]
    pixels = [(p & t).sum(), (p & ~t).sum(), (~p & t).sum(), (~p & ~t).sum()]
    return np.array(pixels), centre_line_counts(predicted & inside, truth & inside)


def measure_photo(core, item):
    """One photograph: its counts, its histograms of probability on vessel and background, and the second observer's."""
    photo, vessel, fov = item
    try:
        rgba = core.pixels(photo)
        report, (p,) = core.screen(rgba, [("vessels", 0)])
    except Refused as e:
        return dict(refused=f"{photo.name}: {e}")
    truth = read_mask(vessel)
    inside = read_mask(fov) if fov else extra.sets.lit_field(rgba[:, :, :3])
    if truth.shape != p.shape or inside.shape != p.shape:
        return dict(refused=f"{photo.name}: its mask {vessel} or field of view is of another size")
    bins = np.minimum((p[inside] * st.BINS).astype(int), st.BINS - 1)
    histogram = [np.bincount(bins[truth[inside] == v], minlength=st.BINS) for v in (True, False)]
    core_counts = counts(p >= report["vessels"]["threshold"], truth, inside)
    second = vessel.parent.parent / SECOND.get(vessel.parent.name, "-") / vessel.name
    human = counts(read_mask(second), truth, inside) if second.is_file() else None
    return dict(histogram=np.array(histogram), core=core_counts, second=human)


def overlap(pixels):
    tp, fp, fn, _ = pixels
    return st.dice(tp, fp, fn)


def figures(pixels, lines):
    """pixels [n][4] and lines [n][4], one row a photograph. Pooled: of all pixels together; mean: of the photographs."""
    boot = st.Bootstrap(np.arange(len(pixels)))
    pooled = lambda f, rows: boot.measure(lambda i: f(rows[i].sum(0)))

    def each(f, rows):
        values = np.array([f(r) for r in rows])
        return boot.measure(lambda i: values[i].mean())

    return dict(
        n=len(pixels),
        dice=pooled(overlap, pixels),
        dice_mean=each(overlap, pixels),
        cl_dice=pooled(cl_dice, lines),
        cl_dice_mean=each(cl_dice, lines),
        sensitivity=pooled(lambda r: st.ratio(r[0], r[0] + r[2]), pixels),
        specificity=pooled(lambda r: st.ratio(r[3], r[3] + r[1]), pixels),
    )


def measure(pool, name, items):
    """items: [(photograph, vessel mask, field-of-view mask or None)]"""
    rows = pool.map(measure_photo, items, f"{name}, vessels")
    refused = [r["refused"] for r in rows if "refused" in r]
    rows = [r for r in rows if "refused" not in r]
    out = dict(set=name, n=len(rows), refused=refused)
    if not rows:
        return out
    out |= figures(np.array([r["core"][0] for r in rows]), np.array([r["core"][1] for r in rows]))
    histograms = np.array([r["histogram"] for r in rows])
    boot = st.Bootstrap(np.arange(len(rows)))
    out["auc"] = boot.measure(lambda i: st.histogram_auc(*histograms[i].sum(0)))
    each = np.array([st.histogram_auc(*h) for h in histograms])
    out["auc_mean"] = boot.measure(lambda i: each[i].mean())
    seconds = [r["second"] for r in rows if r["second"] is not None]
    if seconds:
        out["second_observer"] = figures(np.array([s[0] for s in seconds]), np.array([s[1] for s in seconds]))
    return out


def tables(results):
    head = [
        "set",
        "who",
        "n",
        "Dice, pooled",
        "Dice, mean of photographs",
        "AUC, pooled",
        "AUC, mean",
        "clDice, pooled",
    ]
    head += ["clDice, mean", "sensitivity", "specificity"]
    rows = []
    for v in results:
        for who, f in (("network", v), ("second observer", v.get("second_observer"))):
            if not f or not f["n"]:
                continue
            areas = [span(f["auc"]), span(f["auc_mean"])] if "auc" in f else ["", ""]
            rates = [number(f["sensitivity"][0]), number(f["specificity"][0])]
            lines = [span(f["cl_dice"]), span(f["cl_dice_mean"])]
            rows.append([v["set"], who, f["n"], span(f["dice"]), span(f["dice_mean"]), *areas, *lines, *rates])
    note = (
        "Native resolution, inside the field of view, first observer as the truth, threshold from validation. Pooled: all pixels together. clDice: Shit "
        "et al. 2021, on centre lines by Zhang and Suen. Intervals by photograph."
    )
    text = table("Vessels", head, rows, note)
    lost = [f"- {v['set']}: {r}" for v in results for r in v["refused"]]
    return text + ("\nRefused:\n\n" + "\n".join(lost) + "\n" if lost else "")
