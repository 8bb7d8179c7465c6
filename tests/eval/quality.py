"""Gradability: photographs against the same photographs made useless, and against what people said of their quality."""

import importlib.util
import re

import numpy as np
import stats as st
from core import Refused
from degrade import KINDS, degraded, degraded_as_in_training
from pool import enlarged
from tables import percent, span, table

POOR = re.compile(r"lens dust|low image quality|image offset|blur|out of focus|artifact")


def value(answer):
    """The gradability of an answer of the core; a refusal counts as less than any."""
    return answer[0]["quality"]["gradability"] if answer[0] else -1.0


def passes(answer):
    return bool(answer[0]) and answer[0]["quality"]["gradable"]


def _screen_degraded(core, rgba):
    try:
        report = core.screen(rgba)[0]
    except Refused:
        return -1.0, False
    return report["quality"]["gradability"], report["quality"]["gradable"]


def own_kind(core, item):
    """item: (photograph, its number) -> (kind, gradability, called gradable)"""
    rgba, kind = degraded(enlarged(core.pixels(item[0])), item[1])
    return kind, *_screen_degraded(core, rgba)


def training_kind(core, item):
    return "as in training", *_screen_degraded(core, degraded_as_in_training(enlarged(core.pixels(item[0])), item[1]))


def against(good, good_passes, bad, bad_passes, patients, name):
    """AUC of gradability between photographs and useless ones. Intervals over the photographs' patients."""
    score, label = np.concatenate([good, bad]), np.repeat([1, 0], [len(good), len(bad)])
    boot = st.Bootstrap(patients)
    return dict(
        what=name,
        good=len(good),
        poor=len(bad),
        auc=boot.measure(lambda i: st.auc(score[i], label[i])),
        good_pass=st.mean(good_passes),
        poor_pass=st.mean(bad_passes),
    )


def synthetic(pool, answers, items):
    """items: [(photograph, labels, patient)] of ODIR's test part, and the core's answers to them."""
    good, ok = np.array([value(a) for a in answers]), np.array([passes(a) for a in answers])
    patients = np.array([str(i[2]) for i in items])
    numbered = [(i[0], n) for n, i in enumerate(items)]
    trials = [("degraded anew", own_kind)]
    if importlib.util.find_spec("torch"):
        trials.append(("degraded as in training", training_kind))
    rows = []
    for name, task in trials:
        done = pool.map(task, numbered, f"gradability, {name}")
        kind, bad, bad_ok = (np.array(column) for column in zip(*done, strict=True))
        both = np.concatenate([patients, patients])
        rows.append(against(good, ok, bad, bad_ok, both, name))
        for k in KINDS if task is own_kind else []:
            one = kind == k.__name__
            if one.any():
                groups = np.concatenate([patients, patients[one]])
                rows.append(against(good, ok, bad[one], bad_ok[one], groups, f"{name}: {k.__name__}"))
    return rows


def people_said(pool, odir, hygd, limit):
    """odir: [(photograph, row, in test)] of all parts; hygd: [(photograph, row, in test)]. Second figures: nobody labelled these
    photographs as useless, only as less good."""
    rows = []
    poor = [o for o in odir if POOR.search(o[1]["keywords"].lower())]
    fine = [o for o in odir if o[2] and o not in poor][: limit or None]
    poor = poor[: limit or None]
    if poor and fine:
        answers = pool.report([o[0] for o in poor + fine], "gradability, ODIR keywords")
        v, ok = np.array([value(a) for a in answers]), np.array([passes(a) for a in answers])
        groups, n = np.array([o[1]["patient"] for o in poor + fine]), len(poor)
        name = "ODIR, keyword of poor quality (any part) against test photographs without"
        rows.append(against(v[n:], ok[n:], v[:n], ok[:n], np.concatenate([groups[n:], groups[:n]]), name))
    hygd = hygd[:: max(1, len(hygd) // limit)] if limit else hygd
    if hygd:
        answers = pool.report([h[0] for h in hygd], "gradability, HYGD quality")
        v, ok = np.array([value(a) for a in answers]), np.array([passes(a) for a in answers])
        q, groups = np.array([float(h[1]["quality"]) for h in hygd]), np.array([h[1]["patient"] for h in hygd])
        low, high = np.flatnonzero(q <= 4), np.flatnonzero(q >= 6)
        order = np.concatenate([high, low])
        rows.append(
            against(v[high], ok[high], v[low], ok[low], groups[order], "HYGD, quality at least 6 against at most 4")
        )
        test = np.array([h[2] for h in hygd])
        for part, name in ((test, "test part"), (np.ones(len(hygd), bool), "all")):
            if part.sum() > 2:
                boot = st.Bootstrap(groups[part])
                rho = boot.measure(lambda i, part=part: st.rank_correlation(v[part][i], q[part][i]))
                rows.append(dict(what=f"HYGD, rank correlation with quality, {name}", good=int(part.sum()), rho=rho))
    return rows


def tables(rows):
    head = ["gradability", "good", "poor", "AUC", "rank correlation", "good called gradable", "poor called gradable"]
    cells = []
    for r in rows:
        if "auc" in r:
            cells.append(
                [r["what"], r["good"], r["poor"], span(r["auc"]), "", percent(r["good_pass"]), percent(r["poor_pass"])]
            )
        else:
            cells.append([r["what"], r["good"], "", "", span(r["rho"]), "", ""])
    note = (
        "Photographs of ODIR's test part against the same photographs degraded, fixed seed; a degraded one that the core "
        "refuses counts as found, a good one that it refuses as lost. The kinds are those of tests/eval/degrade.py; "
        "`as in training` are those of weights/train/augment.py. ODIR's keywords and HYGD's score are second figures: "
        "they name photographs that are less good, not useless."
    )
    return table("Gradability", head, cells, note)
