"""Kinds of JPEG and PNG, whole and damaged, from their bytes to pixels, against Pillow; without the network."""

import ctypes as c
import io
import re
import struct
import unittest
import zlib

import core
import jpegs
import numpy as np
from PIL import Image, ImageOps, features

SAMPLE = core.ROOT / "web/sample/retina.jpg"


def png_by_hand(pixels, colour, bits, interlaced=False, chunks=3):
    """A PNG [h,w,samples] of the kinds that Pillow does not write, its data in several chunks."""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b""
    for x, y, dx, dy in passes if interlaced else [(0, 0, 1, 1)]:
        for row in pixels[y::dy, x::dx]:
            bytes_ = row.astype(">u2").tobytes() if bits == 16 else row.astype(np.uint8).tobytes()
            rows += b"\0" + bytes_
    packed = zlib.compress(rows)
    cut = [len(packed) * k // chunks for k in range(chunks + 1)]
    chunk = lambda kind, d: struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d))
    head = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], bits, colour, 0, 0, int(interlaced))
    data = b"".join(chunk(b"IDAT", packed[a:b]) for a, b in zip(cut, cut[1:], strict=False))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + data + chunk(b"IEND", b"")


class Files(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lib, cls.err = c.CDLL(str(core.ROOT / "build/native/libvmnet.so")), core.Error()
        cls.photo = Image.open(io.BytesIO(SAMPLE.read_bytes())).convert("RGB").resize((333, 299))

    def load(self, data):
        """[h,w,4]; None where it is refused, with cls.err."""
        photo = core.Photo()
        if self.lib.vm_image_load(data, c.c_size_t(len(data)), c.byref(photo), c.byref(self.err)):
            return None
        shape = (photo.height, photo.width, 4)
        rgba = np.ctypeslib.as_array(c.cast(photo.rgba, c.POINTER(c.c_uint8)), shape).copy()
        self.lib.vm_image_free(c.byref(photo))
        return rgba

    def saved(self, image, kind, **options):
        file = io.BytesIO()
        image.save(file, kind, **options)
        return file.getvalue()

    def same(self, data, image, what):
        got = self.load(data)
        self.assertIsNotNone(got, f"{what}: {self.err.text.decode()}")
        want = np.asarray(image.convert("RGB"))
        self.assertEqual(got.shape[:2], want.shape[:2], what)
        self.assertTrue((got[..., :3] == want).all(), what)

    def test_jpeg(self):
        for width, height in ((333, 299), (256, 272), (321, 257)):
            for space in ("RGB", "L", "CMYK"):
                image = self.photo.resize((width, height)).convert(space)
                for options in (
                    dict(quality=97, subsampling=0),
                    dict(quality=60, subsampling=1, optimize=True),
                    dict(quality=30, subsampling=2, restart_marker_blocks=5),
                    dict(quality=90, subsampling=2, restart_marker_rows=1),
                    dict(quality=85, subsampling=2, progressive=True),
                    dict(quality=100, subsampling=0, progressive=True),
                    dict(quality=5, subsampling=1, progressive=True, restart_marker_blocks=7),
                ):
                    data = self.saved(image, "JPEG", **options)
                    self.same(data, Image.open(io.BytesIO(data)), f"{width} x {height} {space} {options}")

    def test_jpeg_kinds(self):
        """Pillow decodes as browsers do, which tests/browser/ holds against the same files."""
        self.assertTrue(features.check_feature("libjpeg_turbo"))
        for name, data in jpegs.kinds().items():
            self.same(data, Image.open(io.BytesIO(data)), name)

    def test_jpeg_beyond_its_range(self):
        """Coefficients that no encoder makes: sums far over white and under black."""
        flicker = np.random.default_rng(5).integers(0, 2, (299, 333, 3), dtype=np.uint8)
        compared = 0
        for image in map(Image.fromarray, (flicker * 255, 64 + flicker * 128, 112 + flicker * 32)):
            for quality in (20, 60, 95):
                for times in (2, 4):
                    data = bytearray(self.saved(image, "JPEG", quality=quality, subsampling=2))
                    table = data.index(b"\xff\xdb") + 5
                    data[table : table + 64] = bytes(min(255, v * times) for v in data[table : table + 64])
                    if self.load(bytes(data)) is None:
                        continue  # too far even for a damaged photograph
                    self.same(bytes(data), Image.open(io.BytesIO(data)), f"quality {quality}, {times} times")
                    compared += 1
        self.assertGreater(compared, 5)

    def test_orientation(self):
        image = self.photo
        for k in range(1, 9):
            exif = Image.Exif()
            exif[0x0112] = k
            for kind, options in (("JPEG", dict(quality=97, subsampling=0)), ("PNG", {})):
                data = self.saved(image, kind, exif=exif, **options)
                self.same(data, ImageOps.exif_transpose(Image.open(io.BytesIO(data))), f"{kind}, orientation {k}")

    def test_png(self):
        a = np.asarray(self.photo)
        grey, wide = a[..., :1], a.astype(int) * 257
        self.same(png_by_hand(a, 2, 8, True), self.photo, "interlaced")
        self.same(png_by_hand(wide, 2, 16, True), self.photo, "interlaced, 16 bits")
        for width in range(257, 265):
            part = self.photo.crop((0, 0, width, width + 3))
            self.same(png_by_hand(np.asarray(part), 2, 8, True), part, f"interlaced, {width} wide")
        self.same(png_by_hand(grey, 0, 8, True), Image.fromarray(grey[..., 0]), "interlaced, grey")
        self.same(png_by_hand(wide, 2, 16), self.photo, "16 bits")
        for mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
            for level in (0, 9):
                image = self.photo.convert(mode)
                self.same(self.saved(image, "PNG", compress_level=level), image, f"{mode}, {level}")
        for colours in (2, 4, 16):  # 1, 2 and 4 bits a pixel
            image = self.photo.quantize(colours, dither=Image.Dither.NONE)
            self.same(self.saved(image, "PNG"), image, f"{colours} colours")

    def refused(self, data, words, what):
        self.assertIsNone(self.load(bytes(data)), what)
        self.assertIn(words, self.err.text.decode(), what)

    def test_damaged_png(self):
        """Each checksum of its chunks is right, that of its pixels is not."""
        a = np.asarray(self.photo)
        for interlaced in (False, True):
            whole = png_by_hand(a, 2, 8, interlaced, 1)
            at = whole.index(b"IDAT")
            packed = whole[at + 4 : -16]
            chunk = lambda kind, d: struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d))
            rows = zlib.decompress(packed)
            for name, data in (
                ("a checksum", packed[:-1] + bytes([packed[-1] ^ 1])),
                ("a row too few", zlib.compress(rows[:-1000])),
                ("a byte too many", zlib.compress(rows + b"\0")),
                ("nothing", b""),
                ("five bytes", packed[:5]),
            ):
                file = whole[: at - 4] + chunk(b"IDAT", data) + chunk(b"IEND", b"")
                self.refused(file, "damaged", f"{name}, interlaced {interlaced}")

    def test_damaged_jpeg(self):
        """A table, a header or a mark changed, one at a time."""
        data = self.saved(self.photo, "JPEG", quality=80, subsampling=2, restart_marker_rows=2)
        mark = lambda m: data.index(bytes([0xFF, m]))
        frame, scan, tables, codes = mark(0xC0), mark(0xDA), mark(0xDB), mark(0xC4)
        changes = {
            "a quantiser of 0": (tables + 5, 0),
            "a quantiser's number": (tables + 4, 0x04),
            "a quantiser's width": (tables + 4, 0x20),
            "a table of codes' number": (codes + 4, 0x04),
            "a table of codes' class": (codes + 4, 0x20),
            "more codes than there are": (codes + 5, 3),
            "no components": (frame + 9, 0),
            "five components": (frame + 9, 5),
            "sampling of 0 across": (frame + 11, 0x02),
            "sampling of 5 across": (frame + 11, 0x52),
            "sampling of 0 down": (frame + 11, 0x20),
            "sampling of 5 down": (frame + 11, 0x25),
            "a component's quantiser": (frame + 12, 4),
            "no parts in the scan": (scan + 4, 0),
            "a part that is none": (scan + 5, 77),
            "its table of codes": (scan + 6, 0x40),
            "its other table of codes": (scan + 6, 0x04),
            "a table that was not given": (scan + 6, 0x33),
            "the first coefficient": (scan + 11, 1),
            "the last coefficient": (scan + 12, 62),
            "a refinement": (scan + 13, 0x10),
            "a shift": (scan + 13, 0x01),
        }
        self.assertIsNotNone(self.load(data))
        for name, (at, value) in changes.items():
            changed = bytearray(data)
            changed[at] = value
            self.refused(changed, "a table or header in it is wrong (mark", name)
        changed = bytearray(data)
        changed[len(data) // 2 : len(data) // 2 + 60] = bytes(60)
        self.refused(changed, "row ", "zeros")
        row, rows = map(int, re.search(r"row (\d+) of (\d+)", self.err.text.decode()).groups())
        before = sum(data[k] == 0xFF and 0xD0 <= data[k + 1] <= 0xD7 for k in range(scan, len(data) // 2))
        self.assertEqual(rows, 19)
        self.assertIn(row, (2 * before + 1, 2 * before + 2), "where it breaks off: two rows between restart marks")
        restart = next(k for k in range(scan, len(data)) if data[k] == 0xFF and data[k + 1] == 0xD1)
        self.refused(data[:restart] + data[restart + 2 :], "damaged", "a restart mark gone")
        self.refused(data[: restart + 1] + b"\xd2" + data[restart + 2 :], "damaged", "another restart mark")
        self.refused(data[:-2], "damaged", "no end")
        self.refused(data[:-40] + data[-2:], "damaged", "bytes missing at the end")
        self.refused(data[:-2] + bytes(40) + data[-2:], "damaged", "bytes too many")
        fill = data[:scan] + b"\xff\xff" + data[scan:]
        self.assertIsNotNone(self.load(fill), "fill bytes before a mark")

    def test_scan_of_two_parts(self):
        """Scans that no encoder writes: two parts that are not the mean of the blocks, and two of too many blocks."""
        data = self.saved(self.photo, "JPEG", quality=80, subsampling=0, progressive=True)
        scans = [k for k in range(len(data) - 1) if data[k : k + 2] == b"\xff\xda"]
        at = next(k for k in scans if data[k + 4] == 1 and data[k + 7] > 0)
        self.assertEqual((data[at + 3], data[at + 4]), (8, 1))
        two = bytes([0, 10, 2, 1, 0, 2, 0]) + data[at + 7 : at + 10]
        self.refused(data[: at + 2] + two + data[at + 10 :], "(mark DA)", "two parts")
        data = self.saved(self.photo, "JPEG", quality=80, subsampling=0)
        frame, at = data.index(b"\xff\xc0"), data.index(b"\xff\xda")
        many = bytearray(data[:at] + b"\xff\xda" + bytes([0, 10, 2, 1, 0, 2, 0x11]) + data[at + 11 :])
        many[frame + 11] = many[frame + 14] = 0x44
        self.refused(many, "(mark DA)", "32 blocks")

    def test_too_large_for_its_samples(self):
        """A white picture whose mean is multiplied: in the first pass its lowest bits are still missing."""
        white = Image.new("RGB", (320, 304), "white")
        for progressive in (False, True):
            data = bytearray(self.saved(white, "JPEG", quality=50, subsampling=0, progressive=progressive))
            at = data.index(b"\xff\xdb") + 5
            self.assertIsNotNone(self.load(bytes(data)))
            data[at] *= 2
            self.refused(data, "wrong in row 1 of", f"progressive {progressive}")

    def test_damaged_progressive(self):
        """Each scan left out, and each cut short."""
        data = self.saved(self.photo, "JPEG", quality=80, subsampling=2, progressive=True)
        scans = [k for k in range(len(data) - 1) if data[k] == 0xFF and data[k + 1] == 0xDA]
        self.assertGreater(len(scans), 5)
        for k, at in enumerate(scans):
            end = scans[k + 1] if k + 1 < len(scans) else len(data) - 2
            tables = data.rfind(b"\xff\xc4", at, end)
            end = tables if tables > 0 else end
            tables = data.rfind(b"\xff\xc4", scans[k - 1] if k > 0 else 0, at)
            self.refused(data[: tables if tables > 0 else at] + data[-2:], "before its pixels", f"{k} scans of all")
            self.refused(data[: end - 20] + data[end:], "damaged", f"scan {k} cut short")
            self.refused(data[:end] + bytes(20) + data[end:], "damaged", f"scan {k} too long")


if __name__ == "__main__":
    unittest.main()
