#!/usr/bin/env python3
"""Writes splits/*.csv (filename, split): which photograph is used for training, validation or test.

usage: splits.py DATA     (only needed when a data set is added; the lists in splits/ are what everything else reads)

ODIR follows its own split.csv by patient. Elsewhere the last third of the patients, in the order of their names,
is `test`, the tenth before it `val`; photographs without a patient id are cut at contiguous numbers, those of ARIA, DR HAGIS,
ORVS and DRIMDB within each run or class of them. EyePACS' patients recur in several sets: a hash of their number decides.
"""

import csv
import hashlib
import sys
from pathlib import Path

HERE = Path(__file__).parent / "splits"
# IDRiD: byte-identical pairs; the second of each is dropped, and both of 079 = 279, graded differently.
# 373 should have been kept; it stays out because the released weights were trained and measured on these lists.
IDRID_TWINS = {"IDRiD_391", "IDRiD_327", "IDRiD_333", "IDRiD_373", "IDRiD_375", "IDRiD_279", "IDRiD_079"}

DR_HAGIS_TWIN = "32.webp"  # the same photograph as 24


def rows(path):
    with open(path, newline="") as f:
        return list(csv.DictReader(f))


def write(name, pairs):
    HERE.mkdir(exist_ok=True)
    with open(HERE / f"{name}.csv", "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(["filename", "split"])
        w.writerows(pairs)


def by_group(table, group):
    """The last third of the groups is test, the tenth before that val."""
    groups = sorted({group(r) for r in table})
    n = len(groups)
    part = {g: "train" if i < n * 0.567 else "val" if i < n * 2 / 3 else "test" for i, g in enumerate(groups)}
    return [(r["filename"], part[group(r)]) for r in table]


def by_patient_everywhere(table):
    """EyePACS' patients recur in several sets: whatever the set, a patient's part follows from the number alone."""

    def part(patient):
        place = int(hashlib.sha256(patient.encode()).hexdigest()[:8], 16) / 2**32
        return "train" if place < 0.567 else "val" if place < 2 / 3 else "test"

    return [(r["filename"], part(r["filename"].split("_")[0])) for r in table]


def in_blocks(names, number):
    """Of every run of consecutive numbers (a gap of four or more ends it) the last third is test, the tenth before it val,
    at least one photograph: neighbours are often the two eyes of a patient."""
    names, blocks = sorted(names, key=number), []
    for name in names:
        if not blocks or number(name) - number(blocks[-1][-1]) > 3:
            blocks.append([])
        blocks[-1].append(name)
    out = []
    for block in blocks:
        test = round(len(block) / 3)
        train = len(block) - test - max(1, round(len(block) / 10))
        out += [(n, "train" if i < train else "val" if i < len(block) - test else "test") for i, n in enumerate(block)]
    return out


def main(data):
    split = {r["patient"]: r["split"] for r in rows(data / "odir5k/split.csv")}
    write("odir5k", [(r["filename"], split[r["patient"]]) for r in rows(data / "odir5k/labels.csv")])
    for name in ("hygd", "tvhl", "dr_maculopathy"):
        write(name, by_group(rows(data / name / "labels.csv"), lambda r: r["patient"]))
    # numbers are shared by the two folders of airogs (RG, NRG): cut at the number
    write("airogs_light", by_group(rows(data / "airogs_light/labels.csv"), lambda r: r["filename"][-9:-5]))
    idrid = [r for r in rows(data / "idrid/grading/labels.csv") if r["filename"][:9] not in IDRID_TWINS]
    write("idrid", by_group(idrid, lambda r: r["filename"]))
    write("aptos_subset", by_group(rows(data / "aptos_subset/labels.csv"), lambda r: r["filename"]))
    write("drishti_gs1", by_group(rows(data / "drishti_gs1/labels.csv"), lambda r: r["filename"]))
    palm = rows(data / "palm/labels.csv")
    write("palm", by_group(palm, lambda r: r["filename"][1:]))
    drive = [(f"training/images/{i}.png", "val" if i >= 39 else "train") for i in range(21, 41)]
    write("drive", drive + [(f"test/images/{i:02}.png", "test") for i in range(1, 21)])
    part = lambda i: "train" if i <= 6 else "val" if i == 7 else "test"  # noqa: E731
    write("chasedb1", [(f"images/Image_{i:02}{s}.jpg", part(i)) for i in range(1, 11) for s in "LR"])
    for name, labels in (("eyepacs", "eyepacs"), ("eyeq200", "eyeq200"), ("kaggle4", "kaggle4_grades")):
        write(name, by_patient_everywhere(rows(data / labels / "labels.csv")))
    number = lambda f: int(f.split("/")[-1].split(".")[0])  # noqa: E731
    for name in ("aria", "dr_hagis", "orvs"):
        names = [
            f"images/{r['filename']}"
            for r in rows(data / name / "labels.csv")
            if name != "dr_hagis" or r["filename"] != DR_HAGIS_TWIN
        ]
        write(name, in_blocks(names, number))
    drimdb = [r["filename"] for r in rows(data / "drimdb/labels.csv")]
    kinds = [[f for f in drimdb if f.startswith(k)] for k in ("good", "bad", "outlier")]
    write("drimdb", [pair for k in kinds for pair in in_blocks(k, lambda f: int(f[:-5].split("_")[1]))])
    write("hrf", [(f"images/{i:02}_{k}.jpg", part(i)) for i in range(1, 11) for k in ("dr", "g", "h")])


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
