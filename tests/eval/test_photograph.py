"""From a photograph's bytes to the answer, step by step against NumPy and Pillow: pixels, field, network input, calibration,
cuts, decision. Ten photographs as different cameras give them: the sample, and phantoms of many sizes, fields and brightnesses."""

import ctypes as c
import io
import itertools
import json
import tempfile
import unittest
from dataclasses import dataclass
from pathlib import Path

import core
import numpy as np
from PIL import Image
from scipy import ndimage

WEIGHTS = core.ROOT / "weights/vmnet.safetensors"
SAMPLE = core.ROOT / "web/sample/retina.jpg"


class Spec(c.Structure):
    """vm_phantom_spec of src/vmnet.h"""

    _fields_ = [("seed", c.c_uint32), ("width", c.c_int), ("height", c.c_int), ("disc", core.Disc)]
    _fields_ += [("lesions", c.c_uint), ("cup", c.c_float), ("brightness", c.c_float), ("calibre", c.c_float)]


@dataclass
class Camera:
    name: str
    width: int
    height: int
    disc: tuple  # x, y, radius
    format: str = "PNG"
    brightness: float = 1.0
    lesions: int = 0
    seed: int = 3


CAMERAS = [
    Camera("small and square", 300, 300, (150, 150, 140)),  # enlarged, not shrunk
    Camera("just what the network sees", 512, 512, (256, 256, 256)),
    Camera("landscape", 900, 640, (450, 320, 300), "JPEG", lesions=1),
    Camera("cut at top and bottom", 1280, 900, (640, 450, 520), "JPEG", seed=4),
    Camera("cut on the left", 900, 900, (330, 450, 420), lesions=2, seed=5),
    Camera("off-centre", 1400, 1000, (520, 560, 400), "JPEG", seed=6),
    Camera("dark", 1024, 1024, (500, 520, 470), "PNG", brightness=0.3, seed=7),
    Camera("tiny field", 1600, 1200, (1000, 560, 200), "JPEG", lesions=4, seed=8),
    Camera("large", 2600, 2000, (1310.4, 990.7, 930), "JPEG", lesions=7, seed=9),
]


def metadata(path):
    """What the weights file says of itself, read as safetensors is specified."""
    data = path.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return json.loads(header["__metadata__"]["vmnet"])


def network_input(rgb, disc, size):
    """The square around the disc at `size` pixels by Pillow's triangle filter, which widens as it shrinks, in floats;
    black beyond the photograph. -> [size,size,3], and where the filter saw nothing but the photograph."""
    x, y, radius = disc
    margin = (
        int(
            4 * max(1, 2 * radius / size)
            + max(0, radius - x, radius - y, x + radius - rgb.shape[1], y + radius - rgb.shape[0])
        )
        + 2
    )
    box = tuple(v + margin for v in (x - radius, y - radius, x + radius, y + radius))
    pad = lambda a: np.pad(a.astype(np.float32), [(margin, margin)] * 2)
    shrink = lambda a: np.asarray(Image.fromarray(pad(a)).resize((size, size), Image.Resampling.BILINEAR, box=box))
    whole = shrink(np.ones(rgb.shape[:2])) > 0.9999
    return np.stack([shrink(rgb[..., k]) for k in range(3)], 2), whole


POINTS = ("screening", "balanced", "specific")
# why a photograph cannot be judged, or what may hide a finding: in this order, each known sign
SIGNS = ("not-fundus", "dark", "bright", "field-cut", "blurred", "low-contrast", "no-vessels", "colours", "turned")


def decided(meta, logits, quality, point):
    """The answer, its reasons and what is said of the rest as the report writes them, from the weights file's block:
    logits {class: its output}, quality: the report's."""
    block, classes = meta["decision"], {k["name"]: k for k in meta["classes"]}
    at, normal = block["points"][point], block["normal"]
    calibrated = {c: k["scale"] * logits[c] + k["offset"] for c, k in classes.items()}
    cuts = {c: k["points"][point]["threshold"] for c, k in classes.items()}
    over = {c: calibrated[c] - np.log(cuts[c] / (1 - cuts[c])) for c in classes if c != normal}
    strongest = sorted(over, key=over.get, reverse=True)
    named = [("finding", c) for c in strongest if over[c] >= 0 and c not in block["unnamed"]]
    unnamed = [("finding", c) for c in strongest if over[c] >= 0 and c in block["unnamed"]]
    near = [("near", c) for c in strongest if -at["near"] <= over[c] < 0]
    evidence = block["evidence"]
    several = np.log(np.sum(np.exp([logits[c] for c in over])))
    wrong = np.dot(evidence["logits"], [logits[c] for c in classes]) + evidence["lse"] * several + evidence["offset"]
    healthy = 1 / (1 + np.exp(-calibrated[normal])) >= at["normal_at"]
    doubts = [] if healthy else [("not-normal", None)]
    doubts += [("evidence", None)] if wrong >= at["evidence_at"] else []
    signs = [(s, None) for s in SIGNS if s in quality["reasons"]]
    rest = "not-suspected" if quality["gradable"] else "not-judged"
    if ("finding", "cataract") in named + unnamed or (quality["gradable"] and signs):
        rest = "hidden"
    if not quality["gradable"]:
        return "repeat", (signs or [("not-gradable", None)]) + named + unnamed, rest
    if named:
        return "refer", named + unnamed + near, rest
    if unnamed or near or doubts or signs:
        return "unclear", unnamed + near + doubts + signs, rest
    return "no-finding", [("normal", None)], rest


# beside the signs, of several photographs: one of them could not be read; one file is given as both eyes
NOT_READABLE = ("repeat", [("not-readable", None)], "not-judged")
BOTH_EYES = ("repeat", [("both-eyes", None)], "not-judged")


def together(each, eyes, codes, places):
    """The answer for a patient from his photographs' (answer, reasons, rest), each of an eye ("" of an unknown one):
    codes, places {name: number} order reasons that are alike in all else."""
    known = {e for (answer, _, _), e in zip(each, eyes, strict=True) if e and answer != "repeat"}
    own = {}
    for i, (one, eye) in enumerate(zip(each, eyes, strict=True)):
        if eye or one != NOT_READABLE or len(known) < 2:
            own.setdefault(eye or i, []).append(one)
    found = [of_eye(shots, codes, places) for shots in own.values()]
    order = ("refer", "unclear", "repeat", "no-finding")
    answer = min((a for a, _, _ in found), key=order.index)
    gave = [reasons for a, reasons, _ in found if a == answer]
    return answer, merged(gave, answer, codes, places), max((rest for _, _, rest in found), key=RESTS.index)


RESTS = ("not-suspected", "not-judged", "hidden")


def of_eye(shots, codes, places):
    """From photographs of one eye: the worst of those that are judged."""
    suspects = lambda reasons: any(code == "finding" for code, _ in reasons)
    if any(answer != "repeat" for answer, _, _ in shots):
        shots = [("unclear", r, "hidden") if a == "repeat" and suspects(r) else (a, r, rest) for a, r, rest in shots]
    answer = min((a for a, _, _ in shots), key=("refer", "unclear", "no-finding", "repeat").index)
    gave = [(reasons, rest) for a, reasons, rest in shots if a == answer]
    rest = max((rest for _, rest in gave), key=RESTS.index)
    return answer, merged([reasons for reasons, _ in gave], answer, codes, places), rest


def merged(lists, answer, codes, places):
    """Each reason once, by its group, then by its best place in it."""
    groups = [lambda code: code == "finding", lambda code: code == "near", lambda code: code in DOUBTS]
    quality = [lambda code: code in (*SIGNS, "not-gradable"), lambda code: code in ("not-readable", "both-eyes")]
    groups = quality + groups if answer == "repeat" else groups + quality
    best = {}
    for reasons in lists:
        for g, belongs in enumerate(groups):
            for rank, reason in enumerate(r for r in reasons if belongs(r[0])):
                best[reason] = min(best.get(reason, (g, rank)), (g, rank))
    return sorted(best, key=lambda r: (*best[r], codes[r[0]], places.get(r[1], -1)))


DOUBTS = ("not-normal", "evidence", "normal")


class Decision(c.Structure):
    """vm_decision of src/vmnet.h"""

    _fields_ = [(name, c.c_int) for name in ("answer", "point", "rest", "count")] + [("reasons", c.c_int * 2 * 16)]


def quality_facts(square):
    """The facts of src/quality.h, from the network's input [512,512,3]."""
    rgb = square.astype(float).reshape(256, 2, 256, 2, 3).mean((1, 3)) * 128 + 127
    (r, g, b), brightest, off = np.moveaxis(rgb, 2, 0), rgb.max(2), (np.arange(256) - 127.5) ** 2
    circle = off[:, None] + off <= (0.95 * 128) ** 2
    middle = lambda where, share: np.sort(brightest[where].astype(int))[int(share * where.sum())]
    most = middle(circle, 0.9)
    lit = circle & (brightest > max(most / 5, 8))
    holes, _ = ndimage.label(~lit)  # that of the corner, which is outside of the circle, has number 1
    hue, means = ((r - g) / (r + g + b + 1))[lit], rgb[lit].sum(0) + 1
    facts = dict(
        lit=(circle & (brightest > max(most / 3, 8))).sum() / circle.sum(),
        light=middle(lit, 0.5),
        saturated=(g[lit] >= 245).mean(),
        fundus=((r >= g) & (g >= b - 5))[lit].mean(),
        hues=hue.std(),
        disorder=max(means[1] / means[0] / 1.15, means[2] / means[0], means[2] / means[1] / 1.6),
        likeness=np.corrcoef(rgb[lit].T)[[0, 1, 2], [1, 2, 0]].min(),
        blue_alone=(b[lit] - np.polyval(np.polyfit(g[lit], b[lit], 1), g[lit])).std(),
        blue_spread=b[lit].std(),
        blue_least=np.sort(b[lit].astype(int))[int(0.01 * lit.sum())],
        brightest=middle(lit, 0.99),
        dimmest=middle(lit, 0.01),
        covered=(~lit & lit[::-1, ::-1]).sum() / circle.sum(),
        hole=max(np.bincount(holes.ravel())[2:], default=0) / circle.sum(),
    )
    y, x = np.mgrid[:256, :256] - 127.5
    ring = lit & (np.hypot(x, y) >= 0.7 * 128) & (np.hypot(x, y) < 0.9 * 128)
    eighth = (x < 0) + 2 * (y < 0) + 4 * (abs(x) < abs(y))
    eighths = [ring & (eighth == k) for k in range(8)]
    facts["rim"] = max(brightest[e].mean() for e in eighths if e.sum() >= 60) / (middle(lit, 0.9) + 1)
    detail, seen, picture = [], lit, g
    for _ in range(4):
        p, q, s, t = (picture[j::2, i::2] for j, i in ((0, 0), (0, 1), (1, 0), (1, 1)))
        seen = seen[::2, ::2] & seen[::2, 1::2] & seen[1::2, ::2] & seen[1::2, 1::2]
        turned = (p - q + s - t) / 4, (p + q - s - t) / 4, (p - q - s + t) / 4
        detail.append(np.array([np.sqrt((d[seen] ** 2).mean()) for d in turned]))
        picture = (p + q + s + t) / 4
    facts["finest"], facts["grain"] = detail[0][2] / (detail[1][2] + 0.02), detail[0][2] / (detail[3][2] + 0.03)
    facts["lattice"], facts["copied"] = lattice(square), copied(square)
    detail = [d[:2] for d in detail]
    facts["edges"], facts["contrast"] = (detail[k].sum() / (g[lit].mean() + 5) for k in (2, 3))
    facts["sharpness"], facts["fineness"] = ((detail[0] / (detail[k] + 0.05)).min() for k in (1, 2))
    return facts


def in_halves(square):
    """[256,256,3] grey levels of the network's input [512,512,3], and which of them are lit."""
    rgb = square.astype(float).reshape(256, 2, 256, 2, 3).mean((1, 3)) * 128 + 127
    off = (np.arange(256) - 127.5) ** 2
    circle = off[:, None] + off <= (0.95 * 128) ** 2
    brightest = rgb.max(2)
    most = np.sort(brightest[circle].astype(int))[int(0.9 * circle.sum())]
    return rgb, circle & (brightest > max(most / 5, 8))


def lattice(square):
    """How far steps of the green stand on lines at equal distances, by Fourier's transform of their cubes."""
    lit, green, found = in_halves(square)[1].repeat(2, 0).repeat(2, 1), square[..., 1].astype(float) * 128, []
    for g, seen in ((green, lit), (green.T, lit.T)):
        both = seen[:, 1:] & seen[:, :-1]
        steps = np.append((abs(np.diff(g, axis=1)) ** 3 * both).sum(0), 0)
        count = np.append(both.sum(0), 0)
        given = count >= 0.2 * 512
        steps = np.where(given, steps / np.maximum(count, 1), 0)
        around = [np.convolve(v, np.ones(33), "same") for v in (steps, given.astype(float))]
        over = np.where(given, steps / (around[0] / np.maximum(around[1], 1) + 1e-3) - 1, 0)
        waves = np.fft.fft(over, 1024)[2 * 40 : 2 * 170]  # by halves a side
        found.append(2 * abs(waves).max() / max(given.sum(), 1))
    return max(found)


def copied(square):
    """The least share that a colour has of its own beside another, as far as neighbouring cells share it."""
    rgb, lit = in_halves(square)
    fine = (lit & (rgb.max(2) < 235)).reshape(32, 8, 32, 8)
    count = fine.sum((1, 3))
    cells = (rgb.reshape(32, 8, 32, 8, 3) * fine[..., None]).sum((1, 3)) / np.maximum(count, 1)[..., None]
    given = count >= 16
    if given.sum() < 40:
        return 1.0
    shares = []
    for source, colour in ((1, 0), (1, 2), (0, 2)):
        x, y = cells[..., source], cells[..., colour]
        rest = np.where(given, y - np.polyval(np.polyfit(x[given], y[given], 1), x), 0)
        pairs = [
            (rest[1:] * rest[:-1], given[1:] & given[:-1]),
            (rest[:, 1:] * rest[:, :-1], given[:, 1:] & given[:, :-1]),
        ]
        shared = sum((p * g).sum() for p, g in pairs) / sum(g.sum() for _, g in pairs)
        shares.append(np.sqrt(max(shared, 0)) / max(y[given].std(), 0.2))
    return min(shares)


def opaque(rgb):
    return np.ascontiguousarray(np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)]))


def saved(rgb, quality):
    """As JPEG with colours at half the resolution, where a quality is given."""
    if quality is None:
        return rgb
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=quality, subsampling=2)
    return np.asarray(Image.open(file).convert("RGB"))


def altered(rgb):
    """(name, the reason it must give, picture [h,w,3]) of the kinds under `enlarged` and COPIED_LEAST in src/quality.c."""
    height, width = rgb.shape[:2]
    for side, kind in (
        (60, "NEAREST"),
        (90, "NEAREST"),
        (130, "NEAREST"),
        (160, "NEAREST"),
        (60, "BILINEAR"),
        (50, "LANCZOS"),
    ):
        block, resize = width / side, Image.Resampling[kind]
        small = Image.fromarray(rgb).resize((side + 1, side + 1), Image.Resampling.BOX)
        big = small.resize((round(width + block), round(height + block)), resize)
        shift = round(0.4 * block)  # blocks do not begin at the picture's edge
        yield f"{side} blocks, {kind}", "blurred", np.asarray(big)[shift : shift + height, shift : shift + width]
    red, green, blue = (rgb[..., k].astype(float) for k in range(3))
    for name, colours in {
        "red is 2 green": (2 * green, green, blue),
        "red is 1.5 green": (1.5 * green, green, blue),
        "blue is half of green": (red, green, green / 2),
        "blue is 0.3 of green": (red, green, 0.3 * green),
        "blue is 0.3 of red": (red, green, 0.3 * red),
        "red is 2 green, blue half": (2 * green, green, green / 2),
    }.items():
        yield name, "colours", np.clip(np.round(np.dstack(colours)), 0, 255).astype(np.uint8)


def with_points(path, **values):
    """The bytes of weights whose decision has other values at each operating point: {name: (screening, balanced, specific)}"""
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    told = json.loads(header["__metadata__"]["vmnet"])
    for name, each in values.items():
        for point, value in zip(POINTS, each, strict=True):
            told["decision"]["points"][point][name] = value
    header["__metadata__"]["vmnet"] = json.dumps(told)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data[end:]


class Photograph(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.core, cls.meta = core.Core(WEIGHTS), metadata(WEIGHTS)
        files = [("sample", SAMPLE.read_bytes(), None), *((s.name, cls.draw(cls, s), s) for s in CAMERAS)]
        cls.shots = [(name, data, camera, cls.decoded(cls, data)) for name, data, camera in files]
        cls.reports = [(name, cls.core.screen(rgba)[0]) for name, _, _, rgba in cls.shots]

    @classmethod
    def tearDownClass(cls):
        cls.core.close()

    def draw(self, camera):
        """The phantom as a file's bytes."""
        rgba, err = np.empty((camera.height, camera.width, 4), np.uint8), core.Error()
        spec = Spec(camera.seed, camera.width, camera.height, core.Disc(*camera.disc), camera.lesions)
        spec.brightness = camera.brightness
        place = rgba.ctypes.data_as(c.c_void_p)
        if self.core.lib.vm_phantom(c.byref(spec), place, None, None, None, c.byref(err)):
            raise AssertionError(err.text)
        file = io.BytesIO()
        options = dict(quality=95, subsampling=0) if camera.format == "JPEG" else {}
        Image.fromarray(rgba).convert("RGB").save(file, camera.format, **options)
        return file.getvalue()

    def decoded(self, data):
        photo = core.Photo()
        if self.core.lib.vm_image_load(data, c.c_size_t(len(data)), c.byref(photo), c.byref(self.core.err)):
            raise core.Refused(self.core.err)
        shape = (photo.height, photo.width, 4)
        rgba = np.ctypeslib.as_array(c.cast(photo.rgba, c.POINTER(c.c_uint8)), shape).copy()
        self.core.lib.vm_image_free(c.byref(photo))
        return rgba

    def prepared(self, rgba, disc, size):
        out = np.empty((size, size, 3), np.float32)
        args = rgba.ctypes.data_as(c.c_void_p), rgba.shape[1], rgba.shape[0], core.Disc(*disc), size
        self.assertEqual(self.core.lib.vm_prepare(*args, out.ctypes.data_as(c.c_void_p), c.byref(self.core.err)), 0)
        return out

    def test_pixels(self):
        for name, data, _, rgba in self.shots:
            want = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
            self.assertEqual(rgba.shape[:2], want.shape[:2], name)
            self.assertTrue((rgba[..., :3] == want).all(), name)
            self.assertTrue((rgba[..., 3] == 255).all())

    def test_field(self):
        for name, _, camera, rgba in self.shots:
            found = np.array(self.core.find_disc(rgba))
            if camera is not None:
                self.assertLess(np.abs(found - camera.disc).max(), 0.01 * camera.disc[2], name)

    def test_network_input(self):
        for name, _, _, rgba in self.shots:
            disc = self.core.find_disc(rgba)
            for size in (256, 512, 1024):
                got = self.prepared(rgba, disc, size)
                want, whole = network_input(rgba[..., :3], disc, size)
                self.assertGreater(whole.mean(), 0.5, name)
                off = np.abs(got - (want - 127) / 128)[whole]
                self.assertLess(off.max(), 2e-3, f"{name} at {size}: over a quarter of a grey level")
                beyond = network_input(np.full(rgba.shape[:2] + (3,), 255), disc, size)[0].max(2) == 0
                self.assertTrue(
                    (got[beyond] == np.float32((0 - 127) / 128)).all(), f"{name} at {size}: black beyond it"
                )

    def test_quality_facts(self):
        for name, _, _, rgba in self.shots:
            told, want = self.core.facts(rgba), quality_facts(self.prepared(rgba, self.core.find_disc(rgba), 512))
            self.assertEqual(set(told), set(want))
            for k, v in want.items():
                self.assertAlmostEqual(told[k], v, delta=1e-4 * abs(v) + 2e-4, msg=f"{name}: {k}")

    def test_altered(self):
        """The sample, which reads as no finding, as a mosaic, enlarged from a tiny picture, and with a colour that is another's
        multiple: as pixels, and as JPEG."""
        rgb = next(rgba for name, _, _, rgba in self.shots if name == "sample")[..., :3]
        told = []
        for name, reason, made in altered(rgb):
            for quality in (None, 92, 75):
                report = self.core.screen(opaque(saved(made, quality)))[0]
                told.append((name, report["decision"]["answer"]))
                self.assertNotEqual(report["decision"]["answer"], "no-finding", f"{name}, JPEG {quality}")
                reasons = {reason, "not-fundus"} & set(report["quality"]["reasons"])
                self.assertTrue(reasons, f"{name}, JPEG {quality}")
        self.assertEqual(len(told), 36)
        for quality in (None, 75):
            report = self.core.screen(opaque(saved(rgb, quality)))[0]
            self.assertEqual(report["decision"]["answer"], "no-finding", f"as it is, JPEG {quality}")

    def test_on_its_side(self):
        """The sample, which reads as no finding, turned by 90 degrees: turned upright, or said perhaps to lie on its side."""
        rgba = next(rgba for name, _, _, rgba in self.shots if name == "sample")
        for quarters in (1, 3):
            report = self.core.screen(np.ascontiguousarray(np.rot90(rgba, quarters)))[0]
            doubt = "turned" in report["quality"]["reasons"]
            self.assertTrue(doubt or report["orientation"]["turned"] == 90 * quarters, report["orientation"])
            self.assertFalse(doubt and report["decision"]["answer"] == "no-finding")
        for name, report in self.reports:
            self.assertNotIn("turned", report["quality"]["reasons"], name)

    def test_decision(self):
        """At every operating point the answer and each reason, in their order: by the cuts as they are, and by others at
        which findings lie near them."""
        with tempfile.NamedTemporaryFile(suffix=".safetensors") as file:
            path = Path(file.name)
            path.write_bytes(with_points(WEIGHTS, near=(0.5, 2, 4), normal_at=(0.2, 0.6, 0.9), evidence_at=(3, 0, -3)))
            other, meta = core.Core(path), metadata(path)
        reports = [(name, other.screen(rgba)[0]) for name, _, _, rgba in self.shots]
        other.close()
        told = self.decisions(self.meta, self.reports) | self.decisions(meta, reports)
        self.assertGreater(len(told), 2, "several answers occur")

    def test_together(self):
        """Up to three of the photographs' answers, and what could not be read, of every mixture of eyes."""
        told = core.constants()
        answers, rests, codes = ({v: k for k, v in told[name].items()} for name in ("answers", "rests", "reasons"))
        names = [k["name"] for k in self.meta["classes"]]
        places, ids = {n: i for i, n in enumerate(names)}, {d["id"]: d["name"] for d in self.reports[0][1]["diseases"]}
        plain = lambda d: (
            d["answer"],
            [(r["code"], ids[r["disease"]] if "disease" in r else None) for r in d["reasons"]],
            d["rest"],
        )
        kinds = {repr(d): d for _, r in self.reports for d in [plain(r["decision"]["at"]["balanced"])]}
        named = [k["name"] for k in self.meta["classes"] if k["name"] != self.meta["decision"]["normal"]][:2]
        made = [
            ("refer", [("finding", named[1]), ("finding", named[0])], "not-suspected"),
            ("repeat", [("blurred", None), ("dark", None), ("finding", named[0])], "hidden"),
            ("no-finding", [("normal", None)], "not-suspected"),
            NOT_READABLE,
            BOTH_EYES,
        ]
        kinds = [*list(kinds.values())[:3], *made]
        self.core.lib.vm_not_readable.restype = self.core.lib.vm_both_eyes.restype = Decision
        unknown = {"not-readable": self.core.lib.vm_not_readable, "both-eyes": self.core.lib.vm_both_eyes}

        def packed(one):
            if one in (NOT_READABLE, BOTH_EYES):
                return unknown[one[1][0][0]](told["points"]["balanced"])
            answer, reasons, rest = one
            out = Decision(told["answers"][answer], told["points"]["balanced"], told["rests"][rest], len(reasons))
            for i, (code, name) in enumerate(reasons):
                out.reasons[i][:] = told["reasons"][code], places.get(name, -1)
            return out

        seen, out = set(), Decision()
        for count in (1, 2, 3):
            for each in itertools.product(kinds, repeat=count):
                for eyes in itertools.product(("", "OD", "OS"), repeat=count):
                    numbers = (c.c_int * count)(*(("", "OD", "OS").index(e) for e in eyes))
                    args = (Decision * count)(*map(packed, each)), numbers, count, c.byref(out), c.byref(self.core.err)
                    self.assertEqual(self.core.lib.vm_decide_together(*args), 0)
                    reasons = [(codes[r[0]], names[r[1]] if r[1] >= 0 else None) for r in out.reasons[: out.count]]
                    got = answers[out.answer], reasons, rests[out.rest]
                    self.assertEqual(got, together(each, eyes, told["reasons"], places), f"{each} of {eyes}")
                    seen.add(out.answer)
        self.assertEqual(len(seen), 4, "every answer occurs")

    def decisions(self, meta, reports):
        """Checks each report's; the answers that occur."""
        answers = set()
        for name, report in reports:
            ids = {d["id"]: d["name"] for d in report["diseases"]}
            logits = {d["name"]: d["logit"] for d in report["diseases"]}
            told = report["decision"]
            self.assertEqual(told["operating_point"], "balanced")
            self.assertEqual({k: told[k] for k in ("answer", "reasons", "rest")}, told["at"]["balanced"], name)
            for point in POINTS:
                got = told["at"][point]
                reasons = [(r["code"], ids[r["disease"]] if "disease" in r else None) for r in got["reasons"]]
                want = decided(meta, logits, report["quality"], point)
                self.assertEqual((got["answer"], reasons, got["rest"]), want, f"{name}, {point}")
                answers.add(got["answer"])
        return answers

    def test_report(self):
        """Every number that a decision hangs on, from the logits on, as the weights file says."""
        classes, floats = self.meta["classes"], dict(rtol=0, atol=2e-6)
        decision, answers = self.meta["decision"], set()
        for name, report in self.reports:
            self.assertEqual([d["name"] for d in report["diseases"]], [k["name"] for k in classes])
            for d, k in zip(report["diseases"], classes, strict=True):
                probability = 1 / (1 + np.exp(-(k["scale"] * d["logit"] + k["offset"])))
                floats["err_msg"] = f"{name}: {k['name']}"
                np.testing.assert_allclose(d["probability"], probability, **floats)
                cut = k["points"]["balanced"]["threshold"]
                if k["name"] == decision["normal"]:
                    cut = decision["points"]["balanced"]["normal_at"]
                    says = [r["code"] for r in report["decision"]["at"]["balanced"]["reasons"]]
                    self.assertFalse(d["positive"] and "not-normal" in says, floats["err_msg"])
                    self.assertFalse(not d["positive"] and says == ["normal"], floats["err_msg"])
                np.testing.assert_allclose(d["threshold"], cut, **floats)
                points = decision["points"] if k["name"] == decision["normal"] else k["points"]
                name_of = "normal_at" if k["name"] == decision["normal"] else "threshold"
                for point in POINTS:
                    np.testing.assert_allclose(d["cuts"][point], points[point][name_of], **floats)
                self.assertEqual(d["positive"], d["probability"] >= d["threshold"], floats["err_msg"])
                answers.add((k["name"], d["positive"]))
            quality = report["quality"]
            np.testing.assert_allclose(quality["threshold"], self.meta["gradable_threshold"], **floats)
            self.assertEqual(quality["gradable"], quality["gradability"] >= quality["threshold"])
        self.assertGreater(len({a for _, a in answers}), 1, "both answers occur")

    def test_operating_points(self):
        """The model's own account of its cuts, and of what they gave."""
        decision = self.meta["decision"]
        for told, k in zip(self.core.info["classes"], self.meta["classes"], strict=True):
            for point, cut in k["points"].items():
                if k["name"] == decision["normal"]:
                    at = decision["points"][point]
                    cut = dict(threshold=at["normal_at"], sensitivity=at["healthy"], specificity=1 - at["diseased"])
                for name, value in cut.items():
                    np.testing.assert_allclose(told["points"][point][name], value, rtol=0, atol=2e-6)
        for point, told in self.core.info["no_finding"].items():
            for name, value in told.items():
                np.testing.assert_allclose(value, self.meta["decision"]["points"][point][name], rtol=0, atol=2e-6)


if __name__ == "__main__":
    unittest.main()
