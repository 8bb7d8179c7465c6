"""The network: photographs in, a report and pictures as NumPy arrays out."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from .errors import VmnetError
from .module import CORE, LEAST_PAGES, PAGE, Module, constants, named, packaged, sha256
from .photo import Decoder, read_file

Photograph = str | os.PathLike[str] | bytes | npt.NDArray[np.uint8]
Point = Literal["screening", "balanced", "specific"]

WEIGHTS = "vmnet-int8.safetensors"
LESIONS = ("microaneurysms", "haemorrhages", "hard_exudates", "soft_exudates")  # vm_lesion, as the report names them
STRIP = 64  # rows drawn at a time


def _pages(size: int, weights: int) -> int:
    """Pages of 64 KiB of the module's memory, which cannot grow; the system gives them as they are touched. As
    memoryPages in web/engine.js, where it says what was measured."""
    wanted = 18e6 + weights * 4 + size * size * 430 + constants()["limits"]["max_pixels"] * 4.1 + 2e6
    return min(max(int(wanted / PAGE) + 1, LEAST_PAGES), 32768)


@dataclass(frozen=True)
class Screening:
    """What one photograph gave. Pictures are at its resolution, upright, and None or left out where not asked for."""

    json: str
    """The report as the module wrote it; web/report.schema.json of the project describes it."""
    vessels: npt.NDArray[np.bool_] | None
    """[height][width], True where a vessel is."""
    probability: npt.NDArray[np.uint8] | None
    """[height][width], that a pixel is vessel: 255 = 1; 0 outside the field of view."""
    heatmaps: dict[str, npt.NDArray[np.uint8]]
    """By class id: [height][width], what the network used for that class (Grad-CAM), 255 = its own strongest place."""
    photograph: npt.NDArray[np.uint8] | None
    """[height][width][4], the pixels that were screened: upright, on black where they were transparent."""
    disc: npt.NDArray[np.bool_] | None = None
    """[height][width], True in the optic disc; None also where report["disc_and_cup"] holds none."""
    cup: npt.NDArray[np.bool_] | None = None
    """The same of its cup, which lies in the disc."""
    lesions: npt.NDArray[np.uint8] | None = None
    """[height][width]: 0 nothing, 1 microaneurysm, 2 haemorrhage, 3 hard exudate, 4 soft exudate; None also where there is none."""

    @cached_property
    def report(self) -> dict[str, Any]:
        """The report: image, model, decision, orientation, quality, diseases with probabilities 0..1, grade, vessel measures."""
        return json.loads(self.json)  # type: ignore[no-any-return]

    @property
    def answer(self) -> str:
        """What is to be done: ``refer``, ``unclear``, ``repeat`` or ``no-finding``. None says that an eye is healthy."""
        return str(self.report["decision"]["answer"])


class Model:
    """The network, made ready once for many photographs.

    weights: path of a safetensors file; None for the int8 weights in this package
    size:    the side of the network's input, 256 to 1024 in steps of 32. Larger finds thinner vessels

    Calls from several threads wait for each other; more processors are used by more processes (``screen_many``).
    Raises VmnetError: argument, memory, weights, file.
    """

    def __init__(self, weights: str | os.PathLike[str] | None = None, size: int = 512) -> None:
        data, what = packaged(WEIGHTS), WEIGHTS
        if weights is not None:
            what = named(weights)
            try:
                with open(weights, "rb") as file:
                    data = file.read()
            except OSError as error:
                raise VmnetError("file", f"{what}: cannot be read ({error.strerror}); give a weights file") from error
        low, high, step, good = (constants()["limits"][f"size_{of}"] for of in ("min", "max", "step", "default"))
        if not isinstance(size, int) or not low <= size <= high or size % step != 0:
            raise VmnetError(
                "argument", f"size {size}: must be {low} to {high} in steps of {step}; {good} is a good one"
            )
        self._weights_sha256 = hashlib.sha256(data).hexdigest()
        self._lock = threading.Lock()
        self._decoder = Decoder()
        self._c = c = Module(CORE, "vmw", _pages(size, len(data)))
        place = c.put(data, "the weights")
        try:
            self._model = c.checked("open", place, len(data), size, 1, facts={"input": what})
        finally:
            c.free(place)
        info = c.checked("info", self._model, facts={})
        self.info: dict[str, Any] = json.loads(c.string(info))
        """What the weights file holds: name, classes with their thresholds and operating points."""
        c.call("free", info)

    def screen(
        self,
        photograph: Photograph,
        *,
        point: Point = "balanced",
        guide: float = 1,
        fine: bool = False,
        layers: Collection[str] | None = None,
        name: str | None = None,
    ) -> Screening:
        """Screens one photograph.

        photograph: path of a JPEG or PNG; such a file's bytes; or pixels [height][width][3 or 4], uint8 sRGB, upright.
                    256 to 8192 pixels a side, at most 40 megapixels and 64 MiB
        point:      operating point of the decision: ``screening`` refers more, ``specific`` less
        guide:      strength of the vessel guide, 0 to 1, as trained
        fine:       vessels and arteries as the mean over the photograph and its three mirror images, in four times the time; the
                    answer stays the same
        layers:     what to give: ``photograph``, ``vessels``, ``probability``, ``disc``, ``cup``, ``lesions``, class ids for heatmaps;
                    None all. ``()`` is fastest
        name:       for the report and for errors; of a path, its last part

        Raises VmnetError, each of whose codes it may have but ``worker``. The model stays usable, save after ``runtime``.
        """
        wanted = self.check(point, guide, layers)
        with self._lock:
            return self._screen(photograph, (constants()["points"][point], guide, fine), wanted, name)

    def check(self, point: Point, guide: float, layers: Collection[str] | None) -> set[str]:
        """The layers to draw; raises VmnetError (argument) for what ``screen`` would refuse whatever the photograph."""
        points = constants()["points"]
        if point not in points:
            raise VmnetError("argument", f"point '{point}': choose from {', '.join(points)}")
        if not 0 <= guide <= 1:
            raise VmnetError("argument", f"guide {guide}: must be a number from 0 to 1")
        known = [
            "photograph",
            "vessels",
            "probability",
            "disc",
            "cup",
            "lesions",
            *(c["id"] for c in self.info["classes"]),
        ]
        wanted = set(known if layers is None else [layers] if isinstance(layers, str) else layers)
        for layer in wanted.difference(known):
            raise VmnetError("argument", f"layers: '{layer}' is unknown; choose from {', '.join(known)}")
        return wanted

    def _screen(
        self, photograph: Photograph, request: tuple[int, float, bool], wanted: set[str], name: str | None
    ) -> Screening:
        point, guide, fine = request
        label, name, image_sha256 = "photograph", name, None
        if isinstance(photograph, np.ndarray):
            label = name or label
            rgba = self._pixels(photograph, label)
        else:
            data = photograph
            if isinstance(data, (str, os.PathLike)):
                label = named(data)
                name = os.path.basename(label) if name is None else name
                data = read_file(data)
            label = name if name and isinstance(photograph, bytes) else label
            image_sha256 = hashlib.sha256(data).hexdigest()
            rgba = self._decoder.decode(data, label)
        height, width = rgba.shape[:2]
        c = self._c
        place = c.put(rgba, "the photograph")
        try:
            c.call("on_black", place, width * height)
            if isinstance(photograph, np.ndarray):
                rgba = c.bytes(place, rgba.size).reshape(rgba.shape).copy()
            asked = (float(guide), point, int(fine))
            result = c.checked("screen", self._model, place, width, height, *asked, facts={"input": label})
        finally:
            c.free(place)
        try:
            return self._collect(result, rgba, wanted, (name, image_sha256))
        finally:
            c.call("result_free", result)

    def _pixels(self, pixels: npt.NDArray[np.uint8], label: str) -> npt.NDArray[np.uint8]:
        if pixels.ndim != 3 or pixels.shape[2] not in (3, 4) or pixels.dtype != np.uint8:
            text = f"{label}: an array {pixels.shape} of {pixels.dtype}; give [height][width][3 or 4] of uint8"
            raise VmnetError("argument", text, {"input": label})
        height, width, channels = pixels.shape
        self._decoder.check_size(width, height, label)
        if channels == 4:
            return np.ascontiguousarray(pixels)
        rgba = np.full((height, width, 4), 255, np.uint8)
        rgba[..., :3] = pixels
        return rgba

    def _collect(
        self, result: int, rgba: npt.NDArray[np.uint8], wanted: set[str], image: tuple[str | None, str | None]
    ) -> Screening:
        shape = (rgba.shape[0], rgba.shape[1])
        classes = [c["id"] for c in self.info["classes"]]
        probability = mask = None
        if wanted & {"vessels", "probability"}:
            probability, mask = self._draw(shape, 2, "vessels", result)
        heatmaps = {
            name: self._draw(shape, 1, "heatmap", result, index, shape[1], shape[0])[0]
            for index, name in enumerate(classes)
            if name in wanted
        }
        report = self._report(result, *image)
        seen = json.loads(report)["disc_and_cup"] if wanted & {"disc", "cup"} else {}
        inside: dict[str, Any] = {
            name: self._draw(shape, 1, "disc", result, index)[0] > 0
            for index, name in enumerate(("disc", "cup"))
            if name in wanted and seen[name] is not None
        }
        drawn = json.loads(report)["lesions"] if "lesions" in wanted else {}
        if any(drawn.get(kind) and drawn[kind]["count"] for kind in LESIONS):
            inside["lesions"] = self._draw(shape, 1, "lesions", result)[0]
        return Screening(
            report,
            mask > 0 if mask is not None and "vessels" in wanted else None,
            probability if "probability" in wanted else None,
            heatmaps,
            rgba if "photograph" in wanted else None,
            **inside,
        )

    def _draw(self, shape: tuple[int, int], count: int, function: str, *asked: int) -> list[npt.NDArray[np.uint8]]:
        """As many pictures as the function draws at a time: it takes what is asked, rows, and a place for each."""
        c = self._c
        height, width = shape
        pictures = np.empty((count, *shape), np.uint8)
        strip = c.allocate(count * width * STRIP, "a picture")
        try:
            for row in range(0, height, STRIP):
                rows = min(STRIP, height - row)
                places = [strip + k * rows * width for k in range(count)]
                if c.call(function, *asked, row, rows, *places) != 0:
                    raise VmnetError("runtime", f"drawing: {function} failed; screen again")
                pictures[:, row : row + rows] = c.bytes(strip, count * rows * width).reshape(count, rows, width)
            return list(pictures)
        finally:
            c.free(strip)

    def _report(self, result: int, name: str | None, image_sha256: str | None) -> str:
        c = self._c
        texts = [c.text(t) for t in (name, image_sha256, self._weights_sha256, sha256(CORE), "simd")]
        try:
            place = c.checked("report", result, *texts, 1, facts={})
            text = c.string(place)
            c.call("free", place)
            return text
        finally:
            for text_place in texts:
                c.free(text_place)


@lru_cache(maxsize=2)
def shared_model(weights: str | None, size: int) -> Model:
    return Model(weights, size)


def screen(
    photograph: Photograph,
    *,
    point: Point = "balanced",
    size: int = 512,
    guide: float = 1,
    fine: bool = False,
    layers: Collection[str] | None = None,
    name: str | None = None,
    weights: str | os.PathLike[str] | None = None,
) -> Screening:
    """Screens one photograph with a model that is kept for the next call: see ``Model`` and ``Model.screen``."""
    try:
        path = None if weights is None else os.fspath(weights)
        model = shared_model(path, size)
        return model.screen(photograph, point=point, guide=guide, fine=fine, layers=layers, name=name)
    except VmnetError as error:
        if error.code == "runtime":
            shared_model.cache_clear()
        raise
