"""Small folders in the layouts in which the authors publish RFMiD and EyePACS-AIROGS-light-v2: phantoms, no patients."""

import csv
import sys
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "weights/train"))
import published  # noqa: E402


def photograph(path, seed, side=96):
    """A disc on black, of a colour that the seed gives."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0:side] / side - 0.5
    disc = (x**2 + y**2 < 0.23)[..., None]
    rgb = (rng.integers(60, 220, 3) + rng.normal(0, 6, (side, side, 3))) * disc
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rgb.clip(0, 255).astype(np.uint8)).save(path)


# ---- RFMiD: part -> (columns that are 1 for photograph 1, 2, ...) ----

ROWS = {
    "Training": [["DR"], [], ["ARMD", "DN"], ["ODC"], ["MH", "MYA"], ["HR"], ["BRVO", "DR"], []],
    "Validation": [["DR"], [], ["MYA"]],
    "Testing": [[], ["ARMD"], ["TSLN"]],
}
# as zipped for Kaggle, without the doubled folder, without any, and as IEEE DataPort has it: (CSV's folder, images')
LAYOUTS = {
    "nested": (
        lambda p: f"{p[1]}/{p[1]}",
        lambda p: f"{p[1]}/{p[1]}/{p[2]}",
    ),
    "single": (lambda p: p[1], lambda p: f"{p[1]}/{p[2]}"),
    "flat": (lambda p: ".", lambda p: p[2]),
    "numbered": (
        lambda p: "A. RFMiD_All_Classes_Dataset/2. Groundtruths",
        lambda p: f"A. RFMiD_All_Classes_Dataset/1. Original Images/{p[3]}",
    ),
}
PARTS = [
    ("Training", "Training_Set", "Training", "a. Training Set"),
    ("Validation", "Evaluation_Set", "Validation", "b. Validation Set"),
    ("Testing", "Test_Set", "Test", "c. Testing Set"),
]


def rfmid_csv(path, rows):
    """ID, Disease_Risk and the 45 columns, with the byte-order mark that the originals have."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8-sig") as f:
        w = csv.DictWriter(f, ["ID", *published.RFMID_COLUMNS], restval=0)
        w.writeheader()
        for i, columns in enumerate(rows, 1):
            w.writerow(dict(ID=i, Disease_Risk=int(bool(columns)), **dict.fromkeys(columns, 1)))


def rfmid(data, layout="nested", rows=ROWS):
    """Writes DATA/rfmid; returns {part: (CSV, folder of the photographs)}."""
    table, images, out = *LAYOUTS[layout], {}
    for part in PARTS:
        prefix = f"{part[3][0]}. " if layout == "numbered" else ""
        path = data / "rfmid" / table(part) / f"{prefix}RFMiD_{part[0]}_Labels.csv"
        rfmid_csv(path, rows[part[0]])
        folder = data / "rfmid" / images(part)
        for i in range(1, len(rows[part[0]]) + 1):
            photograph(folder / f"{i}.png", i)
        out[part[0]] = path, folder
    return out


def airogs(data, wrapper="eyepac-light-v2-512-jpg", counts=(4, 2, 2)):
    """Writes DATA/airogs/[wrapper/]{train,validation,test}/{RG,NRG}."""
    root = data / "airogs" / wrapper
    number = 0
    for part, n in zip(("train", "validation", "test"), counts, strict=True):
        for name in ("RG", "NRG"):
            for _ in range(n):
                number += 1
                photograph(root / part / name / f"EyePACS-TRAIN-{name}-{number}.jpg", number)
    return root


def idrid(data, files):
    """DATA/idrid/grading with the photographs named, every second one with retinopathy."""
    folder = data / "idrid/grading"
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["filename,dr_grade,dme_risk"]
    for i, name in enumerate(files):
        photograph(folder / "images" / name, i)
        lines.append(f"{name},{2 * (i % 2)},0")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")


def drive(data, numbers, part="training"):
    """DATA/drive with photographs, vessel masks and fields of view."""
    for i in numbers:
        photograph(data / f"drive/{part}/images/{i}.png", i)
        side = 96
        y, x = np.mgrid[0:side, 0:side] / side - 0.5
        disc = x**2 + y**2 < 0.23
        for folder, mask in (("1st_manual", disc & (np.abs(x) < 0.02)), ("mask", disc)):
            path = data / f"drive/{part}/{folder}/{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray((mask * 255).astype(np.uint8)).save(path)


def aria(data, numbers):
    """DATA/aria with photographs and vessel masks; it has no fields of view."""
    for i in numbers:
        photograph(data / f"aria/images/{i}.webp", i)
        mask = np.zeros((96, 96), np.uint8)
        mask[:, 46:50] = 255
        path = data / f"aria/vessel/{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(mask).save(path)


def eyepacs(data, rows, folder="eyepacs", labels="eyepacs"):
    """DATA/folder/images and DATA/labels/labels.csv. rows: [(file name, quality, grade)]"""
    (data / labels).mkdir(parents=True, exist_ok=True)
    lines = ["filename,dr_grade,quality"]
    for i, (name, quality, grade) in enumerate(rows):
        photograph(data / folder / "images" / name, i)
        lines.append(f"{name},{grade},{quality}")
    (data / labels / "labels.csv").write_text("\n".join(lines) + "\n")
