"""RFMiD and the whole of EyePACS-AIROGS-light-v2, found in the folders in which their authors publish them.

RFMiD (Pachade et al., Data 2021, 6, 14; CC BY 4.0): three CSVs `RFMiD_{Training,Validation,Testing}_Labels.csv` with ID,
Disease_Risk and 45 columns, and ID.png in a folder for each: DATA/rfmid/Training_Set/Training_Set/Training/1.png as
zipped for Kaggle, `Training_Set/Training`, `Training`, or `1. Original Images/a. Training Set` with the CSVs under
`2. Groundtruths`. The three CSVs are the official split: training, validation, test.

EyePACS-AIROGS-light-v2: DATA/airogs/[eyepac-light-v2-512-jpg/]{train,validation,test}/{RG,NRG}/*.jpg, 4000, 385 and
385 photographs a class. `airogs_light` is a part of its `validation`: never use both.

In a photograph list of its own RFMiD has 29 classes: normal (Disease_Risk = 0), RFMID_NAMED, and "other rare findings" for
the other 18 columns; which the paper used is not known to us. Beside other sets only what means the same is carried over:

  Disease_Risk = 0     normal
  DR, ARMD             the same disease; drusen (DN) without ARMD is "other", as in ODIR's keywords
  ODC                  unknown: cupping raises the suspicion of glaucoma, it is no diagnosis
  MH                   unknown: media haze has other causes than cataract
  MYA                  unknown: a myopic fundus, pathologic or not
  HR                   other: haemorrhagic retinopathy, not hypertensive
  any other column     other; where ODC, MH or MYA stands alone, "other" is unknown

Glaucoma, cataract, myopia and hypertensive retinopathy are unknown for all its photographs: a set that only ever answers
"no" teaches its camera.

A photograph of AIROGS that stands in two parts is reported and left out of the earlier one. Weights that have seen
`airogs_light` are only measured cleanly on the test part of `airogs`.

Both answer with ([(photograph, row), ...], [what is missing or wrong, ...]) and never stop half-way.
"""

import csv
import os
import re
from pathlib import Path

UNKNOWN = -1
PICTURES = (".png", ".jpg", ".jpeg", ".webp")
DEPTH = 4  # folders below DATA/rfmid or DATA/airogs that are searched

# ---- RFMiD ----

# RFMiD alone: its own classes. Those of the 45 columns with at least 10 photographs in the three CSVs together have a
# class; these are the 27 that the RIADD challenge on this data set names too. The other 18 columns are one class.
# The two names that ODIR also has are spelt as there.
RFMID_NAMED = {
    "DR": "diabetic retinopathy",
    "ARMD": "age-related macular degeneration",
    "MH": "media haze",
    "DN": "drusen",
    "MYA": "myopia",
    "BRVO": "branch retinal vein occlusion",
    "TSLN": "tessellation",
    "ERM": "epiretinal membrane",
    "LS": "laser scar",
    "MS": "macular scar",
    "CSR": "central serous retinopathy",
    "ODC": "optic disc cupping",
    "CRVO": "central retinal vein occlusion",
    "TV": "tortuous vessels",
    "AH": "asteroid hyalosis",
    "ODP": "optic disc pallor",
    "ODE": "optic disc edema",
    "ST": "optociliary shunt",
    "AION": "anterior ischemic optic neuropathy",
    "PT": "parafoveal telangiectasia",
    "RT": "retinal traction",
    "RS": "retinitis",
    "CRS": "chorioretinitis",
    "EDN": "exudation",
    "RPEC": "retinal pigment epithelium changes",
    "MHL": "macular hole",
    "RP": "retinitis pigmentosa",
}
RFMID_RARE = [
    "CWS",
    "CB",
    "ODPM",
    "PRH",
    "MNF",
    "HR",
    "CRAO",
    "TD",
    "CME",
    "PTCR",
    "CF",
    "VH",
    "MCA",
    "VS",
    "BRAO",
    "PLQ",
    "HPED",
    "CL",
]
RFMID_COLUMNS = ["Disease_Risk", *RFMID_NAMED, *RFMID_RARE]
RFMID_CLASSES = ["normal", *RFMID_NAMED.values(), "other rare findings"]

RFMID_FOLDERS = ("rfmid", "RFMiD")
RFMID_PARTS = {
    "train": ("training", "train"),
    "val": ("validation", "evaluation", "val"),
    "test": ("testing", "test"),
}


def any_of(columns):
    return lambda row: max(row[c] for c in columns)


def other_of_odir(row):
    """ODIR's "other" holds whatever is none of its six diseases. Cupping, haze and myopia alone: unknown, ODIR may
    count them as glaucoma, cataract, myopia or other."""
    unsure = ("ODC", "MH", "MYA")
    rest = [c for c in (*RFMID_NAMED, *RFMID_RARE) if c not in ("DR", "ARMD", *unsure)]
    return 1 if any_of(rest)(row) else UNKNOWN if any_of(unsure)(row) else 0


# Class name -> function(row). Onto ODIR's eight classes go only the four that mean the same:
#   Disease_Risk = 0 -> normal; DR; ARMD (drusen without it stay outside: ODIR's keywords file them under "other").
# Not carried over, so unknown for every RFMiD photograph, healthy ones included (a set that only ever says "no" to a
# class would teach its camera):
#   ODC    cupping is a sign that raises the suspicion of glaucoma, no diagnosis
#   MH     media haze has other causes than cataract
#   MYA    myopic fundus, pathologic or not
#   HR     is haemorrhagic retinopathy, not hypertensive (and has one photograph)
RFMID_LABELS = {
    "normal": lambda row: 1 - row["Disease_Risk"],
    **{name: any_of([column]) for column, name in RFMID_NAMED.items()},
    "other": other_of_odir,
    "other rare findings": any_of(RFMID_RARE),
}


def walk(root):
    """(folder, names of files) for root and DEPTH levels below, in a fixed order."""
    for folder, below, files in os.walk(root):
        below.sort()
        if len(Path(folder).relative_to(root).parts) >= DEPTH:
            below.clear()
        yield Path(folder), files


def pictures(folder):
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in PICTURES and not p.name.startswith("."))


def root_of(data, names):
    return next((data / n for n in names if (data / n).is_dir()), None)


def plain(name):
    """`a. Training Set` and `Training_Set` -> `training`"""
    name = re.sub(r"^[a-z0-9]\.\s*", "", name.lower())
    return re.sub(r"[ _]?set$", "", name)


def rfmid_places(root, split):
    """(CSV or None, folder with the photographs or None) of one part."""
    table, folders = None, []
    for folder, files in walk(root):
        for f in sorted(files):
            if re.fullmatch(rf"([a-z]\. *)?rfmid_({'|'.join(RFMID_PARTS[split])})_labels\.csv", f.lower()):
                table = table or folder / f
        if plain(folder.name) in RFMID_PARTS[split] and any(f.lower().endswith(PICTURES) for f in files):
            folders.append(folder)
    return table, folders[0] if folders else None


def rfmid_row(raw):
    """One line of the CSV as {column: 0 or 1}; ValueError says what is wrong with it."""
    row = {}
    for c in RFMID_COLUMNS:
        if raw[c] not in ("0", "1"):
            raise ValueError(f"{c} is {raw[c]!r}, not 0 or 1")
        row[c] = int(raw[c])
    if row["Disease_Risk"] != any_of(RFMID_COLUMNS[1:])(row):
        raise ValueError("Disease_Risk and the 45 columns contradict each other")
    return row


def rfmid_table(path):
    """({ID: row}, problems) of one CSV; bad rows are left out."""
    out, problems, seen = {}, [], set()
    with open(path, newline="", encoding="utf-8-sig") as f:
        reader = csv.DictReader(f, restval="")
        reader.fieldnames = [n.strip() for n in reader.fieldnames or []]
        lacking = [c for c in ("ID", *RFMID_COLUMNS) if c not in reader.fieldnames]
        if lacking:
            return {}, [f"{path} lacks the columns {', '.join(lacking)}"]
        for raw in reader:
            name = f"{path.name} line {reader.line_num}"
            raw = {k: v.strip() for k, v in raw.items() if isinstance(v, str)}
            if not raw["ID"].isdigit() or raw["ID"] in seen:
                problems.append(f"{name}: ID {raw['ID']!r} is " + ("there twice" if raw["ID"] in seen else "no number"))
                continue
            seen.add(raw["ID"])
            try:
                out[raw["ID"]] = rfmid_row(raw)
            except ValueError as e:
                problems.append(f"{name}: {e}")
    return out, problems


def rfmid_rows(data, _, split):
    root = root_of(data, RFMID_FOLDERS)
    if root is None:
        return [], [f"{data / RFMID_FOLDERS[0]} is missing: the folder with RFMiD as its authors publish it"]
    path, folder = rfmid_places(root, split)
    word = RFMID_PARTS[split][0].capitalize()
    if path is None or folder is None:
        lost = [f"RFMiD_{word}_Labels.csv is missing under {root}"] if path is None else []
        return [], lost + ([f"the folder {word} with ID.png is missing under {root}"] if folder is None else [])
    table, problems = rfmid_table(path)
    there = {p.stem: p for p in pictures(folder)}
    problems += [f"{folder / i}.png is missing" for i in table if i not in there]
    if not problems:  # a bad row would show up here once more
        problems += [f"{p} has no row in {path.name}" for i, p in there.items() if i not in table]
    return [(there[i], row) for i, row in table.items() if i in there], problems


# ---- EyePACS-AIROGS-light-v2 ----

AIROGS_FOLDERS = ("airogs", "eyepac-light-v2-512-jpg", "eyepacs-airogs-light-v2")
AIROGS_PARTS = {"train": "train", "val": "validation", "test": "test"}
AIROGS_COUNTS = {"train": 4000, "val": 385, "test": 385}  # of each class, as published
AIROGS_LATER = {"train": ("val", "test"), "val": ("test",), "test": ()}


def airogs_part(root, split):
    """The folder of one part, or None: the first that is named so and stands beside the others."""
    return next((f / AIROGS_PARTS[split] for f, _ in walk(root) if (f / AIROGS_PARTS[split]).is_dir()), None)


def fingerprints(folder):
    """{(name, bytes)} of the photographs below one part's folder: the same pair elsewhere is the same photograph."""
    return {(p.name, p.stat().st_size) for f, _ in walk(folder) for p in pictures(f)} if folder else set()


def airogs_rows(data, _, split):
    root = root_of(data, AIROGS_FOLDERS)
    if root is None:
        return [], [f"{data / AIROGS_FOLDERS[0]} is missing: the folder with EyePACS-AIROGS-light-v2"]
    part = airogs_part(root, split)
    if part is None:
        return [], [f"the folder {AIROGS_PARTS[split]}/ is missing under {root}"]
    held = {f: AIROGS_PARTS[s] for s in AIROGS_LATER[split] for f in fingerprints(airogs_part(root, s))}
    items, problems = [], []
    for name, label in (("RG", 1), ("NRG", 0)):
        found = pictures(part / name) if (part / name).is_dir() else []
        if len(found) < AIROGS_COUNTS[split]:
            problems.append(f"{part / name} holds {len(found)} of {AIROGS_COUNTS[split]} photographs")
        for p in found:
            elsewhere = held.get((p.name, p.stat().st_size))
            if elsewhere:
                problems.append(f"{p} is also in {elsewhere}/: left out here")
            else:
                items.append((p, {"referable_glaucoma": label}))
    return items, problems
