"""The table of the decision, from made-up answers."""

import unittest
from pathlib import Path

import decision
import numpy as np

CLASSES = ["normal", "diabetic retinopathy", "other"]
POINTS = ("screening", "balanced", "specific")


class Pool:
    """Answers as the core's: {file name: the answers at the three points, None where it refused the photograph}"""

    def __init__(self, answers, gradable=()):
        self.answers, self.gradable = answers, gradable

    def report(self, paths, _):
        return [self.answer(p.name) for p in paths]

    def answer(self, name):
        words = self.answers[name]
        if words is None:
            return None, "no field of view", 8
        at = {p: dict(answer=w) for p, w in zip(POINTS, words, strict=True)}
        return (
            dict(
                decision=dict(at=at),
                quality=dict(gradable=name in self.gradable, gradability=float(name in self.gradable)),
            ),
            None,
            0,
        )


def eye(name, labels, **row):
    return Path(name), labels, row


class Table(unittest.TestCase):
    def setUp(self):
        self.items = [
            eye("1_left.webp", [1, 0, 0], keywords="normal fundus"),
            eye("1_right.webp", [1, 0, 0], keywords="normal fundus"),
            eye("2_left.webp", [0, 1, 0], keywords="mild nonproliferative retinopathy"),
            eye(
                "2_right.webp",
                [0, 1, 1],
                keywords="mild nonproliferative retinopathy|old branch retinal vein occlusion",
            ),
            eye("3_left.webp", [0, 0, 1], keywords="epiretinal membrane"),
        ]
        clear, sick = ("unclear", "no-finding", "no-finding"), ("refer", "refer", "no-finding")
        answers = dict(zip([i[0].name for i in self.items], [clear, clear, clear, sick, None], strict=True))
        rows = decision.measure(Pool(answers), "odir5k", self.items, CLASSES)
        self.rows = {r["who"]: r for r in rows}

    def test_who_is_counted(self):
        n = {who: r["n"] for who, r in self.rows.items()}
        want = {"healthy": 2, "diseased": 2, "mild": 1, "diabetic retinopathy": 1, "other": 2}
        self.assertEqual(n, want | {"other: vessel occlusion": 1, "other: membrane or macular hole": 1})
        self.assertEqual(self.rows["healthy"]["patients"], 1)

    def test_shares_at_each_point(self):
        share = lambda who, point: self.rows[who]["no_finding"][point][0]  # noqa: E731
        self.assertEqual([share("healthy", p) for p in POINTS], [0, 1, 1])
        self.assertEqual([share("diseased", p) for p in POINTS], [0, 0, 0.5])
        self.assertEqual(share("mild", "balanced"), 1)

    def test_what_the_core_refuses_has_to_be_repeated(self):
        at = self.rows["diseased"]["answers"]["balanced"]
        self.assertEqual(at, {"refer": 0.5, "unclear": 0, "repeat": 0.5, "no-finding": 0})

    def test_quality(self):
        items = [eye("1_left.webp", [], quality="good"), eye("2_left.webp", [], quality="reject")]
        items.append(eye("3_left.webp", [], quality="reject"))
        pool = Pool(
            {"1_left.webp": ("refer",) * 3, "2_left.webp": ("refer",) * 3, "3_left.webp": None}, ["1_left.webp"]
        )
        rows = decision.quality(pool, "eyeq200", items)
        self.assertEqual([(r["quality"], r["n"], r["judged"][0]) for r in rows], [("good", 1, 1.0), ("reject", 2, 0.0)])
        self.assertEqual([r["auc"] and r["auc"][0] for r in rows], [None, 1.0])

    def test_bad_ones_stand_under_the_good_ones(self):
        value, word = np.array([0.9, 0.8, 0.1, 0.85, 0.2]), np.array(["good", "good", "bad", "bad", "usable"])
        told = lambda grade: decision.against_good(value, word, grade, np.arange(5))  # noqa: E731
        self.assertEqual((told("bad")[0], told("usable")[0], told("good")), (0.75, 1.0, None))
        self.assertIsNone(decision.against_good(value[2:], word[2:], "bad", np.arange(3)))

    def test_both_tables_are_written(self):
        graded = [dict(set="eyeq200", quality="good", n=4, judged=(0.75, 0.5, 1.0), auc=None)]
        graded.append(dict(set="eyeq200", quality="reject", n=4, judged=(0.25, 0.0, 0.5), auc=(0.9, 0.8, 1.0)))
        eyes, quality = decision.tables(list(self.rows.values()), graded)
        self.assertIn("100.0 [20.7, 100.0]", eyes)
        self.assertIn("| eyeq200 | good", quality)
        self.assertIn("0.900 [0.800, 1.000] |", quality)


if __name__ == "__main__":
    unittest.main()
