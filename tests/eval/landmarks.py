#!/usr/bin/env python3
"""How often the optic disc and the eye are told right: the C core on photographs whose truth is known.

usage: landmarks.py --data DATA [--weights FILE] [--photographs 600]

DATA holds idrid/lesions and drishti_gs1 (masks of the disc) and odir5k (the eye is in the file's name: N_left, N_right).
Of ODIR, so many photographs of its test patients are taken.
"""

import argparse
import csv
import sys
from pathlib import Path

import numpy as np
from core import ROOT, Core, Refused
from PIL import Image


def screened(core, paths):
    """(path, report) of each photograph that is not refused."""
    for path in paths:
        try:
            yield path, core.screen(core.pixels(path))[0]
        except Refused as e:
            print(f"{path.name}: {e}", file=sys.stderr)


def disc_row(report, mask):
    """found, centre in the true disc, distance of the centres and quotient of the radii, in true radii."""
    d = report["optic_disc"]
    y, x = np.nonzero(mask)
    radius = np.sqrt(len(x) / np.pi)
    inside = 0 <= d["x"] < mask.shape[1] and 0 <= d["y"] < mask.shape[0] and mask[int(d["y"]), int(d["x"])]
    off = np.hypot(d["x"] - x.mean() - 0.5, d["y"] - y.mean() - 0.5) / radius
    return d["found"], bool(inside), off, d["radius"] / radius


def disc_table(core, name, folder, masks):
    rows = []
    for path, report in screened(core, sorted((folder / "images").iterdir())):
        mask = np.asarray(Image.open(folder / masks / (path.stem + ".png")).convert("L")) > 127
        if mask.any():
            rows.append(disc_row(report, mask))
    found, inside, off, ratio = (np.array(column) for column in zip(*rows, strict=True))
    print(
        f"{name}: {len(rows)} photographs, centre in the disc {inside.mean():.3f}; found {found.mean():.3f}, "
        f"of these right {inside[found].mean():.3f}; centre off by {np.median(off):.2f} radii (90 %: "
        f"{np.quantile(off, 0.9):.2f}), radius {np.median(ratio):.2f} of the true one "
        f"({np.quantile(ratio, 0.05):.2f} to {np.quantile(ratio, 0.95):.2f} in nine of ten)"
    )


def test_photographs(folder, most):
    with open(folder / "split.csv") as f:
        test = {row["patient"] for row in csv.DictReader(f) if row["split"] == "test"}
    paths = sorted(p for p in (folder / "images").iterdir() if p.stem.split("_")[0] in test)
    return sorted(np.random.default_rng(1).permutation(paths)[:most])


def eye_table(core, folder, most):
    right = wrong = silent = found = 0
    for path, report in screened(core, test_photographs(folder, most)):
        guess, true = report["laterality"]["guess"], "OD" if path.stem.endswith("_right") else "OS"
        found += report["optic_disc"]["found"]
        right += guess == true
        silent += guess is None
        if guess not in (true, None):
            wrong += 1
            print(f"  {path.name}: {guess}, confidence {report['laterality']['confidence']:.2f}")
    n = right + wrong + silent
    print(
        f"ODIR: {n} photographs, disc found {found / n:.3f}; eye guessed {(n - silent) / n:.3f}, of these right {right / (n - silent):.3f}"
    )


def main(argv):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--weights", type=Path, default=ROOT / "weights/vmnet.safetensors")
    p.add_argument("--photographs", type=int, default=600)
    args = p.parse_args(argv)
    core = Core(args.weights)
    disc_table(core, "IDRiD", args.data / "idrid/lesions", "optic_disc")
    disc_table(core, "Drishti-GS1", args.data / "drishti_gs1", "od_soft")
    eye_table(core, args.data / "odir5k", args.photographs)


if __name__ == "__main__":
    main(sys.argv[1:])
