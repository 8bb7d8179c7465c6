"""The figures that the project set out to reach, beside those that were measured."""

from tables import number, percent, span, table

# (set, class, figure, at least)
DISEASES = [
    ("odir5k", "diabetic-retinopathy", "auc", 0.90),
    ("odir5k", "glaucoma", "auc", 0.94),
    ("odir5k", "cataract", "auc", 0.985),
    ("odir5k", "age-related-macular-degeneration", "auc", 0.955),
    ("odir5k", "hypertensive-retinopathy", "auc", 0.88),
    ("odir5k", "pathologic-myopia", "auc", 0.996),
    ("airogs_light", "glaucoma", "auc", 0.95),
    ("airogs_light", "glaucoma", "sensitivity_at_95_specificity", 0.80),
    ("hygd", "glaucoma", "auc", 0.93),
]
VESSELS = [("drive", "dice", 0.831), ("drive", "auc", 0.985), ("chasedb1", "dice", 0.80), ("hrf", "dice", 0.79)]
ARTERIES = {"drive": 0.90, "hrf": 0.92}  # balanced accuracy on what was drawn
WORDS = {"auc": "AUC", "dice": "Dice", "sensitivity_at_95_specificity": "sensitivity at 95 % specificity"}
REFERABLE = {"odir5k": 0.94, "idrid": 0.95, "eyepacs": 0.90}
KAPPA = {"idrid": 0.72, "eyepacs": 0.65}
TURNED = {"turned by 90°": 0.15, "mirrored": 0.10, "hue +10°": 0.10, "hue -10°": 0.10}  # other findings
NAMED = 6
MEAN_AUC, ECE, GRADABILITY, STOPPED, LOST = 0.94, 0.03, 0.95, 0.99, 0.01
PARAMETERS, BYTES = 4_500_000, 9_000_000


def row(what, sign, target, value, text):
    met = value >= target if sign == "at least" else value <= target
    return [what, f"{sign} {target:g}", text, "yes" if met else "no"]


def disease_rows(results):
    classes = {(d["set"], c["id"]): c for d in results for c in d["classes"]}
    for name, class_id, figure, target in DISEASES:
        c = classes.get((name, class_id))
        if c:
            what = f"{name}, {class_id.replace('-', ' ')}: {WORDS[figure]}"
            yield row(what, "at least", target, c[figure][0], span(c[figure]))
    for d in results:
        if d["set"] == "odir5k" and d.get("named") == NAMED:
            what = f"odir5k, mean AUC of the {NAMED} named"
            yield row(what, "at least", MEAN_AUC, d["mean_auc_named"][0], span(d["mean_auc_named"]))
    odir = [c for (name, _), c in classes.items() if name == "odir5k"]
    if odir:
        worst = max(odir, key=lambda c: c["ece"][0])
        yield row(f"odir5k, largest ECE ({worst['name']})", "at most", ECE, worst["ece"][0], span(worst["ece"]))


def vessel_rows(results):
    found = {v["set"]: v for v in results if v["n"]}
    for name, figure, target in VESSELS:
        if name in found:
            value = found[name][figure]
            yield row(f"{name}, vessels: {WORDS[figure]}", "at least", target, value[0], span(value))


def artery_rows(results):
    for v in results:
        if v["n"]:
            text = span(v["balanced"])
            yield row(
                f"{v['set']}, arteries: balanced accuracy", "at least", ARTERIES[v["set"]], v["balanced"][0], text
            )


def grade_rows(results):
    found = {r["set"]: r["referable"] for r in results if r["referable"]}
    for name, target in REFERABLE.items():
        if name in found:
            auc = found[name]["auc"]
            yield row(f"{name}, retinopathy of grade 2 and above: AUC", "at least", target, auc[0], span(auc))
    graded = {r["set"]: r["graded"] for r in results if r.get("graded")}
    for name, target in KAPPA.items():
        if name in graded:
            kappa = graded[name]["kappa"]
            yield row(f"{name}, grade of retinopathy: quadratic kappa", "at least", target, kappa[0], span(kappa))


def turn_rows(rows):
    for r in rows:
        if r["change"] in TURNED and r["n"]:
            text = span([100 * v for v in r["findings"]], 1) + " %"
            yield row(
                f"photographs with other findings when {r['change']}",
                "at most",
                TURNED[r["change"]],
                r["findings"][0],
                text,
            )


def quality_rows(rows):
    for r in rows:
        if r["what"].startswith("degraded") and ":" not in r["what"]:
            yield row(f"gradability, {r['what']}: AUC", "at least", GRADABILITY, r["auc"][0], span(r["auc"]))


def refusal_rows(strangers, sources):
    counts = [c for group in strangers.get("groups", {}).values() for c in group.items()]
    n = sum(v for _, v in counts)
    if n:
        for what, kinds in (
            ("refused outright or called not fundus", ("refused", "error", "not fundus")),
            ("refused or called not gradable", ("refused", "error", "not fundus", "not gradable")),
        ):
            share = sum(v for k, v in counts if k in kinds) / n
            yield row(f"{n} pictures of other things, {what}", "at least", STOPPED, share, percent(share))
    for what, lost, of in (
        ("without a field of view", lambda r: r["refused"], "photographs"),
        (
            "refused or called not fundus",
            lambda r: sum(r["outcomes"].get(k, 0) for k in ("refused", "not fundus")),
            "screened",
        ),
    ):
        worst = max(sources, key=lambda r, f=lost, n=of: f(r) / r[n], default=None)
        if worst:
            share = lost(worst) / worst[of]
            name = f"photographs {what}, worst source ({worst['source']}, {lost(worst)} of {worst[of]})"
            yield row(name, "at most", LOST, share, percent(share, 2))


def size_rows(info, size):
    yield row(
        "parameters, million",
        "at most",
        PARAMETERS / 1e6,
        info["parameters"] / 1e6,
        number(info["parameters"] / 1e6, 2),
    )
    yield row("weights file, MB", "at most", BYTES / 1e6, size / 1e6, number(size / 1e6, 2))


def targets_table(result, info, size):
    """result: the sections as measured, any of them may be missing."""
    rows = [
        *vessel_rows(result.get("vessels", [])),
        *artery_rows(result.get("arteries", [])),
        *disease_rows(result.get("diseases", [])),
        *grade_rows(result.get("grades", [])),
        *quality_rows(result.get("quality", [])),
        *turn_rows(result.get("turns", [])),
        *refusal_rows(result.get("strangers", {}), result.get("refusals", [])),
    ]
    return table("Targets", ["what", "target", "measured", "met"], [*rows, *size_rows(info, size)]) if rows else ""
