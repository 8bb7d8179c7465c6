"""What opened.py learns from and is measured on: photographs cut to their field, kept on disk once, with the eight diseases and
the grade of retinopathy wherever a set gives one.

The grade is four questions, is it at least 1, 2, 3, 4, each answered, or UNKNOWN: TVHL says of an eye that its retinopathy does or
does not proliferate, ODIR's keywords often that there is some. APTOS' part holds grades 2 to 4 alone and is squeezed: it is asked
whether the grade is at least 3 and 4, which a squeezed photograph does not answer. `eyepacs256`, its colours stretched beyond
recognition, is EyePACS in other colours; its patients are in the parts in which they are elsewhere."""

import sys
from pathlib import Path

import data as sets
import numpy as np
import splits
from data import DR, UNKNOWN, Set
from numpy.lib.format import open_memmap

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/eval"))
from extra import patient_of  # noqa: E402
from grades import grade_of  # noqa: E402

GRADES = (1, 2, 3, 4)
REFERABLE = GRADES.index(2)
SMALL = 256  # side at which sets of small photographs are kept


def stretched_rows(data, s, split):
    """([(photograph, row)], problems): as data.listed_rows, the part of each told from its patient."""
    try:
        rows = sets.table(data / s.folder / "labels.csv")
    except sets.MissingData as e:
        return [], [str(e)]
    part = dict(splits.by_patient_everywhere(rows))
    items = [(data / s.folder / "images" / r["filename"], r) for r in rows if part[r["filename"]] == split]
    return [i for i in items if i[0].is_file()], [f"{p} is missing" for p, _ in items if not p.is_file()]


STRETCHED = Set("eyepacs256", "eyepacs256", {DR: lambda r: int(int(r["dr_grade"]) >= 1)}, 0.12, stretched_rows)
WEIGHTS = dict(  # share of the photographs in a batch
    odir5k=0.36,
    eyepacs=0.12,
    kaggle4=0.14,
    eyepacs256=0.12,
    idrid=0.06,
    dr_maculopathy=0.05,
    tvhl=0.04,
    aptos_subset=0.03,
    airogs_light=0.03,
    hygd=0.03,
    palm=0.02,
)


def chosen():
    known = {s.name: s for s in [*sets.ALL_SETS, STRETCHED]}
    return [Set(s.name, s.folder, s.labels, w, s.rows, s.table) for n, w in WEIGHTS.items() for s in [known[n]]]


def grade_answers(name, row):
    """[4]: whether the grade is at least 1, 2, 3, 4; UNKNOWN where the row does not say."""
    if name == "tvhl":
        kind = row["dr"]
        return [
            int(kind != "0"),
            *(UNKNOWN if kind == "NPDR" else int(kind == "PDR") for _ in "23"),
            int(kind == "PDR"),
        ]
    if name == "odir5k" and row["D"] == "1" and grade_of(row) is None:
        return [1, UNKNOWN, UNKNOWN, UNKNOWN]
    g = grade_of(row)
    if g is None:
        return [UNKNOWN] * len(GRADES)
    known = (3, 4) if name == "aptos_subset" else GRADES
    return [int(g >= k) if k in known else UNKNOWN for k in GRADES]


def labels_of(s, row):
    """[8 + 4]"""
    return [*(s.labels[c](row) if c in s.labels else UNKNOWN for c in sets.CLASSES), *grade_answers(s.name, row)]


class Part:
    """One part of a set: photographs uint8 [n,side,side,3] on disk, labels [n,12], grades [n] (-1: not said), patients [n]."""

    def __init__(self, work, data, s, split, side=sets.SIDE):
        items, problems = s.rows(data, s, split)
        sets.report([f"{s.name} {split}: {p}" for p in problems], None)
        small = side if s.name not in ("eyepacs256", "aptos_subset") else min(side, SMALL)
        self.name, self.side = f"{s.name}-{split}", side
        self.paths = [p for p, _ in items]
        self.labels = np.array([labels_of(s, r) for _, r in items], np.float32).reshape(
            -1, len(sets.CLASSES) + len(GRADES)
        )
        said = [None if s.name == "tvhl" else grade_of(r) for _, r in items]
        self.grades = np.array([-1 if g is None else g for g in said])
        first = "eyepacs" if s.name == STRETCHED.name else s.name
        self.patients = np.array([str(patient_of(first, p)) for p in self.paths])
        self.file = work / f"{self.name}-{small}.npy"
        if not self.file.is_file():
            self.fill(small)
        self.x = np.load(self.file, mmap_mode="c")

    def fill(self, side):
        part = self.file.with_suffix(".part")
        x = open_memmap(part, "w+", np.uint8, (len(self.paths), side, side, 3))
        for i, path in enumerate(self.paths):
            x[i] = sets.read_disease(path, side)
        x.flush()
        part.replace(self.file)
        print(f"{self.name}: {len(x)} photographs", flush=True)
