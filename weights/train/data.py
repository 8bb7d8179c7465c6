"""The data sets: photographs cut to their field of view, with the labels that each set really has.

Every loader takes DATA, the folder that holds the sets, and reads splits/*.csv for who is in which part.
"""

import csv
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 512
CLASSES = [
    "normal",
    "diabetic retinopathy",
    "glaucoma",
    "cataract",
    "age-related macular degeneration",
    "hypertensive retinopathy",
    "pathologic myopia",
    "other",
]
ODIR_COLUMNS = "NDGCAHMO"
UNKNOWN = -1
SPLITS = Path(__file__).parent / "splits"


class MissingData(Exception):
    """Says which files of which set are missing, and where they were looked for."""


@dataclass
class Set:
    """One disease data set: where its table is, and how a row becomes the eight labels."""

    name: str
    folder: str
    labels: dict  # class index -> function(row) -> 0, 1 or UNKNOWN
    weight: float  # share of the disease photographs in a training batch


def _ge(column, least):
    return lambda r: int(float(r[column]) >= least)


DISEASE_SETS = [
    Set("odir5k", "odir5k", {i: _ge(c, 1) for i, c in enumerate(ODIR_COLUMNS)}, 0.56),
    Set("airogs_light", "airogs_light", {2: _ge("referable_glaucoma", 1)}, 0.09),
    Set("hygd", "hygd", {2: _ge("glaucoma", 1)}, 0.09),
    Set("tvhl", "tvhl", {1: lambda r: int(r["dr"] != "0")}, 0.07),
    Set("dr_maculopathy", "dr_maculopathy", {1: _ge("dr_grade", 1)}, 0.07),
    Set("idrid", "idrid/grading", {1: _ge("dr_grade", 1)}, 0.06),
    Set("palm", "palm", {6: _ge("pathologic_myopia", 1)}, 0.04),
    Set("drishti_gs1", "drishti_gs1", {2: _ge("glaucoma", 1)}, 0.02),
]
VESSEL_SETS = ["drive", "chasedb1", "hrf"]


def table(path):
    if not path.is_file():
        raise MissingData(
            f"{path} is missing: DATA must hold the folder `{path.parent.name}` as its authors publish it"
        )
    with open(path, newline="") as f:
        return list(csv.DictReader(f))


def part(name, split):
    """File names of one part of a set, in the list's order."""
    return [r["filename"] for r in table(SPLITS / f"{name}.csv") if r["split"] == split]


def disease_list(data, s, split):
    """[(path, labels float32[8])] of one set and part; labels a set does not have are UNKNOWN."""
    rows = {r["filename"]: r for r in table(data / s.folder / "labels.csv")}
    names, out, lost = part(s.name, split), [], []
    for name in names:
        path = data / s.folder / "images" / name
        if name not in rows or not path.is_file():
            lost.append(str(path))
            continue
        y = np.full(len(CLASSES), UNKNOWN, np.float32)
        for i, f in s.labels.items():
            y[i] = f(rows[name])
        out.append((path, y))
    if lost:
        raise MissingData(f"{s.name}: {len(lost)} of {len(names)} photographs or labels are missing, first {lost[0]}")
    return out


def vessel_list(data, name, split):
    """[(photograph, vessel mask, field-of-view mask)] of one vessel set and part."""
    out = []
    for file in part(name, split):
        image = data / name / file
        stem = image.stem
        base = image.parent.parent
        if name == "drive":
            masks = base / "1st_manual" / f"{stem}.png", base / "mask" / f"{stem}.png"
        elif name == "chasedb1":
            masks = base / "labels_1stHO" / f"{stem}.png", base / "fov_mask" / f"{stem}.png"
        else:
            masks = base / "vessel_mask" / f"{stem}.png", base / "fov_mask" / f"{stem}.png"
        for path in (image, *masks):
            if not path.is_file():
                raise MissingData(f"{name}: {path} is missing")
        out.append((image, *masks))
    return out


def field_of_view(rgb):
    """Square (x, y, side) around the bright disc of a photograph [h,w,3]; may reach outside it."""
    small = np.asarray(Image.fromarray(rgb).resize((128, 128), Image.BOX), np.float32).max(2)
    border = np.concatenate([small[:3].ravel(), small[-3:].ravel(), small[:, :3].ravel(), small[:, -3:].ravel()])
    lit = small > max(12.0, np.percentile(border, 20) + 10)
    rows, cols = np.flatnonzero(lit.mean(1) > 0.04), np.flatnonzero(lit.mean(0) > 0.04)
    h, w = rgb.shape[:2]
    if len(rows) < 16 or len(cols) < 16:
        return 0, 0, max(h, w)
    x0, x1 = cols[0] * w / 128, (cols[-1] + 1) * w / 128
    y0, y1 = rows[0] * h / 128, (rows[-1] + 1) * h / 128
    side = max(x1 - x0, y1 - y0)
    return round((x0 + x1 - side) / 2), round((y0 + y1 - side) / 2), round(side)


def crop(pil, box, side):
    """Cuts the square out (black outside the photograph) and resizes it with an area filter."""
    x, y, n = box
    filt = Image.BOX if n >= 2 * side else Image.BILINEAR  # Pillow's filters widen with the reduction
    return np.asarray(pil.crop((x, y, x + n, y + n)).resize((side, side), filt))


def read_disease(path, side=SIDE):
    pil = Image.open(path).convert("RGB")
    return crop(pil, field_of_view(np.asarray(pil)), side)


def load_diseases(data, split, side=SIDE, sets=None, progress=print):
    """Per set: uint8 [n,side,side,3] and labels float32 [n,8]."""
    out = {}
    for s in DISEASE_SETS:
        if sets and s.name not in sets:
            continue
        items = disease_list(data, s, split)
        with ThreadPoolExecutor() as pool:
            x = np.stack(list(pool.map(lambda i: read_disease(i[0], side), items)))
        out[s.name] = x, np.stack([y for _, y in items])
        progress(f"{s.name} {split}: {len(x)} photographs")
    return out


def load_vessels(data, split, sides=(512, 768), progress=print):
    """Per photograph and side: uint8 [side,side,5], being r, g, b, vessel (255 = vessel), field of view."""
    out = []
    for name in VESSEL_SETS:
        for image, vessel, fov in vessel_list(data, name, split):
            pil = Image.open(image).convert("RGB")
            box = field_of_view(np.asarray(pil))
            layers = [pil, *(Image.open(m).convert("L").point(lambda v: 255 * (v > 127)) for m in (vessel, fov))]
            if any(m.size != pil.size for m in layers):
                raise MissingData(f"{image}: mask and photograph differ in size")
            out.append([np.dstack([crop(m, box, side) for m in layers]) for side in sides])
        progress(f"{name} {split}: vessels")
    return out


def non_fundus():
    """Everyday and microscopy pictures bundled with scikit-image and scikit-learn: what must be refused.

    `chelsea.png` (the cat) is left for the tests.
    """
    out = []
    for package, folder in (("skimage", "data"), ("sklearn", "datasets/images")):
        root = Path(__import__(package).__file__).parent / folder
        for f in sorted(root.glob("*.*g")):
            if f.suffix in (".png", ".jpg", ".jpeg") and f.stem not in ("chelsea", "retina", "microaneurysms"):
                out.append(np.asarray(Image.open(f).convert("RGB")))
    return out
