"""The command `vmnet` as a user meets it: every kind of photograph, every refusal, reports against the schema."""

import hashlib
import io
import json
import os
import re
import resource
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import jsonschema
import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
VMNET = ROOT / "build/native/vmnet"
SCHEMA = json.loads((ROOT / "web/report.schema.json").read_text())
# what must be done to an upright picture so that EXIF orientation k turns it upright again
STORED_AS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def run(*words):
    return subprocess.run([VMNET, *map(str, words)], capture_output=True, text=True, check=False, cwd=ROOT)


class Command(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        run("phantom", "--out", cls.folder, "--seed", 4, "--side", 560, "--lesions", "haemorrhages")
        cls.photo = Image.new("RGB", (760, 620))  # off-centre, so that a wrong turn is seen
        cls.photo.paste(Image.open(cls.folder / "phantom.png").convert("RGB"), (150, 20))
        cls.png = cls.folder / "upright.png"
        cls.photo.save(cls.png)
        cls.upright = cls.screen(cls, cls.png)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def screen(self, path, *options):
        """One photograph -> its report; fails if it was refused."""
        done = run("screen", path, "--out", self.folder / "out", "--json", "--only-report", *options)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        report = json.loads(done.stdout)
        jsonschema.validate(report, SCHEMA)
        return report

    def same_finding(self, report, pixels, logits, what):
        for k in ("x", "y", "radius"):
            self.assertAlmostEqual(report["field_of_view"][k], self.upright["field_of_view"][k], delta=pixels, msg=what)
        for a, b in zip(report["diseases"], self.upright["diseases"], strict=True):
            self.assertAlmostEqual(a["logit"], b["logit"], delta=logits, msg=f"{what}: {a['id']}")

    def refused(self, name, data, *words, code=1):
        path = self.folder / name
        path.write_bytes(data)
        done = run("screen", path, "--out", self.folder / "out")
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(name, done.stderr)
        for w in words:
            self.assertIn(w, done.stderr)

    # ---- good photographs ----

    def test_report_says_where_it_comes_from(self):
        r = self.upright
        sha = lambda p: hashlib.sha256(Path(p).read_bytes()).hexdigest()
        self.assertEqual(r["image"], {"name": "upright.png", "sha256": sha(self.png), "width": 760, "height": 620})
        self.assertEqual(r["model"]["weights_sha256"], sha(ROOT / "weights/vmnet.safetensors"))
        self.assertEqual(r["model"]["binary_sha256"], sha(VMNET))
        self.assertEqual((r["model"]["variant"], r["model"]["size"], r["model"]["guide"]), ("native", 512, 1))
        self.assertEqual(r["notice"], "research and teaching, not a medical device")
        self.assertEqual(len(r["diseases"]), 8)
        self.assertAlmostEqual(r["field_of_view"]["x"], 150 + 280, delta=2.7)
        self.assertAlmostEqual(r["field_of_view"]["radius"], 0.48 * 560, delta=2.7)

    def test_every_picture_is_written(self):
        out = self.folder / "pictures"
        self.assertEqual(run("screen", self.png, "--out", out).returncode, 0)
        ids = [d["id"] for d in self.upright["diseases"]]
        want = {"report.json", "vessels.png", "probability.png"} | {
            f"{k}-{i}.png" for k in ("heatmap", "overlay") for i in ids
        }
        self.assertEqual({p.name for p in out.iterdir()}, want)
        for p in out.glob("*.png"):
            self.assertEqual(Image.open(p).size, (760, 620), p.name)
        mask = np.asarray(Image.open(out / "vessels.png"))
        probability = np.asarray(Image.open(out / "probability.png")).astype(float) / 255
        self.assertEqual(set(np.unique(mask)), {0, 255})
        at = self.upright["vessels"]["threshold"]
        self.assertTrue((probability[mask > 0] >= at - 0.003).all() and (probability[mask == 0] <= at + 0.003).all())
        truth = np.zeros((620, 760), bool)
        truth[20:580, 150:710] = np.asarray(Image.open(self.folder / "phantom-vessels.png")) > 127
        both = (truth & (mask > 0)).sum()
        self.assertGreater(2 * both / (truth.sum() + (mask > 0).sum()), 0.6)  # drawn vessels are found

    def test_disc_and_cup_where_they_are_seen(self):
        out = self.folder / "disc"
        done = run("screen", ROOT / "web/sample/retina.jpg", "--out", out, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        seen = json.loads(done.stdout)["disc_and_cup"]
        self.assertTrue(seen["valid"], seen["reason"])
        disc, cup = (np.asarray(Image.open(out / f"{name}.png")) for name in ("disc", "cup"))
        self.assertEqual([set(np.unique(m)) for m in (disc, cup)], [{0, 255}] * 2)
        self.assertFalse((cup > disc).any())
        heights = [m.any(1).sum() for m in (disc, cup)]
        self.assertAlmostEqual(heights[1] / heights[0], seen["vertical_ratio"], delta=0.02)
        self.assertAlmostEqual(heights[0], seen["disc"]["height_px"], delta=2)

    def test_every_vessel_is_an_artery_or_a_vein(self):
        out = self.folder / "arteries"
        done = run("screen", ROOT / "web/sample/retina.jpg", "--out", out, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        told = report["arteries"]
        self.assertTrue(told["valid"], told["reason"])
        artery, vein, all_of_them = (np.asarray(Image.open(out / f"{n}.png")) for n in ("arteries", "veins", "vessels"))
        self.assertEqual([set(np.unique(m)) for m in (artery, vein)], [{0, 255}] * 2)
        self.assertTrue((artery.astype(int) + vein == all_of_them).all())
        both = told["artery_density"] + told["vein_density"]
        self.assertAlmostEqual(both, report["vessels"]["density"], delta=1e-3)
        self.assertAlmostEqual(
            artery.sum() / all_of_them.sum(), told["artery_density"] / both, delta=0.03, msg="shares of the mask"
        )

    def test_a_phantom_of_another_calibre(self):
        pixels = []
        for calibre in (0.6, 1, 1.6):
            out = self.folder / f"calibre{calibre}"
            self.assertEqual(run("phantom", "--out", out, "--side", 400, "--calibre", calibre).returncode, 0)
            pixels.append((np.asarray(Image.open(out / "phantom-vessels.png")) > 0).sum())
        self.assertLess(pixels[0], pixels[1])
        self.assertLess(pixels[1], pixels[2])
        run("phantom", "--out", self.folder / "plain", "--side", 400)
        plain, one = ((self.folder / k / "phantom.png").read_bytes() for k in ("plain", "calibre1"))
        self.assertEqual(plain, one)

    def test_exif_orientations(self):
        for k in range(1, 9):
            path = self.folder / f"orientation{k}.jpg"
            exif = Image.Exif()
            exif[0x0112] = k
            stored = self.photo.transpose(STORED_AS[k]) if k > 1 else self.photo
            stored.save(path, quality=97, subsampling=0, exif=exif)
            r = self.screen(path)
            self.assertEqual((r["image"]["width"], r["image"]["height"]), (760, 620), k)
            self.same_finding(r, 1.0, 1.5, f"orientation {k}")  # JPEG's losses differ a little with the turn

    def test_kinds_of_jpeg_and_png(self):
        opaque = self.photo.convert("RGBA")
        palette = self.photo.quantize(256, dither=Image.Dither.NONE)
        kinds = {
            "progressive.jpg": (self.photo, dict(quality=97, subsampling=0, progressive=True), 1.5),
            "subsampled.jpg": (self.photo, dict(quality=92), 2.5),
            "alpha.png": (opaque, {}, 1e-4),
            "interlaced-free.png": (self.photo, dict(compress_level=0), 1e-4),
            "palette.png": (palette, {}, 6),
            "cmyk.jpg": (self.photo.convert("CMYK"), dict(quality=97), 6),
        }
        for name, (image, options, tolerance) in kinds.items():
            image.save(self.folder / name, **options)
            self.same_finding(self.screen(self.folder / name), 2.0, tolerance, name)

    def test_transparent_pixels_stand_on_black(self):
        """What a picture shows is what counts: colours under alpha 0 are not seen, half-transparent ones are darker."""
        rgba = np.asarray(self.photo.convert("RGBA")).copy()
        far = (np.arange(620)[:, None] - 300) ** 2 + (np.arange(760) - 430) ** 2 > 280**2
        rgba[far] = (255, 255, 255, 0)
        rgba[300:320, 300:420, 3] = 100
        seen = np.asarray((rgba[..., :3] * (rgba[..., 3:] / 255)).round(), "uint8")
        reports = []
        for name, pixels in (("cut-out.png", rgba), ("on-black.png", seen)):
            Image.fromarray(pixels).save(self.folder / name)
            reports.append(self.screen(self.folder / name))
        for part in ("field_of_view", "diseases", "quality", "vessels"):
            self.assertEqual(reports[0][part], reports[1][part])

    def test_orientation_of_png(self):
        """As in JPEG; the orientation may be a long number, and in the second of two blocks."""
        import struct
        import zlib

        turned = self.folder / "turned.png"
        self.photo.transpose(STORED_AS[6]).save(turned)
        whole = turned.read_bytes()
        chunk = lambda d: struct.pack(">I", len(d)) + b"eXIf" + d + struct.pack(">I", zlib.crc32(b"eXIf" + d))
        tag = struct.pack("<2sHIHHHII", b"II", 42, 8, 1, 0x112, 4, 1, 6)
        for name, blocks in (("one", chunk(tag)), ("two", chunk(b"MM\0*\0\0\0\x08\0\0") + chunk(tag))):
            path = self.folder / f"{name}.png"
            path.write_bytes(whole[:33] + blocks + whole[33:])
            self.same_finding(self.screen(path), 0.01, 1e-4, name)

    def test_damaged_inside(self):
        """Between a good beginning and a good end."""
        self.photo.save(self.folder / "good.jpg", quality=95)
        jpeg, png = (self.folder / "good.jpg").read_bytes(), self.png.read_bytes()
        middle = len(jpeg) // 2
        self.refused(
            "zeros.jpg", jpeg[:middle] + bytes(900) + jpeg[middle + 900 :], "damaged", "copy or export it again"
        )
        self.refused("gone.jpg", jpeg[:middle] + jpeg[middle + 4096 :], "damaged", "copy or export it again")
        middle = len(png) // 2
        changed = bytes([png[middle] ^ 1])
        self.refused("bit.png", png[:middle] + changed + png[middle + 1 :], "checksum", "copy or export it again")

    def test_damaged_under_good_checksums(self):
        """A PNG whose chunks are whole, but not the pixels in them, interlaced and with 16 bits, too."""
        import struct
        import zlib

        chunk = lambda kind, d: struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d))

        def file(packed, bits=8, interlaced=0):
            header = struct.pack(">IIBBBBB", 760, 620, bits, 2, 0, 0, interlaced)
            parts = chunk(b"IHDR", header) + chunk(b"IDAT", packed[:5000]) + chunk(b"IDAT", packed[5000:])
            return b"\x89PNG\r\n\x1a\n" + parts + chunk(b"IEND", b"")

        a = np.asarray(self.photo)
        rows = lambda p: b"".join(b"\0" + row.tobytes() for row in p)
        passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
        for bits, pixels in ((8, a), (16, a.astype(">u2") * 257)):
            woven = b"".join(rows(pixels[y::dy, x::dx]) for x, y, dx, dy in passes)
            for raw, interlaced in ((rows(pixels), 0), (woven, 1)):
                packed = zlib.compress(raw)
                path = self.folder / f"{bits}-{interlaced}.png"
                path.write_bytes(file(packed, bits, interlaced))
                self.same_finding(self.screen(path), 0.01, 1e-4, path.name)
                middle = len(packed) // 2
                flipped = packed[:middle] + bytes([packed[middle] ^ 4]) + packed[middle + 1 :]
                for name, bad in (
                    ("flipped", flipped),
                    ("sum", packed[:-1] + bytes([packed[-1] ^ 1])),
                    ("no-sum", packed[:-4]),
                    ("half", packed[:middle]),
                    ("row-missing", zlib.compress(raw[:-2281])),
                    ("row-more", zlib.compress(raw + raw[:2281])),
                ):
                    self.refused(f"{name}.png", file(bad, bits, interlaced), "pixels do not agree", "copy or export it")

    def test_sixteen_bit_png(self):
        # Pillow writes no 16-bit colour: IHDR, IDAT and IEND by hand, each sample v as v * 257
        import struct
        import zlib

        a = np.asarray(self.photo).astype(">u2") * 257
        rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in a)
        chunk = lambda kind, d: struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d))
        header = struct.pack(">IIBBBBB", 760, 620, 16, 2, 0, 0, 0)
        path = self.folder / "sixteen.png"
        path.write_bytes(
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
        )
        self.same_finding(self.screen(path), 0.01, 1e-4, "16 bit")

    def test_sizes_and_guide(self):
        for size in (256, 384, 1024):
            r = self.screen(self.png, "--size", size)
            self.assertEqual(r["model"]["size"], size)
        off = self.screen(self.png, "--guide", 0)
        self.assertEqual(off["model"]["guide"], 0)
        self.assertNotEqual([d["logit"] for d in off["diseases"]], [d["logit"] for d in self.upright["diseases"]])
        fine = self.screen(self.png, "--fine")
        self.assertEqual((fine["model"]["fine"], self.upright["model"]["fine"]), (True, False))
        for same in ("decision", "diseases", "quality", "lesions", "optic_disc"):
            self.assertEqual(fine[same], self.upright[same], same)
        self.assertNotEqual(fine["vessels"], self.upright["vessels"])
        two = self.screen(self.png, "--threads", 2)
        self.assertEqual((two["model"]["threads"], self.upright["model"]["threads"]), (2, 1))
        self.same_finding(two, 0, 1e-4, "two threads")

    def test_several_photographs_go_on_after_a_bad_one(self):
        bad = self.folder / "bad.png"
        bad.write_bytes(b"no picture")
        shutil.copy(self.png, self.folder / "upright-2.png")
        done = run(
            "screen",
            self.png,
            bad,
            self.png,
            self.folder / "upright-2.png",
            "--out",
            self.folder / "many",
            "--only-report",
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn("[2/4]", done.stderr)
        self.assertIn("1 of 4", done.stderr)
        self.assertTrue((self.folder / "many/upright/report.json").is_file())
        for name, image in (("upright.2", "upright.png"), ("upright-2", "upright-2.png")):
            report = json.loads((self.folder / "many" / name / "report.json").read_text())
            self.assertEqual(report["image"]["name"], image)

    # ---- the answer ----

    def test_a_line_for_each_photograph(self):
        out = self.folder / "lines"
        done = run("screen", self.png, self.png, "--out", out, "--only-report", "--point", "specific")
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), 2)
        decision = json.loads((out / "upright/report.json").read_text())["decision"]
        self.assertEqual(decision["operating_point"], "specific")
        reasons = ",".join(":".join(r.values()) for r in decision["reasons"])
        self.assertEqual(lines[0], f"{self.png}\t{decision['answer']}\t{reasons}")
        as_json = run("screen", self.png, "--out", out, "--only-report", "--json").stdout
        self.assertEqual(json.loads(as_json)["decision"]["operating_point"], "balanced")
        self.assertEqual(json.loads(as_json)["decision"]["at"], decision["at"])

    def test_a_name_cannot_forge_a_line(self):
        """Names that end a line, start a column or steer the terminal, in answers, progress and complaints."""
        names = ("a\tno-finding\tnormal\nb.png", "esc\x1b[2Kape.png", "car\rriage\x7f.png")
        for name in names:
            shutil.copy(self.png, self.folder / name)
        broken = self.folder / "bro\nken\t.png"
        broken.write_bytes(b"no picture")
        paths = [self.folder / name for name in names] + [broken]
        out = self.folder / "for\nged"
        command = [VMNET, "screen", *paths, "--out", out, "--only-report", "--size", "256"]
        done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT)
        self.assertEqual(done.returncode, 1)
        shown = ["a?no-finding?normal?b.png", "esc?[2Kape.png", "car?riage?.png"]
        answers = [line.split("\t") for line in done.stdout.decode().removesuffix("\n").split("\n")]
        self.assertEqual([a[0] for a in answers], [f"{self.folder}/{name}" for name in shown])
        self.assertEqual([len(a) for a in answers], [3, 3, 3])
        said = done.stderr.decode().removesuffix("\n").split("\n")
        self.assertEqual(said[:3], [f"[{i + 1}/4] {self.folder}/{name}" for i, name in enumerate(shown)])
        self.assertEqual(said[3], f"[4/4] {self.folder}/bro?ken?.png")
        self.assertTrue(said[4].startswith(f"vmnet: {self.folder}/bro?ken?.png: photograph: "), said[4])
        self.assertEqual(len(said), 6)
        shutil.rmtree(out)
        out.write_bytes(b"in the way")
        blocked = run("screen", self.png, "--out", out / "x", "--only-report", "--size", 256)
        self.assertEqual(blocked.returncode, 1)
        self.assertTrue(blocked.stderr.startswith(f"vmnet: {self.folder}/for?ged"), blocked.stderr)
        self.assertEqual(blocked.stderr.count("\n"), 1)

    def test_an_answer_that_cannot_be_written(self):
        screening = ("screen", self.png, "--out", self.folder / "out", "--only-report", "--size", 256)
        for words in (screening, (*screening, "--json"), ("info",), ("--help",), ("--version",)):
            with open("/dev/full", "wb") as nowhere:
                done = subprocess.run(
                    [VMNET, *map(str, words)], stdout=nowhere, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT
                )
            self.assertEqual(done.returncode, 1, words)
            self.assertIn("standard output", done.stderr, words)

    def test_half_a_result_is_none(self):
        def little():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

        out = self.folder / "half"
        command = [VMNET, "screen", self.png, "--out", out, "--size", "256"]
        # restore_signals: the signal stays ignored, as Python has it, and the write fails
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=ROOT, preexec_fn=little, restore_signals=False
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn("report.json: File too large", done.stderr)
        self.assertEqual(list(out.iterdir()), [])

    def test_a_folder_of_too_long_a_name(self):
        deep = "/".join(["deep"] * 1000)
        for out, words in ((deep, "name of 1 to 4095 bytes"), ("", "name of 1 to 4095 bytes")):
            done = run("screen", self.png, "--size", 256, "--out", out and f"{self.folder}/{out}")
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)
        self.assertFalse((self.folder / "deep").exists())
        # the folder's own name is not too long, and the file's in it is
        shorter = f"{self.folder}/{deep}"[:4090].rstrip("/")
        done = run("screen", self.png, "--size", 256, "--only-report", "--out", shorter)
        self.assertEqual(done.returncode, 1)
        self.assertIn("report.json: File name too long", done.stderr)

    # ---- a list on standard input ----

    def lines(self, paths, *options, end=b"\n", code=0):
        """The answers to a list of paths (bytes), in their order."""
        done = subprocess.run(
            [VMNET, "screen", "--jsonl", *options], input=end.join(paths), capture_output=True, check=False, cwd=ROOT
        )
        self.assertEqual(done.returncode, code, done.stderr)
        return [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]

    def test_a_list_is_answered_in_its_order(self):
        good, photo = bytes(self.png), self.folder / "list.jpg"
        self.photo.save(photo)
        whole = photo.read_bytes()
        bad = {
            "text": (b"hello\n" * 50, "format", None),
            "heic": (b"\0\0\0\x18ftypheic" + bytes(600), "format", "kind"),
            "none": (b"", "format", "empty"),
            "half": (whole[: len(whole) // 2], "damaged", None),
            "nowhere": (None, "argument", "file"),
        }
        pictures = {
            "black": (Image.new("RGB", (400, 400)), "not-fundus", "blank"),
            "tiny": (Image.new("RGB", (255, 255)), "too-small", None),
            "vast": (Image.new("L", (8000, 5125)), "too-large", None),
        }
        for name, (image, code, why) in pictures.items():
            image.save(self.folder / "picture.png")
            bad[name] = ((self.folder / "picture.png").read_bytes(), code, why)
        paths = [good]
        for name, (data, _, _) in bad.items():
            path = self.folder / f"list {name}"
            if data is not None:
                path.write_bytes(data)
            paths += [bytes(path), good]
        answers = self.lines(paths, code=1)
        self.assertEqual([os.fsencode(a["path"]) for a in answers], paths)
        for a in answers[::2]:
            self.assertEqual(set(a), {"path", "report"})
            self.assertEqual(a["report"], self.upright)  # what --json writes
        codes = (ROOT / "web/vmnet.d.ts").read_text()
        for a, (_, code, why) in zip(answers[1::2], bad.values(), strict=True):
            self.assertEqual(set(a), {"path", "error"})
            self.assertEqual((a["error"]["code"], a["error"].get("why")), (code, why), a)
            self.assertIn(f"'{code}'", codes)
            self.assertTrue(a["error"]["text"])
        self.assertEqual(self.lines([good, good]), [answers[0]] * 2)
        self.assertEqual(self.lines([good + b"\n"]), [answers[0]])  # with a line's end and without
        self.assertEqual(self.lines([]), [])

    def test_any_name_in_a_list(self):
        names = [b"two\nlines.png", b"caf\xe9.png", "auge-\u00e4.png".encode()]
        paths = [bytes(self.folder) + b"/" + name for name in names]
        for path in paths:
            shutil.copy(self.png, path)
        for end in (b"", b"\0"):
            answers = self.lines([b"\0".join(paths) + end], "-0")
            self.assertEqual([a["path"] for a in answers], [p.decode("utf-8", "replace") for p in paths])
            self.assertEqual([a["report"]["image"]["sha256"] for a in answers], [self.upright["image"]["sha256"]] * 3)
        [answer] = self.lines([b"\0".join(paths[1:])], code=1)  # a list of the other kind
        self.assertIn("give -0", answer["error"]["text"])

    def test_a_line_has_a_limit(self):
        """No line is kept whole in memory, whatever its length; the next one is found behind it."""
        good, long = bytes(self.png), b"x" * 4096
        for end, option in ((b"\n", ()), (b"\0", ("-0",))):
            answers = self.lines([good, long, long[:-1], long * 4096, good, long], *option, end=end, code=1)
            self.assertEqual([a["path"].encode() for a in answers[1:4]], [long[:-1]] * 3)
            for a in (answers[1], answers[3], answers[5]):
                self.assertEqual((a["error"]["code"], a["error"]["why"]), ("argument", "file"))
                self.assertIn("a line over the limit of 4095 bytes; end each path with", a["error"]["text"])
            self.assertIn("File name too long", answers[2]["error"]["text"])  # the folder's own part
            for a in (answers[0], answers[4]):
                self.assertEqual(a["report"], self.upright)
        # the answer does not wait for the line's end
        with subprocess.Popen(
            [VMNET, "screen", "--jsonl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
        ) as process:
            for _ in range(64):
                process.stdin.write(long * 256)
            process.stdin.flush()
            self.assertIn("over the limit", json.loads(process.stdout.readline())["error"]["text"])
            peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())[1]
            for _ in range(64):
                process.stdin.write(long * 256)
            process.stdin.flush()
            grown = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())[1]
            self.assertLess(int(grown) - int(peak), 32 << 10, "KiB, of 64 MiB more")
            process.stdin.close()
            self.assertEqual(process.stdout.read(), b"")
        png = self.png.read_bytes()
        data = b"".join(b"%d %s\n%s" % (len(png), name, png) for name in (b"one.png", long, b"two.png"))
        done = subprocess.run(
            [VMNET, "screen", "--jsonl", "--inline"], input=data, capture_output=True, check=False, cwd=ROOT
        )
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([a.get("error", {}).get("why") for a in answers], [None, "file", None], done.stderr)

    def test_a_list_from_windows(self):
        """Its line ends and its mark may be parts of names here: a hint, where there is such a file without them."""
        good = bytes(self.png)
        answers = self.lines([b"\xef\xbb\xbf" + good, good + b"\r", b"nowhere.png\r", b""], code=1)
        texts = [a["error"]["text"] for a in answers]
        self.assertEqual([a["error"]["why"] for a in answers], ["file"] * 3)
        self.assertIn("there is one without the byte order mark before it; save the list without one", texts[0])
        self.assertIn("without the carriage return at its end; send the list through tr -d '\\r'", texts[1])
        self.assertEqual(texts[2], "No such file or directory")
        [answer] = self.lines([b"\xef\xbb\xbf" + good + b"\r"], code=1)
        self.assertIn("carriage return", answer["error"]["text"])
        odd = self.folder / "odd.png\r"
        shutil.copy(self.png, odd)
        [answer] = self.lines([bytes(odd)])
        self.assertEqual(answer["path"], str(odd))

    def test_files_on_standard_input(self):
        """--inline: each file after its size and name; those that cannot be screened do not hide the next."""
        png = self.png.read_bytes()

        def given(*files, end=b"\n", extra=b"", options=()):
            data = b"".join(b"%d %s%s%s" % (len(d), n, end, d) for n, d in files) + extra
            command = [VMNET, "screen", "--jsonl", "--inline", *options]
            done = subprocess.run(command, input=data, capture_output=True, check=False, cwd=ROOT)
            return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()

        good = (b"sub folder/eye 1.png", png)
        bad = {
            b"words.jpg": (b"12 eye.png\n" * 9, "format"),
            b"none.jpg": (b"", "format"),
            b"vast.jpg": (png + bytes(64 << 20), "too-large"),
        }
        code, answers, said = given(good, *((n, d) for n, (d, _) in bad.items()), good)
        self.assertEqual((code, said), (1, ""))
        self.assertEqual([a["path"] for a in answers], [n.decode() for n in (good[0], *bad, good[0])])
        self.assertEqual([a["error"]["code"] for a in answers[1:-1]], [c for _, c in bad.values()])
        for a in (answers[0], answers[-1]):
            self.assertEqual(a["report"], {**self.upright, "image": {**self.upright["image"], "name": "eye 1.png"}})
        code, answers, _ = given((b"two\nlines.png", png), end=b"\0", options=["-0"])
        self.assertEqual((code, [a["path"] for a in answers]), (0, ["two\nlines.png"]))
        self.assertEqual(given(), (0, [], ""))
        # It ends early: the file has its line. What is no size and name is told, and nothing is guessed after it.
        code, answers, _ = given(good, extra=b"1000 cut.png\n" + png[:10])
        self.assertEqual((code, answers[1]["error"]["why"]), (1, "file"))
        self.assertIn("after 10 of its 1000 bytes", answers[1]["error"]["text"])
        for extra in (b"eye.png\n", b"-1 eye.png\n", b"12\n", b"12 \n", b"9" * 30 + b" eye.png\n", b"12 a\0b\n", b"\n"):
            code, answers, said = given(good, extra=extra + png)
            self.assertEqual((code, len(answers)), (1, 1), extra)
            self.assertIn("a size in bytes, a space and a name", said)
        self.assertEqual(run("screen", "--inline", self.png, "--out", "x").returncode, 2)

    def test_a_folder(self):
        """As a photograph it is refused with what to do, alone and in a list."""
        for name in (self.folder, f"{self.folder}/"):
            done = run("screen", name, "--out", self.folder / "out")
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"{name}: a folder; name the photographs in it", done.stderr)
            [answer] = self.lines([os.fsencode(name)], code=1)
            self.assertIn("find FOLDER", answer["error"]["text"])

    def test_a_list_leaves_no_memory_behind(self):
        """Three hundred photographs take what fifty took: none leaves even a tenth of its pixels."""
        small = self.folder / "small.png"
        self.photo.crop((150, 20, 710, 580)).resize((256, 256)).save(small)

        def peak(count):
            path = bytes(small) + b"\n" + bytes(self.folder / "nowhere") + b"\n"
            command = [VMNET, "screen", "--jsonl", "--size", "256"]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
                process.stdin.write(path * count)
                process.stdin.close()
                lines = sum(1 for _ in process.stdout)
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual((lines, process.returncode), (2 * count, 1))
            return used.ru_maxrss  # KiB

        self.assertLess(peak(300) - peak(50), 250 * 256 * 256 * 4 / 1024 / 10)

    def test_too_many_bytes(self):
        path = self.folder / "vast.jpg"
        with path.open("wb") as f:
            f.truncate((64 << 20) + 1)
        done = run("screen", path, "--out", self.folder / "out")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{(64 << 20) + 1} bytes are over the limit of 64 MiB", done.stderr)
        path.unlink()

    def test_a_full_disk(self):
        full = self.folder / "full"
        full.mkdir()
        (full / "report.json").symlink_to("/dev/full")
        done = run("screen", self.png, "--out", full, "--only-report")
        self.assertEqual(done.returncode, 1)
        self.assertIn("report.json: No space left on device", done.stderr)
        self.assertEqual(list(full.iterdir()), [], "half a report stays")

    def test_a_list_and_nothing_else(self):
        for words in (("--jsonl", self.png), ("--jsonl", "--out", "x"), ("--jsonl", "--json")):
            done = run("screen", *words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn("leave out PHOTO", done.stderr)
        self.assertEqual(run("screen", "-0", self.png, "--out", "x").returncode, 2)
        with open("/dev/full", "wb") as nowhere:
            full = subprocess.run(
                [VMNET, "screen", "--jsonl"],
                input=bytes(self.png),
                stdout=nowhere,
                stderr=subprocess.PIPE,
                check=False,
                cwd=ROOT,
            )
        self.assertEqual(full.returncode, 1)
        self.assertIn(b"standard output", full.stderr)
        self.assertEqual(self.lines([bytes(self.png)], "--weights", "nowhere", code=3), [])

    # ---- bad input ----

    def test_refusals(self):
        jpeg = self.folder / "whole.jpg"
        self.photo.save(jpeg)
        whole = jpeg.read_bytes()
        self.refused("text.jpg", b"hello\n" * 50, "neither JPEG nor PNG", "give a JPEG")
        heic = b"\0\0\0\x18ftypheic" + bytes(600)
        self.refused("11.jpg", heic, "HEIC", "convert it to JPEG")
        animations = (("PNG", "an APNG file"), ("WEBP", "an animated WebP file"))
        for kind, name in animations:
            out = io.BytesIO()
            blue = Image.new("RGB", self.photo.size, "blue")
            self.photo.save(out, kind, save_all=True, append_images=[blue], duration=100)
            self.refused("moves.png", out.getvalue(), name, "it is an animation: save one picture of it as PNG")
        self.refused("eye.dcm", bytes(128) + b"DICM" + bytes(600), "a DICOM object", "(0002,0010)", "copy or export it")
        self.refused("eye.png", b"<!DOCTYPE html><html>", "HTML", "save the picture itself")
        for data, *words in (
            (b"\x1f\x8b\x08" + bytes(600), "packed", "unpack it first"),
            (b"PK\5\6" + bytes(18), "ZIP", "unpack it first"),
            (b"7z\xbc\xaf\x27\x1c" + bytes(600), "packed", "unpack it first"),
            (b"\xfd7zXZ\0" + bytes(600), "packed", "unpack it first"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Word", "take the photograph out"),
            (b"%!PS-Adobe-3.0\n", "PostScript", "take the photograph out"),
            (b"\0\0\0\x08wide\0\0\x10\0mdat" + bytes(600), "video", "save one picture"),
            (b"II*\0\x10\0\0\0CR\2\0" + bytes(600), "raw", "export a JPEG"),
            (b"FUJIFILMCCD-RAW " + bytes(600), "raw", "export a JPEG"),
            (b"CMDb" + bytes(600), "OCT", "export the colour photograph"),
            (b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(600), "sidecar", "without ._"),
            (b"\x08\0\5\0CS\x0a\0ISO_IR 100" + bytes(600), "DICOM", "export the picture"),
        ):
            self.refused("named.jpg", data, "neither JPEG nor PNG", *words)
        self.refused("empty.png", b"", "empty")
        self.refused("cut.jpg", whole[: len(whole) // 2], "truncated", "copy it again")
        self.refused("cut.png", self.png.read_bytes()[:-700], "truncated", "copy it again")
        both = Image.new("RGB", (1520, 620))
        both.paste(self.photo, (0, 0))
        both.paste(self.photo, (760, 0))
        for name, image, words in (
            ("one.png", Image.new("RGB", (1, 1)), ("1 x 1", "256")),
            ("255.png", Image.new("RGB", (255, 255)), ("255 x 255", "256")),
            ("41-megapixels.png", Image.new("L", (8000, 5125)), ("8000 x 5125", "40 megapixels", "scale it down")),
            ("black.png", Image.new("RGB", (400, 400)), ("blank", "give a colour photograph")),
            ("white.png", Image.new("RGB", (400, 400), "white"), ("background is white", "cut the photograph out")),
            ("two.png", both, ("several photographs", "a file of its own")),
            ("grey.png", self.photo.convert("L"), ("grey", "give a colour photograph")),
            ("cat.jpg", Image.open(ROOT / "tests/browser/fixtures/cat.jpg"), ("fundus photograph", "give a colour")),
        ):
            image.save(self.folder / name)
            self.refused(name, (self.folder / name).read_bytes(), *words)

    def test_values_that_fill_little_of_their_range(self):
        """Dark all over, burnt out in red, squeezed: none of these reads as a photograph without a finding."""
        sample = np.asarray(Image.open(ROOT / "web/sample/retina.jpg").convert("RGB")).astype(float)
        field = sample.max(2, keepdims=True) > 20
        mean = sample[field[..., 0]].mean(0)
        for name, pixels, answer, reason in (
            ("a quarter", sample / 4, "repeat", "dark"),
            ("a sixth", sample / 6, "repeat", "dark"),
            ("burnt", sample * 1.8, "unclear", "bright"),
            ("squeezed", np.where(field, mean + (sample - mean) * 0.04, sample), None, "low-contrast"),
            ("no more than dim", sample * 0.45, None, None),
        ):
            path = self.folder / f"{name}.png"
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
            report = self.screen(path)
            if answer:
                self.assertEqual(report["decision"]["answer"], answer, name)
                self.assertEqual(report["decision"]["reasons"][0]["code"], reason, name)
            self.assertEqual(reason in report["quality"]["reasons"], reason is not None, name)
            if reason is None:
                self.assertEqual(report["quality"]["reasons"], [], name)

    def test_a_pipe_is_not_waited_for(self):
        pipe = self.folder / "pipe.jpg"
        os.mkfifo(pipe)
        done = subprocess.run(
            [VMNET, "screen", pipe, "--out", self.folder / "out"], capture_output=True, text=True, timeout=120, cwd=ROOT
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn("pipe.jpg: not a regular file", done.stderr)

    def test_a_name_that_is_not_utf8(self):
        path = bytes(self.folder) + b"/caf\xe9.png"
        shutil.copy(self.png, path)
        done = subprocess.run(
            [VMNET, "screen", path, "--out", self.folder / "out", "--only-report"], check=False, cwd=ROOT
        )
        self.assertEqual(done.returncode, 0)
        report = json.loads((self.folder / "out/report.json").read_bytes().decode("utf-8"))
        self.assertEqual(report["image"]["name"], "caf\ufffd.png")
        jsonschema.validate(report, SCHEMA)

    def test_says_when_memory_is_short(self):
        def little():
            resource.setrlimit(resource.RLIMIT_AS, (150 << 20, 150 << 20))

        command = [VMNET, "phantom", "--out", self.folder / "short", "--side", "6000"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=little)
        self.assertEqual(done.returncode, 1)
        self.assertIn("not enough memory for", done.stderr)

    def test_many_of_one_name(self):
        for folder in "abc":
            (self.folder / folder).mkdir()
            for name in ("eye.png", "eye.left.png", "ey.png"):
                (self.folder / folder / name).write_bytes(b"no picture")
        shutil.copy(self.png, self.folder / "c/eye.png")
        shutil.copy(self.png, self.folder / "b/ey.png")
        shutil.copy(self.png, self.folder / "c/eye.left.png")
        paths = [self.folder / d / n for n in ("eye.png", "ey.png", "eye.left.png") for d in "abc"]
        done = run("screen", *paths, "--out", self.folder / "many", "--only-report")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(sorted(p.name for p in (self.folder / "many").iterdir()), ["ey.2", "eye.3", "eye.6"])

    def test_usage(self):
        self.assertEqual(run("--help").returncode, 0)
        for words in (
            (),
            ("screen",),
            ("screen", self.png),
            ("dance",),
            ("screen", self.png, "--out", "x", "--size", "500x"),
        ):
            self.assertEqual(run(*words).returncode, 2, words)
        done = run("screen", self.png, "--out", self.folder / "out", "--guide", "1.5")
        self.assertEqual(done.returncode, 2)
        self.assertIn("0 to 1", done.stderr)
        for words, said in (
            (("screen", "--dance"), "vmnet: --dance: no such option"),
            (("screen", "-x"), "vmnet: -x: no such option"),
            (("screen", self.png, "--out"), "vmnet: --out: a value has to follow"),
        ):
            done = run(*words)
            self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)
            self.assertIn(said, done.stderr)
        for option, value, range_ in (
            ("--calibre", "1.7", "0.6 to 1.6"),
            ("--cup", "0", "0.01 to 1"),
            ("--cup", "1x", "0.01 to 1"),
            ("--lesions", "drusen,spots", "choose from haemorrhages,exudates,drusen"),
        ):
            done = run("phantom", "--out", self.folder / "out", option, value)
            self.assertEqual(done.returncode, 2)
            self.assertIn(range_, done.stderr)
        self.assertEqual(run("phantom", "--out", self.folder / "out", "--side", 256, "--cup", "1").returncode, 0)
        done = run("screen", self.png, "--out", self.folder / "out", "--point", "strict")
        self.assertEqual(done.returncode, 2)
        self.assertIn("screening, balanced or specific", done.stderr)
        done = run("screen", self.png, "--out", self.folder / "out", "--size", "300")
        self.assertEqual(done.returncode, 2)  # what is wrong is the option, not the weights
        self.assertIn("--size 300: must be 256 to 1024 in steps of 32", done.stderr)
        done = run("screen", self.png, "--out", "")
        self.assertEqual(done.returncode, 1)
        self.assertIn("a folder for results needs a name", done.stderr)
        done = run("screen", self.png, "--out", self.png / "x", "--only-report")
        self.assertEqual(done.returncode, 1)
        self.assertIn("upright.png/x: Not a directory", done.stderr)
        done = run("screen", self.folder / "nowhere.png", "--out", self.folder / "out")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nowhere.png", done.stderr)

    def test_weights(self):
        info = json.loads(run("info").stdout)
        self.assertEqual(len(info["classes"]), 8)
        self.assertLessEqual(info["parameters"], 4_500_000)
        whole = (ROOT / "weights/vmnet.safetensors").read_bytes()
        for name, data, word in (
            ("cut", whole[:-1000], "truncated"),
            ("text", b"x" * 100, "safetensors"),
            ("none", b"", "too few"),
        ):
            path = self.folder / name
            path.write_bytes(data)
            done = run("screen", self.png, "--out", self.folder / "out", "--weights", path)
            self.assertEqual(done.returncode, 3)
            self.assertIn(word, done.stderr)
        elsewhere = subprocess.run([VMNET, "info"], capture_output=True, text=True, check=False, cwd=self.folder)
        self.assertEqual(elsewhere.returncode, 3)
        self.assertIn("weights/vmnet.safetensors: No such file", elsewhere.stderr)
        self.assertIn("--weights FILE", elsewhere.stderr)


if __name__ == "__main__":
    unittest.main()
