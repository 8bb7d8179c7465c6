"""Photographs from files and into files, by the command's own rules: its decoder as a module of its own."""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

from .errors import VmnetError
from .module import Module, constants, named


def read_file(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a photograph's file, at most one more than the limit."""
    try:
        with open(path, "rb") as file:
            return file.read(constants()["limits"]["max_bytes"] + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        text = f"{named(path)}: cannot be read ({reason}); give a JPEG or PNG file"
        raise VmnetError("file", text, {"input": named(path)}) from error


class Decoder:
    """Serves one thread at a time."""

    def __init__(self) -> None:
        self._c = Module("decoder.wasm", "vmd")

    def decode(self, data: bytes, name: str) -> npt.NDArray[np.uint8]:
        """A JPEG or PNG as [height][width][4], upright as EXIF says, on black where it is transparent."""
        c = self._c
        file = c.put(data, "the file")
        image = c.allocate(12, "a picture's place")
        try:
            kind = c.call("kind", file, len(data))
            facts = {"input": name} | ({"kind": c.string(kind)} if kind else {})
            c.must("load", file, len(data), image, facts=facts)
            width, height = c.number(image), c.number(image + 4)
            rgba = c.bytes(c.number(image + 8), width * height * 4).reshape(height, width, 4).copy()
            c.call("free_image", image)
            return rgba
        finally:
            c.free(image)
            c.free(file)

    def check_size(self, width: int, height: int, name: str) -> None:
        """The limits on a photograph's sides and pixels."""
        most = (1 << 31) - 1
        self._c.must("check_size", min(width, most), min(height, most), facts={"input": name})

    def encode(self, pixels: npt.NDArray[np.uint8]) -> bytes:
        """8-bit pixels [height][width] or [height][width][4] as PNG."""
        c = self._c
        height, width = pixels.shape[:2]
        place = c.put(np.ascontiguousarray(pixels), "a picture")
        size = c.allocate(4, "a size")
        try:
            channels = 1 if pixels.ndim == 2 else pixels.shape[2]
            png: int = c.checked("png", place, width, height, channels, size, facts={})
            data = c.bytes(png, c.number(size)).tobytes()
            c.free(png)
            return data
        finally:
            c.free(size)
            c.free(place)
