"""What the evaluation reads beside labels: lesions and discs as drawn, people's age and sex, quality as people scored it."""

import sys

import numpy as np
from core import ROOT
from PIL import Image

sys.path.append(str(ROOT / "weights/train"))
import data as sets  # noqa: E402

LESIONS = ("microaneurysms", "haemorrhages", "hard_exudates", "soft_exudates")  # of IDRiD: folders of masks
PATIENT_FIRST = ("odir5k", "hygd", "tvhl", "dr_maculopathy", "eyepacs", "kaggle4", "eyeq200")
TWIN = 2.0  # mean difference in grey levels of two thumbnails of one photograph; two photographs differ by 4 or more


def patient_of(name, path):
    """Who must stay together when resampling: these sets name the patient first."""
    return path.stem.split("_")[0] if name in PATIENT_FIRST else path.stem


def disease_items(data, s, split, classes, missing):
    """[(photograph, labels, patient)] of one set and part."""
    return [(p, y, patient_of(s.name, p)) for p, y in sets.disease_list(data, s, split, classes, missing)]


def rows_of(data, folder):
    """{file name: row} of a set's labels.csv; empty where the set is not there."""
    path = data / folder / "labels.csv"
    return {r["filename"]: r for r in sets.table(path)} if path.is_file() else {}


def in_part(name, split):
    return set(sets.part(name, split))


def with_rows(data, name):
    """[(photograph, row, in the test part)] of all of a set's photographs that are there."""
    test, folder = in_part(name, "test"), data / name / "images"
    return [(folder / f, r, f in test) for f, r in sorted(rows_of(data, name).items()) if (folder / f).is_file()]


def thumbnail(path):
    return np.asarray(Image.open(path).convert("L").resize((48, 32), Image.BOX), float).ravel()


def lesion_items(data, limit=0):
    """[(photograph, {lesion: mask or None}, seen in training)] of IDRiD. Its drawings lie on photographs that are in
    the grading part too, under other names: thumbnails find them there."""
    folder = data / "idrid/lesions"
    photos = sorted((folder / "images").glob("*.webp"))[: limit or None] if folder.is_dir() else []
    trained = [data / "idrid/grading/images" / f for f in sorted(in_part("idrid", "train"))]
    small = np.array([thumbnail(p) for p in trained if p.is_file()]) if photos else np.zeros((0, 1))
    out = []
    for p in photos:
        masks = {k: folder / k / f"{p.stem}.png" for k in LESIONS}
        nearest = np.abs(small - thumbnail(p)).mean(1).min() if len(small) else np.inf
        out.append((p, {k: m if m.is_file() else None for k, m in masks.items()}, bool(nearest < TWIN)))
    return out


def disc_items(data, limit=0):
    """[(photograph, mask of the optic disc, seen in training)] of Drishti-GS."""
    folder, trained = data / "drishti_gs1", in_part("drishti_gs1", "train")
    photos = sorted((folder / "images").glob("*.webp")) if folder.is_dir() else []
    out = [(p, folder / "od_soft" / f"{p.stem}.png", p.name in trained) for p in photos]
    return [o for o in out if o[1].is_file()][: limit or None]
