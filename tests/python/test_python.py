"""The Python package as it is installed from its wheel: against the command, the module in Node.js, and its own word.

Runs in build/wheel/venv, which holds the wheel and what this file needs.
"""

import dataclasses
import hashlib
import inspect
import io
import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path
from typing import get_args

import jsonschema
import numpy as np
import vmnet
from PIL import Image
from vmnet import __main__, errors, model
from vmnet import module as module_of_package

ROOT = Path(__file__).resolve().parents[2]
INT8 = ROOT / "weights/vmnet-int8.safetensors"
SAMPLE = ROOT / "web/sample/retina.jpg"
SCHEMA = json.loads((ROOT / "web/report.schema.json").read_text())
SIZE = 256  # of the network: the fastest


def command(*words):
    words = [ROOT / "build/native/vmnet", *words]
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, check=False)


def module(*words):
    return subprocess.run(
        [sys.executable, "-m", "vmnet", *map(str, words)], capture_output=True, text=True, check=False
    )


def jpeg(image, **options):
    data = io.BytesIO()
    image.save(data, "JPEG", **options)
    return data.getvalue()


def png(image, **options):
    data = io.BytesIO()
    image.save(data, "PNG", **options)
    return data.getvalue()


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def sixteen_bit(image):
    """A PNG of 16 bits a colour, which Pillow does not write."""
    import struct
    import zlib

    high = np.asarray(image).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in high)
    part = lambda name, data: (struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)))
    header = struct.pack(">IIBBBBB", image.width, image.height, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")


class Fatal(os.PathLike):
    """A photograph that ends the process that opens it."""

    def __fspath__(self):
        if multiprocessing.parent_process() is not None:
            os._exit(9)
        return "fatal.jpg"


class Python(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp())
        command("phantom", "--out", cls.folder, "--seed", 4, "--side", 420, "--lesions", "haemorrhages")
        cls.photo = cls.folder / "phantom.png"
        cls.rgb = Image.new("RGB", (520, 440))  # off-centre, so that a wrong turn is seen
        cls.rgb.paste(Image.open(cls.photo).convert("RGB"), (90, 12))
        cls.model = vmnet.Model(size=SIZE)
        cls.seen = cls.model.screen(cls.photo)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def same(self, ours, theirs, where="report"):
        """Floats are added up in another order: see tests/js/native.mjs."""
        if isinstance(theirs, dict):
            self.assertEqual(ours.keys(), theirs.keys(), where)
            for k in theirs:
                if k not in ("binary_sha256", "variant"):
                    self.same(ours[k], theirs[k], f"{where}.{k}")
        elif isinstance(theirs, list):
            self.assertEqual(len(ours), len(theirs), where)
            for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
                self.same(a, b, f"{where}[{i}]")
        elif isinstance(theirs, (int, float)) and not isinstance(theirs, bool):
            limit = 1 + 0.03 * theirs if where.endswith("branch_points") else 1e-4 + 0.01 * abs(theirs)
            exact = ".image." in where or where.endswith((".size", ".threads", ".guide"))
            self.assertAlmostEqual(ours, theirs, delta=0 if exact else limit, msg=where)
        else:
            self.assertEqual(ours, theirs, where)

    def refused(self, code, call, *arguments, **options):
        with self.assertRaises(vmnet.VmnetError) as caught:
            call(*arguments, **options)
        self.assertEqual(caught.exception.code, code, str(caught.exception))
        return caught.exception

    # ---- the wheel ----

    def test_what_is_installed_is_the_wheel(self):
        self.assertNotIn(str(ROOT / "wasm"), vmnet.__file__)
        (wheel,) = (ROOT / "build/wheel").glob("vmnet_web-*-py3-none-any.whl")
        files = zipfile.ZipFile(wheel)
        held = lambda name: hashlib.sha256(files.read(f"vmnet/data/{name}")).hexdigest()
        sha = lambda path: hashlib.sha256(path.read_bytes()).hexdigest()
        self.assertEqual(held("vmnet-simd.wasm"), sha(ROOT / "build/wasm/vmnet-simd.wasm"))
        self.assertEqual(held("vmnet-int8.safetensors"), sha(INT8))
        self.assertIn("vmnet/py.typed", files.namelist())
        self.assertTrue(any(n.endswith("licenses/LICENSE") for n in files.namelist()))
        self.assertLess(wheel.stat().st_size, 4 << 20)
        version = re.search(r'VM_VERSION "(.*)"', (ROOT / "src/vmnet.h").read_text())[1]
        self.assertIn(f"-{version}-", wheel.name)

    def test_what_is_written_out_is_what_the_core_counts_in(self):
        """Types and texts cannot ask the module: they say what it says."""
        told = module_of_package.constants()
        codes = get_args(errors.Code)
        self.assertEqual(codes[: len(told["statuses"])], tuple(told["statuses"]))
        self.assertEqual(get_args(model.Point), tuple(told["points"]))
        limits = told["limits"]
        size = [limits[f"size_{of}"] for of in ("min", "max", "step", "default")]
        for function in (vmnet.Model.__init__, vmnet.screen, vmnet.screen_many):
            self.assertEqual(inspect.signature(function).parameters["size"].default, size[-1])
        numbers = lambda text: [int(n) for n in re.findall(r"\d+", text)]
        megapixels, mebibytes = limits["max_pixels"] // 10**6, limits["max_bytes"] >> 20
        self.assertIn(
            f"over {mebibytes} MiB, {megapixels} megapixels or {limits['max_side']} pixels", errors.VmnetError.__doc__
        )
        self.assertIn(f"a side under {limits['min_side']} pixels", errors.VmnetError.__doc__)
        self.assertIn(
            f"{limits['min_side']} to {limits['max_side']} pixels a side, at most {megapixels} megapixels and {mebibytes} MiB",
            vmnet.Model.screen.__doc__,
        )
        help_of = {action.dest: action.help for action in __main__.parser()._actions}
        self.assertEqual(numbers(help_of["size"]), size)
        self.assertEqual(numbers(help_of["photos"]), [limits["min_side"], limits["max_side"]])

    def test_types(self):
        cache = f"--cache-dir={ROOT / 'build/wheel/mypy'}"
        done = subprocess.run(
            [sys.executable, "-m", "mypy", "--strict", cache, "vmnet"],
            cwd=ROOT / "wasm/python",
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_readme(self):
        shutil.copy(SAMPLE, self.folder / "photo.jpg")
        (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "wasm/python/README.md").read_text(), re.S)
        (self.folder / "example.py").write_text(example)
        done = subprocess.run(
            [sys.executable, "example.py"], cwd=self.folder, capture_output=True, text=True, check=False
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        last = done.stdout.splitlines()
        self.assertEqual((last[-2].split()[0], last[-1]), ("photo.jpg", "missing.jpg file"))

    # ---- the same answer everywhere ----

    def test_the_same_as_the_command(self):
        """Each kind of file that a decoder could read in another way."""
        rgb, grey = self.rgb, self.rgb.convert("L")
        alpha = rgb.copy()
        alpha.putalpha(grey.point(lambda v: min(255, 2 * v)))
        kinds = {
            "phantom.png": self.photo.read_bytes(),
            "sample.jpg": SAMPLE.read_bytes(),
            "progressive.jpg": jpeg(rgb, quality=80, progressive=True),
            "subsampled.jpg": jpeg(rgb, quality=60, subsampling=2),
            "cmyk.jpg": jpeg(rgb.convert("CMYK"), quality=90),
            **{f"exif{k}.jpg": jpeg(rgb, quality=90, exif=turned(k)) for k in (3, 5, 6, 8)},
            "exif.png": png(rgb, exif=turned(6)),
            "palette.png": png(rgb.quantize(256)),
            "transparent.png": png(alpha),
            "deep.png": sixteen_bit(rgb),
        }
        for name, data in kinds.items():
            (self.folder / name).write_bytes(data)
        paths = [self.folder / name for name in kinds]
        options = ["--only-report", "--json", "--size", SIZE, "--weights", INT8]
        done = command("screen", *paths, "--out", self.folder / "out", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        for path, line in zip(paths, done.stdout.splitlines(), strict=True):
            with self.subTest(path.name):
                self.same(self.model.screen(path, layers=()).report, json.loads(line))

    def test_the_same_refusals_as_the_command(self):
        whole, picture = SAMPLE.read_bytes(), self.photo.read_bytes()
        bad = {
            "empty.jpg": (b"", "format", "empty"),
            "text.jpg": (b"hello, this is no picture", "format", None),
            "film.gif": (b"GIF89a" + bytes(99), "format", "kind"),
            "cut.jpg": (whole[:9999], "damaged", None),
            "cut.png": (picture[:9999], "damaged", None),
            "changed.png": (picture[:5000] + b"!" + picture[5001:], "damaged", None),
            "small.png": (png(self.rgb.resize((200, 200))), "too-small", None),
            "large.png": (png(Image.new("1", (8200, 300))), "too-large", None),
            "blank.png": (png(Image.new("RGB", (300, 300), "black")), "not-fundus", "blank"),
            "white.png": (png(Image.new("RGB", (300, 300), "white")), "not-fundus", None),
        }
        for name, (data, *_) in bad.items():
            (self.folder / name).write_bytes(data)
        paths = [self.folder / name for name in bad]
        done = command("screen", *paths, "--out", self.folder / "out", "--size", SIZE, "--weights", INT8)
        texts = [t for t in done.stderr.splitlines() if t.startswith("vmnet: /")]
        for path, (_, code, why), text in zip(paths, bad.values(), texts, strict=True):
            with self.subTest(path.name):
                error = self.refused(code, self.model.screen, path)
                self.assertEqual(f"vmnet: {error}", text.replace(f"{path}: photograph:", f"{path}:"))
                self.assertEqual(error.facts["input"], str(path))
                if why:
                    self.assertEqual(error.facts["why"], why)
        self.assertEqual(self.model.screen(self.photo).json, self.seen.json, "and the model is as before")

    def test_the_same_as_the_module_in_node(self):
        """The very same file gives the very same numbers, whatever runs it."""
        script = ROOT / "tests/js/engine-run.mjs"
        subprocess.run(
            ["node", script, "simd", self.photo, self.folder, "weights/vmnet-int8.safetensors"], check=True, cwd=ROOT
        )
        theirs = json.loads((self.folder / "report-1.json").read_text())
        ours = vmnet.screen(self.photo.read_bytes(), name="photo.png")
        hashes = [ours.report["model"]["binary_sha256"], ours.report["model"]["weights_sha256"]]
        files = [ROOT / "build/wasm/vmnet-simd.wasm", INT8]
        self.assertEqual(hashes, [hashlib.sha256(f.read_bytes()).hexdigest() for f in files])
        self.assertEqual(ours.report["image"].pop("sha256"), hashlib.sha256(self.photo.read_bytes()).hexdigest())
        for report in (ours.report, theirs):
            report["model"].pop("binary_sha256")
            report["model"].pop("weights_sha256")
        theirs["image"].pop("sha256")
        self.assertEqual(ours.report, theirs)
        for name, picture in {
            "mask-1": ours.vessels * np.uint8(255),
            "probability-1": ours.probability,
            **{f"heatmap-{k}-1": v for k, v in ours.heatmaps.items()},
        }.items():
            self.assertEqual((self.folder / name).read_bytes(), picture.tobytes(), name)

    # ---- the functions ----

    def test_pictures(self):
        s = self.seen
        jsonschema.validate(s.report, SCHEMA)
        self.assertEqual((s.vessels.shape, s.vessels.dtype), ((420, 420), np.bool_))
        self.assertEqual((s.probability.shape, s.probability.dtype), ((420, 420), np.uint8))
        self.assertEqual((s.photograph.shape, s.photograph.dtype), ((420, 420, 4), np.uint8))
        self.assertEqual([d["id"] for d in s.report["diseases"]], list(s.heatmaps))
        for d in s.report["diseases"]:
            if d["heatmap_max"] > 0.01:
                self.assertGreater(s.heatmaps[d["id"]].max(), 200, d["id"])
        truth = np.asarray(Image.open(self.folder / "phantom-vessels.png")) > 127
        self.assertGreater(2 * (truth & s.vessels).sum() / (truth.sum() + s.vessels.sum()), 0.5)
        self.assertEqual(s.answer, s.report["decision"]["answer"])

    def test_arrays(self):
        rgba = np.asarray(Image.open(self.photo).convert("RGBA"))
        from_file = {k: v for k, v in self.seen.report.items() if k != "image"}
        for pixels in (rgba, rgba[..., :3], np.asfortranarray(rgba)):
            report = dict(self.model.screen(pixels, layers=()).report)
            self.assertEqual(report.pop("image"), {"name": None, "sha256": None, "width": 420, "height": 420})
            self.assertEqual(report, from_file)
        clear = rgba.copy()
        clear[:60, :, 3] = 0
        seen = self.model.screen(clear, layers=["photograph"]).photograph
        self.assertFalse(seen[:60, :, :3].any())
        self.assertFalse((seen[60:] != rgba[60:]).any())
        for wrong in (rgba[..., 0], rgba[..., :2], rgba / 255.0):
            self.assertIn("uint8", str(self.refused("argument", self.model.screen, wrong)))
        self.refused("too-small", self.model.screen, rgba[:100])
        self.refused("too-large", self.model.screen, np.broadcast_to(np.uint8(9), (8000, 8000, 3)))

    def test_options(self):
        some = self.model.screen(self.photo, layers=["vessels", "glaucoma"], point="specific", guide=0, name="x")
        self.assertEqual((list(some.heatmaps), some.probability, some.photograph), (["glaucoma"], None, None))
        self.assertEqual(some.report["decision"]["operating_point"], "specific")
        self.assertEqual((some.report["model"]["guide"], some.report["image"]["name"]), (0, "x"))
        fine = self.model.screen(self.photo, layers=(), fine=True)
        plain = self.model.screen(self.photo, layers=())
        self.assertEqual((fine.report["model"]["fine"], fine.report["diseases"]), (True, plain.report["diseases"]))
        self.assertNotEqual(fine.report["vessels"], plain.report["vessels"])
        self.refused("argument", self.model.screen, self.photo, point="other")
        self.refused("argument", self.model.screen, self.photo, guide=1.5)
        self.assertIn("probability", str(self.refused("argument", self.model.screen, self.photo, layers=["masks"])))
        for size in (250, 2048, 300.5):
            self.refused("argument", vmnet.Model, size=size)
        self.refused("file", self.model.screen, self.folder)
        self.refused("file", self.model.screen, "a\0b")
        self.refused("file", vmnet.Model, "missing.safetensors")
        self.refused("weights", vmnet.Model, SAMPLE)
        f32 = vmnet.screen(self.photo, size=SIZE, weights=ROOT / "weights/vmnet.safetensors", layers=())
        self.assertNotEqual(f32.report["model"]["weights_sha256"], self.seen.report["model"]["weights_sha256"])

    # ---- processes ----

    def test_many_in_order_though_a_process_is_killed(self):
        paths = [self.photo, self.folder / "missing.png", *[self.photo] * 5, Fatal(), *[self.photo] * 5]

        def given():
            for i, path in enumerate(paths):
                if i == 3:
                    multiprocessing.active_children()[0].kill()
                yield path

        items = list(vmnet.screen_many(given(), 1, size=SIZE))
        self.assertEqual([i.path for i in items[:7]], paths[:7])
        self.assertEqual(
            [i.error.code if i.error else None for i in items], [None, "file"] + [None] * 5 + ["worker"] + [None] * 5
        )
        for item in items:
            if item.screening:
                self.assertEqual(item.screening.json, self.seen.json)
                self.assertIsNone(item.screening.vessels)
        self.refused("argument", lambda: next(vmnet.screen_many(paths, 0)))
        self.refused("argument", lambda: next(vmnet.screen_many(paths, 1, point="other")))

    # ---- the command ----

    def test_command(self):
        out = self.folder / "written"
        done = module(
            self.photo, self.folder / "missing.png", self.photo, "--out", out, "--size", SIZE, "--point", "screening"
        )
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(done.stderr.count("vmnet: "), 1)
        self.assertIn("missing.png: cannot be read", done.stderr)
        theirs = self.folder / "theirs"
        options = ["--size", SIZE, "--point", "screening", "--weights", INT8]
        answer = command("screen", self.photo, "--out", theirs, *options)
        self.assertEqual(done.stdout, answer.stdout * 2)
        self.assertEqual({p.name for p in out.iterdir()}, {"phantom", "phantom.2"})
        for path in theirs.iterdir():
            ours = out / "phantom.2" / path.name
            if path.suffix == ".png":
                difference = np.asarray(Image.open(ours)).astype(int) - np.asarray(Image.open(path))
                flips = (difference != 0).mean() if path.name == "vessels.png" else 0
                self.assertLessEqual(flips or abs(difference).max(), 1e-4 if flips else 2, path.name)
            else:
                self.same(json.loads(ours.read_text()), json.loads(path.read_text()))
        self.assertEqual(len(list((out / "phantom").iterdir())), len(list(theirs.iterdir())))

    def test_the_line_ends_with_the_grade_and_with_how_it_was_turned(self):
        told = json.loads(self.seen.json)
        self.assertEqual(set(told["grade"]), {"valid", "reason", "grade", "at_least", "at"})
        self.assertEqual(set(told["orientation"]), {"turned", "sideways"})
        each = (None, 0, []), (3, 0, ["grade:3"]), (None, 90, ["turned:90"]), (2, 270, ["grade:2", "turned:270"])
        for grade, turned, ending in each:
            told["grade"]["grade"], told["orientation"]["turned"] = grade, turned
            line = __main__.answer("eye.png", dataclasses.replace(self.seen, json=json.dumps(told)))
            self.assertEqual(line.split("\t")[3:], ending)

    def test_command_of_many(self):
        done = module(self.photo, self.photo, "--json", "--size", SIZE, "--processes", 2)
        self.assertEqual((done.returncode, done.stdout), (0, f"{self.seen.json}\n" * 2), done.stderr)

    def test_exit_codes(self):
        for code, words in ((2, []), (2, [self.photo, "--size", 100]), (3, [self.photo, "--weights", SAMPLE])):
            done = module(*words)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertNotIn("Traceback", done.stderr)


if __name__ == "__main__":
    unittest.main()
