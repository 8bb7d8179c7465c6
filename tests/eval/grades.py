"""Diabetic retinopathy by its grade (ICDR 0 to 4): how much of each is found, and how well grade 2 and above, which is referred,
is told from less: by the probability of retinopathy, and by the head that grades where the weights have one."""

import re

import decision
import diseases
import extra
import numpy as np
import stats as st
from tables import percent, span, table

CLASS = "diabetic-retinopathy"
REFERABLE = 2  # and above: moderate, severe, proliferative (Wilkinson 2003)
SEVERE = 3  # and above
# keywords of ODIR; what they say without a grade counts for none
WORDS = (
    (re.compile(r"mild non ?proliferative"), 1),
    (re.compile(r"moderate non ?proliferative"), 2),
    (re.compile(r"severe non ?proliferative"), 3),
    (re.compile(r"(?<!non)(?<!non )proliferative"), 4),
)


def grade_of(row):
    """0 to 4 as a row of a set's table says it; None where it says none."""
    if row.get("dr_grade", "") != "":
        return int(row["dr_grade"])
    if "keywords" not in row:
        return None
    said = [grade for words, grade in WORDS if words.search(row["keywords"].lower())]
    if said:
        return said[0]
    return 0 if row["D"] == "0" else None


def cuts_of(pool):
    """{operating point: cut} of retinopathy; None for weights that do not look for it, or have no such points."""
    points = next((c.get("points") for c in pool.info["classes"] if c["id"] == CLASS), None)
    return points and {p: points[p]["threshold"] for p in diseases.POINTS}


def called(answer, cut):
    """Whether retinopathy reaches this cut; not where the core refuses the photograph."""
    return bool(answer[0]) and probability(answer[0]) >= cut


def probability(report):
    return next(d["probability"] for d in report["diseases"] if d["id"] == CLASS)


def measure(pool, name, items):
    """items: [(photograph, labels, row)] as decision.items_of gives them -> figures of one set; None where its rows hold no
    grade, or but one, or the weights cannot be asked."""
    cuts = cuts_of(pool)
    grades = [grade_of(row) for _, _, row in items]
    known = [(item, g) for item, g in zip(items, grades, strict=True) if g is not None]
    if not cuts or len({g for _, g in known}) < 2:
        return None
    answers = pool.report([item[0] for item, _ in known], name)
    grade = np.array([g for _, g in known])
    patients = np.array([str(extra.patient_of(name, item[0])) for item, _ in known])
    return dict(
        set=name,
        grades=by_grade(answers, cuts, grade, patients),
        referable=referable(answers, grade, patients),
        graded=graded(answers, grade, patients),
    )


def by_grade(answers, cuts, grade, patients):
    """A row for each grade: shares in which retinopathy is called at each point, and the answers at the balanced one."""
    at = {p: np.array([called(a, cut) for a in answers]) for p, cut in cuts.items()}
    words = np.array([decision.answer_at(a, "balanced") for a in answers])
    return [
        dict(
            grade=int(g),
            n=int((grade == g).sum()),
            called={p: decision.share(v[grade == g], patients[grade == g]) for p, v in at.items()},
            answers={w: st.mean(words[grade == g] == w) for w in decision.ANSWERS},
        )
        for g in np.unique(grade)
    ]


def referable(answers, grade, patients):
    """Grade 2 and above against less, of photographs that were not refused; None without both."""
    kept = np.array([bool(a[0]) for a in answers])
    y, groups = (grade[kept] >= REFERABLE).astype(int), patients[kept]
    if len(set(y)) < 2:
        return None
    reports = [a[0] for a in answers if a[0]]
    score, order = np.array([probability(r) for r in reports]), grade[kept]
    boot = st.Bootstrap(groups)
    return dict(
        n=len(y),
        positives=int(y.sum()),
        auc=boot.measure(lambda i: st.auc(score[i], y[i])),
        sensitivity_at_95_specificity=boot.measure(lambda i: st.sensitivity_at(score[i], y[i])),
        rank_correlation=boot.measure(lambda i: st.rank_correlation(score[i], order[i])),
    )


def graded(answers, grade, patients):
    """The head that grades, of photographs that can be judged; None where the weights have none. The grade as the core gives it:
    0 where it gives none."""
    told = [a[0]["grade"] if a[0] and a[0].get("grade") else dict(at_least=None) for a in answers]
    kept = np.array([t["at_least"] is not None for t in told])
    if not kept.any():
        return None
    told, grade = [t for t in told if t["at_least"] is not None], grade[kept]
    given, at_least = np.array([t["grade"] or 0 for t in told]), np.array([t["at_least"] for t in told])
    boot, called = st.Bootstrap(patients[kept]), given > 0
    areas = {
        k: boot.measure(lambda i, k=k: st.auc(at_least[i, k - 1], (grade[i] >= k).astype(int)))
        for k in range(1, 5)
        if 0 < (grade >= k).sum() < len(grade)
    }
    off = np.abs(given - grade)
    return dict(
        n=len(grade),
        counts={k: int((grade >= k).sum()) for k in areas},
        auc=areas,
        kappa=boot.measure(lambda i: st.quadratic_kappa(given[i], grade[i])),
        graded=int(called.sum()),
        right=boot.measure(lambda i: st.mean(off[i][called[i]] == 0)),
        near=boot.measure(lambda i: st.mean(off[i][called[i]] <= 1)),
        high=st.mean(given[called] > grade[called]),
        low=st.mean(given[called] < grade[called]),
        healthy=int((called & (grade == 0)).sum()),
        severe=boot.measure(lambda i: st.mean(given[i][grade[i] >= SEVERE] >= SEVERE)),
        called_severe=boot.measure(lambda i: st.mean(given[i][grade[i] < SEVERE] >= SEVERE)),
        proliferative=(int(((given == 4) & (grade == 4)).sum()), int((grade == 4).sum())),
    )


def graded_tables(results):
    rows = [(d["set"], d["graded"]) for d in results if d.get("graded")]
    head = ["set", "n", *(f"AUC, {k} and above" for k in range(1, 5))]
    auc = lambda r, k: f"{span(r['auc'][k])} ({r['counts'][k]})" if k in r["auc"] else ""  # noqa: E731
    cells = [[name, r["n"], *(auc(r, k) for k in range(1, 5))] for name, r in rows]
    note = "The head that grades: probability of at least each grade, photographs that can be judged (positives)."
    first = table("The grade's probabilities", head, cells, note)
    head = ["set", "n", "quadratic kappa", "graded", "right", "at most one off", "too high", "too low"]
    head += ["graded without retinopathy", "3 and above called so", "less called 3 and above", "4 called 4"]
    cells = [
        [name, r["n"], span(r["kappa"]), r["graded"], span(r["right"]), span(r["near"]), percent(r["high"])]
        + [
            percent(r["low"]),
            r["healthy"],
            span(r["severe"]),
            span(r["called_severe"]),
            "{} of {}".format(*r["proliferative"]),
        ]
        for name, r in rows
    ]
    note = (
        "As the core gives it at the balanced point, to photographs on which it suspects retinopathy; where it gives none, "
        "kappa takes it for 0."
    )
    return first, table("The grade", head, cells, note)


def tables(results):
    head = ["set", "grade", "n", *(f"called at {p}, %" for p in diseases.POINTS)]
    head += [f"{w}, balanced" for w in decision.ANSWERS]
    cells = [
        [d["set"], r["grade"], r["n"], *(decision.cell(r["called"][p]) for p in diseases.POINTS)]
        + [percent(r["answers"][w]) for w in decision.ANSWERS]
        for d in results
        for r in d["grades"]
    ]
    note = (
        "Test patients, graded by people on the ICDR scale, ODIR by its keywords. Called: retinopathy reaches its cut; 95 % "
        "interval by patient. Then the answer at the balanced point, for whatever reason. Grade 0 "
        "is no retinopathy, not healthy."
    )
    first = table("Retinopathy by grade", head, cells, note)
    rows = [(d["set"], d["referable"]) for d in results if d["referable"]]
    keys = ("auc", "sensitivity_at_95_specificity", "rank_correlation")
    cells = [[name, f"{r['n']} ({r['positives']})", *(span(r[k]) for k in keys)] for name, r in rows]
    head = ["set", "n (grade 2 and above)", "AUC", "sensitivity at 95 % specificity", "rank correlation with the grade"]
    note = "Grade 2 and above against 0 and 1, by the probability of any retinopathy."
    return first, table("Referable retinopathy", head, cells, note), *graded_tables(results)
