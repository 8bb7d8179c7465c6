"""Diseases: what each class is worth on each set. AUC, operating points, predictive values, F1; by subgroup and source."""

import json
from dataclasses import dataclass

import calibration as cal
import numpy as np
import stats as st
from extra import sets
from pool import flipped

PREVALENCES = (0.01, 0.05, 0.10)
AGES = ((0, 44), (45, 54), (55, 64), (65, 120))
POINTS = ("screening", "balanced", "specific")


@dataclass
class Answers:
    """The core's answers to the photographs of one set: one row a photograph that was not refused."""

    name: str
    photos: list
    labels: np.ndarray  # [n,classes] 1, 0, or -1 for unknown
    score: np.ndarray  # [n,classes] probability
    positive: np.ndarray  # [n,classes] bool, at the weights' own threshold
    groups: np.ndarray  # [n] whom the bootstrap keeps together
    gradable: np.ndarray  # [n] bool
    refused: list

    def of_class(self, k, among=None):
        """Indices of the photographs whose answer is known."""
        known = self.labels[:, k] >= 0
        return np.flatnonzero(known if among is None else known & among)


def cuts_of(weights):
    """[classes]: the weights file's own cuts. Normal has one as a class among others, which the decision does not use."""
    data = weights.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return np.array([k["threshold"] for k in json.loads(header["__metadata__"]["vmnet"])["classes"]])


def screen(pool, name, items):
    """items: [(photograph, labels [classes], patient)]"""
    answers = pool.report([i[0] for i in items], name)
    kept = [(i, a[0]) for i, a in zip(items, answers, strict=True) if a[0]]
    per_class = lambda key: np.array([[d[key] for d in r["diseases"]] for _, r in kept]).reshape(
        len(kept), len(pool.classes)
    )
    score = per_class("probability")
    return Answers(
        name=name,
        photos=[i[0] for i, _ in kept],
        labels=np.array([i[1] for i, _ in kept]).reshape(len(kept), len(pool.classes)),
        score=score,
        positive=score >= cuts_of(pool.weights),
        groups=np.array([str(i[2]) for i, _ in kept]),
        gradable=np.array([r["quality"]["gradable"] for _, r in kept], bool),
        refused=[f"{i[0].name}: {a[1]}" for i, a in zip(items, answers, strict=True) if not a[0]],
    )


# ---- figures ----


def rates(boot, positive, y):
    """Sensitivity and specificity with intervals, and the predictive value at each prevalence."""
    sensitivity = lambda i: st.mean(positive[i][y[i] == 1])
    specificity = lambda i: st.mean(~positive[i][y[i] == 0])
    value = lambda share: boot.measure(lambda i: st.ppv(sensitivity(i), specificity(i), share))
    return dict(
        sensitivity=boot.measure(sensitivity),
        specificity=boot.measure(specificity),
        ppv={f"{share:g}": value(share) for share in PREVALENCES},
    )


def class_figures(answers, k, among=None):
    """Everything about one class; None without both answers."""
    known = answers.of_class(k, among)
    y, s, p = answers.labels[known, k].astype(int), answers.score[known, k], answers.positive[known, k]
    if len(set(y)) < 2:
        return None
    boot = st.Bootstrap(answers.groups[known])
    out = dict(n=len(known), positives=int(y.sum()), patients=len(set(answers.groups[known])))
    out |= rates(boot, p, y)
    out |= dict(
        auc=boot.measure(lambda i: st.auc(s[i], y[i])),
        sensitivity_at_95_specificity=boot.measure(lambda i: st.sensitivity_at(s[i], y[i])),
        specificity_at_95_sensitivity=boot.measure(lambda i: st.specificity_at(s[i], y[i])),
        f1=boot.measure(lambda i: st.f1(p[i], y[i] == 1)),
        brier=boot.measure(lambda i: cal.brier(s[i], y[i])),
        ece=boot.measure(lambda i: cal.ece(s[i], y[i])),
        ece_equal_width=cal.ece_equal_width(s, y),
        ece_by_chance=cal.ece_by_chance(s),
        mean_probability=float(s.mean()),
        share_positive=float(y.mean()),
        reliability=cal.reliability(s, y),
    )
    return out


def point_figures(answers, k, points):
    """The weights' operating points, chosen on validation, on this set: {name: figures}."""
    known = answers.of_class(k)
    y, s = answers.labels[known, k].astype(int), answers.score[known, k]
    boot = st.Bootstrap(answers.groups[known])
    cuts = {name: points[name]["threshold"] for name in POINTS if name in points}
    return {name: dict(threshold=cut) | rates(boot, s >= cut, y) for name, cut in cuts.items()}


def means(pool, answers, validation=None):
    """Mean AUC and macro-F1 over the diseases with a name, where the set labels them all. F1 at the weights' thresholds,
    and, given validation photographs, at the cuts with the largest F1 there."""
    six = sets.named([c["name"] for c in pool.info["classes"]])
    if not len(answers.labels) or not six or (answers.labels[:, six] < 0).any():
        return {}
    six = [k for k in six if len(set(answers.labels[:, k])) == 2]
    if not six:
        return {}
    boot = st.Bootstrap(answers.groups)
    y, s = answers.labels == 1, answers.score
    macro = lambda p: boot.measure(lambda i: float(np.nanmean([st.f1(p[i, k], y[i, k]) for k in six])))
    out = dict(
        named=len(six),
        mean_auc_named=boot.measure(lambda i: float(np.mean([st.auc(s[i, k], y[i, k]) for k in six]))),
        macro_f1_named=macro(answers.positive),
    )
    if validation is not None:
        cuts = np.full(len(pool.classes), 2.0)
        for k in six:
            known = validation.of_class(k)
            cuts[k] = st.f1_cut(validation.score[known, k], validation.labels[known, k])
        chosen = s >= cuts
        out["macro_f1_named_at_validation_f1_cuts"] = macro(chosen)
        out["f1_cuts"] = {
            pool.classes[k]: dict(cut=cuts[k], f1=boot.measure(lambda i, k=k: st.f1(chosen[i, k], y[i, k])))
            for k in six
        }
    return out


def measure(pool, answers, validation=None):
    out = dict(
        set=answers.name,
        n=len(answers.photos),
        patients=len(set(answers.groups)),
        refused=answers.refused,
        gradable=st.mean(answers.gradable),
        classes=[],
    )
    for k, c in enumerate(pool.info["classes"]):
        figures = class_figures(answers, k)
        if figures:
            points = point_figures(answers, k, c.get("points", {"balanced": c}))
            out["classes"].append(dict(id=c["id"], name=c["name"]) | figures | dict(points=points))
    return out | means(pool, answers, validation)


def with_flips(pool, answers):
    """The same answers with the probabilities averaged over four mirror images; thresholds stay."""
    scores = pool.map(flipped, answers.photos, f"{answers.name}, flips")
    keep = [i for i, s in enumerate(scores) if s is not None]
    score = np.array([scores[i] for i in keep])
    cuts = np.array([c["threshold"] for c in pool.info["classes"]])
    pick = lambda a: a[keep]
    return Answers(
        f"{answers.name}, 4 flips",
        [answers.photos[i] for i in keep],
        pick(answers.labels),
        score,
        score >= cuts,
        pick(answers.groups),
        pick(answers.gradable),
        answers.refused,
    )


def subgroups(pool, answers, people):
    """people: {file name: row with `age` and `sex`}. Every class in every age band and sex that holds both answers."""
    rows = [people.get(p.name, {}) for p in answers.photos]
    age = np.array([float(r.get("age") or "nan") for r in rows])
    groups = [
        (f"age {low} to {high}" if high < 120 else f"age {low} and over", (age >= low) & (age <= high))
        for low, high in AGES
    ]
    for sex in sorted({r.get("sex") for r in rows if r.get("sex")}):
        groups.append((sex.lower(), np.array([r.get("sex") == sex for r in rows], bool)))
    out = []
    for k, name in enumerate(pool.classes):
        for group, among in groups:
            figures = class_figures(answers, k, among)
            if figures:
                keep = (
                    "n",
                    "positives",
                    "patients",
                    "auc",
                    "sensitivity",
                    "specificity",
                    "share_positive",
                    "mean_probability",
                )
                out.append(dict(id=name, group=group) | {f: figures[f] for f in keep})
    return out
