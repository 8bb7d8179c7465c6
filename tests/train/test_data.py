"""The loaders, on small folders of the layouts in which the data sets are published. Needs no PyTorch."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import layouts
import numpy as np
from layouts import published
from PIL import Image

import data as sets  # isort: skip  (layouts says where it is)
import splits  # isort: skip

EIGHT = {c: i for i, c in enumerate(sets.CLASSES)}


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = Path(folder.name)

    def of(self, name):
        return next(s for s in sets.ALL_SETS if s.name == name)

    def labels(self, name, split, classes=sets.CLASSES, missing=None):
        """[(file name, labels)]"""
        return [(p.name, y) for p, y in sets.disease_list(self.data, self.of(name), split, classes, missing)]

    def problems(self, name, splits=("train", "val", "test")):
        return sets.survey(self.data, [self.of(name)], [], splits)


class Rfmid(Folder):
    def test_every_layout_gives_the_official_split(self):
        for layout in layouts.LAYOUTS:
            with self.subTest(layout), tempfile.TemporaryDirectory() as d:
                layouts.rfmid(Path(d), layout)
                found = [sets.disease_list(Path(d), self.of("rfmid"), s) for s in ("train", "val", "test")]
                self.assertEqual([len(f) for f in found], [8, 3, 3])
                self.assertEqual(sets.survey(Path(d), [self.of("rfmid")], [], ("train", "val", "test")), [])

    def test_its_own_classes(self):
        layouts.rfmid(self.data)
        self.assertEqual(sets.classes_of([self.of("rfmid")]), published.RFMID_CLASSES)
        own = dict(self.labels("rfmid", "train", published.RFMID_CLASSES))
        said = {f: {c for c, v in zip(published.RFMID_CLASSES, y, strict=True) if v == 1} for f, y in own.items()}
        self.assertEqual(said["1.png"], {"diabetic retinopathy"})
        self.assertEqual(said["2.png"], {"normal"})
        self.assertEqual(said["3.png"], {"age-related macular degeneration", "drusen"})
        self.assertEqual(said["6.png"], {"other rare findings"})
        self.assertTrue(all((y >= 0).all() for y in own.values()))

    def test_the_45_columns(self):
        self.assertEqual(len(published.RFMID_COLUMNS), 46)
        self.assertEqual(len(set(published.RFMID_COLUMNS)), 46)
        self.assertEqual(len(published.RFMID_CLASSES), 29)
        self.assertEqual(set(published.RFMID_CLASSES) - set(published.RFMID_LABELS), set())

    def test_onto_the_eight_only_what_means_the_same(self):
        layouts.rfmid(self.data)
        y = dict(self.labels("rfmid", "train"))
        column = lambda c: [y[f"{i}.png"][EIGHT[c]] for i in range(1, 9)]  # noqa: E731
        self.assertEqual(column("normal"), [0, 1, 0, 0, 0, 0, 0, 1])
        self.assertEqual(column("diabetic retinopathy"), [1, 0, 0, 0, 0, 0, 1, 0])
        self.assertEqual(column("age-related macular degeneration"), [0, 0, 1, 0, 0, 0, 0, 0])
        # cupping alone, haze and myopia alone: unknown; drusen, haemorrhagic retinopathy, vein occlusion: other
        self.assertEqual(column("other"), [0, 0, 1, -1, -1, 1, 1, 0])
        for c in ("glaucoma", "cataract", "hypertensive retinopathy", "pathologic myopia"):
            self.assertEqual(set(column(c)), {-1}, c)

    def test_says_what_is_missing(self):
        (path, folder) = layouts.rfmid(self.data)["Training"]
        (folder / "3.png").unlink()
        said = self.problems("rfmid")
        self.assertEqual(len(said), 1)
        self.assertIn("3.png is missing", said[0])
        self.assertTrue(said[0].startswith("rfmid train: "))
        with self.assertRaisesRegex(sets.MissingData, "3.png is missing"):
            self.labels("rfmid", "train")
        went_on = []
        self.assertEqual(len(self.labels("rfmid", "train", missing=went_on)), 7)
        self.assertEqual(went_on, said)

    def test_says_which_rows_are_bad(self):
        (path, _) = layouts.rfmid(self.data)["Training"]
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        cell = lambda i, j, v: ",".join(v if k == j else c for k, c in enumerate(lines[i].split(",")))  # noqa: E731
        lines[1] = cell(1, 2, "x")  # DR
        lines[2] = cell(2, 1, "1")  # Disease_Risk without a disease
        lines[4] = cell(4, 0, "3")  # the ID of another line
        lines[5] = cell(5, 0, "five")
        lines[6] = lines[6].rsplit(",", 20)[0]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
        said = self.problems("rfmid", ["train"])
        expected = ["line 2: DR is 'x'", "line 3: Disease_Risk", "line 5: ID '3' is there twice", "line 6: ID 'five'"]
        for text in [*expected, "line 7: "]:
            self.assertEqual(sum(text in p for p in said), 1, (text, said))
        self.assertEqual([n for n, _ in self.labels("rfmid", "train", missing=[])], ["3.png", "7.png", "8.png"])

    def test_missing_column_csv_folder_set(self):
        self.assertIn("rfmid is missing", self.problems("rfmid", ["train"])[0])
        places = layouts.rfmid(self.data)
        path, folder = places["Validation"]
        path.write_text(path.read_text(encoding="utf-8-sig").replace("ODPM", "XYZ"))
        self.assertIn("lacks the columns ODPM", self.problems("rfmid", ["val"])[0])
        path.unlink()
        self.assertIn("RFMiD_Validation_Labels.csv is missing", self.problems("rfmid", ["val"])[0])
        for p in places["Testing"][1].iterdir():
            p.unlink()
        self.assertIn("the folder Testing with ID.png is missing", self.problems("rfmid", ["test"])[0])

    def test_photograph_without_a_row(self):
        layouts.photograph(layouts.rfmid(self.data)["Testing"][1] / "99.png", 1)
        self.assertIn("99.png has no row", self.problems("rfmid", ["test"])[0])


COUNTS = {"train": 4, "val": 2, "test": 2}


@mock.patch.dict(published.AIROGS_COUNTS, COUNTS)
class Airogs(Folder):
    def test_folders_are_labels_and_split(self):
        for wrapper in ("eyepac-light-v2-512-jpg", "", "release/eyepac-light-v2-512-jpg"):
            with self.subTest(wrapper), tempfile.TemporaryDirectory() as d:
                layouts.airogs(Path(d), wrapper)
                self.assertEqual(sets.survey(Path(d), [self.of("airogs")], [], COUNTS), [])
                for split, n in COUNTS.items():
                    found = sets.disease_list(Path(d), self.of("airogs"), split, ["glaucoma"])
                    self.assertEqual([y[0] for _, y in found], [1] * n + [0] * n)
                    self.assertTrue(all(p.parent.name == ("RG" if y[0] else "NRG") for p, y in found))

    def test_says_what_is_missing(self):
        root = layouts.airogs(self.data)
        next((root / "train/RG").iterdir()).unlink()
        (said,) = self.problems("airogs")
        self.assertIn("RG holds 3 of 4 photographs", said)
        (root / "validation").rename(root / "elsewhere")
        self.assertIn("the folder validation/ is missing", self.problems("airogs", ["val"])[0])
        self.assertIn("airogs is missing", sets.survey(self.data / "x", [self.of("airogs")], [])[0])

    def test_a_photograph_in_two_parts(self):
        root = layouts.airogs(self.data)
        twin = next((root / "test/NRG").iterdir())
        (root / "train/NRG" / twin.name).write_bytes(twin.read_bytes())
        (said,) = self.problems("airogs")
        self.assertIn("is also in test/", said)
        self.assertNotIn(twin.name, [n for n, _ in self.labels("airogs", "train", missing=[])])
        self.assertIn(twin.name, [n for n, _ in self.labels("airogs", "test")])


class Choice(unittest.TestCase):
    def test_default_is_what_it_was(self):
        diseases, vessels = sets.choose()
        weights = dict(odir5k=0.56, airogs_light=0.09, hygd=0.09, tvhl=0.07, dr_maculopathy=0.07, idrid=0.06, palm=0.04)
        weights |= dict(drishti_gs1=0.02, aptos_subset=0.03, eyepacs=0.05, kaggle4=0.05, eyeq200=0.06, drimdb=0.01)
        self.assertEqual({s.name: s.weight for s in diseases}, weights)
        self.assertEqual(vessels, ["drive", "chasedb1", "hrf", "aria", "dr_hagis", "orvs"])
        self.assertEqual(sets.classes_of(diseases), sets.CLASSES)
        self.assertEqual([s.name for s in sets.judges(diseases, sets.CLASSES)], ["odir5k"])

    def test_classes_follow_the_sets(self):
        classes = lambda names: sets.classes_of(sets.choose(names)[0])  # noqa: E731
        self.assertEqual(classes("airogs"), ["glaucoma"])
        self.assertEqual(classes("idrid,tvhl"), ["diabetic retinopathy"])
        self.assertEqual(classes("rfmid,odir5k"), sets.CLASSES)
        both = classes("rfmid,airogs")
        self.assertEqual(both, [c for c in sets.CLASSES if c in published.RFMID_LABELS or c == "glaucoma"])
        self.assertEqual([both[i] for i in sets.named(both)], both[1:-1])
        self.assertNotIn(0, sets.named(published.RFMID_CLASSES))
        self.assertNotIn(28, sets.named(published.RFMID_CLASSES))

    def test_without(self):
        diseases, vessels = sets.choose(without="idrid,tvhl,hrf")
        self.assertNotIn("idrid", [s.name for s in diseases])
        self.assertEqual((len(diseases), vessels), (11, ["drive", "chasedb1", "aria", "dr_hagis", "orvs"]))
        self.assertEqual(sets.choose("rfmid,drive")[1], ["drive"])

    def test_refusals(self):
        for names, without, text in (
            ("odri5k", "", "no data set is called odri5k"),
            ("", "idird", "no data set is called idird"),
            ("airogs,airogs_light", "", "name one of them"),
            ("idrid", "idrid", "no disease data set is left"),
        ):
            with self.subTest(names), self.assertRaisesRegex(sets.MissingData, text):
                sets.choose(names, without)

    def test_records_of_old_checkpoints(self):
        record = sets.record_of(dict(weights={}, origin="x"))
        self.assertEqual(record["classes"], sets.CLASSES)
        self.assertIn("idrid", record["seen"])
        self.assertNotIn("aria", record["seen"])
        self.assertEqual(sets.record_of(dict(seen=["hygd"]))["seen"], ["hygd"])


class Listed(Folder):
    def setUp(self):
        super().setUp()
        self.names = sets.part("idrid", "train")
        layouts.idrid(self.data, self.names[:6])

    def test_masked_labels_and_missing_photographs(self):
        missing = []
        found = self.labels("idrid", "train", missing=missing)
        self.assertEqual(len(found), 6)
        self.assertEqual(len(missing), len(self.names) - 6)
        y = np.array([y for _, y in found])
        self.assertEqual(y[:, 1].tolist(), [0, 1, 0, 1, 0, 1])
        self.assertTrue((np.delete(y, 1, 1) == sets.UNKNOWN).all())

    def test_summary_is_short(self):
        problems = sets.survey(self.data, [self.of("idrid"), self.of("palm")], ["drive"], ["train"])
        told = sets.summary(problems)
        self.assertEqual(len(told), 4 + 1 + 1 + 1)
        self.assertIn(f"idrid train: and {len(self.names) - 10} more", told)

    def test_bad_label(self):
        path = self.data / "idrid/grading/labels.csv"
        path.write_text(path.read_text().replace(f"{self.names[1]},2", f"{self.names[1]},two"))
        missing = []
        self.assertEqual(len(self.labels("idrid", "train", missing=missing)), 5)
        self.assertEqual(sum("bad row" in m for m in missing), 1)

    def test_pixels(self):
        (self.data / "idrid/grading/images" / self.names[2]).write_bytes(b"no picture")
        quiet, missing = dict(side=64, sets=["idrid"], progress=lambda _: None), []
        x, y = sets.load_diseases(self.data, "train", **quiet, classes=[sets.DR], missing=missing)["idrid"]
        self.assertEqual((x.shape, y.shape), ((5, 64, 64, 3), (5, 1)))
        self.assertEqual(y[:, 0].tolist(), [0, 1, 1, 0, 1])
        self.assertEqual(sum("cannot be read" in m for m in missing), 1)
        self.assertGreater(x[0, 32, 32].min(), 40)  # the disc
        with self.assertRaises(sets.MissingData):
            sets.load_diseases(self.data, "train", **quiet)

    def test_vessels(self):
        layouts.drive(self.data, [21, 22])
        missing = []
        quiet = dict(sides=(64, 96), sets=["drive", "hrf"], progress=lambda _: None)
        layers = sets.load_vessels(self.data, "train", **quiet, missing=missing)
        self.assertEqual([[a.shape for a in pair] for pair in layers], [[(64, 64, 5), (96, 96, 5)]] * 2)
        self.assertTrue(any(m.startswith("hrf train: ") for m in missing))
        Image.new("L", (50, 50)).save(self.data / "drive/training/mask/22.png")
        missing = []
        self.assertEqual(len(sets.load_vessels(self.data, "train", **quiet, missing=missing)), 1)
        self.assertEqual(sum("differ in size" in m for m in missing), 1)

    def test_vessels_without_a_field_of_view(self):
        layouts.aria(self.data, [500, 501])
        missing = []
        quiet = dict(sides=(64,), sets=["aria"], progress=lambda _: None)
        layers = [a for (a,) in sets.load_vessels(self.data, "train", **quiet, missing=missing)]
        self.assertEqual([a.shape for a in layers], [(64, 64, 5)] * 2)
        self.assertGreater(layers[0][32, 32, 3], 127)
        self.assertGreater(layers[0][32, 32, 4], 127)
        self.assertEqual(layers[0][0, 0, 4], 0)


class Field(unittest.TestCase):
    def photograph(self, side=300, ground=0):
        y, x = np.mgrid[0:side, 0 : side + 40] / side
        disc = (x - 0.6) ** 2 + (y - 0.5) ** 2 < 0.2
        rgb = np.where(disc[..., None], np.array([150, 80, 40]), ground).astype(np.uint8)
        return rgb, disc

    def test_it_is_the_disc_whatever_lies_around_it(self):
        for ground in (0, 57):
            rgb, disc = self.photograph(ground=ground)
            m = sets.lit_field(rgb)
            self.assertEqual(m.shape, disc.shape)
            self.assertGreater((m & disc).sum() / (m | disc).sum(), 0.98)

    def test_without_writing_and_without_holes(self):
        rgb, disc = self.photograph()
        rgb[4:8, 300:338] = 250
        rgb[140:160, 150:190] = 3
        m = sets.lit_field(rgb)
        self.assertFalse(m[4:8, 300:338].any())
        self.assertTrue(m[140:160, 150:190].all())

    def test_black_has_none(self):
        self.assertFalse(sets.lit_field(np.zeros((90, 120, 3), np.uint8)).any())


class Splits(unittest.TestCase):
    def parts(self, name):
        return {r["filename"]: r["split"] for r in sets.table(sets.SPLITS / f"{name}.csv")}

    def test_every_default_set_has_all_three_parts(self):
        for name in sets.DEFAULT_NAMES:
            self.assertEqual(set(self.parts(name).values()), {"train", "val", "test"}, name)

    def test_a_patient_of_eyepacs_is_in_one_part_whatever_the_set(self):
        of = {}
        for name in ("eyepacs", "eyeq200", "kaggle4"):
            for file, split in self.parts(name).items():
                of.setdefault(file.split("_")[0], set()).add(split)
        self.assertGreater(len(of), 3000)
        self.assertEqual({p: s for p, s in of.items() if len(s) > 1}, {})

    def test_photographs_without_patients_are_cut_in_blocks(self):
        numbered = [f"{i}.webp" for i in (*range(1, 11), *range(20, 26))]
        found = dict(splits.in_blocks(numbered, lambda f: int(f[:-5])))
        self.assertEqual([f for f, s in found.items() if s == "val"], ["7.webp", "23.webp"])
        self.assertEqual(
            [f for f, s in found.items() if s == "test"], ["8.webp", "9.webp", "10.webp", "24.webp", "25.webp"]
        )
        self.assertNotIn("images/32.webp", self.parts("dr_hagis"))


class Quality(Folder):
    def test_words_become_labels(self):
        rows = [("good", 0), ("usable", 0), ("reject", 0), ("", 0)]
        names = sets.part("eyepacs", "train")[:4]
        layouts.eyepacs(self.data, [(n, q, g) for n, (q, g) in zip(names, rows, strict=True)])
        found = self.labels("eyepacs", "train", [sets.GRADABLE, sets.DR, "normal"], missing=[])
        self.assertEqual(
            [y.tolist() for _, y in found], [[1, 0, -1], [0.5, 0, -1], [0, 0, -1], [np.float32(0.6), 0, -1]]
        )

    def test_kaggle4_takes_its_grades_from_another_table(self):
        names = sets.part("kaggle4", "train")[:3]
        layouts.eyepacs(
            self.data, [(n, "", g) for n, g in zip(names, (0, 1, 4), strict=True)], "kaggle4", "kaggle4_grades"
        )
        self.assertEqual([y[0] for _, y in self.labels("kaggle4", "train", [sets.DR], missing=[])], [0, 1, 1])

    def test_a_word_that_nobody_knows(self):
        missing = []
        layouts.eyepacs(self.data, [(sets.part("eyepacs", "train")[0], "so-so", 0)])
        self.assertEqual(self.labels("eyepacs", "train", [sets.GRADABLE], missing), [])
        self.assertEqual(sum("bad row" in m for m in missing), 1)


if __name__ == "__main__":
    unittest.main()
