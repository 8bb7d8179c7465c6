"""Optic disc and cup: against drawings, by heads that never saw the photograph; and whether their ratio tells glaucoma, on
patients of the test parts."""

import json
import struct
import tempfile
from pathlib import Path

import drawn_discs
import numpy as np
import stats as st
from core import Core, Refused
from PIL import Image
from tables import percent, span, table

GLAUCOMA = "glaucoma"


# ---- a weights file with another head ----


def unpacked(data):
    """safetensors -> (metadata, {name: (dtype, shape, bytes)})"""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    meta = header.pop("__metadata__", {})
    part = lambda t: data[8 + length + t["data_offsets"][0] : 8 + length + t["data_offsets"][1]]  # noqa: E731
    return meta, {name: (t["dtype"], t["shape"], part(t)) for name, t in header.items()}


def packed(meta, tensors):
    header, at = {"__metadata__": meta}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = dict(dtype=dtype, shape=shape, data_offsets=[at, at + len(data)])
        at += len(data)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(data for _, _, data in tensors.values())


def with_head(weights, heads, fold):
    """The weights file with the head that was fitted without this fold."""
    meta, tensors = unpacked(weights)
    start = f"fold{fold}."
    own = {name.removeprefix(start): t for name, t in unpacked(heads)[1].items() if name.startswith(start)}
    heads = {name.partition(".")[0] for name in own}
    return packed(meta, {name: t for name, t in tensors.items() if name.partition(".")[0] not in heads} | own)


# ---- against drawings ----


def mask_of(path):
    return np.asarray(Image.open(path).convert("L")) > 127


def height(mask):
    rows = np.flatnonzero(mask.any(1))
    return rows[-1] - rows[0] + 1 if len(rows) else 0


HOURS, RAYS = 12, 30  # of a clock face; of each hour, looked along


def rim_of(disc, cup):
    """[12] from twelve o'clock on, as vm_disc_cup says, of masks [h,w] bool."""
    rows, cols = np.flatnonzero(disc.any(1)), np.flatnonzero(disc.any(0))
    y, x = (rows[0] + rows[-1]) / 2, (cols[0] + cols[-1]) / 2
    turn = 2 * np.pi * ((np.arange(HOURS * RAYS) + 0.5) / RAYS - 0.5) / HOURS
    out = np.arange(0, np.hypot(*disc.shape), 0.25)
    at_y = np.rint(y - np.cos(turn)[:, None] * out).astype(int)
    at_x = np.rint(x + np.sin(turn)[:, None] * out).astype(int)
    inside = (at_y >= 0) & (at_x >= 0) & (at_y < disc.shape[0]) & (at_x < disc.shape[1])
    at_y, at_x = at_y * inside, at_x * inside
    outer, inner = (((m[at_y, at_x] & inside) * out).max(1) for m in (disc, cup))
    return ((outer - inner) / (outer + np.roll(outer, len(turn) // 2))).reshape(HOURS, RAYS).mean(1)


def hours_apart(a, b):
    """Between the narrowest places of two rims."""
    away = abs(int(np.argmin(a)) - int(np.argmin(b)))
    return min(away, HOURS - away)


def dice(a, b):
    return st.dice((a & b).sum(), (a & ~b).sum(), (~a & b).sum())


def compared(core, item):
    """One photograph: what the core draws against what people drew; None where it refuses it."""
    rgba = core.pixels(item.photo)
    try:
        report = core.screen(rgba)[0]["disc_and_cup"]
        layers = [layer for layer in ("disc", "cup") if report[layer]]
        masks = [m > 0.5 for m in core.screen(rgba, [(layer, 0) for layer in layers])[1]]
    except Refused:
        return None
    nothing, disc = np.zeros(rgba.shape[:2], bool), mask_of(item.disc)
    row = dict(source=item.source, reason=report["reason"] or "valid")
    row["disc"] = dice(masks[0] if masks else nothing, disc)
    if item.cup:
        cup = mask_of(item.cup)
        row["cup"] = dice(masks[1] if len(masks) > 1 else nothing, cup)
        row["true_ratio"] = height(cup) / height(disc)
        row["ratio"] = report["vertical_ratio"]
        row["true_rim"], row["rim"] = rim_of(disc, cup), report["rim"]
    return row


def left_out(weights, heads, data, limit=0):
    """Rows of all drawn photographs, each by the head that was fitted without it."""
    rows, items = [], drawn_discs.items(data)
    for fold in range(drawn_discs.FOLDS):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "weights.safetensors"
            file.write_bytes(with_head(weights.read_bytes(), heads.read_bytes(), fold))
            core = Core(file)
            rows += [compared(core, i) for i in [i for i in items if i.fold == fold][: limit or None]]
            core.close()
    return [r for r in rows if r]


def drawn_figures(rows):
    """Figures of one source."""
    boot = st.Bootstrap(np.arange(len(rows)))
    mean = lambda values: boot.measure(lambda i: st.mean([values[k] for k in i if values[k] is not None]))  # noqa: E731
    out = dict(source=rows[0]["source"], n=len(rows), valid=st.mean([r["reason"] == "valid" for r in rows]))
    out["reasons"] = {r: sum(x["reason"] == r for x in rows) for r in sorted({x["reason"] for x in rows})}
    out["disc"] = mean([r["disc"] for r in rows])
    if "cup" in rows[0]:
        off = [None if r["ratio"] is None else r["ratio"] - r["true_ratio"] for r in rows]
        out |= dict(cup=mean([r["cup"] for r in rows]), ratio_error=mean([None if v is None else abs(v) for v in off]))
        out |= dict(ratio_bias=mean(off), compared=sum(v is not None for v in off))
        out["constant_error"] = constant_error([r["true_ratio"] for r in rows])
        out |= rim_figures(rows, mean)
    return out


def rim_figures(rows, mean):
    """How far the rim is off in an hour, and how often its narrowest hour is the true one or next to it; beside both what saying
    each hour's median to everybody gives."""
    true = np.array([r["true_rim"] for r in rows])
    medians = np.median(true, 0)
    of = lambda ask: [None if r["rim"] is None else ask(np.array(r["rim"]), r["true_rim"]) for r in rows]  # noqa: E731
    return dict(
        rim_error=mean(of(lambda got, t: float(np.abs(got - t).mean()))),
        narrowest=mean(of(lambda got, t: float(hours_apart(got, t) <= 1))),
        rim_constant_error=float(np.abs(true - medians).mean()),
        narrowest_constant=st.mean([hours_apart(medians, t) <= 1 for t in true]),
    )


def constant_error(true):
    """Mean error of who says the median to everybody: what the measure has to beat."""
    return float(np.abs(np.array(true) - np.median(true)).mean())


# ---- glaucoma ----


def told(pool, name, items):
    """items: [(photograph, labels, patient)] -> what the vertical ratio is worth on one set; None without both answers."""
    if GLAUCOMA not in pool.classes:
        return None
    k = pool.classes.index(GLAUCOMA)
    answers = pool.report([i[0] for i in items], name)
    known = [(i, a[0]) for i, a in zip(items, answers, strict=True) if a[0] and i[1][k] >= 0]
    y = np.array([i[1][k] for i, _ in known])
    ratio = np.array([r["disc_and_cup"]["vertical_ratio"] or np.nan for _, r in known], float)
    score = np.array([r["diseases"][k]["probability"] for _, r in known])
    valid = np.isfinite(ratio)
    if len(set(y[valid])) < 2:
        return None
    boot = st.Bootstrap(np.array([str(i[2]) for i, _ in known])[valid])
    y, ratio, score = y[valid], ratio[valid], score[valid]
    return dict(
        set=name,
        n=len(valid),
        valid=int(valid.sum()),
        positives=int(y.sum()),
        reasons={r: n for r in set(reasons(known)) if (n := reasons(known).count(r))},
        auc=boot.measure(lambda i: st.auc(ratio[i], y[i])),
        network=boot.measure(lambda i: st.auc(score[i], y[i])),
        glaucoma=float(np.median(ratio[y == 1])),
        others=float(np.median(ratio[y == 0])),
    )


def reasons(known):
    return [r["disc_and_cup"]["reason"] or "valid" for _, r in known]


def tables(drawn, glaucoma):
    counts = lambda c: ", ".join(f"{k} {n}" for k, n in c.items() if k != "valid") or "-"  # noqa: E731
    cells = [
        [
            d["source"],
            d["n"],
            percent(d["valid"]),
            counts(d["reasons"]),
            span(d["disc"]),
            span(d["cup"]) if "cup" in d else "",
        ]
        + (
            [span(d["ratio_error"]), span(d["ratio_bias"]), f"{d['constant_error']:.3f}"]
            if "cup" in d
            else ["", "", ""]
        )
        for d in drawn
    ]
    head = [
        "set",
        "n",
        "valid",
        "else",
        "disc: Dice",
        "cup: Dice",
        "vertical ratio: mean error",
        "bias",
        "error of the median",
    ]
    note = (
        f"Each photograph by a head that was fitted without its fifth of the set ({drawn_discs.FOLDS} folds of neighbours); the "
        "features under it stood still, but had learnt from some of these photographs' keywords. Masks at the "
        "photograph's resolution, of the disc that the program found itself; one that it does not give counts as empty. Ratios "
        "where valid. Error of the median: of saying the same to everybody. 95 % interval by photograph."
    )
    first = table("Optic disc and cup", head, cells, note)
    cells = [
        [d["source"], d["compared"], span(d["rim_error"]), f"{d['rim_constant_error']:.3f}", span(d["narrowest"])]
        + [percent(d["narrowest_constant"])]
        for d in drawn
        if "cup" in d
    ]
    head = ["set", "n", "rim in an hour: mean error", "error of the medians", "narrowest hour right or next to it"]
    note = (
        "The rim by clock hour, as a share of the disc's diameter, of the same photographs, where valid. Of the medians: of saying "
        "each hour's to everybody."
    )
    rim = table("The rim by clock hour", [*head, "of the medians"], cells, note)
    cells = [
        [
            g["set"],
            f"{g['n']} ({g['positives']})",
            f"{g['valid']} ({percent(g['valid'] / g['n'])})",
            counts(g["reasons"]),
        ]
        + [span(g["auc"]), span(g["network"]), f"{g['glaucoma']:.2f}", f"{g['others']:.2f}"]
        for g in glaucoma
    ]
    head = ["set", "n (glaucoma among valid)", "valid", "else", "AUC of the ratio", "AUC of the network, same eyes"]
    head += ["median, glaucoma", "others"]
    note = (
        "Vertical cup-to-disc ratio against the set's own label of glaucoma, test patients; 95 % interval by patient."
    )
    return first, rim, table("Glaucoma by the vertical cup-to-disc ratio alone", head, cells, note)
