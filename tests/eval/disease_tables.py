"""The diseases' figures as tables: one row a set and class."""

import calibration as cal
from diseases import PREVALENCES
from tables import number, percent, span, table


def words(class_id):
    return class_id.replace("-", " ")


def count(f):
    return f"{f['n']} ({f['positives']})"


def disease_table(results):
    head = ["set", "class", "n (positive)", "AUC", "sensitivity", "specificity", "sensitivity at 95 % specificity"]
    head += ["specificity at 95 % sensitivity", "F1"]
    keys = ("auc", "sensitivity", "specificity", "sensitivity_at_95_specificity", "specificity_at_95_sensitivity", "f1")
    rows = []
    for d in results:
        rows += [[d["set"], words(c["id"]), count(c), *(span(c[k]) for k in keys)] for c in d["classes"]]
        if "mean_auc_named" in d:
            area, macro = (f"**{span(d[k])}**" for k in ("mean_auc_named", "macro_f1_named"))
            rows.append([d["set"], f"**mean of the {d['named']} named**", d["n"], area, "", "", "", "", macro])
        if "macro_f1_named_at_validation_f1_cuts" in d:
            best = f"**{span(d['macro_f1_named_at_validation_f1_cuts'])}**"
            rows.append([d["set"], "the same, cuts of largest F1 on validation", d["n"], "", "", "", "", "", best])
    return table(
        "Diseases",
        head,
        rows,
        "Sensitivity, specificity and F1 at the weights' own balanced threshold, from validation.",
    )


def point_table(results):
    head = ["set", "class", "point", "threshold", "sensitivity", "specificity"]
    head += [f"PPV at {100 * p:g} % prevalence" for p in PREVALENCES]
    rows = [
        [d["set"], words(c["id"]), name, number(f["threshold"]), span(f["sensitivity"]), span(f["specificity"])]
        + [span(f["ppv"][f"{p:g}"]) for p in PREVALENCES]
        for d in results
        for c in d["classes"]
        for name, f in c["points"].items()
    ]
    note = (
        "The weights' operating points, chosen on validation, measured here. PPV: the share of alarms that are right "
        "where that share of the people has the disease, from sensitivity and specificity by Bayes."
    )
    return table("Operating points and predictive values", head, rows, note)


def calibration_table(results):
    head = [
        "set",
        "class",
        "n (positive)",
        "ECE",
        "of a perfect model",
        "ECE, bins of equal width",
        "Brier",
        "mean probability",
        "share positive",
    ]
    rows = [
        [
            d["set"],
            words(c["id"]),
            count(c),
            span(c["ece"]),
            number(c["ece_by_chance"]),
            number(c["ece_equal_width"]),
            span(c["brier"]),
        ]
        + [number(c["mean_probability"]), number(c["share_positive"])]
        for d in results
        for c in d["classes"]
    ]
    note = (
        f"ECE over {cal.BINS} bins of equally many photographs. Few photographs alone cost a perfectly calibrated model "
        "what the next column says, and bootstrapping adds to it, so that the interval lies too high. The weights are "
        "calibrated on validation patients of the set that labels every class: sets with another share of ill people are not "
        "expected to fit."
    )
    return table("Calibration", head, rows, note)


def subgroup_table(rows, name):
    head = ["class", "group", "n (positive)", "AUC", "sensitivity", "specificity", "share positive", "mean probability"]
    cells = [
        [words(r["id"]), r["group"], count(r), *(span(r[k]) for k in ("auc", "sensitivity", "specificity"))]
        + [percent(r["share_positive"]), percent(r["mean_probability"])]
        for r in rows
    ]
    return table(
        f"Subgroups of {name}", head, cells, "Groups in which everybody or nobody has the disease are left out."
    )


def source_table(results):
    """Classes that more than one set labels."""
    sets = {}
    for d in results:
        for c in d["classes"]:
            sets.setdefault(c["id"], []).append((d["set"], c))
    head = ["class", "source", "n (positive)", "patients", "AUC", "sensitivity", "specificity", "PPV at 5 %"]
    rows = [
        [words(i), name, count(c), c["patients"], span(c["auc"]), span(c["sensitivity"]), span(c["specificity"])]
        + [span(c["ppv"]["0.05"])]
        for i, found in sets.items()
        if len(found) > 1
        for name, c in found
    ]
    return table("By source", head, rows, "The same threshold everywhere.")
