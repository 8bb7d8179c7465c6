"""Does the heatmap depend on what the network learnt? Under shuffled weights it must change (Adebayo et al. 2018)."""

import json
import tempfile
from pathlib import Path

import numpy as np
import stats as st
from core import Refused
from explain import explained, view_of
from pool import enlarged
from tables import span, table

# From the output to the input; each step also keeps what the steps before it shuffled.
CASCADE = [
    ("head", ("diseases.head.",)),
    ("and features and guide", ("diseases.",)),
    ("and encoder, last 5 blocks", tuple(f"encoder.blocks.{i}." for i in range(11, 16))),
    ("and encoder, blocks 5 to 10", tuple(f"encoder.blocks.{i}." for i in range(5, 11))),
    ("and all the rest", ("",)),
]
HEAD = "diseases.head.weight"
TYPES = {"F16": np.float16, "F32": np.float32, "I8": np.int8}
SHUFFLES = 3  # of each step
STEP = 8  # maps are compared at every 8th pixel: they are no finer


def changed(path, prefixes, seed, negate, out):
    """Writes the weights file again, with the values of every tensor under one of the prefixes shuffled; `negate` also
    turns the signs of the head's weights."""
    data = bytearray(Path(path).read_bytes())
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    rng = np.random.default_rng(seed)
    for name in sorted(set(header) - {"__metadata__"}):
        start, end = (8 + length + v for v in header[name]["data_offsets"])
        values = np.frombuffer(data[start:end], TYPES[header[name]["dtype"]])
        if prefixes and name.startswith(prefixes):
            values = rng.permutation(values)
        if negate and name == HEAD:
            values = -values
        data[start:end] = values.tobytes()
    Path(out).write_bytes(data)


def heatmap_of(core, case):
    """The map inside the field of view, in logit units, thinned; None if these weights refuse the photograph."""
    try:
        report, entry, heat = explained(core, enlarged(core.pixels(case[0])), case[1])
    except Refused:
        return None
    inside, _ = view_of(report, heat.shape)
    return heat[::STEP, ::STEP][inside[::STEP, ::STEP]] * entry["heatmap_max"]


def signed_maps(pool, cases, prefixes, seed, folder, what):
    """The maps with what speaks against the class as well as for it. The core cuts off what speaks against it; with
    the head's signs turned it shows just that."""
    halves = []
    for negate in (False, True):
        weights = Path(folder) / f"{len(prefixes)}-{seed}{'-negated' if negate else ''}.safetensors"
        changed(pool.weights, prefixes, seed, negate, weights)
        halves.append(pool.map(heatmap_of, cases, what, weights))
        weights.unlink()
    return [a - b if a is not None and b is not None else None for a, b in zip(*halves, strict=True)]


def measure(pool, cases):
    """Rank correlation of each case's map with its map under weights shuffled ever further from the output on."""
    if not cases:
        return []
    rows, prefixes = [], ()
    with tempfile.TemporaryDirectory() as folder:
        originals = signed_maps(pool, cases, (), 0, folder, "heatmaps")
        for name, more in CASCADE:
            prefixes += more
            rho = []
            for seed in range(SHUFFLES):
                maps = signed_maps(pool, cases, prefixes, seed, folder, f"randomised, {name}")
                pairs = zip(originals, maps, strict=True)
                rho.append([st.rank_correlation(a, b) if b is not None else np.nan for a, b in pairs])
            flat, rho = int(np.isnan(rho).sum()), np.nan_to_num(rho)  # [shuffles, cases]
            boot = st.Bootstrap(np.arange(len(cases)))
            average = lambda v, b=boot: b.measure(lambda i: v[:, i].mean())
            rows.append(dict(step=name, n=len(cases), flat=flat, correlation=average(rho), strength=average(abs(rho))))
    return rows


def tables(rows):
    note = (
        "The values of each tensor are shuffled, from the output on (Adebayo et al. 2018). Compared is the map before its "
        f"negative part is cut off, {SHUFFLES} shuffles of each step; a flat map counts as no correlation."
    )
    head = ["shuffled", "photographs", "flat maps", "rank correlation with the true map", "its size without the sign"]
    cells = [[r["step"], r["n"], r["flat"], span(r["correlation"]), span(r["strength"])] for r in rows]
    return table("Randomised weights", head, cells, note)
