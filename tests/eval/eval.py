#!/usr/bin/env python3
"""Measures the released weights with the C core on photographs that training never saw.

usage: eval.py --data DATA [--list FILE.csv] [--weights FILE] [--size 512] [--guide 1] [--sets odir5k,drive,...]

Without --list: the `test` part of every list in weights/train/splits. With it: any photographs. FILE.csv has a column
`photo` (path inside DATA) and any of: class ids as in the report (0, 1 or empty for unknown), `patient`, `vessels` and
`fov` (masks, paths inside DATA). Prints the table and writes build/eval.json and, as tables, build/eval.md. Intervals: 95 %, bootstrap by patient.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import stats as st
from core import ROOT, VESSELS, Core, Refused
from PIL import Image

sys.path.insert(0, str(ROOT / "weights/train"))
import data as sets  # noqa: E402


def patient_of(name, path):
    """Who must stay together when resampling: ODIR, HYGD, TVHL and DR-maculopathy name the patient first."""
    stem = path.stem
    if name in ("odir5k", "hygd", "tvhl", "dr_maculopathy"):
        return stem.split("_")[0]
    return stem


def progress(done, total, what):
    if sys.stderr.isatty() or done == total:
        print(f"\r{what}: {done}/{total}", end="\n" if done == total else "", file=sys.stderr, flush=True)


# ---- vessels ----


def vessel_counts(core, photo, vessel, fov):
    """One photograph: histograms of probability on vessel and background pixels inside the field of view."""
    report, (p,) = core.screen(core.pixels(photo), [(VESSELS, 0)])
    mask = lambda path: np.asarray(Image.open(path).convert("L")) > 127  # noqa: E731
    inside = mask(fov) if fov else np.ones(p.shape, bool)
    truth = mask(vessel)
    if truth.shape != p.shape or inside.shape != p.shape:
        raise SystemExit(f"{vessel}: mask and photograph {photo.name} differ in size")
    bins = np.minimum((p[inside] * st.BINS).astype(int), st.BINS - 1)
    t = truth[inside]
    predicted = p[inside] >= report["vessels"]["threshold"]
    hist = [np.bincount(bins[t == v], minlength=st.BINS) for v in (True, False)]
    return dict(
        hist=hist,
        tp=int((predicted & t).sum()),
        fp=int((predicted & ~t).sum()),
        fn=int((~predicted & t).sum()),
        tn=int((~predicted & ~t).sum()),
    )


def vessel_table(core, name, items):
    rows, refused = [], []
    for i, (photo, vessel, fov) in enumerate(items):
        try:
            rows.append(vessel_counts(core, photo, vessel, fov))
        except Refused as e:
            refused.append(f"{photo.name}: {e}")
        progress(i + 1, len(items), name)
    if not rows:
        return dict(set=name, n=0, refused=refused)
    ids = np.arange(len(rows))
    total = lambda i, k: sum(rows[j][k] for j in i)  # noqa: E731
    area = lambda i: st.histogram_auc(sum(rows[j]["hist"][0] for j in i), sum(rows[j]["hist"][1] for j in i))  # noqa: E731
    overlap = lambda i: st.dice(total(i, "tp"), total(i, "fp"), total(i, "fn"))  # noqa: E731
    return dict(
        set=name,
        n=len(rows),
        refused=refused,
        dice=overlap(ids),
        dice_interval=st.interval(ids, overlap),
        dice_mean_of_photographs=float(np.mean([overlap([i]) for i in ids])),
        auc=area(ids),
        auc_interval=st.interval(ids, area),
        sensitivity=total(ids, "tp") / (total(ids, "tp") + total(ids, "fn")),
        specificity=total(ids, "tn") / (total(ids, "tn") + total(ids, "fp")),
    )


# ---- diseases ----


def enlarge(rgba):
    """PALM comes at 224 pixels a side, under the core's limit: such photographs are enlarged twofold."""
    if min(rgba.shape[:2]) >= 256:
        return rgba
    return np.ascontiguousarray(
        np.asarray(Image.fromarray(rgba).resize((rgba.shape[1] * 2, rgba.shape[0] * 2), Image.BILINEAR))
    )


def disease_table(core, name, items):
    """items: [(photo, labels [classes] with -1 for unknown, patient)]"""
    scores, positive, labels, groups, gradability, refused = [], [], [], [], [], []
    for i, (photo, y, patient) in enumerate(items):
        try:
            report, _ = core.screen(enlarge(core.pixels(photo)))
        except Refused as e:
            refused.append(f"{photo.name}: {e}")
            continue
        finally:
            progress(i + 1, len(items), name)
        scores.append([d["probability"] for d in report["diseases"]])
        positive.append([d["positive"] for d in report["diseases"]])
        gradability.append(report["quality"]["gradable"])
        labels.append(y)
        groups.append(patient)
    if not scores:
        return dict(set=name, n=0, patients=0, refused=refused, gradable=0.0, classes=[])
    scores, positive, labels, groups = np.array(scores), np.array(positive), np.array(labels), np.array(groups)
    out = dict(
        set=name,
        n=len(scores),
        patients=len(set(groups)),
        refused=refused,
        gradable=float(np.mean(gradability)),
        classes=[],
    )
    for k, c in enumerate(core.info["classes"]):
        known = np.flatnonzero(labels[:, k] >= 0)
        y, s, p = labels[known, k].astype(int), scores[known, k], positive[known, k]
        if len(set(y)) < 2:
            continue
        area = lambda i, s=s, y=y: st.auc(s[i], y[i])  # noqa: E731
        score = lambda i, p=p, y=y: st.f1(p[i], y[i] == 1)  # noqa: E731
        out["classes"].append(
            dict(
                id=c["id"],
                n=len(known),
                positives=int(y.sum()),
                auc=area(np.arange(len(y))),
                auc_interval=st.interval(groups[known], area),
                sensitivity=float(p[y == 1].mean()),
                specificity=float((~p[y == 0]).mean()),
                sensitivity_at_95_specificity=st.sensitivity_at(s, y),
                f1=score(np.arange(len(y))),
                f1_interval=st.interval(groups[known], score),
            )
        )
    six = [i for i, c in enumerate(core.info["classes"]) if c["name"] not in ("normal", "other")]
    if all((labels[:, i] >= 0).all() and len(set(labels[:, i])) == 2 for i in six):
        mean_auc = lambda i: float(np.mean([st.auc(scores[i, k], labels[i, k]) for k in six]))  # noqa: E731
        macro = lambda i: float(np.nanmean([st.f1(positive[i, k], labels[i, k] == 1) for k in six]))  # noqa: E731
        every = np.arange(len(labels))
        out |= dict(mean_auc_named=mean_auc(every), mean_auc_named_interval=st.interval(groups, mean_auc))
        out |= dict(macro_f1_named=macro(every), macro_f1_named_interval=st.interval(groups, macro))
    return out


# ---- lists ----


def listed(core, data, path):
    """(vessel items, disease items) of a list of any photographs."""
    ids = [c["id"] for c in core.info["classes"]]
    vessels, diseases, lost = [], [], []
    for line, r in enumerate(sets.table(path), 2):
        photo = data / r.get("photo", "")
        if not photo.is_file():
            lost.append(f"line {line}: {photo}")
            continue
        if r.get("vessels"):
            vessels.append((photo, data / r["vessels"], data / r["fov"] if r.get("fov") else None))
        y = [int(r[i]) if r.get(i) not in (None, "") else -1 for i in ids]
        if max(y) >= 0:
            diseases.append((photo, y, r.get("patient") or photo.stem))
    if lost:
        sys.exit(f"eval.py: {len(lost)} photographs of {path} are missing:\n  " + "\n  ".join(lost[:10]))
    return vessels, diseases


def evaluate(core, args):
    if args.list:
        vessels, diseases = listed(core, args.data, args.list)
        name = args.list.stem
        return ([vessel_table(core, name, vessels)] if vessels else []), (
            [disease_table(core, name, diseases)] if diseases else []
        )
    wanted = args.sets.split(",") if args.sets else None
    use = lambda name: wanted is None or name in wanted  # noqa: E731
    vessels = [vessel_table(core, n, sets.vessel_list(args.data, n, "test")) for n in sets.VESSEL_SETS if use(n)]
    diseases = []
    for s in sets.DISEASE_SETS:
        if use(s.name):
            items = [(p, y, patient_of(s.name, p)) for p, y in sets.disease_list(args.data, s, "test")]
            diseases.append(disease_table(core, s.name, items))
    return vessels, diseases


# ---- printing ----


def span(value, interval):
    low, high = interval
    return f"{value:.3f} [{low:.3f}, {high:.3f}]" if low is not None else f"{value:.3f}"


def print_tables(vessels, diseases):
    print(f"\n{'vessels':16} {'n':>4}  {'Dice':22} {'AUC':22} sens  spec")
    for v in vessels:
        if v["n"]:
            print(
                f"{v['set']:16} {v['n']:4}  {span(v['dice'], v['dice_interval']):22} {span(v['auc'], v['auc_interval']):22} "
                f"{v['sensitivity']:.3f} {v['specificity']:.3f}"
            )
    for d in diseases:
        print(
            f"\n{d['set']}: {d['n']} photographs of {d['patients']} patients, {d['gradable']:.3f} gradable, {len(d['refused'])} refused"
        )
        print(f"  {'class':34} {'n':>4} {'pos':>4}  {'AUC':22} sens  spec  s@95  {'F1':22}")
        for k in d["classes"]:
            print(
                f"  {k['id']:34} {k['n']:4} {k['positives']:4}  {span(k['auc'], k['auc_interval']):22} {k['sensitivity']:.3f} "
                f"{k['specificity']:.3f} {k['sensitivity_at_95_specificity']:.3f} {span(k['f1'], k['f1_interval']):22}"
            )
        if "mean_auc_named" in d:
            print(f"  mean AUC of the six named diseases {span(d['mean_auc_named'], d['mean_auc_named_interval'])}")
            print(f"  macro-F1 of the six named diseases {span(d['macro_f1_named'], d['macro_f1_named_interval'])}")
        for r in d["refused"][:5]:
            print(f"  refused: {r}")


def markdown(vessels, diseases):
    """The tables as the model card holds them."""
    lines = ["| vessels, test part | n | Dice | AUC | sensitivity | specificity |", "|---|---|---|---|---|---|"]
    for v in vessels:
        if v["n"]:
            area, overlap = span(v["auc"], v["auc_interval"]), span(v["dice"], v["dice_interval"])
            lines.append(
                f"| {v['set']} | {v['n']} | {overlap} | {area} | {v['sensitivity']:.3f} | {v['specificity']:.3f} |"
            )
    head = "| set | class | n (positive) | AUC | sensitivity | specificity | sensitivity at 95 % specificity | F1 |"
    lines += ["", head, "|---|---|---|---|---|---|---|---|"]
    for d in diseases:
        for k in d["classes"]:
            lines.append(
                f"| {d['set']} | {k['id'].replace('-', ' ')} | {k['n']} ({k['positives']}) | {span(k['auc'], k['auc_interval'])} | "
                f"{k['sensitivity']:.3f} | {k['specificity']:.3f} | {k['sensitivity_at_95_specificity']:.3f} | "
                f"{span(k['f1'], k['f1_interval'])} |"
            )
        if "mean_auc_named" in d:
            area, macro = (
                span(d["mean_auc_named"], d["mean_auc_named_interval"]),
                span(d["macro_f1_named"], d["macro_f1_named_interval"]),
            )
            lines.append(f"| {d['set']} | **mean of the six named** | {d['n']} | **{area}** | | | | {macro} |")
    lines += ["", "| set | photographs | refused (no field of view) | called gradable |", "|---|---|---|---|"]
    lines += [
        f"| {d['set']} | {d['n'] + len(d['refused'])} | {len(d['refused'])} | {d['gradable']:.3f} |" for d in diseases
    ]
    return "\n".join(lines) + "\n"


def main(argv):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--list", type=Path)
    p.add_argument("--weights", type=Path, default=ROOT / "weights/vmnet.safetensors")
    p.add_argument("--size", type=int, default=512)
    p.add_argument("--guide", type=float, default=1.0)
    p.add_argument("--sets", default="")
    p.add_argument("--out", type=Path, default=ROOT / "build/eval.json")
    args = p.parse_args(argv)
    if not args.data.is_dir():
        sys.exit(f"eval.py: --data {args.data} is not a folder")
    core = Core(args.weights, args.size, guide=args.guide)
    try:
        vessels, diseases = evaluate(core, args)
    except sets.MissingData as e:
        sys.exit(f"eval.py: {e}")
    print_tables(vessels, diseases)
    protocol = dict(
        notice="research and teaching, not a medical device",
        core="native C library",
        weights=core.info["weights"],
        size=args.size,
        guide=args.guide,
        list=str(args.list) if args.list else "weights/train/splits, part test",
        vessels="native resolution, inside the field of view, first observer, threshold from validation, pixels pooled",
        intervals=f"95 %, percentile bootstrap by patient (vessels: by photograph), {st.REPEATS} resamples",
    )
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(dict(protocol=protocol, vessels=vessels, diseases=diseases), indent=1) + "\n")
    args.out.with_suffix(".md").write_text(markdown(vessels, diseases))
    print(f"\n{args.out}, and its tables as {args.out.with_suffix('.md').name}")


if __name__ == "__main__":
    main(sys.argv[1:])
