"""Does the heatmap hold still when the photograph is moved by a few pixels?"""

import numpy as np
import stats as st
from core import Refused
from explain import explained, view_of
from pool import enlarged
from tables import number, span, table

SHIFTS = ((4, 0), (-4, 0), (0, 4), (0, -4))
MARGIN = 8  # pixels at the photograph's edges that are not compared


def shifted(rgba, dx, dy):
    """Moved by (dx, dy) pixels; the edge repeats."""
    r = max(abs(dx), abs(dy))
    h, w = rgba.shape[:2]
    wide = np.pad(rgba, ((r, r), (r, r), (0, 0)), mode="edge")
    return np.ascontiguousarray(wide[r - dy : r - dy + h, r - dx : r - dx + w])


def shift(core, case):
    """-> [(correlation of the maps, change of the logit)] for each shift"""
    photo, class_id = case
    rgba = enlarged(core.pixels(photo))
    report, entry, heat = explained(core, rgba, class_id)
    inside, _ = view_of(report, heat.shape)
    inside[:MARGIN], inside[-MARGIN:], inside[:, :MARGIN], inside[:, -MARGIN:] = False, False, False, False
    out = []
    for dx, dy in SHIFTS:
        try:
            _, moved, other = explained(core, shifted(rgba, dx, dy), class_id)
        except Refused:
            continue
        back = np.roll(other, (-dy, -dx), (0, 1))
        out.append((st.correlation(heat[inside], back[inside]), abs(moved["logit"] - entry["logit"])))
    return out


def measure(pool, cases):
    done = pool.map(shift, cases, "shifts")
    rows = []
    for class_id in dict.fromkeys(c[1] for c in cases):
        v = np.array([np.mean(d, 0) for d, c in zip(done, cases, strict=True) if d and c[1] == class_id]).reshape(-1, 2)
        v = v[np.isfinite(v).all(1)]
        boot = st.Bootstrap(np.arange(len(v)))
        column = lambda k, v=v, b=boot: b.measure(lambda i: st.mean(v[i, k]))
        low = float(v[:, 0].min()) if len(v) else float("nan")
        rows.append(dict(id=class_id, n=len(v), correlation=column(0), lowest=low, logit_change=column(1)))
    return rows


def tables(rows):
    head = ["class", "photographs", "correlation of the maps", "lowest", "change of the logit"]
    cells = [
        [r["id"].replace("-", " "), r["n"], span(r["correlation"]), number(r["lowest"]), span(r["logit_change"])]
        for r in rows
    ]
    return table("Small shifts", head, cells, "The photograph moved by 4 pixels to each side, the map moved back.")
