"""The C core through ctypes: build/native/libvmnet.so, exactly what the command runs."""

import ctypes as c
import json
import re
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]


class Error(c.Structure):
    _fields_ = [("status", c.c_int), ("text", c.c_char * 316), ("why", c.c_char * 16)]


class Options(c.Structure):
    _fields_ = [("size", c.c_int), ("threads", c.c_int)]


class Request(c.Structure):
    _fields_ = [("guide", c.c_float), ("point", c.c_int), ("fine", c.c_int)]


class Photo(c.Structure):
    _fields_ = [("width", c.c_int), ("height", c.c_int), ("rgba", c.c_void_p)]


class Disc(c.Structure):
    _fields_ = [("x", c.c_float), ("y", c.c_float), ("radius", c.c_float)]


class Facts(c.Structure):
    """quality_facts of src/quality.h: its floats, by its own text"""

    _fields_ = [
        (n, c.c_float)
        for n in re.findall(r"^  float (\w+);", (ROOT / "src/quality.h").read_text().split("} quality_facts;")[0], re.M)
    ]


class Provenance(c.Structure):
    _fields_ = [(n, c.c_char_p) for n in ("image", "image_sha256", "weights_sha256", "binary_sha256", "variant")] + [
        ("threads", c.c_int)
    ]


GUIDE_OFF = -1


class Refused(Exception):
    """The core gave an error for this photograph: its text, and `code`, the name of its vm_status."""

    def __init__(self, error):
        super().__init__(error.text.decode())
        (self.code,) = (code for code, status in constants()["statuses"].items() if status == error.status)


class Unusable(Exception):
    """Neither library nor weights, nothing can be measured."""


def library():
    path = ROOT / "build/native/libvmnet.so"
    if not path.is_file():
        raise Unusable(f"{path} is missing: run `make native` first")
    return c.CDLL(str(path))


def text_of(lib, call):
    """JSON that C allocates: call(place) returns a status."""
    out = c.c_void_p()
    if call(c.byref(out)):
        return None
    text = c.string_at(out).decode()
    lib.vm_free(out)
    return text


@cache
def constants():
    """vm_constants: limits, and by name the numbers of statuses and layers."""
    lib = library()
    return json.loads(text_of(lib, lambda out: lib.vm_constants(out, None)))


class Core:
    def __init__(self, weights, size=512, guide=1.0, fine=False):
        self.lib = library()
        self.guide, self.fine, self.model, self.err = guide, int(fine), c.c_void_p(), Error()
        data = Path(weights).read_bytes()
        options = Options(size, 1)
        if self.lib.vm_open(data, c.c_size_t(len(data)), c.byref(options), c.byref(self.model), c.byref(self.err)):
            raise Unusable(f"{weights}: {self.err.text.decode()}")
        self.info = json.loads(self._text(lambda out: self.lib.vm_info(self.model, out, c.byref(self.err))))

    def close(self):
        self.lib.vm_close(self.model)
        self.model = c.c_void_p()

    def _text(self, call):
        text = text_of(self.lib, call)
        if text is None:
            raise Refused(self.err)
        return text

    def pixels(self, path):
        """[h,w,4] uint8: JPEG and PNG decoded by the core itself, anything else by Pillow."""
        if path.suffix.lower() not in (".jpg", ".jpeg", ".png"):
            return np.ascontiguousarray(np.asarray(Image.open(path).convert("RGBA")))
        data, photo = path.read_bytes(), Photo()
        if self.lib.vm_image_load(data, c.c_size_t(len(data)), c.byref(photo), c.byref(self.err)):
            raise Refused(self.err)
        array = np.ctypeslib.as_array(c.cast(photo.rgba, c.POINTER(c.c_uint8)), (photo.height, photo.width, 4)).copy()
        self.lib.vm_image_free(c.byref(photo))
        return array

    def find_disc(self, rgba):
        """(x, y, radius) of the field of view, without running the network."""
        h, w = rgba.shape[:2]
        disc = Disc()
        if self.lib.vm_find_disc(rgba.ctypes.data_as(c.c_void_p), w, h, c.byref(disc), c.byref(self.err)):
            raise Refused(self.err)
        return disc.x, disc.y, disc.radius

    def square(self, rgba, disc):
        """[size,size,3] float32: the network's input for the field of view (x, y, radius)."""
        h, w, size = *rgba.shape[:2], self.info["size"]
        square = np.empty((size, size, 3), np.float32)
        pixels, out = rgba.ctypes.data_as(c.c_void_p), square.ctypes.data_as(c.c_void_p)
        if self.lib.vm_prepare(pixels, w, h, Disc(*disc), size, out, c.byref(self.err)):
            raise Refused(self.err)
        return square

    def facts(self, rgba):
        """{fact: value} of src/quality.h, measured on the network's input."""
        square, facts = self.square(rgba, self.find_disc(rgba)), Facts()
        if not self.lib.quality_measure(square.ctypes.data_as(c.c_void_p), len(square), c.byref(facts)):
            raise MemoryError
        return {name: getattr(facts, name) for name, _ in Facts._fields_}

    def screen(self, rgba, layers=()):
        """-> (report, [float32 [h,w] for each (layer, class)]); layers by their names in vm_constants"""
        h, w = rgba.shape[:2]
        rgba = np.ascontiguousarray(rgba)
        result, request = c.c_void_p(), Request(self.guide or GUIDE_OFF, 0, self.fine)
        if self.lib.vm_screen(
            self.model, rgba.ctypes.data_as(c.c_void_p), w, h, c.byref(request), c.byref(result), c.byref(self.err)
        ):
            raise Refused(self.err)
        try:
            origin = Provenance(variant=b"native", threads=1)
            report = json.loads(
                self._text(lambda out: self.lib.vm_report(result, c.byref(origin), out, c.byref(self.err)))
            )
            maps = []
            for layer, index in layers:
                m = np.empty((h, w), np.float32)
                self.lib.vm_render(
                    result, constants()["layers"][layer], index, 0, h, m.ctypes.data_as(c.c_void_p), c.byref(self.err)
                )
                maps.append(m)
            return report, maps
        finally:
            self.lib.vm_result_free(result)
