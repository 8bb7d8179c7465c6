"""The decision: which eyes read "no finding by this test" at each operating point, and which photographs can be judged."""

import extra
import numpy as np
import stats as st
from tables import percent, span, table

import decide  # isort: skip  of weights/train, which extra finds
from extra import sets

ANSWERS = ("refer", "unclear", "repeat", "no-finding")
# findings that no class names: keywords of ODIR's class "other"
RARE = {
    "vessel occlusion": ("occlusion",),
    "membrane or macular hole": ("membrane", "macular hole"),
    "detachment": ("detachment",),
    "laser scars": ("laser",),
    "myelinated fibres": ("myelinated",),
    "optic disc swelling or atrophy": ("optic disc edema", "optic disk epiretinal", "optic nerve atrophy"),
    "vitreous degeneration": ("vitreous",),
}
GOOD = "good"
GRADES = (GOOD, "usable", "reject", "bad", "outlier")


def items_of(data, s, split, classes, missing):
    """[(photograph, labels [classes], row of the set's table)]"""
    rows = dict(s.rows(data, s, split)[0])
    return [(p, y, rows[p]) for p, y in sets.disease_list(data, s, split, classes, missing)]


def groups_of(name, items, classes):
    """[(who, bool [n])]: healthy, diseased and so on, then each disease, then ODIR's findings that no class names."""
    truths = np.array([decide.truth(name, y, classes, row) for _, y, row in items], object)
    out = [(who, truths == who) for who in ("healthy", "without", "diseased", "mild")]
    if name == "odir5k":
        for k, c in enumerate(classes):
            if c != decide.NORMAL:
                out.append((c, np.array([y[k] == 1 for _, y, _ in items]) & (truths != "mild")))
        words = [row["keywords"].lower() for _, _, row in items]
        out += [(f"other: {r}", np.array([any(k in w for k in keys) for w in words])) for r, keys in RARE.items()]
    return [(who, np.asarray(among, bool)) for who, among in out if np.any(among)]


def answer_at(answer, point):
    """The core's word for an answer of `Pool.report`; what it refuses has to be repeated."""
    return answer[0]["decision"]["at"][point]["answer"] if answer[0] else "repeat"


def share(which, patients):
    """(share, low, high) of the eyes for which it is so. Two eyes of a patient count as one for the interval: too wide rather
    than too narrow."""
    return st.wilson(st.mean(which), len(set(patients)))


def measure(pool, name, items, classes):
    """items: as items_of gives them -> one row for each group of this set's eyes."""
    answers = pool.report([i[0] for i in items], name)
    at = {p: np.array([answer_at(a, p) for a in answers]) for p in decide.POINTS}
    patients = np.array([str(extra.patient_of(name, i[0])) for i in items])
    rows = []
    for who, among in groups_of(name, items, classes):
        words = {p: v[among] for p, v in at.items()}
        rows.append(
            dict(
                set=name,
                who=who,
                n=int(among.sum()),
                patients=len(set(patients[among])),
                no_finding={p: share(v == "no-finding", patients[among]) for p, v in words.items()},
                answers={p: {w: st.mean(v == w) for w in ANSWERS} for p, v in words.items()},
            )
        )
    return rows


def quality(pool, name, items):
    """items: as items_of gives them, of a set whose table has a column `quality` in words -> a row for each word."""
    answers = pool.report([i[0] for i in items], name)
    can = np.array([bool(a[0]) and a[0]["quality"]["gradable"] for a in answers])
    value = np.array([a[0]["quality"]["gradability"] if a[0] else 0.0 for a in answers])
    word = np.array([i[2].get("quality", "") for i in items])
    patients = np.array([str(extra.patient_of(name, i[0])) for i in items])
    rows = []
    for grade in GRADES:
        of = word == grade
        if of.any():
            row = dict(set=name, quality=grade, n=int(of.sum()), judged=share(can[of], patients[of]))
            rows.append(row | dict(auc=against_good(value, word, grade, patients)))
    return rows


def against_good(value, word, grade, patients):
    """AUC by which photographs of this grade stand under the good ones, with its interval by patient; None of the good ones."""
    two = (word == grade) | (word == GOOD)
    if grade == GOOD or not np.any(word == GOOD):
        return None
    value, good = value[two], (word[two] == GOOD).astype(int)
    return st.Bootstrap(patients[two]).measure(lambda i: st.auc(value[i], good[i]))


def cell(share):
    """A share with its interval, in percent."""
    value, low, high = (100 * v for v in share)
    return span((value, low, high), 1)


def tables(rows, graded):
    head = ["set", "who", "n", *(f"no finding at {p}, %" for p in decide.POINTS), "refer", "unclear", "repeat"]
    cells = [
        [
            r["set"],
            r["who"],
            r["n"],
            *(cell(r["no_finding"][p]) for p in decide.POINTS),
            *(percent(r["answers"]["balanced"][w]) for w in ANSWERS[:3]),
        ]
        for r in rows
    ]
    note = (
        'Test patients. Share of the eyes that read "no finding by this test", 95 % interval by patient, and at the balanced '
        "point the other answers. Healthy: labelled normal and nothing else. Without: without the disease that the set "
        "labels; they may have another. Mild: mild (grade 1) retinopathy alone, counted apart from the diseased and from the "
        "single diseases. Photographs that the core refuses count as repeat."
    )
    first = table("The decision", head, cells, note)
    told = lambda r: span(r["auc"]) if r["auc"] else ""  # noqa: E731
    cells = [[r["set"], r["quality"], r["n"], cell(r["judged"]), told(r)] for r in graded]
    note = (
        "Test patients, graded by people; shares with intervals as above, the AUC's by bootstrap of patients: good ones above "
        "these by the core's gradability. EyeQ: of 200 pixels a side, enlarged. Refused photographs count as not judged, and 0."
    )
    head = ["set", "people said", "n", "judged, %", "AUC against good"]
    return first, table("Photographs that can be judged", head, cells, note)
