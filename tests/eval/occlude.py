"""Does the place that the heatmap shows matter? Covering it must lower the logit, more than covering other places."""

import numpy as np
import stats as st
from core import Refused
from explain import explained, view_of
from pool import enlarged
from tables import percent, span, table

RANDOM_PLACES = 4
COVER = 0.25  # radius of what is covered, of the field of view's


def cover(rgba, inside, x, y, radius):
    """The disc filled with the mean colour of the field of view around it, with soft edges."""
    yy, xx = np.ogrid[: rgba.shape[0], : rgba.shape[1]]
    distance = np.hypot(xx + 0.5 - x, yy + 0.5 - y)
    ring = inside & (distance > radius) & (distance < 1.5 * radius)
    colour = rgba[ring].mean(0) if ring.any() else rgba[inside].mean(0)
    amount = np.clip((radius - distance) / (0.15 * radius), 0, 1)[..., None] * inside[..., None]
    return (rgba * (1 - amount) + colour * amount).round().astype(np.uint8)


def within(disc, x, y, margin):
    """The point, moved so far in that it keeps `margin` from the edge of the field of view."""
    cx, cy, radius = disc
    d = np.hypot(x - cx, y - cy)
    scale = min(1, (radius - margin) / d) if d else 1
    return cx + (x - cx) * scale, cy + (y - cy) * scale


def elsewhere(disc, top, margin, inside, rng):
    """A place in the field of view whose disc of that margin does not touch the one at `top`."""
    cx, cy, radius = disc
    x, y = cx, cy
    for _ in range(1000):
        angle, r = rng.uniform(0, 2 * np.pi), (radius - margin) * np.sqrt(rng.random())
        x, y = cx + r * np.cos(angle), cy + r * np.sin(angle)
        on = 0 <= int(y) < inside.shape[0] and 0 <= int(x) < inside.shape[1] and inside[int(y), int(x)]
        if on and np.hypot(x - top[0], y - top[1]) >= 2 * margin:
            break
    return x, y


def occlude(core, job):
    """-> (change of the logit when the highest place is covered, mean change for random places), or None"""
    (photo, class_id), number_of_case = job
    rgba = enlarged(core.pixels(photo))
    report, entry, heat = explained(core, rgba, class_id)
    inside, _ = view_of(report, heat.shape)
    f = report["field_of_view"]
    disc, radius = (f["x"], f["y"], f["radius"]), COVER * f["radius"]
    heat = np.where(inside, heat, 0)
    if heat.max() <= 0:
        return None
    y, x = np.unravel_index(heat.argmax(), heat.shape)
    top = within(disc, x + 0.5, y + 0.5, radius)
    rng = np.random.default_rng(number_of_case)
    try:
        logit = lambda place: explained(core, cover(rgba, inside, *place, radius), class_id)[1]["logit"]
        others = [logit(elsewhere(disc, top, radius, inside, rng)) for _ in range(RANDOM_PLACES)]
        return logit(top) - entry["logit"], np.mean(others) - entry["logit"]
    except Refused:
        return None


def measure(pool, cases):
    done = pool.map(occlude, [(c, i) for i, c in enumerate(cases)], "covering")
    rows = []
    for class_id in dict.fromkeys(c[1] for c in cases):
        v = np.array([d for d, c in zip(done, cases, strict=True) if d and c[1] == class_id]).reshape(-1, 2)
        boot = st.Bootstrap(np.arange(len(v)))
        rows.append(
            dict(
                id=class_id,
                n=len(v),
                top=boot.measure(lambda i, v=v: st.mean(v[i, 0])),
                random=boot.measure(lambda i, v=v: st.mean(v[i, 1])),
                difference=boot.measure(lambda i, v=v: st.mean(v[i, 0] - v[i, 1])),
                fell=st.mean(v[:, 0] < 0),
                fell_more=st.mean(v[:, 0] < v[:, 1]),
            )
        )
    return rows


def tables(rows):
    note = (
        f"A disc of {COVER:g} of the field of view's radius is filled with the mean colour around it; {RANDOM_PLACES} "
        "others of that size, which do not touch it, for comparison. Change of the logit."
    )
    head = [
        "class",
        "photographs",
        "highest place covered",
        "random places covered",
        "difference",
        "fell",
        "fell more than at random",
    ]
    cells = [
        [r["id"].replace("-", " "), r["n"], *(span(r[k], 2) for k in ("top", "random", "difference"))]
        + [percent(r["fell"]), percent(r["fell_more"])]
        for r in rows
    ]
    return table("Covering the highest place", head, cells, note)
