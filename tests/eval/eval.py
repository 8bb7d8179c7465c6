#!/usr/bin/env python3
"""Measures the released weights with the C core on photographs that training never saw.

usage: eval.py --data DATA [--sets odir5k,drive,...] [--only diseases,vessels,...] [--jobs 2] [--flips]
               [--strangers FOLDER] [--weights FILE] [--size 512] [--guide 1] [--fine] [--limit N] [--out build/eval.json]
       eval.py --data DATA --list FILE.csv [...]

Without --list: the `test` part of every list in weights/train/splits, or of the sets named by --sets; RFMiD and the whole
of AIROGS (`--sets rfmid,airogs`) keep their authors' parts. Missing folders or photographs are listed and stop the run,
unless --allow-missing is given. The parts, all of them unless --only names some:

  diseases    AUC, operating points, predictive values, calibration, subgroups by age and sex, by source
  vessels     Dice, AUC, clDice, and the second observer
  decision    who reads "no finding by this test", at each operating point; which photographs can be judged
  grades      diabetic retinopathy by its grade, and grade 2 and above against less
  arteries    arteries against veins, on what was drawn as one of them; calibres
  lesions     lesions against drawings, by heads that did not see them; what their number tells of retinopathy
  disc        optic disc and cup against drawings, by heads that did not see them; glaucoma by their ratio
  quality     gradability: degraded photographs, ODIR's keywords, HYGD's score
  refusals    real photographs refused, by source
  strangers   pictures that are no fundus photographs: --strangers FOLDER, as tests/eval/strangers.py makes one
  turns       whether findings and answer stand when the photograph is mirrored, turned or its hue changed
  heatmaps    against lesions and the optic disc; with randomised weights; covered; shifted

--fine measures vessels and arteries as the command's --fine gives them. --flips adds the diseases' figures with probabilities averaged over four mirror images. --limit N takes N photographs
of each set, to try things out.

With --list: any photographs. FILE.csv has a column `photo` (path inside DATA) and any of: class ids as in the report
(0, 1 or empty for unknown), `patient`, `vessels` and `fov` (masks, paths inside DATA; without `fov` what is lit).

Prints the tables and writes them to build/eval.md, all figures to build/eval.json, and reliability diagrams beside
them (eval-reliability-SET.svg). Intervals: 95 %, bootstrap by patient.
"""

import argparse
import os
import sys
from pathlib import Path

import artery_vein
import decision
import discs
import disease_tables
import diseases
import drawn_arteries
import drawn_discs
import drawn_lesions
import explain
import extra
import grades
import lesions
import occlude
import quality
import randomise
import refusals
import report
import shift
import targets
import turns
import vessels
from core import ROOT, Unusable
from extra import sets
from pool import Pool, spread

PARTS = ("diseases", "decision", "grades", "vessels", "arteries", "disc", "lesions", "quality", "refusals")
PARTS += ("strangers", "turns", "heatmaps")
SCREENED_PER_SOURCE = 100  # of photographs that only the refusals ask for
RANDOMISED = 16  # photographs under shuffled weights


def listed(pool, data, path):
    """(vessel items, disease items) of a list of any photographs."""
    found, answers, lost = [], [], []
    for line, r in enumerate(sets.table(path), 2):
        photo = data / r.get("photo", "")
        if not photo.is_file():
            lost.append(f"line {line}: {photo}")
            continue
        if r.get("vessels"):
            found.append((photo, data / r["vessels"], data / r["fov"] if r.get("fov") else None))
        y = [int(r[i]) if r.get(i) not in (None, "") else -1 for i in pool.classes]
        if max(y) >= 0:
            answers.append((photo, y, r.get("patient") or photo.stem))
    if lost:
        sys.exit(f"eval.py: {len(lost)} photographs of {path} are missing:\n  " + "\n  ".join(lost[:10]))
    return found, answers


class Evaluation:
    """One run: what to measure, and the sections of the report as they come."""

    def __init__(self, args, pool):
        self.args, self.pool, self.data = args, pool, args.data
        self.names = [c["name"] for c in pool.info["classes"]]
        self.result, self.texts, self.charts = {}, [], []
        self.disease_items, self.validation_items, self.vessel_items = {}, {}, {}

    def add(self, key, value, *texts):
        self.result[key] = value
        if not any(texts):
            print(f"{key}: left out, nothing under {self.data} to measure it on", file=sys.stderr)
        for text in filter(None, texts):
            self.texts.append(text)
            print("\n" + text, flush=True)

    def chosen(self, source):
        """Whether --sets, if it is given, names this source or the set that it belongs to."""
        return not self.args.sets or source.split("/")[0] in self.args.sets.split(",")

    def gather(self):
        """Finds every photograph of the chosen sets and parts before the first is opened."""
        wanted = self.args.sets.split(",") if self.args.sets else sets.DEFAULT_NAMES
        known = {s.name: s for s in sets.ALL_SETS}
        strange = [n for n in wanted if n not in known and n not in sets.VESSEL_SETS]
        if strange:
            every = ", ".join([*known, *sets.VESSEL_SETS])
            raise sets.MissingData(f"no data set is called {', '.join(strange)}; known: {every}")
        problems, limit = [], self.args.limit
        for name in wanted:
            if name in known:
                s = known[name]
                items = lambda split, s=s: extra.disease_items(self.data, s, split, self.names, problems)
                self.disease_items[name] = spread(items("test"), limit)
                if all(n in s.labels for n in self.names):
                    self.validation_items[name] = spread(items("val"), limit)
            else:
                self.vessel_items[name] = spread(sets.vessel_list(self.data, name, "test", problems), limit)
        if problems and not self.args.allow_missing:
            sets.report(problems, None)
        for line in sets.summary(problems):
            print(f"left out: {line}", file=sys.stderr)

    # ---- the parts ----

    def diseases(self):
        results = []
        for name, items in self.disease_items.items():
            answers = diseases.screen(self.pool, name, items)
            validation = self.validation_items.get(name)
            if validation:
                validation = diseases.screen(self.pool, f"{name}, validation", validation)
            results.append(diseases.measure(self.pool, answers, validation))
            self.charts.append(results[-1])
            if self.args.flips:
                results.append(diseases.measure(self.pool, diseases.with_flips(self.pool, answers), None))
        once = [r for r in results if not r["set"].endswith("flips")]
        texts = [
            disease_tables.point_table(once),
            disease_tables.calibration_table(once),
            disease_tables.source_table(once),
        ]
        self.add("diseases", results, disease_tables.disease_table(results), *texts)
        if "odir5k" in self.disease_items:
            answers = diseases.screen(self.pool, "odir5k", self.disease_items["odir5k"])
            rows = diseases.subgroups(self.pool, answers, extra.rows_of(self.data, "odir5k"))
            self.add("subgroups", rows, disease_tables.subgroup_table(rows, "odir5k"))

    def decision(self):
        rows, graded, known = [], [], {s.name: s for s in sets.ALL_SETS}
        for name in self.disease_items:
            s = known[name]
            items = decision.items_of(self.data, s, "test", self.names, [])
            items = spread(items, self.args.limit)
            rows += decision.measure(self.pool, name, items, self.names)
            graded += decision.quality(self.pool, name, items)
        self.add("decision", dict(eyes=rows, graded=graded), *decision.tables(rows, graded))

    def grades(self):
        results, known = [], {s.name: s for s in sets.ALL_SETS}
        for name in self.disease_items:
            items = spread(decision.items_of(self.data, known[name], "test", self.names, []), self.args.limit)
            results.append(grades.measure(self.pool, name, items))
        results = [r for r in results if r]
        self.add("grades", results, *grades.tables(results))

    def vessels(self):
        results = [vessels.measure(self.pool, name, items) for name, items in self.vessel_items.items()]
        self.add("vessels", results, vessels.tables(results))

    def arteries(self):
        found = drawn_arteries.items(self.data, "test") if self.pool.info["vessel_kinds"] else []
        names = [n for n in drawn_arteries.SETS if self.chosen(n)]
        mine = {n: spread([i for i in found if i.source == n], self.args.limit) for n in names}
        results = [artery_vein.measure(self.pool, n, items) for n, items in mine.items() if items]
        self.add("arteries", results, *([artery_vein.tables(results)] if results else []))

    def disc(self):
        rows, limit = [], self.args.limit
        if self.chosen("drishti_gs1") and self.pool.info["structures"] and drawn_discs.HEADS.is_file():
            rows = discs.left_out(self.args.weights, drawn_discs.HEADS, self.data, limit)
        sources = sorted({r["source"] for r in rows})
        drawn = [discs.drawn_figures([r for r in rows if r["source"] == s]) for s in sources]
        # where nothing was drawn for the head to learn from
        elsewhere = {name: items for name, items in self.disease_items.items() if name != "drishti_gs1"}
        told = [discs.told(self.pool, name, items) for name, items in elsewhere.items()]
        told = [t for t in told if t]
        self.add("disc", dict(drawn=drawn, glaucoma=told), *discs.tables(drawn, told))

    def lesions(self):
        rows, limit, known = [], self.args.limit, {s.name: s for s in sets.ALL_SETS}
        shipped = {k["kind"]: k["threshold"] for k in lesions.thresholds(self.args.weights)}
        if self.chosen("idrid") and shipped and drawn_lesions.HEADS.is_file():
            rows = lesions.left_out(self.args.weights, drawn_lesions.HEADS, self.data, limit)
        drawn = lesions.drawn_figures(rows, shipped) if rows else []
        told = []
        for name in self.disease_items:
            items = decision.items_of(self.data, known[name], "test", self.names, [])
            told.append(lesions.told(self.pool, name, spread(items, limit)))
        told = [t for t in told if t]
        self.add("lesions", dict(drawn=drawn, retinopathy=told), *lesions.tables(drawn, told))

    def quality(self):
        rows, items = [], self.disease_items.get("odir5k", [])
        if items:
            rows += quality.synthetic(self.pool, self.pool.report([i[0] for i in items], "odir5k"), items)
        odir, hygd = (extra.with_rows(self.data, n) if n in self.disease_items else [] for n in ("odir5k", "hygd"))
        rows += quality.people_said(self.pool, odir, hygd, self.args.limit)
        self.add("quality", rows, quality.tables(rows))

    def refusals(self):
        wanted = {n: [i[0] for i in items] for n, items in self.disease_items.items()}
        least = min(SCREENED_PER_SOURCE, self.args.limit or SCREENED_PER_SOURCE)
        photos = refusals.sources(self.data, wanted)
        if self.args.sets:
            photos = {source: p for source, p in photos.items() if self.chosen(source)}
        rows = refusals.false_refusals(self.pool, photos, self.args.limit, least)
        self.add("refusals", rows, refusals.false_refusal_table(rows))

    def strangers(self):
        if not self.args.strangers.is_dir():
            print(
                f"strangers: {self.args.strangers} is not there; make it with "
                f"`{Path(sys.executable).name} tests/eval/strangers.py {self.args.strangers}`",
                file=sys.stderr,
            )
            return
        counts, accepted = refusals.strangers(self.pool, self.args.strangers, self.args.limit)
        self.add("strangers", dict(groups=counts, accepted=accepted), refusals.stranger_table(counts, accepted))

    def turns(self):
        most = lambda name: min(turns.ODIR if name == "odir5k" else turns.PER_SET, self.args.limit or turns.ODIR)
        paths = [i[0] for name, items in self.disease_items.items() for i in spread(items, most(name))]
        rows = turns.measure(self.pool, paths)
        self.add("turns", rows, turns.tables(rows))

    def heatmaps(self):
        limit = self.args.limit
        drawn = extra.lesion_items(self.data, limit) if self.chosen("idrid") else []
        rows, cases = explain.lesions(self.pool, drawn)
        more, others = explain.discs(
            self.pool, extra.disc_items(self.data, limit) if self.chosen("drishti_gs1") else []
        )
        self.add("heatmaps", rows + more, explain.tables(rows + more))
        cases += others
        shuffled = randomise.measure(self.pool, spread(cases, limit or RANDOMISED))
        self.add("randomised", shuffled, randomise.tables(shuffled))
        covered = occlude.measure(self.pool, cases)
        self.add("covered", covered, occlude.tables(covered))
        moved = shift.measure(self.pool, cases)
        self.add("shifted", moved, shift.tables(moved))

    def run(self):
        if self.args.list:
            found, answers = listed(self.pool, self.data, self.args.list)
            name = self.args.list.stem
            self.disease_items, self.vessel_items = (
                ({name: answers} if answers else {}),
                ({name: found} if found else {}),
            )
            parts = [p for p in ("diseases", "vessels") if getattr(self, f"{p[:-1]}_items")]
        else:
            self.gather()
            parts = self.args.only.split(",") if self.args.only else PARTS
        for part in parts:
            getattr(self, part)()
        if not self.args.list:
            text = targets.targets_table(self.result, self.pool.info, self.args.weights.stat().st_size)
            self.texts.insert(0, text)
            print("\n" + text)


def options(argv):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--list", type=Path)
    p.add_argument("--sets", default="")
    p.add_argument("--only", default="")
    p.add_argument("--allow-missing", action="store_true")
    p.add_argument("--strangers", type=Path, default=ROOT / "build/strangers")
    p.add_argument("--flips", action="store_true")
    p.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    p.add_argument("--limit", type=int, default=0)
    p.add_argument("--weights", type=Path, default=ROOT / "weights/vmnet.safetensors")
    p.add_argument("--size", type=int, default=512)
    p.add_argument("--guide", type=float, default=1.0)
    p.add_argument("--fine", action="store_true")
    p.add_argument("--out", type=Path, default=ROOT / "build/eval.json")
    args = p.parse_args(argv)
    if not args.data.is_dir():
        sys.exit(f"eval.py: --data {args.data} is not a folder")
    strange = [n for n in args.only.split(",") if n and n not in PARTS]
    if strange:
        sys.exit(f"eval.py: no part is called {', '.join(strange)}; the parts: {', '.join(PARTS)}")
    return args


def main(argv):
    args = options(argv)
    try:
        pool = Pool(args.weights, args.jobs, size=args.size, guide=args.guide, fine=args.fine)
    except (Unusable, OSError) as e:
        sys.exit(f"eval.py: {e}")
    evaluation = Evaluation(args, pool)
    try:
        evaluation.run()
    except sets.MissingData as e:
        sys.exit(f"eval.py: {e}")
    finally:
        pool.close()
    report.write(args, pool, evaluation.result, evaluation.texts, evaluation.charts)
    print(f"\n{args.out}, and its tables as {args.out.with_suffix('.md').name}")


if __name__ == "__main__":
    main(sys.argv[1:])
