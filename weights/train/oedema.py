#!/usr/bin/env python3
"""Can the released network tell macular oedema? From the hard exudates that it draws, by their distance from the fovea, which is the
definition itself; and by a linear head on what it holds, each set left out in turn.

usage: oedema.py --data DATA [--work build/oedema] [--weights weights/vmnet.safetensors] [--seen build/pixels] [--limit N]

Labels: IDRiD's risk (1: hard exudates, 2: within one disc diameter of the fovea), TVHL's oedema, the maculopathy of the set of that
name. For the first two ways a score needs no learning: the highest probability of a hard exudate, and the area above NEAR, within
one disc diameter of the fovea's place (the whole field where the place is unknown; the core gives both). The others are ridge
regressions, taught by two sets and measured on the third: on areas and highest probabilities in rings around the fovea, and on the
means of the guided features, of E16 and of E32 (pixels.py, which keeps them in --seen). For comparison: the probability of
retinopathy, and the means within the set, in five folds of patients. Encoder and lesions have seen training patients of all three
sets with other labels: the test parts are of patients that the encoder has not seen (lesions were drawn on photographs of IDRiD,
in whichever part). Eyes with retinopathy by
themselves, for most of the others have none. --limit takes at most so many of each label. 95 % intervals by patient.
"""

import json
import sys
import time
from pathlib import Path

import data as sets
import numpy as np
import opened
import options
import pixels
from guides import areas, weights_of
from guides_data import core, pool

KINDS = ("haemorrhages", "hard-exudates")
PLACES = dict(haemorrhages=1, **{"hard-exudates": 2})  # vm_lesion of src/vmnet.h
AWAY = 2.5  # disc diameters from disc to fovea, as src/lesions.c places it
RINGS = (1 / 3, 1, 2)  # of the ETDRS grid, in disc diameters
AREAS = (0.3, 0.6, 0.9)
NEAR = 0.3
SAID = dict(idrid="dme_risk", tvhl="dme", dr_maculopathy="maculopathy")  # the column of a set's labels
# set -> {what is asked: what counts as yes}; the first is what teaches where the other question is not known
ASKED = dict(
    idrid={"oedema": ("2",), "risk 1 or 2": ("1", "2")}, tvhl={"oedema": ("1",)}, dr_maculopathy={"oedema": ("1",)}
)


def parse(argv):
    p = options.parser(__doc__, "--data", "--weights")
    p.add_argument("--work", type=Path, default=Path("build/oedema"))
    p.add_argument("--seen", type=Path, default=Path("build/pixels"))
    p.add_argument("--limit", type=int, default=0)
    return p.parse_args(argv)


# ---- structures ----


def diameter_of(report):
    """Of the optic disc, as the place of the fovea tells it; None where that is unknown."""
    fovea, disc = report["lesions"]["fovea"], report["disc_and_cup"]["disc"] or report["optic_disc"]
    return fovea and float(np.hypot(fovea["x"] - disc["x"], fovea["y"] - disc["y"])) / AWAY


def ring_of(report, shape):
    """int [h,w]: 0 to 3, by RINGS; -1 outside the field. All in ring 1 where the fovea's place is unknown."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    view, fovea, diameter = report["field_of_view"], report["lesions"]["fovea"], diameter_of(report)
    rings = np.ones(shape, int)
    if fovea:
        rings = np.digitize(np.hypot(x - fovea["x"], y - fovea["y"]) / diameter, RINGS)
    return np.where(np.hypot(x - view["x"], y - view["y"]) <= view["radius"], rings, -1)


def measures(report, maps):
    """f32 [kinds,rings,1 + len(AREAS)]: the highest probability, and areas in shares of the field."""
    rings, out = ring_of(report, maps[0].shape), np.zeros((len(maps), len(RINGS) + 1, 1 + len(AREAS)), np.float32)
    field = max(1, (rings >= 0).sum())
    for k, m in enumerate(maps):
        for r in range(len(RINGS) + 1):
            inside = m[rings == r]
            out[k, r, 1:] = [(inside > t).sum() / field for t in AREAS]
            out[k, r, 0] = inside.max(initial=0)
    return out


def drawn(reader, path):
    """f32 [2 + values]: whether lesions are drawn, whether the fovea's place is known, and `measures`"""
    out = np.zeros(2 + len(KINDS) * (len(RINGS) + 1) * (1 + len(AREAS)), np.float32)
    try:
        report, maps = reader.screen(pool.enlarged(reader.pixels(path)), [("lesion", PLACES[k]) for k in KINDS])
    except core.Refused:
        return out
    if report["lesions"]["valid"]:
        out[:2], out[2:] = (1, bool(report["lesions"]["fovea"])), measures(report, maps).ravel()
    return out


def structures(work, reader, name, paths):
    """(measures [n,kinds,rings,...], whether lesions are drawn [n], whether the fovea's place is known [n])"""
    file, told = work / f"structures-{name}.npz", time.time()
    rows = pixels.kept(file)
    left = [p for p in paths if p.name not in rows]
    for i, path in enumerate(left, 1):
        rows[path.name] = drawn(reader, path)
        if time.time() - told > pixels.TOLD or i == len(left):
            told = time.time()
            pixels.keep(file, rows)
            print(f"{file.stem}: {i} of {len(left)}", flush=True)
    found = np.stack([rows[p.name] for p in paths])
    shape = len(found), len(KINDS), len(RINGS) + 1, 1 + len(AREAS)
    return found[:, 2:].reshape(shape), found[:, 0] > 0, found[:, 1] > 0


# ---- ways to tell ----


class Place:
    """One set: labels, patients, and what is known of each photograph."""

    def __init__(self, args, reader, net, name):
        items, answers = pixels.all_of(args.data, name, lambda r: r[SAID[name]])
        items = [items[i] for i in pixels.spread(answers, args.limit)]
        paths, self.patients = [p for p, _ in items], pixels.patients_of(name, items)
        self.name, self.test = name, np.isin([p.name for p in paths], sets.part(name, "test"))
        self.ill = np.array([r.get("dr_grade", r.get("dr")) != "0" for _, r in items])
        self.found, self.valid, self.placed = structures(args.work, reader, name, paths)
        seen = pixels.seen(args.seen, net, name, paths, pixels.FIRST, False)
        self.said, self.means = seen[:, 0], seen[:, 1:]
        self.labels = {what: np.array([int(r[SAID[name]] in a) for _, r in items]) for what, a in ASKED[name].items()}

    def rings(self):
        """[n,features]: logits and logarithms of what is drawn"""
        high = np.clip(self.found[..., :1], 0.001, 0.999)
        return np.concatenate([np.log(high / (1 - high)), np.log(self.found[..., 1:] + 1e-5)], -1).reshape(
            len(self.found), -1
        )

    def near(self, what):
        """[n]: hard exudates' highest probability, and their area above NEAR, where the definition looks for them"""
        exudates = self.found[:, KINDS.index("hard-exudates")]
        rings = exudates if what == "risk 1 or 2" else exudates[:, :2]
        return rings[:, :, 0].max(1), rings[:, :, 1 + AREAS.index(NEAR)].sum(1)


def taught(others, there, what, features):
    """[n]: by a ridge regression that the others taught."""
    x = np.concatenate([features(p) for p in others])
    y = np.concatenate([p.labels.get(what, p.labels["oedema"]) for p in others])
    patients = np.concatenate([[f"{p.name} {i}" for i in p.patients] for p in others])
    return pixels.ridge(x, y, pixels.best_penalty(x, y, patients))(features(there))


def scores_of(place, others, what):
    y, (peak, area) = place.labels[what], place.near(what)
    return {
        "probability of retinopathy": place.said,
        "highest probability of a hard exudate": peak,
        "area of hard exudates": area,
        "rings, taught elsewhere": taught(others, place, what, Place.rings),
        "means, taught elsewhere": taught(others, place, what, lambda p: p.means),
        "both, averaged": sum(
            (z - z.mean()) / z.std() for z in (taught(others, place, what, f) for f in (Place.rings, lambda p: p.means))
        ),
        "means, other patients of the set": pixels.crossed(place.means, y, place.patients),
    }


def figure(z, y, patients, base=None):
    """AUC, or what it is above that of base, with its interval."""
    weight = weights_of(patients)
    less = 0 if base is None else areas(base, y, weight)
    return opened.span(areas(z, y, weight) - less, base is not None)


def table(places):
    head = ["set", "what", "n (positive)", "by", "AUC", "less the probability of retinopathy"]
    head += [f"{who}: {k}" for who in ("eyes with retinopathy", "test part") for k in ("n (positive)", "AUC")]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for place in places:
        others = [p for p in places if p is not place]
        for what, y in place.labels.items():
            for way, z in scores_of(place, others, what).items():
                cells = [place.name, what, f"{len(y)} ({y.sum()})", way, figure(z, y, place.patients)]
                cells.append("" if z is place.said else figure(z, y, place.patients, place.said))
                for k in (place.ill, place.test):
                    cells += [f"{k.sum()} ({y[k].sum()})", figure(z[k], y[k], place.patients[k])]
                lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def run(args):
    reader, net = core.Core(args.weights), opened.released(args.weights)
    places = [Place(args, reader, net, name) for name in ASKED]
    told = [dict(set=p.name, n=len(p.said), drawn=int(p.valid.sum()), placed=int(p.placed.sum())) for p in places]
    text = "\n".join([*map(json.dumps, told), table(places)])
    (args.work / "table.md").write_text(text + "\n")
    print(text)


def main(argv):
    args = parse(argv)
    options.attempt("oedema.py", args, run, sets.MissingData, core.Unusable, folders=(args.seen,))


if __name__ == "__main__":
    main(sys.argv[1:])
