"""Retinopathy by grade, from made-up answers."""

import unittest
from pathlib import Path
from unittest import mock

import grades
import numpy as np
import stats
import targets

POINTS = {p: dict(threshold=t) for p, t in zip(("screening", "balanced", "specific"), (0.2, 0.4, 0.6), strict=True)}


class Pool:
    """{file name: (probability of retinopathy, gradable), None where it refused the photograph}"""

    info = dict(classes=[dict(id="normal"), dict(id="diabetic-retinopathy", points=POINTS)])

    def __init__(self, answers):
        self.answers = answers

    def report(self, paths, _):
        return [self.answer(p.name) for p in paths]

    def answer(self, name):
        if self.answers[name] is None:
            return None, "no field of view", 8
        p, gradable = self.answers[name]
        diseases = [dict(id="normal", probability=0.9), dict(id="diabetic-retinopathy", probability=p)]
        word = "refer" if gradable and p >= 0.4 else "unclear" if gradable else "repeat"
        report = dict(
            diseases=diseases, quality=dict(gradable=gradable), decision=dict(at=dict(balanced=dict(answer=word)))
        )
        return report, None, 0


def measured(answers, given):
    """answers: one for each of `given`, the grades as a set's table has them."""
    names = [f"{i}_left.webp" for i in range(len(given))]
    items = [(Path(n), [], dict(dr_grade=g)) for n, g in zip(names, given, strict=True)]
    return grades.measure(Pool(dict(zip(names, answers, strict=True))), "eyepacs", items)


class Words(unittest.TestCase):
    def test_keywords(self):
        for words, d, want in (
            ("normal fundus", "0", 0),
            ("glaucoma|hypertensive retinopathy", "0", 0),
            ("epiretinal membrane|mild nonproliferative retinopathy", "1", 1),
            ("Moderate non proliferative retinopathy|laser spot", "1", 2),
            ("severe nonproliferative retinopathy", "1", 3),
            ("severe proliferative diabetic retinopathy", "1", 4),
            ("hypertensive retinopathy|proliferative diabetic retinopathy", "1", 4),
            ("diabetic retinopathy", "1", None),
            ("suspected non proliferative retinopathy", "1", None),
        ):
            self.assertEqual(grades.grade_of(dict(keywords=words, D=d)), want, words)

    def test_columns(self):
        self.assertEqual([grades.grade_of(r) for r in (dict(dr_grade="3"), dict(dr_grade=""), {})], [3, None, None])


@mock.patch.object(stats, "REPEATS", 30)
class Figures(unittest.TestCase):
    def test_called_and_answered(self):
        one, two = measured([(0.3, True), (0.5, True), (0.7, True), (0.9, False), None], "11222")["grades"]
        share = lambda row: [round(row["called"][p][0], 3) for p in POINTS]  # noqa: E731
        self.assertEqual([one["grade"], one["n"], share(one)], [1, 2, [1, 0.5, 0]])
        self.assertEqual([two["grade"], two["n"], share(two)], [2, 3, [0.667, 0.667, 0.667]])
        self.assertEqual(one["answers"], {"refer": 0.5, "unclear": 0.5, "repeat": 0, "no-finding": 0})
        self.assertAlmostEqual(two["answers"]["repeat"], 2 / 3)

    def test_a_cut_is_reached_by_what_equals_it(self):
        rows = measured([(0.4, True), (0.4, True)], "02")["grades"]
        self.assertEqual([r["called"]["balanced"][0] for r in rows], [1, 1])

    def test_grade_2_is_referable_and_grade_1_is_not(self):
        r = measured([(0.1, True), (0.2, True), (0.3, True), (0.8, False), None], "01242")["referable"]
        self.assertEqual([r["n"], r["positives"], r["auc"][0], r["rank_correlation"][0]], [4, 2, 1, 1])

    def test_sets_that_tell_no_grades_apart(self):
        self.assertIsNone(measured([(0.5, True)] * 2, "22"))
        self.assertIsNone(measured([(0.5, True)], [""]))
        self.assertIsNone(measured([(0.5, True)] * 2, "34")["referable"])

    def test_weights_that_cannot_be_asked(self):
        for classes in ([dict(id="normal")], [dict(id="diabetic-retinopathy", threshold=0.5)]):
            pool = Pool({})
            pool.info = dict(classes=classes)
            self.assertIsNone(grades.measure(pool, "eyepacs", [(Path(g), [], dict(dr_grade=g)) for g in "02"]))

    def test_targets(self):
        result = dict(grades=[measured([(0.1, True), (0.2, True), (0.7, True)], "012")])
        text = targets.targets_table(result, dict(parameters=1), 1)
        self.assertRegex(text, r"eyepacs, retinopathy of grade 2 and above: AUC +\| at least 0.9 +\| 1.000 .*\| yes")

    def test_tables(self):
        first, second, *_ = grades.tables([measured([(0.1, True), (0.2, True), (0.7, True)], "012")])
        self.assertIn("| eyepacs | 2     | 1 | 100.0 [", first)
        self.assertIn("| eyepacs | 3 (1)", second)


class Graded(unittest.TestCase):
    def measured(self, told, given):
        """told: (grade, at_least) or None for what cannot be judged"""
        answer = lambda t: dict(grade=t and t[0], at_least=t and t[1])  # noqa: E731
        answers = [({"grade": answer(t)}, None, 0) for t in told] + [(None, "no field of view", 8)]
        return grades.graded(answers, np.array([*given, 4]), np.arange(len(given) + 1).astype(str))

    def test_what_is_given_against_what_people_say(self):
        high, low = [0.9, 0.8, 0.7, 0.1], [0.2, 0.1, 0.1, 0.0]
        r = self.measured([(3, high), (None, low), (2, high), (1, low), (1, low), None], [3, 0, 4, 1, 0, 2])
        self.assertEqual([r["n"], r["graded"], r["healthy"]], [5, 4, 1])
        self.assertEqual([r["right"][0], r["near"][0], r["high"], r["low"]], [0.5, 0.75, 0.25, 0.25])
        self.assertEqual([r["auc"][3][0], r["counts"][3]], [1, 2])
        self.assertEqual([r["severe"][0], r["called_severe"][0], r["proliferative"]], [0.5, 0, (0, 1)])
        # distances 0 0 2 0 1 -> squares 5; by chance (25 pairs) 93 / 5
        self.assertAlmostEqual(r["kappa"][0], 1 - 5 / (93 / 5))

    def test_weights_that_do_not_grade(self):
        self.assertIsNone(grades.graded([({}, None, 0)], np.array([2]), np.array(["a"])))

    def test_tables(self):
        r = self.measured([(3, [0.9, 0.8, 0.7, 0.1]), (None, [0.2, 0.1, 0.1, 0.0])], [3, 0])
        first, second = grades.graded_tables([dict(set="idrid", graded=r), dict(set="odir5k", graded=None)])
        self.assertIn("1.000", first)
        self.assertIn("| idrid | 2 | 1.000", second)
        self.assertEqual(grades.graded_tables([dict(set="x", graded=None)]), ("", ""))


if __name__ == "__main__":
    unittest.main()
