"""Photographs through the C core, in several processes: each opens the weights once and takes one photograph at a time."""

import multiprocessing
import sys
from pathlib import Path

import numpy as np
from core import Core, Refused, constants
from PIL import Image

_cores = {}  # of this process: weights file -> Core


def core_for(weights, how):
    """The weights under test stay open; of others (randomised ones) only the last. how: as Core takes it."""
    if weights not in _cores:
        for old in list(_cores)[1:]:
            _cores.pop(old).close()
        _cores[weights] = Core(weights, **how)
    return _cores[weights]


def _call(job):
    task, item, weights, how = job
    return task(core_for(weights, how), item)


def enlarged(rgba):
    """PALM comes at 224 pixels a side, under the core's limit: such photographs are enlarged twofold."""
    h, w = rgba.shape[:2]
    if min(h, w) >= constants()["limits"]["min_side"]:
        return rgba
    return np.ascontiguousarray(np.asarray(Image.fromarray(rgba).resize((w * 2, h * 2), Image.BILINEAR)))


def screened(core, path):
    """One photograph: (report, None, None), or (None, the core's words, their code) where it gives none."""
    try:
        return core.screen(enlarged(core.pixels(path)))[0], None, None
    except Refused as e:
        return None, str(e), e.code
    except OSError as e:
        return None, f"cannot be read: {e}", "damaged"


def flipped(core, path):
    """[classes] probabilities, averaged over the photograph and its mirror images; None where it is refused."""
    try:
        rgba = enlarged(core.pixels(path))
        reports = [core.screen(rgba[::v, ::h])[0] for v in (1, -1) for h in (1, -1)]
    except Refused:
        return None
    return np.mean([[d["probability"] for d in r["diseases"]] for r in reports], 0)


def spread(items, limit):
    """At most `limit` of them (0: all), evenly spaced; the order is kept."""
    if not limit or len(items) <= limit:
        return list(items)
    return [items[i * len(items) // limit] for i in range(limit)]


class Pool:
    """The core and its helpers. `report` remembers what was screened: every part of the evaluation may ask again."""

    def __init__(self, weights, jobs=1, **how):
        self.weights, self.how = Path(weights), how
        self.info = core_for(self.weights, how).info
        self.classes = [c["id"] for c in self.info["classes"]]
        self._reports = {}
        # spawn: a fresh process, that knows nothing of this one's ctypes memory
        self._pool = multiprocessing.get_context("spawn").Pool(jobs) if jobs > 1 else None

    def close(self):
        if self._pool:
            self._pool.close()
            self._pool.join()

    def map(self, task, items, what, weights=None):
        """[task(core, item)], in order."""
        jobs = [(task, i, weights or self.weights, self.how) for i in items]
        out, live = [], sys.stderr.isatty()
        for value in self._pool.imap(_call, jobs) if self._pool else map(_call, jobs):
            out.append(value)
            if live or len(out) == len(jobs):
                end = "\n" if len(out) == len(jobs) else ""
                print(f"{chr(13) if live else ''}{what}: {len(out)}/{len(jobs)}", end=end, file=sys.stderr, flush=True)
        return out

    def report(self, paths, what):
        """[(report, refusal, code)] as `screened` gives them."""
        new = [p for p in dict.fromkeys(paths) if p not in self._reports]
        self._reports.update(zip(new, self.map(screened, new, what), strict=True))
        return [self._reports[p] for p in paths]

    def known(self, path):
        return path in self._reports
