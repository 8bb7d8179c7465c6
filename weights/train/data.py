"""The data sets: photographs cut to their field of view, with the labels that each set really has.

Every loader takes DATA, the folder that holds the sets, and reads splits/*.csv for who is in which part. `rfmid` and
`airogs` are read as their authors publish them and keep their authors' split (published.py).

The classes follow the sets: ODIR's eight where it is there, RFMiD's own for RFMiD alone (published.py), else those of the
eight that some set labels, so that no output is shown that nothing has taught.

EyePACS is here three times: `eyepacs` and `kaggle4` with grades (`kaggle4`'s own labels call all of it diabetic;
`kaggle4_grades` holds the official grades, of which 0 means "no retinopathy", not "normal"), `eyeq200` for gradability alone. A
patient is in the same part in all of them. EyeQ's good, usable and reject are 1, 0.5 and 0 for the gradability, DRIMDB's bad
and outlier 0. ARIA, DR HAGIS and ORVS come without a field of view: what is lit is taken for it.

What is missing or wrong raises MissingData; a loader that is given a list `missing` adds it there instead and goes on
with the rest.
"""

import csv
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import published
from PIL import Image, ImageFilter
from published import UNKNOWN

SIDE = 512
LIT = 10  # grey levels over its background at which a photograph counts as lit
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
SPLITS = Path(__file__).parent / "splits"


class MissingData(Exception):
    """Says which files of which set are missing, and where they were looked for."""


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


def listed_rows(data, s, split):
    """([(photograph, row)], problems) of a set that has images/, labels.csv and a list in splits/."""
    path = data / (s.table or s.folder) / "labels.csv"
    try:
        rows = {r["filename"]: r for r in table(path)}
    except MissingData as e:
        return [], [str(e)]
    items, problems = [], []
    for name in part(s.name, split):
        image = data / s.folder / "images" / name
        if name not in rows:
            problems.append(f"{path} has no row for {name}")
        elif not image.is_file():
            problems.append(f"{image} is missing")
        else:
            items.append((image, rows[name]))
    return items, problems


@dataclass
class Set:
    """One disease data set: where it is, how a row becomes labels, and how its photographs are found."""

    name: str
    folder: str
    labels: dict  # class name -> function(row) -> 0, 1 or UNKNOWN
    weight: float  # share of the disease photographs in a training batch, relative to the other sets
    rows: Callable = listed_rows
    table: str = ""  # the folder of its labels.csv, where that is another one


def _ge(column, least):
    return lambda r: int(float(r[column]) >= least)


DR, GLAUCOMA, MYOPIA = CLASSES[1], CLASSES[2], CLASSES[6]

# How good a photograph is, 1 unless somebody said less: a label beside the classes, asked for by this name. Who looked at
# it could still judge the eye, so that nothing here comes near 0; it orders what is gradable.
GRADABLE = "gradable"
POOR = re.compile(r"lens dust|low image quality|image offset|blur|out of focus|artifact")


def _keywords(row):
    return 0.85 if POOR.search(row["keywords"].lower()) else 1.0


def _score(row):
    """HYGD's quality score, about 2 to 8."""
    return 1 - 0.1 * min(3.5, max(0.0, 6 - float(row["quality"])))


# EyeQ's words (Fu 2019) and DRIMDB's. Who gave none is as likely to be good as EyePACS on the whole.
QUALITY = dict(good=1.0, usable=0.5, reject=0.0, bad=0.0, outlier=0.0) | {"": 0.6}
SOUND = 0.62  # what is labelled higher, or not at all, should be called gradable


def quality_said(row):
    return QUALITY[row["quality"]]


DISEASE_SETS = [
    Set(
        "odir5k",
        "odir5k",
        {n: _ge(c, 1) for n, c in zip(CLASSES, ODIR_COLUMNS, strict=True)} | {GRADABLE: _keywords},
        0.56,
    ),
    Set("airogs_light", "airogs_light", {GLAUCOMA: _ge("referable_glaucoma", 1)}, 0.09),
    Set("hygd", "hygd", {GLAUCOMA: _ge("glaucoma", 1), GRADABLE: _score}, 0.09),
    Set("tvhl", "tvhl", {DR: lambda r: int(r["dr"] != "0")}, 0.07),
    Set("dr_maculopathy", "dr_maculopathy", {DR: _ge("dr_grade", 1)}, 0.07),
    Set("idrid", "idrid/grading", {DR: _ge("dr_grade", 1)}, 0.06),
    Set("palm", "palm", {MYOPIA: _ge("pathologic_myopia", 1)}, 0.04),
    Set("drishti_gs1", "drishti_gs1", {GLAUCOMA: _ge("glaucoma", 1)}, 0.02),
    # all of them diabetic: they teach no disease, but that a squashed photograph is one
    Set("aptos_subset", "aptos_subset", {GRADABLE: lambda _: 1.0}, 0.03),
    # one grader, known to be noisy; kaggle4 calls all of these diabetic, of which EyePACS' grades say 0 for three in four
    Set("eyepacs", "eyepacs", {DR: _ge("dr_grade", 1), GRADABLE: quality_said}, 0.05),
    Set("kaggle4", "kaggle4", {DR: _ge("dr_grade", 1), GRADABLE: quality_said}, 0.05, table="kaggle4_grades"),
    # all of grade 0, and small: for gradability alone
    Set("eyeq200", "eyeq200", {GRADABLE: quality_said}, 0.06),
    Set("drimdb", "drimdb", {GRADABLE: quality_said}, 0.01),
]
# only where they are named: the paper's own sets, which cannot be passed on
PUBLISHED_SETS = [
    Set("rfmid", "rfmid", published.RFMID_LABELS, 0.30, published.rfmid_rows),
    Set("airogs", "airogs", {GLAUCOMA: _ge("referable_glaucoma", 1)}, 0.15, published.airogs_rows),
]
ALL_SETS = DISEASE_SETS + PUBLISHED_SETS
# vessel set -> folders of its vessel masks and fields of view; no folder: the field is what is lit (lit_field)
VESSEL_FOLDERS = {
    "drive": ("1st_manual", "mask"),
    "chasedb1": ("labels_1stHO", "fov_mask"),
    "hrf": ("vessel_mask", "fov_mask"),
    "aria": ("vessel", None),
    "dr_hagis": ("vessel", None),
    "orvs": ("vessel", None),
}
VESSEL_SETS = list(VESSEL_FOLDERS)
DEFAULT_NAMES = [s.name for s in DISEASE_SETS] + VESSEL_SETS
# what a network of before it was recorded had learnt from
FIRST_NAMES = ["odir5k", "airogs_light", "hygd", "tvhl", "dr_maculopathy", "idrid", "palm", "drishti_gs1"]
FIRST_NAMES += ["aptos_subset", "drive", "chasedb1", "hrf"]


# ---- which sets, which classes ----


def choose(names="", without=""):
    """Names with commas -> (disease sets, names of vessel sets). Nothing named: all but those of PUBLISHED_SETS; no
    vessel set named: all of them. `without` takes sets away again."""
    wanted = names.split(",") if names else [s.name for s in DISEASE_SETS]
    off = without.split(",") if without else []
    known = [s.name for s in ALL_SETS] + VESSEL_SETS
    strange = [n for n in wanted + off if n not in known]
    if strange:
        raise MissingData(f"no data set is called {', '.join(strange)}; known: {', '.join(known)}")
    if {"airogs", "airogs_light"} <= set(wanted) - set(off):
        raise MissingData("airogs_light is a part of the validation part of airogs: name one of them, not both")
    vessels = [n for n in VESSEL_SETS if n in wanted] or VESSEL_SETS
    diseases = [s for s in ALL_SETS if s.name in wanted and s.name not in off]
    if not diseases:
        raise MissingData("no disease data set is left")
    return diseases, [n for n in vessels if n not in off]


def classes_of(diseases):
    """The class list follows the sets: RFMiD alone has its own; otherwise those of the eight that some set labels."""
    if [s.name for s in diseases] == ["rfmid"]:
        return list(published.RFMID_CLASSES)
    return [c for c in CLASSES if any(c in s.labels for s in diseases)]


def record_of(state):
    """What a checkpoint says of its data; those from before it was recorded had learnt from FIRST_NAMES.
    `seen`: the sets, and what the weights it started from were trained on; `without`: sets left out on purpose."""
    old = dict(classes=CLASSES, sets=FIRST_NAMES, without=[], seen=FIRST_NAMES)
    return {k: state.get(k, v) for k, v in old.items()}


def named(classes):
    """Indices of the classes that are one disease: the mean AUC is theirs."""
    return [i for i, c in enumerate(classes) if c != "normal" and not c.startswith("other")]


def judges(diseases, classes):
    """The sets whose validation parts choose calibration and thresholds: the first that labels every class (ODIR or
    RFMiD), else all of them."""
    return [s for s in diseases if all(c in s.labels for c in classes)][:1] or diseases


def survey(data, diseases, vessels, splits=("train", "val")):
    """Everything that is missing or wrong, before a single photograph is opened."""
    problems = []
    for split in splits:
        for s in diseases:
            disease_list(data, s, split, missing=problems)
        for name in vessels:
            vessel_list(data, name, split, missing=problems)
    return problems


def summary(problems, each=4):
    """The list for a reader: `each` lines for every set and part, and how many more."""
    groups, lines = {}, []
    for p in problems:
        groups.setdefault(p.split(":")[0], []).append(p)
    for name, told in groups.items():
        lines += told[:each] + ([f"{name}: and {len(told) - each} more"] if len(told) > each else [])
    return lines


def report(problems, missing):
    """Raises, or adds to the list `missing` where the caller goes on with the rest."""
    if problems and missing is None:
        raise MissingData("\n  ".join([f"{len(problems)} missing or wrong:", *summary(problems)]))
    if problems:
        missing.extend(problems)


# ---- photographs ----


def disease_list(data, s, split, classes=CLASSES, missing=None):
    """[(path, labels float32[classes])] of one set and part; labels a set does not have are UNKNOWN."""
    items, problems = s.rows(data, s, split)
    out = []
    for path, row in items:
        try:
            y = [s.labels[c](row) if c in s.labels else UNKNOWN for c in classes]
            out.append((path, np.array(y, np.float32)))
        except (KeyError, TypeError, ValueError) as e:
            problems.append(f"bad row for {path.name}: {type(e).__name__} {e}")
    report([f"{s.name} {split}: {p}" for p in problems], missing)
    return out


def vessel_list(data, name, split, missing=None):
    """[(photograph, vessel mask, field-of-view mask or None)] of one vessel set and part."""
    out, problems = [], []
    if not (data / name).is_dir():
        report([f"{name} {split}: {data / name} is missing"], missing)
        return out
    for file in part(name, split):
        image = data / name / file
        base, mask = image.parent.parent, f"{image.stem}.png"
        vessel, fov = (folder and base / folder / mask for folder in VESSEL_FOLDERS[name])
        lost = [f"{name} {split}: {path} is missing" for path in (image, vessel, fov) if path and not path.is_file()]
        problems += lost
        if not lost:
            out.append((image, vessel, fov))
    report(problems, missing)
    return out


def field_of_view(rgb):
    """Square (x, y, side) around the bright disc of a photograph [h,w,3]; may reach outside it."""
    small = np.asarray(Image.fromarray(rgb).resize((128, 128), Image.BOX), np.float32).max(2)
    lit = small > background(small) + LIT
    rows, cols = np.flatnonzero(lit.mean(1) > 0.04), np.flatnonzero(lit.mean(0) > 0.04)
    h, w = rgb.shape[:2]
    if len(rows) < 16 or len(cols) < 16:
        return 0, 0, max(h, w)
    x0, x1 = cols[0] * w / 128, (cols[-1] + 1) * w / 128
    y0, y1 = rows[0] * h / 128, (rows[-1] + 1) * h / 128
    side = max(x1 - x0, y1 - y0)
    return round((x0 + x1 - side) / 2), round((y0 + y1 - side) / 2), round(side)


def lit_field(rgb):
    """bool [h,w]: the field of view of a photograph [h,w,3] whose set gives none, as what is lit, without the writing beside
    it and without the holes that dark vessels and lesions make in it."""
    h, w = rgb.shape[:2]
    scale = 256 / max(h, w)
    size = max(1, round(w * scale)), max(1, round(h * scale))
    light = np.asarray(Image.fromarray(rgb).resize(size, Image.BOX), np.float32).max(2)
    lit = Image.fromarray((255 * (light > background(light) + LIT)).astype(np.uint8))
    lit = lit.filter(ImageFilter.MinFilter(7)).filter(ImageFilter.MaxFilter(7))
    lit = between(np.asarray(lit) > 0) & between((np.asarray(lit) > 0).T).T
    return np.asarray(Image.fromarray((255 * lit).astype(np.uint8)).resize((w, h), Image.BILINEAR)) > 127


def background(light):
    """The level of the darker fifth of a picture's border."""
    border = light[:3].ravel(), light[-3:].ravel(), light[:, :3].ravel(), light[:, -3:].ravel()
    return max(2.0, np.percentile(np.concatenate(border), 20))


def between(lit):
    """Each row filled from its first to its last lit pixel."""
    return np.maximum.accumulate(lit, 1) & np.maximum.accumulate(lit[:, ::-1], 1)[:, ::-1]


def crop(pil, box, side):
    """Cuts the square out (black outside the photograph) and resizes it with an area filter."""
    x, y, n = box
    filt = Image.BOX if n >= 2 * side else Image.BILINEAR  # Pillow's filters widen with the reduction
    return np.asarray(pil.crop((x, y, x + n, y + n)).resize((side, side), filt))


def read_disease(path, side=SIDE):
    pil = Image.open(path).convert("RGB")
    return crop(pil, field_of_view(np.asarray(pil)), side)


def read_all(paths, side):
    """uint8 [n,side,side,3], and the indices and complaints of those that cannot be read."""
    x, bad = np.zeros((len(paths), side, side, 3), np.uint8), {}

    def read(i):
        try:
            x[i] = read_disease(paths[i], side)
        except (OSError, SyntaxError, ValueError) as e:  # Pillow: broken PNG
            bad[i] = f"{paths[i]} cannot be read: {e}"

    with ThreadPoolExecutor() as pool:
        list(pool.map(read, range(len(paths))))
    return x, bad


def load_diseases(data, split, side=SIDE, sets=None, progress=print, classes=CLASSES, missing=None):
    """Per set (all of DISEASE_SETS, or those named in `sets`): uint8 [n,side,side,3] and labels float32 [n,classes].
    A set of which nothing is left is left out. 0.79 MB a photograph at 512: 3.5 GB for ODIR, 6.3 GB for `airogs`."""
    out = {}
    for s in [s for s in ALL_SETS if s.name in sets] if sets else DISEASE_SETS:
        items = disease_list(data, s, split, classes, missing)
        x, bad = read_all([p for p, _ in items], side)
        report([f"{s.name} {split}: {p}" for p in bad.values()], missing)
        y = np.array([y for _, y in items], np.float32).reshape(len(items), len(classes))
        if bad:
            keep = [i for i in range(len(x)) if i not in bad]
            x, y = x[keep], y[keep]
        progress(f"{s.name} {split}: {len(x)} photographs")
        if len(x):
            out[s.name] = x, y
    return out


def read_vessels(image, vessel, fov, sides):
    pil = Image.open(image).convert("RGB")
    rgb = np.asarray(pil)
    box = field_of_view(rgb)
    layers = [pil, *(Image.open(m).convert("L").point(lambda v: 255 * (v > 127)) for m in (vessel, fov) if m)]
    if fov is None:
        layers.append(Image.fromarray((255 * lit_field(rgb)).astype(np.uint8)))
    if any(m.size != pil.size for m in layers):
        raise MissingData(f"{image}: mask and photograph differ in size")
    return [np.dstack([crop(m, box, side) for m in layers]) for side in sides]


def load_vessels(data, split, sides=(512, 768), progress=print, sets=None, missing=None):
    """Per photograph and side: uint8 [side,side,5], being r, g, b, vessel (255 = vessel), field of view."""
    out = []

    def read(paths):
        try:
            return read_vessels(*paths, sides)
        except (OSError, MissingData) as e:
            return str(e)

    for name in VESSEL_SETS if sets is None else sets:
        with ThreadPoolExecutor() as pool:
            found = list(pool.map(read, vessel_list(data, name, split, missing)))
        report([f"{name} {split}: {e}" for e in found if isinstance(e, str)], missing)
        out += [layers for layers in found if not isinstance(layers, str)]
        progress(f"{name} {split}: vessels")
    return out
