"""Explanation against drawings: do the heatmaps lie on lesions, or near the disc, more than the area alone would give?"""

import numpy as np
import stats as st
from core import Refused
from extra import LESIONS
from pool import enlarged
from shapes import dilate, disc_mask
from tables import number, percent, span, table
from vessels import read_mask

DISC_REACH = 1.5  # disc diameters across: the neighbourhood of the optic disc


def view_of(report, shape):
    """bool [h,w]: the field of view that the core found, and the cell of its maps in pixels."""
    f = report["field_of_view"]
    return disc_mask(shape, f["x"], f["y"], f["radius"]), 2 * f["radius"] * 16 / report["model"]["size"]


def explained(core, rgba, class_id):
    """-> (report, its class's entry, heatmap)"""
    k = [c["id"] for c in core.info["classes"]].index(class_id)
    report, (heat,) = core.screen(rgba, [("heatmap", k)])
    return report, report["diseases"][k], heat


def hits(heat, region, inside):
    """A map against a region of the field of view; None for an empty map.
    share: of the map's mass in the region; area: of the field of view; hit: the map's highest point lies in it;
    centre: the middle of the field of view does."""
    h = np.where(inside, heat, 0)
    if h.sum() <= 0:
        return None
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    middle = region[(rows[0] + rows[-1]) // 2, (columns[0] + columns[-1]) // 2]
    area = (region & inside).sum() / inside.sum()
    return [h[region].sum() / h.sum(), area, region.flat[h.argmax()], middle]


def measure_photo(core, item):
    """item: (photograph, {region's name: mask or None}, class ids whose maps are drawn, how regions are widened)
    -> {called: [class ids], maps: {class id: {region: hits or None}}}, or None where the photograph is refused."""
    photo, masks, ids, widen = item
    index = [c["id"] for c in core.info["classes"]]
    try:
        report, maps = core.screen(enlarged(core.pixels(photo)), [("heatmap", index.index(i)) for i in ids])
    except Refused:
        return None
    inside, cell = view_of(report, maps[0].shape)
    regions = {name: widen(read_mask(m), cell) for name, m in masks.items() if m is not None}
    if len(regions) > 1:
        regions = {"any": np.any(list(regions.values()), 0)} | regions
    called = [d["id"] for d in report["diseases"] if d["positive"]]
    return dict(
        called=called,
        maps={
            i: {name: hits(heat, region, inside) for name, region in regions.items()}
            for i, heat in zip(ids, maps, strict=True)
        },
    )


def by_half_a_cell(mask, cell):
    """A point becomes as wide as one cell of the map: finer than that no map can be."""
    return dilate(mask, cell / 2)


def by_disc_diameter(mask, _):
    return dilate(mask, (DISC_REACH - 1) * np.sqrt(mask.sum() / np.pi))


def summary(name, found):
    """found: hits of several photographs, None for empty maps. Intervals by photograph."""
    rows = np.array([f for f in found if f is not None], float).reshape(-1, 4)
    boot = st.Bootstrap(np.arange(len(rows)))
    column = lambda k: boot.measure(lambda i: st.mean(rows[i, k]))
    return dict(
        what=name,
        n=len(rows),
        empty=len(found) - len(rows),
        share=column(0),
        area=column(1),
        ratio=boot.measure(lambda i: st.ratio(rows[i, 0].mean(), rows[i, 1].mean())),
        hits=column(2),
        middle=column(3),
    )


def collect(name, answers, class_id, region, keep):
    """One row over the answers for which keep(answer, number) holds; None if there are none."""
    found = [
        a["maps"][class_id][region] for i, a in enumerate(answers) if a and region in a["maps"][class_id] and keep(a, i)
    ]
    return summary(name, found) if found else None


def lesions(pool, items):
    """items: [(photograph, {lesion: mask or None}, seen in training)] of IDRiD."""
    dr = "diabetic-retinopathy"
    if dr not in pool.classes or not items:
        return [], []
    ids = [dr] + (["normal"] if "normal" in pool.classes else [])
    answers = pool.map(measure_photo, [(p, m, ids, by_half_a_cell) for p, m, _ in items], "heatmaps on lesions")
    called = lambda a, i: dr in a["called"]
    fresh = lambda a, i: dr in a["called"] and not items[i][2]
    names = sorted({r for a in answers if a for r in a["maps"][dr]}, key=("any", *LESIONS).index)
    rows = [
        collect(f"map of diabetic retinopathy, called so: {n.replace('_', ' ')}", answers, dr, n, called) for n in names
    ]
    rows.append(collect(f"the same, not trained on: {names[0]}", answers, dr, names[0], fresh) if names else None)
    if "normal" in ids and names:
        rows.append(collect(f"control: map of normal on the same: {names[0]}", answers, "normal", names[0], called))
    cases = [(items[i][0], dr) for i, a in enumerate(answers) if a and dr in a["called"]]
    return [r for r in rows if r], cases


def discs(pool, items):
    """items: [(photograph, disc mask, seen in training)] of Drishti-GS."""
    if "glaucoma" not in pool.classes or not items:
        return [], []
    ids = ["glaucoma"] + (["normal"] if "normal" in pool.classes else [])
    jobs = [(p, {"disc": m}, ids, by_disc_diameter) for p, m, _ in items]
    answers = pool.map(measure_photo, jobs, "heatmaps near the disc")
    called = lambda a, i: "glaucoma" in a["called"]
    fresh = lambda a, i: "glaucoma" in a["called"] and not items[i][2]
    rows = [
        collect("map of glaucoma, called so: near the disc", answers, "glaucoma", "disc", called),
        collect("the same, not trained on: near the disc", answers, "glaucoma", "disc", fresh),
    ]
    if "normal" in ids:
        normal = lambda a, i: "normal" in a["called"]
        rows.append(collect("control: map of normal, called normal: near the disc", answers, "normal", "disc", normal))
        rows.append(
            collect("control: map of normal, called glaucoma: near the disc", answers, "normal", "disc", called)
        )
    cases = [(items[i][0], "glaucoma") for i, a in enumerate(answers) if a and "glaucoma" in a["called"]]
    return [r for r in rows if r], cases


def tables(rows):
    head = ["heatmap", "photographs", "empty maps", "share of its mass inside", "share of the area", "ratio"]
    head += ["highest point inside", "middle of the field inside"]
    cells = [
        [r["what"], r["n"], r["empty"], span(r["share"]), number(r["area"][0]), span(r["ratio"], 2), span(r["hits"])]
        + [percent(r["middle"][0])]
        for r in rows
    ]
    note = (
        "Grad-CAM inside the field of view. Lesions: IDRiD's drawings, widened by half a cell of the map. Disc: Drishti-GS, "
        f"widened to {DISC_REACH} disc diameters. `share of the area` is what a map that knows nothing would reach, both in "
        "mass and in hits; the middle of the field is what a map that only points there would hit."
    )
    return table("Heatmaps against drawings", head, cells, note)
