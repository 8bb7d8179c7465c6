"""Lesions: against drawings, by heads that never saw the photograph; and what their number tells on patients of the test parts:
whether retinopathy is to be referred, and how many are drawn on eyes without it."""

import json
import tempfile
from pathlib import Path

import discs
import drawn_lesions
import extra
import grades
import numpy as np
import stats as st
from core import Core, Refused
from explain import view_of
from PIL import Image
from tables import number, percent, span, table

BINS = 1000
KINDS = drawn_lesions.KINDS


def thresholds(weights):
    """What a weights file says of the lesions that it draws: [{kind, threshold}]"""
    return json.loads(discs.unpacked(weights.read_bytes())[0]["vmnet"]).get("lesions", [])


# ---- against drawings ----


def compared(core, item):
    """One photograph: histograms of the probability [kinds,2,BINS], off and on lesions in the field of view, and whether each
    kind is called and was drawn; None where the core refuses it."""
    rgba = core.pixels(item.photo)
    drawn = [k for k in KINDS if k in core.info["lesions"]]
    try:
        report, maps = core.screen(rgba, [("lesion", KINDS.index(k)) for k in drawn])
    except Refused:
        return None
    inside, out = view_of(report, rgba.shape[:2])[0], np.zeros((len(KINDS), 2, BINS))
    for k, p in zip(drawn, maps, strict=True):
        path = item.masks[k]
        on = np.asarray(Image.open(path).convert("L")) > 127 if path else np.zeros(rgba.shape[:2], bool)
        at = np.minimum((p * BINS).astype(int), BINS - 1)
        for i in (0, 1):
            out[KINDS.index(k), i] = np.bincount(at[inside & (on == i)], minlength=BINS)
    lesions = report["lesions"]
    counts = [(lesions[k.replace("-", "_")] or dict(count=None))["count"] for k in KINDS]
    return dict(histograms=out, counts=counts, present=[bool(item.masks[k]) for k in KINDS])


def left_out(weights, heads, data, limit=0):
    """Rows of all drawn photographs, each by the head that was fitted without it."""
    rows, items = [], drawn_lesions.items(data)
    for fold in range(drawn_lesions.FOLDS):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "weights.safetensors"
            file.write_bytes(discs.with_head(weights.read_bytes(), heads.read_bytes(), fold))
            core = Core(file)
            rows += [compared(core, i) for i in [i for i in items if i.fold == fold][: limit or None]]
            core.close()
    return [r for r in rows if r]


def aupr(histograms):
    """Area under precision over recall, in steps: [2,BINS] of pixels off and on lesions; NaN without any."""
    off, on = (h[::-1].cumsum() for h in histograms)
    if on[-1] == 0:
        return float("nan")
    return float((np.diff(on, prepend=0) / on[-1] * on / np.maximum(on + off, 1)).sum())


def dice_at(histograms, threshold):
    off, on = histograms
    first = int(np.ceil(threshold * BINS - 1e-6))
    return st.dice(on[first:].sum(), off[first:].sum(), on[:first].sum())


def drawn_figures(rows, thresholds):
    """A figure of each kind that is drawn. thresholds: {kind: threshold}"""
    boot, out = st.Bootstrap(np.arange(len(rows))), []
    for k, kind in enumerate(KINDS):
        if kind not in thresholds:
            continue
        h = np.array([r["histograms"][k] for r in rows])
        with_any = np.flatnonzero([r["present"][k] for r in rows])
        out.append(
            dict(
                kind=kind,
                n=len(rows),
                present=len(with_any),
                aupr=boot.measure(lambda i, h=h: aupr(h[i].sum(0))),
                each=st.mean([aupr(h[i]) for i in with_any]),
                dice=boot.measure(lambda i, h=h, at=thresholds[kind]: dice_at(h[i].sum(0), at)),
                share=float(h[:, 1].sum() / h.sum()),
                called=st.mean([bool(rows[i]["counts"][k]) for i in with_any]),
                called_without=st.mean([bool(r["counts"][k]) for r in rows if not r["present"][k]]),
            )
        )
    return out


# ---- retinopathy ----


def load(report):
    """{kind: (count, area)} of a report, of the kinds drawn."""
    found = {k: report["lesions"][k.replace("-", "_")] for k in KINDS}
    return {k: (v["count"], v["area"]) for k, v in found.items() if v}


SCORES = {  # what one number may be made of the lesions
    "area of all": lambda f: sum(a for _, a in f.values()),
    "number of red ones": lambda f: sum(f[k][0] for k in KINDS[:2] if k in f),
    "area of haemorrhages": lambda f: f.get("haemorrhages", (0, 0))[1],
    "area of hard exudates": lambda f: f.get("hard-exudates", (0, 0))[1],
}


def told(pool, name, items):
    """items: [(photograph, labels, row)] as decision.items_of gives them -> what lesions tell on one set; None where its rows hold
    no grade, or lesions are not drawn."""
    known = [(i, g) for i in items if (g := grades.grade_of(i[2])) is not None]
    if not known or not pool.info["lesions"]:
        return None
    answers = pool.report([i[0] for i, _ in known], name)
    kept = [(i, g, a[0]) for (i, g), a in zip(known, answers, strict=True) if a[0] and a[0]["lesions"]["valid"]]
    grade = np.array([g for _, g, _ in kept])
    found = [load(r) for *_, r in kept]
    if not len(grade):
        return None
    patients = np.array([str(extra.patient_of(name, i[0])) for i, *_ in kept])
    boot, y = st.Bootstrap(patients), (grade >= grades.REFERABLE).astype(int)
    out = dict(set=name, n=len(known), valid=len(kept), positives=int(y.sum()))
    if 0 < y.sum() < len(y):
        score = {w: np.array([f(v) for v in found], float) for w, f in SCORES.items()}
        score["network"] = np.array([grades.probability(r) for *_, r in kept])
        out["auc"] = {w: boot.measure(lambda i, s=s: st.auc(s[i], y[i])) for w, s in score.items()}
    none = [f for f, g in zip(found, grade, strict=True) if g == 0]
    ill = [f for f, g in zip(found, grade, strict=True) if g >= grades.REFERABLE]
    out["drawn"] = {
        k: dict(
            none=st.mean([f[k][0] > 0 for f in none]),
            count=float(np.median([f[k][0] for f in none])) if none else float("nan"),
            referable=st.mean([f[k][0] > 0 for f in ill]),
            referable_count=float(np.median([f[k][0] for f in ill])) if ill else float("nan"),
        )
        for k in KINDS
        if found and k in found[0]
    }
    out["missed"] = missed(kept, found)
    return out


def missed(kept, found):
    """Of referable eyes and of eyes without retinopathy that read "no finding" at the balanced point: how many have any of the
    larger lesions drawn, and so would be caught, or stopped, by a rule that asked for none."""
    out = {}
    for what, wanted in (("referable", lambda g: g >= grades.REFERABLE), ("none", lambda g: g == 0)):
        clear = [
            f for (_, g, r), f in zip(kept, found, strict=True) if wanted(g) and r["decision"]["answer"] == "no-finding"
        ]
        large = [sum(f[k][0] for k in KINDS[1:] if k in f) for f in clear]
        out[what] = dict(clear=len(clear), drawn=sum(v > 0 for v in large), three=sum(v >= 3 for v in large))
    return out


def tables(drawn, retinopathy):
    head = [
        "lesion",
        "photographs (with it)",
        "AUPR",
        "mean of photographs",
        "Dice at its threshold",
        "share of pixels",
    ]
    head += ["drawn where it is", "where it is not"]
    cells = [
        [d["kind"], f"{d['n']} ({d['present']})", span(d["aupr"]), f"{d['each']:.3f}", span(d["dice"])]
        + [percent(d["share"]), percent(d["called"]), percent(d["called_without"])]
        for d in drawn
    ]
    note = (
        f"IDRiD, each photograph by a head that was fitted without its fifth of the set ({drawn_lesions.FOLDS} folds of "
        "neighbours); the features under it stood still, but had learnt from some of these photographs' grades. Area under "
        "precision over recall of all pixels in the field of view, at the photograph's resolution; 95 % interval by "
        "photograph. Thresholds were chosen on these same answers. Share: what chance alone would give."
    )
    first = table("Lesions", head, cells, note)
    names = [*SCORES, "network"]
    head = ["set", "n (grade 2 and above), lesions valid", *(f"AUC: {w}" for w in names)]
    cells = [
        [t["set"], f"{t['n']} ({t['positives']}), {t['valid']}", *(span(t["auc"][w]) for w in names)]
        for t in retinopathy
        if "auc" in t
    ]
    note = "Grade 2 and above against 0 and 1, test patients; network: its probability of any retinopathy, on the same eyes."
    second = table("Referable retinopathy by the lesions alone", head, cells, note)
    head = ["set", "lesion", "drawn, grade 0", "median number", "drawn, grade 2 and above", "median number"]
    cells = [
        [
            t["set"],
            k,
            percent(d["none"]),
            number(d["count"], 0),
            percent(d["referable"]),
            number(d["referable_count"], 0),
        ]
        for t in retinopathy
        for k, d in t["drawn"].items()
    ]
    third = table("How many lesions are drawn", head, cells, "Test patients. On grade 0 all of them are false.")
    head = ["set", "eyes", 'read "no finding"', "of these with any but microaneurysms drawn", "with three or more"]
    cells = [
        [t["set"], {"referable": "grade 2 and above", "none": "grade 0"}[w], m["clear"], m["drawn"], m["three"]]
        for t in retinopathy
        for w, m in t["missed"].items()
    ]
    fourth = table(
        "What a rule on lesions would change",
        head,
        cells,
        "Balanced point, test patients. The answer has no such rule.",
    )
    return first, second, third, fourth
