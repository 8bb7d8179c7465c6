#!/usr/bin/env python3
"""Chooses when the core may say "no finding by this test", and when that a photograph can be judged at all; writes both into
a weights file as its block "decision". The tensors stay as they are, byte by byte; the same photographs give the same block.

usage: decide.py --data DATA [--weights weights/vmnet.safetensors] [--sets odir5k,...] [--jobs 2] [--allow-missing]

The photographs pass through the C core (`make native`), int8 files as well as f16 ones. Chosen on validation patients, as
export.py chooses calibration and thresholds, which must be in the file already; the joint judgement of quality learns from
the `train` parts of the sets that hold rejected photographs, because the others have hardly any.

Evidence: the log-odds that something is wrong, from normal's logit and the log-sum-exp of all others; one cut at each
operating point, so that of the diseased validation eyes no more than SHARES of the point's name read "no finding".
Quality: the log-odds that a photograph can be judged, from the head's logit and what the core measures on the photograph.
"""

import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import data as sets
import numpy as np
import options

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/eval"))
import core  # noqa: E402
import pool  # noqa: E402
from extra import patient_of  # noqa: E402

POINTS = ("screening", "balanced", "specific")
NORMAL = "normal"
# of the diseased eyes, mild retinopathy apart: how many may read "no finding" at each point
SHARES = dict(screening=0.02, balanced=0.05, specific=0.10)
# The chance that other patients of the same kind stay under the share, as far as the validation patients tell. Half would
# be to choose the cut that fits these very patients, to whom calibration and thresholds were fitted, too.
CONFIDENCE = 0.9
REPEATS = 1000
NORMAL_LEAST = 0.5  # "no finding" never stands beside a normal that is less likely than not

# What speaks for or against a photograph, and what it is fed as; `gradability` is the head's logit. Of the core's other facts
# (saturated, contrast, sharpness, edges) rejected photographs are told no better.
FACTS = ("gradability", "vessels", "optic-disc", "lit", "light", "fineness", "fundus", "hues")
HEAD = FACTS.index("gradability")
FED = {
    "gradability": lambda v: np.clip(v, -12, 12),
    "vessels": lambda v: np.log(np.nan_to_num(v) + 0.003),
    "light": lambda v: np.log(v + 5),
}
# Of the good validation photographs that the head calls gradable, how many stay so. Of those of ODIR that fall, nearly all are
# dark, blurred or veiled beyond use to the eye, though nobody said so.
KEPT = 0.99
EACH = 25  # photographs of a set without rejected ones that quality learns from
LEARNT = 200  # and of a set that has some
ASKED = 60  # of a set's validation photographs
REJECTED = 0.3  # labels under it are words such as "reject"; those between it and sets.SOUND teach nothing
RIDGE = 1.0


# ---- small statistics ----


def logistic(x, y, weight=None, ridge=RIDGE, rounds=60):
    """Logistic regression by Newton's method, the ridge on standardised columns. x [n,k], y [n] 0 or 1 -> weights [k], offset,
    for x as it is."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    mean, sd = x.mean(0), x.std(0) + 1e-9
    z = np.column_stack([(x - mean) / sd, np.ones(len(x))])
    weight = np.ones(len(x)) if weight is None else weight
    penalty = np.r_[np.full(x.shape[1], float(ridge)), 1e-6]
    b = np.zeros(z.shape[1])
    for _ in range(rounds):
        p = sigmoid(z @ b)
        slope = z.T @ (weight * (p - y)) + penalty * b
        step = np.linalg.solve((z * (weight * p * (1 - p))[:, None]).T @ z + np.diag(penalty), slope)
        b -= step
        if np.abs(step).max() < 1e-10:
            break
    return b[:-1] / sd, float(b[-1] - (b[:-1] * mean / sd).sum())


def even(y):
    """Weights that give both answers the same say."""
    share = np.mean(y)
    return np.where(np.asarray(y) == 1, 0.5 / share, 0.5 / (1 - share))


def sigmoid(x):
    return 1 / (1 + np.exp(-np.clip(x, -60, 60)))


def logit(p):
    p = np.clip(p, 1e-9, 1 - 1e-9)
    return np.log(p / (1 - p))


def log_sum_exp(x):
    most = x.max(1)
    return most + np.log(np.exp(x - most[:, None]).sum(1))


# ---- who is diseased ----

MILD_WORDS = {"mild nonproliferative retinopathy", "lens dust", "low image quality"}


def is_mild(name, row):
    """Mild retinopathy and nothing beside it, as far as the set tells."""
    if name == "odir5k":
        words = set(row["keywords"].lower().split("|"))
        return words <= MILD_WORDS and "mild nonproliferative retinopathy" in words
    return row.get("dr_grade") == "1"


def truth(name, labels, classes, row):
    """ "healthy", "diseased", "mild", or "without": not the disease that the set labels, whatever else there is; None where
    nothing is known. labels [classes] 1, 0 or UNKNOWN."""
    sick = any(v == 1 for c, v in zip(classes, labels, strict=True) if c != NORMAL)
    if sick:
        return "mild" if is_mild(name, row) else "diseased"
    if NORMAL in classes and labels[classes.index(NORMAL)] == 1:
        return "healthy"
    return "without" if any(v == 0 for v in labels) else None


# ---- the core's answers ----


@dataclass
class Answers:
    """One row a photograph that the core screened."""

    logits: np.ndarray  # [n,classes]
    facts: np.ndarray  # [n,FACTS], as they are fed
    patients: np.ndarray  # [n]
    truths: np.ndarray  # [n] as `truth` gives them
    quality: np.ndarray  # [n] 0 rejected .. 1 good; UNKNOWN

    def take(self, which):
        return Answers(*(getattr(self, f)[which] for f in self.__dataclass_fields__))


def fed(raw):
    """{fact: value} -> [FACTS]"""
    return [float(FED.get(f, float)(raw[f])) for f in FACTS]


def screen(c, path):
    """(logits [classes], facts [FACTS]) of one photograph, None where the core refuses it. The weights file has no block of
    decisions, so that gradability is the head's own."""
    try:
        rgba = pool.enlarged(c.pixels(path))
        report, raw = c.screen(rgba)[0], c.facts(rgba)
    except (core.Refused, OSError):
        return None
    field = report["vessels"]["field"]
    raw |= {
        "gradability": logit(report["quality"]["gradability"]),
        "vessels": field["density"] if field and field["density"] is not None else 0.0,
        "optic-disc": report["optic_disc"]["confidence"],
    }
    return [d["logit"] for d in report["diseases"]], fed(raw)


def answers_of(p, data, s, split, classes, missing=None, limit=0):
    """Answers of one set and part; at most `limit` photographs, evenly spaced."""
    labels = [*classes, sets.GRADABLE]
    rows = {path: row for path, row in s.rows(data, s, split)[0]}
    items = pool.spread(sets.disease_list(data, s, split, labels, missing), limit)
    got = p.map(screen, [i[0] for i in items], f"{s.name} {split}")
    kept = [(i, g) for i, g in zip(items, got, strict=True) if g is not None]
    return Answers(
        logits=np.array([g[0] for _, g in kept]).reshape(len(kept), len(classes)),
        facts=np.array([g[1] for _, g in kept]).reshape(len(kept), len(FACTS)),
        patients=np.array([str(patient_of(s.name, i[0])) for i, _ in kept]),
        truths=np.array([truth(s.name, i[1][:-1], classes, rows[i[0]]) for i, _ in kept], object),
        quality=np.array([quality_of(i[1], labels) for i, _ in kept]),
    )


def quality_of(labels, names):
    """As the set says; good where it says nothing. A cataract hides the retina as a bad photograph does: UNKNOWN."""
    if "cataract" in names and labels[names.index("cataract")] == 1:
        return sets.UNKNOWN
    return 1.0 if labels[-1] == sets.UNKNOWN else float(labels[-1])


# ---- the rule, as src/decision.c has it ----


def evidence(block, logits, normal):
    """The log-odds that something is wrong. logits [n,classes]"""
    rest = np.delete(logits, normal, 1)
    return logits @ np.array(block["logits"]) + block["lse"] * log_sum_exp(rest) + block["offset"]


def calibrated(meta, logits):
    """[n,classes] in logits of the calibrated probability"""
    scale, offset = (np.array([c[k] for c in meta["classes"]]) for k in ("scale", "offset"))
    return scale * logits + offset


def under_cuts(meta, logits, point, near=0.0):
    """[n] no finding reaches its cut, nor comes nearer than `near`; the normal class apart."""
    cuts = np.array([logit(c.get("points", {}).get(point, c)["threshold"]) for c in meta["classes"]])
    over = calibrated(meta, logits) >= cuts - near
    over[:, index_of_normal(meta)] = False
    return ~over.any(1)


def index_of_normal(meta):
    return [c["name"] for c in meta["classes"]].index(NORMAL)


def judged(meta, quality, facts):
    """[n] can be judged: by the head, and by all that is known where quality was chosen. facts [n,FACTS] as fed"""
    at = logit(meta["gradable_threshold"])
    by_head = facts[:, HEAD] >= at
    if quality is None:
        return by_head
    weights = np.array([quality["facts"].get(f, 0.0) for f in FACTS])
    return by_head & (facts @ weights + quality["offset"] >= at)


def clear(meta, block, answers, point):
    """[n] reads "no finding by this test"."""
    at, normal = block["points"][point], index_of_normal(meta)
    return (
        judged(meta, block.get("quality"), answers.facts)
        & under_cuts(meta, answers.logits, point, at["near"])
        & (evidence(block["evidence"], answers.logits, normal) <= at["evidence_at"])
        & (sigmoid(calibrated(meta, answers.logits)[:, normal]) >= at["normal_at"])
    )


# ---- choosing ----


def choose_evidence(logits, sick, normal):
    """Logistic regression on normal's logit and the log-sum-exp of the others, both answers with the same say. More inputs
    (every logit, the pooled features) told validation patients apart no better."""
    x = np.column_stack([logits[:, normal], log_sum_exp(np.delete(logits, normal, 1))])
    (own, rest), offset = logistic(x, sick, even(sick))
    weights = np.zeros(logits.shape[1])
    weights[normal] = own
    return dict(logits=weights.round(5).tolist(), lse=round(float(rest), 5), offset=round(offset, 5))


def shares(which, patients):
    """[REPEATS,n]: for each draw of patients, the share of all eyes that are `which` and among the first 1, 2 .. n."""
    names, index = np.unique(patients, return_inverse=True)
    draws = np.random.default_rng(1).integers(0, len(names), (REPEATS, len(names)))
    weight = np.stack([np.bincount(d, minlength=len(names)) for d in draws])[:, index]
    return np.cumsum(weight * which, 1) / np.maximum(weight.sum(1, keepdims=True), 1)


def largest_cut(score, open_to, patients, share):
    """The largest cut on `score` under which no more than `share` of these (diseased) eyes are cleared, with CONFIDENCE;
    open_to [n]: those that a cut could clear at all."""
    order = np.argsort(score, kind="stable")
    bound = np.quantile(shares(open_to[order], patients[order]), CONFIDENCE, axis=0)
    passed = int(np.searchsorted(bound, share + 1e-12, side="right"))  # eyes that may lie under the cut
    s = score[order]
    if passed == 0:
        return float(s[0])
    return float((s[passed - 1] + s[passed]) / 2) if passed < len(s) else float(s[-1] + 1)


def choose_points(meta, block, answers):
    """Per operating point the cut on the evidence, never looser at screening nor stricter at specific than at balanced, and
    the least normal that any validation eye has that the cut clears."""
    normal = index_of_normal(meta)
    likely = sigmoid(calibrated(meta, answers.logits)[:, normal])
    score, can = evidence(block["evidence"], answers.logits, normal), judged(meta, block.get("quality"), answers.facts)
    sick, well = answers.truths == "diseased", answers.truths == "healthy"
    open_to = {p: can & under_cuts(meta, answers.logits, p) & (likely >= NORMAL_LEAST) for p in POINTS}
    cut = {p: largest_cut(score[sick], open_to[p][sick], answers.patients[sick], SHARES[p]) for p in POINTS}
    cut["screening"] = min(cut["screening"], cut["balanced"])
    cut["specific"] = max(cut["specific"], cut["balanced"])
    out = {}
    for p in POINTS:
        cleared = open_to[p] & (score < cut[p])
        out[p] = dict(
            normal_at=float(np.floor(likely[cleared].min() * 1e4) / 1e4) if cleared.any() else 1.0,
            evidence_at=round(cut[p], 4),
            near=0.0,
            diseased=round(float(cleared[sick].mean()), 4),
            healthy=round(float(cleared[well].mean()), 4),
        )
    return out


def choose_quality(meta, learn, keep):
    """learn: Answers of photographs that are good or rejected; keep: [Answers of good ones]: of those that the head calls
    gradable, KEPT of each must stay so. The offset puts that level where the head has its own. None without rejected ones."""
    good, at = learn.quality > sets.SOUND, logit(meta["gradable_threshold"])
    if good.all():
        return None
    weights = logistic(learn.facts, good, even(good))[0].round(5)
    passed = [a.facts[a.facts[:, HEAD] >= at] @ weights for a in keep]
    lowest = min(np.quantile(score, 1 - KEPT) for score in passed if len(score))
    facts = dict(zip(FACTS, weights.tolist(), strict=True))
    return dict(facts=facts, offset=float(np.ceil((at - lowest) * 1e4) / 1e4))


# ---- the weights file ----


def read_file(path):
    """-> (header, metadata of the core, the tensors' bytes) of a safetensors file"""
    raw = path.read_bytes()
    n = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + n])
    return header, json.loads(header["__metadata__"]["vmnet"]), raw[8 + n :]


def write_file(path, header, meta, tensors):
    """Replaces the file in one step."""
    header = header | {"__metadata__": header["__metadata__"] | {"vmnet": json.dumps(meta)}}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    part = path.with_name(path.name + ".part")
    part.write_bytes(len(text).to_bytes(8, "little") + text + tensors)
    part.replace(path)


# ---- all of it ----


def together(parts):
    return Answers(*(np.concatenate([getattr(a, f) for a in parts]) for f in Answers.__dataclass_fields__))


def holds_rejected(data, s, missing):
    labels = [y[0] for _, y in sets.disease_list(data, s, "train", [sets.GRADABLE], missing)]
    return any(0 <= v < REJECTED for v in labels)


def quality_answers(args, p, chosen, known, classes, missing):
    """-> Answers that quality learns from, [Answers of good validation photographs that it must keep]: those of the sets that
    judge the classes, and those that people called good where they called others bad. known: {set: validation Answers}"""
    learn, called, of = [], [], lambda s, part, n: answers_of(p, args.data, s, part, classes, missing, n)
    for s in chosen:
        some_rejected = holds_rejected(args.data, s, missing)
        learn.append(of(s, "train", LEARNT if some_rejected else EACH))
        if some_rejected and s.name not in known:
            called.append(of(s, "val", ASKED))
    keep = [
        a.take(a.quality > sets.SOUND)
        for a in [together(list(known.values())), *([together(called)] if called else [])]
    ]
    learn = together(learn)
    useful = (learn.quality > sets.SOUND) | ((learn.quality >= 0) & (learn.quality < REJECTED))
    return learn.take(useful), keep


def stripped(path, folder):
    """A copy of the weights file without the block: what the core gives then is the network's own."""
    header, meta, tensors = read_file(path)
    meta.pop("decision", None)
    copy = Path(folder) / "undecided.safetensors"
    write_file(copy, header, meta, tensors)
    return copy, meta


def decide(args, p, meta):
    """The block "decision" for the weights that the pool runs."""
    classes, missing = [c["name"] for c in meta["classes"]], [] if args.allow_missing else None
    if NORMAL not in classes:
        raise sets.MissingData("the weights have no class `normal`: nothing to clear a photograph by")
    chosen, _ = sets.choose(args.sets or ",".join(s.name for s in sets.DISEASE_SETS))
    known = {s.name: answers_of(p, args.data, s, "val", classes, missing) for s in sets.judges(chosen, classes)}
    learn, good = quality_answers(args, p, chosen, known, classes, missing)
    return block_of(meta, together(list(known.values())), learn, good)


def block_of(meta, told, learn, good):
    classes, normal = [c["name"] for c in meta["classes"]], index_of_normal(meta)
    sure = told.take(np.isin(told.truths, ["healthy", "diseased"]))
    if len(set(sure.truths)) < 2:
        raise sets.MissingData("the validation photographs are all healthy or all diseased: nothing to choose a cut by")
    block = dict(
        normal=NORMAL,
        unnamed=[c for c in classes if c.startswith("other")],
        evidence=choose_evidence(sure.logits, sure.truths == "diseased", normal),
    )
    quality = choose_quality(meta, learn, good)
    if quality is not None:
        block["quality"] = quality
    return block | dict(points=choose_points(meta, block, told))


def tell(block):
    for name, at in block["points"].items():
        print(
            f"{name}: evidence under {at['evidence_at']:.2f}, normal from {at['normal_at']:.2f}; of the validation eyes "
            f'{at["diseased"]:.1%} of the diseased and {at["healthy"]:.1%} of the healthy read "no finding"'
        )


def main(argv):
    q = options.parser(__doc__, "--data", "--weights", "--sets", "--allow-missing")
    q.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    args = q.parse_args(argv)
    try:
        with tempfile.TemporaryDirectory() as folder:
            copy, meta = stripped(args.weights, folder)
            p = pool.Pool(copy, jobs=args.jobs)
            try:
                block = decide(args, p, meta)
            finally:
                p.close()
    except (core.Unusable, sets.MissingData, OSError) as e:
        sys.exit(f"decide.py: {e}")
    header, meta, tensors = read_file(args.weights)
    write_file(args.weights, header, meta | dict(decision=block), tensors)
    tell(block)


if __name__ == "__main__":
    main(sys.argv[1:])
