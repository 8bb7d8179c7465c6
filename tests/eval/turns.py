"""Does the answer stand when nothing but the way the photograph is held, or its tint, has changed?"""

import numpy as np
import stats as st
from core import Refused
from pool import enlarged
from tables import percent, span, table

PER_SET = 60  # photographs of each set
ODIR = 200


def hue(rgba, degrees):
    """Every colour turned around grey by so many degrees; lightness (the mean of the three) stays."""
    a = np.deg2rad(degrees)
    near, far = (1 + 2 * np.cos(a)) / 3, (1 - np.cos(a)) / 3
    side = np.sin(a) / np.sqrt(3)
    turn = np.array([[near, far - side, far + side], [far + side, near, far - side], [far - side, far + side, near]])
    out = rgba.copy()
    out[..., :3] = np.clip(np.rint(rgba[..., :3] @ turn.T), 0, 255)
    return out


CHANGES = {
    "mirrored": lambda p: p[:, ::-1],
    "turned by 90°": lambda p: np.rot90(p),
    "turned by 180°": lambda p: p[::-1, ::-1],
    "hue +10°": lambda p: hue(p, 10),
    "hue -10°": lambda p: hue(p, -10),
}


def said(report):
    """(answer, {finding}, [logits]); a photograph that is not judged has no findings"""
    judged = report["decision"]["answer"] != "repeat"
    found = {d["id"] for d in report["diseases"] if d["positive"] and d["id"] != "normal"}
    return report["decision"]["answer"], found if judged else set(), [d["logit"] for d in report["diseases"]]


def turned(core, path):
    """-> (as it is, {change: after it}); None where the core refuses the photograph as it is"""
    try:
        rgba = enlarged(core.pixels(path))
        before = said(core.screen(rgba)[0])
    except (Refused, OSError):
        return None
    after = {}
    for name, change in CHANGES.items():
        try:
            after[name] = said(core.screen(np.ascontiguousarray(change(rgba)))[0])
        except Refused:
            continue
    return before, after


def figures(done):
    """Of the photographs that are judged as they are."""
    done = [d for d in done if d is not None and d[0][0] != "repeat"]
    rows = []
    for name in CHANGES:
        pairs = [(before, after[name]) for before, after in done if name in after]
        n = len(pairs)
        share = lambda of, pairs=pairs, n=n: st.wilson(st.mean([of(a, b) for a, b in pairs]), n)
        rows.append(
            dict(
                change=name,
                n=n,
                findings=share(lambda a, b: a[1] != b[1]),
                answer=share(lambda a, b: a[0] != b[0]),
                opposite=share(lambda a, b: {a[0], b[0]} == {"refer", "no-finding"}),
                logits=float(np.sqrt(np.mean([np.square(np.subtract(a[2], b[2])) for a, b in pairs]))) if n else None,
            )
        )
    return rows


def measure(pool, paths):
    return figures(pool.map(turned, paths, "turns"))


def tables(rows):
    head = ["change", "judged", "other findings", "another answer", "refer against no finding", "logits apart by"]
    share = lambda v: span([100 * x for x in v], 1) if v[0] == v[0] else percent(v[0])
    cells = [
        [r["change"], r["n"], *(share(r[k]) for k in ("findings", "answer", "opposite")), f"{r['logits']:.2f}"]
        for r in rows
        if r["n"]
    ]
    note = "Percent of the photographs that are judged as they are, at the balanced point; logits: root mean square."
    return table("Turned and tinted", head, cells, note)
