"""Many photographs, a process for each processor."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

from .errors import VmnetError
from .model import Model, Point, Screening, screen
from .module import named


@dataclass(frozen=True)
class Item:
    """One photograph of ``screen_many``: its screening, or why there is none."""

    path: str | os.PathLike[str]
    screening: Screening | None
    error: VmnetError | None


def _one(path: str | os.PathLike[str], options: dict[str, Any]) -> Item:
    try:
        return Item(path, screen(path, **options), None)
    except VmnetError as error:
        return Item(path, None, error)


class _Pool:
    """Processes that are replaced when one of them was killed."""

    def __init__(self, processes: int, options: dict[str, Any]) -> None:
        self._processes, self._options = processes, options
        self._pool = self._start()

    def _start(self) -> ProcessPoolExecutor:
        # spawn: a fork would inherit wasmtime's threads as they stand
        return ProcessPoolExecutor(self._processes, multiprocessing.get_context("spawn"))

    def submit(self, path: str | os.PathLike[str]) -> Future[Item]:
        try:
            return self._pool.submit(_one, path, self._options)
        except BrokenProcessPool as error:
            broken: Future[Item] = Future()
            broken.set_exception(error)
            return broken

    def alone(self, path: str | os.PathLike[str]) -> Item:
        """With no other photograph under way, so that it is known which one ended the process."""
        self.close()
        self._pool = self._start()
        try:
            return self.submit(path).result()
        except BrokenProcessPool:
            text = f"{named(path)}: the process that screened it was killed; is there memory enough for it?"
            self._pool = self._start()
            return Item(path, None, VmnetError("worker", text, {"input": named(path)}))

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def screen_many(
    paths: Iterable[str | os.PathLike[str]],
    processes: int | None = None,
    *,
    point: Point = "balanced",
    size: int = 512,
    guide: float = 1,
    fine: bool = False,
    layers: Collection[str] | None = (),
    weights: str | os.PathLike[str] | None = None,
) -> Iterator[Item]:
    """Screens photographs in processes of their own and yields an ``Item`` for each, in the order of ``paths``.

    processes: None for one a processor
    layers:    as of ``Model.screen``, but none unless asked for: pictures travel between the processes

    A photograph that cannot be screened is an item with its error. ``paths`` is read as the work goes on, four photographs
    a process ahead, so memory stays flat. A script calls this under ``if __name__ == "__main__":``, since its processes
    import it. Raises VmnetError (argument, memory, weights, file) for what is wrong whatever the photograph.
    """
    count = processes if processes is not None else os.cpu_count() or 1
    if count < 1:
        raise VmnetError("argument", f"processes {processes}: must be at least 1")
    Model(weights, size).check(point, guide, layers)  # once for all, before any process starts
    options = {"point": point, "size": size, "guide": guide, "fine": fine, "layers": layers, "weights": weights}
    pool = _Pool(count, options)
    waiting: deque[tuple[str | os.PathLike[str], Future[Item]]] = deque()
    try:
        for path in paths:
            waiting.append((path, pool.submit(path)))
            if len(waiting) >= 4 * count:
                yield from _head(pool, waiting)
        while waiting:
            yield from _head(pool, waiting)
    finally:
        pool.close()


def _head(pool: _Pool, waiting: deque[tuple[str | os.PathLike[str], Future[Item]]]) -> Iterator[Item]:
    """The first that waits; all that wait, one by one, where a process was killed under them."""
    path, future = waiting.popleft()
    try:
        yield future.result()
    except BrokenProcessPool:
        again = [path, *(p for p, _ in waiting)]
        waiting.clear()
        for one in again:
            yield pool.alone(one)
