"""JPEGs of every kind that photographs come in. As a program: writes them into a folder, and prints one line a file: its
name, width, height and the SHA-256 of the RGBA pixels that the core makes of it. tests/browser/ asks browsers for theirs."""

import ctypes as c
import hashlib
import io
import struct
import sys
from pathlib import Path

import core
import numpy as np
from PIL import Image

SAMPLE = core.ROOT / "web/sample/retina.jpg"
ADOBE = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0"  # and a byte: 0 RGB or CMYK, 1 YCbCr, 2 YCCK


def saved(image, **options):
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def _frame(data):
    """Where its frame's header begins: height and width stand at 5, each component's id and sampling from 10."""
    at = 2
    while data[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return at


def laid_out_anew(data, width, height, luma):
    """The blocks of an MCU in another order, 0x12 one beside and two below each other, which Pillow does not write: another
    picture, and a whole one where the number of MCUs stays."""
    at, out = _frame(data), bytearray(data)
    out[at + 5 : at + 9] = struct.pack(">HH", height, width)
    out[at + 11] = luma
    return bytes(out)


def with_ids(data, ids):
    out = bytearray(data)
    for start in (_frame(data) + 10, data.index(b"\xff\xda") + 5):
        for i, value in enumerate(ids):
            out[start + i * (3 if start < data.index(b"\xff\xda") else 2)] = value
    return bytes(out)


def without_jfif(data):
    """The segment follows the first mark."""
    assert data[2:4] == b"\xff\xe0"
    return data[:2] + data[4 + struct.unpack(">H", data[4:6])[0] :]


def with_adobe(data, transform):
    return data[:2] + ADOBE + bytes([transform]) + data[2:]


def with_late_adobe(data, transform):
    """Behind its first scan, where it says nothing anymore."""
    at = data.index(b"\xff\xda")
    at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    while data[at] != 0xFF or data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
        at += 1
    return data[:at] + ADOBE + bytes([transform]) + data[at:]


def kinds():
    """name -> bytes; all but the sample are small, with sides that no block's size divides."""
    whole = Image.open(io.BytesIO(SAMPLE.read_bytes())).convert("RGB")
    at = lambda width, height: whole.resize((width, height))
    eye = at(333, 299)
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (261, 270, 3), dtype=np.uint8))
    cmyk, plain = saved(eye.convert("CMYK"), quality=85), saved(eye, quality=90, subsampling=2)
    mark = cmyk.index(b"\xff\xee")
    return {
        "sample": SAMPLE.read_bytes(),
        "4-4-4": saved(eye, quality=97, subsampling=0),
        "4-2-2": saved(eye, quality=90, subsampling=1),
        "4-2-0": plain,
        "4-2-0-poor": saved(eye, quality=5, subsampling=2),
        "4-2-0-noise": saved(noise, quality=60, subsampling=2),
        "4-2-2-noise": saved(noise, quality=1, subsampling=1),
        "4-2-0-even": saved(at(272, 256), quality=75, subsampling=2),
        "4-4-0": laid_out_anew(saved(at(299, 333), quality=90, subsampling=1), 333, 299, 0x12),
        "4-4-0-progressive": laid_out_anew(saved(eye, subsampling=1, progressive=True), 299, 333, 0x12),
        "4-1-1": laid_out_anew(saved(at(320, 512), quality=90, subsampling=2), 637, 256, 0x41),
        "rows-by-four": laid_out_anew(saved(at(512, 320), quality=90, subsampling=2), 256, 637, 0x14),
        "progressive": saved(eye, quality=85, subsampling=2, progressive=True),
        "progressive-4-4-4": saved(eye, quality=95, subsampling=0, progressive=True),
        "restarts": saved(eye, quality=80, subsampling=2, restart_marker_blocks=5),
        "grey": saved(eye.convert("L"), quality=85),
        "rgb": saved(eye, quality=85, keep_rgb=True),
        "jfif-called-rgb": with_ids(plain, b"RGB"),
        "called-rgb": with_ids(without_jfif(plain), b"RGB"),
        "adobe-called-rgb": with_adobe(with_ids(without_jfif(plain), b"RGB"), 1),
        "adobe-rgb": with_adobe(without_jfif(saved(eye, quality=85, subsampling=0)), 0),
        "jfif-adobe-rgb": with_adobe(plain, 0),
        "no-marks": without_jfif(plain),
        "short-jfif-adobe-rgb": plain[:2]
        + b"\xff\xe0\0\x0fJFIF\0\1\1\0\0\1\0\1\0"
        + with_adobe(without_jfif(plain), 0)[2:],
        "adobe-rgb-of-a-high-version": with_adobe(without_jfif(plain), 0).replace(b"Adobe\0", b"Adobe\1"),
        "adobe-rgb-at-the-end": with_late_adobe(without_jfif(plain), 0),
        "adobe-rgb-between-scans": with_late_adobe(without_jfif(saved(eye, progressive=True)), 0),
        "cmyk": cmyk,
        "cmyk-no-marks": cmyk[:mark] + cmyk[mark + 16 :],
        "ycck": cmyk[: mark + 15] + b"\2" + cmyk[mark + 16 :],
        "four-adobe-1": cmyk[: mark + 15] + b"\1" + cmyk[mark + 16 :],
    }


def tell(files, ending):
    folder, lib, error = Path(sys.argv[1]), c.CDLL(str(core.ROOT / "build/native/libvmnet.so")), core.Error()
    for name, data in files.items():
        photo = core.Photo()
        if lib.vm_image_load(data, c.c_size_t(len(data)), c.byref(photo), c.byref(error)):
            sys.exit(f"{name}: {error.text.decode()}")
        rgba = c.string_at(photo.rgba, photo.width * photo.height * 4)
        print(name, photo.width, photo.height, hashlib.sha256(rgba).hexdigest())
        lib.vm_image_free(c.byref(photo))
        (folder / f"{name}.{ending}").write_bytes(data)


if __name__ == "__main__":
    tell(kinds(), "jpg")
