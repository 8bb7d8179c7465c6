#!/usr/bin/env python3
"""Writes splits/*.csv (filename, split): which photograph is used for training, validation or test.

usage: splits.py DATA     (only needed when a data set is added; the lists in splits/ are what everything else reads)

ODIR follows its own split.csv by patient. Elsewhere the last third of the patients, in the order of their names,
is `test`, the tenth before it `val`; photographs without a patient id are cut at contiguous numbers.
"""

import csv
import sys
from pathlib import Path

HERE = Path(__file__).parent / "splits"
# IDRiD: byte-identical pairs; the second of each is dropped, and both of 079 = 279, graded differently.
# 373 should have been kept; it stays out because the released weights were trained and measured on these lists.
IDRID_TWINS = {"IDRiD_391", "IDRiD_327", "IDRiD_333", "IDRiD_373", "IDRiD_375", "IDRiD_279", "IDRiD_079"}


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
    write("hrf", [(f"images/{i:02}_{k}.jpg", part(i)) for i in range(1, 11) for k in ("dr", "g", "h")])


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
