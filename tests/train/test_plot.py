"""The plot of a training log: old and new columns, lines cut off, long runs. Needs no PyTorch."""

import contextlib
import io
import tempfile
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

import layouts  # noqa: F401  says where weights/train is

import plot  # isort: skip


def row(i, validated=False, columns=7):
    values = [i * 20, i * 1.02, 384 if i < 50 else 512, 0.3, 0.25 + 1 / (i + 1), 0.02, -0.001 * i]
    if columns > 7:
        values += [0.9 + i * 1e-4, 0.7] if validated else ["", ""]
    return ",".join(str(v) for v in values)


class Plot(unittest.TestCase):
    def draw(self, lines):
        with tempfile.TemporaryDirectory() as d:
            log, out, again = Path(d) / "log.csv", Path(d) / "log.svg", Path(d) / "again.svg"
            log.write_text("\n".join(lines) + "\n")
            with contextlib.redirect_stdout(io.StringIO()):
                plot.main([str(log), str(out)])
                plot.main([str(log), str(again)])
            text = out.read_text()
            self.assertEqual(text, again.read_text())
        return text, [t.text for t in xml.fromstring(text).iter("{http://www.w3.org/2000/svg}text")]

    def test_old_log_without_figures(self):
        _, texts = self.draw([row(i) for i in range(1, 90)])
        self.assertTrue(any(t.startswith("diseases") for t in texts))
        self.assertFalse(any("AUC" in t for t in texts))
        self.assertIn("512 px", texts)

    def test_log_that_begins_old_and_goes_on_with_figures(self):
        lines = [row(i) for i in range(1, 20)] + [row(i, i % 10 == 0, 9) for i in range(20, 90)]
        _, texts = self.draw(lines)
        self.assertIn("mean AUC 0.908", texts)
        self.assertIn("Dice 0.700", texts)

    def test_header_and_cut_off_lines_are_passed_over(self):
        _, texts = self.draw(["step,minutes", row(1), row(2), "60,3.1,38", "80,4.2,384,nonsense"])
        self.assertTrue(any(t.startswith("vessels") for t in texts))

    def test_long_runs_stay_small(self):
        text, _ = self.draw([row(i, i % 10 == 0, 9) for i in range(1, 6000)])
        self.assertLess(len(text), 60_000)

    def test_one_row(self):
        self.draw([row(1)])

    def test_nothing_to_draw(self):
        with self.assertRaises(SystemExit):
            self.draw(["step,minutes"])


if __name__ == "__main__":
    unittest.main()
