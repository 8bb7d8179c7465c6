#!/usr/bin/env python3
"""Plants small faults in the core, one at a time, and tells which of them no test notices.

usage: make mutate [ARGS="--file quality.c --max 50 --again --sanitize --tree build/mutate"]

--file       only this file of src/
--max        mutants over all files together (400), chosen by --seed (1), the same for the same sources
--again      runs the survivors of earlier runs once more: after a test was added
--sanitize   with address and undefined-behaviour sanitizers, leaks included: slow, for the survivors of a plain run
--tree       the sandbox: a copy of what the tests read, and the results, so that a stopped run goes on

A mutant is one change of one token or statement (KINDS). Only its file is compiled anew, at -O1; then the C tests and the
command's tests run until one fails, those first that have noticed faults of this file before. What does not compile, or
compiles to the same code as the original, counts neither way. known.txt says of known survivors why they may live.
"""

import argparse
import json
import random
import re
import shutil
import subprocess
import sys
import time
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = [
    "src",
    "tests/c",
    "tests/command",
    "tests/golden",
    "tests/browser/fixtures",
    "tests/eval",
    "web/sample",
    "web/report.schema.json",
    "weights",
]
LINKED = ["build/deps", "build/xnnpack", "build/venv"]
TIMES = dict(C=120, Python=400)  # seconds: a mutant that runs longer hangs
SWAPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&", "+": "-", "-": "+"}
SWAPS |= {
    "*": "/",
    "/": "*",
    "+=": "-=",
    "-=": "+=",
    "++": "--",
    "--": "++",
    "<<": ">>",
    ">>": "<<",
    "&": "|",
    "|": "&",
}
NUMBER = r"(?<![\w.])(?:0x[0-9a-fA-F]+|\d+\.\d*(?:e[-+]?\d+)?f?|\d+(?:e[-+]?\d+)?[uUlLf]*)(?![\w.])"
OPERATOR = r"(?<=[ \w)\]])(?: )(\+|-|\*|/|<=|>=|<|>|==|!=|&&|\|\||\+=|-=|<<|>>|&|\|)(?= )|(\+\+|--)"


def blank(text):
    """The source with comments, strings and preprocessor lines as spaces: same length, same lines."""
    hide = lambda m: re.sub(r"[^\n]", " ", m[0])
    text = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', hide, text, flags=re.S)
    return re.sub(r"^#(?:[^\n]*\\\n)*[^\n]*", hide, text, flags=re.M)


def other_number(word):
    tail = re.search(r"[uUlLf]*$", word)[0] if not word.startswith("0x") else ""
    body = word[: len(word) - len(tail)]
    if "." in body or "e" in body.replace("0x", ""):
        value = float(body)
        return (
            f"{value * 1.5 + (1.0 if value == 0 else 0.0):g}".replace("e+", "e")
            + ("" if "." in f"{value * 1.5:g}" else ".0")
            + tail
        )
    return str(int(body, 8 if body.startswith("0") and body.isdigit() and body != "0" else 0) + 1) + tail


def closing(text, at):
    """The place after the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] in "([{") - (text[i] in ")]}")
        if depth == 0:
            return i + 1
    return len(text)


def arguments(text, at):
    """[(begin, end)] of the arguments in the brackets at `at`."""
    end, out, depth, begin = closing(text, at) - 1, [], 0, at + 1
    for i in range(at + 1, end):
        depth += (text[i] in "([{") - (text[i] in ")]}")
        if text[i] == "," and depth == 0:
            out, begin = [*out, (begin, i)], i + 1
    return [*out, (begin, end)]


def mutants(text):
    """All of a source: [(kind, begin, end, new text)]"""
    plain, out = blank(text), []
    for m in re.finditer(OPERATOR, plain):
        k = 1 if m[1] else 2
        if m[k] in SWAPS:
            out.append(("operator", m.start(k), m.end(k), SWAPS[m[k]]))
    out += [("constant", m.start(), m.end(), other_number(m[0])) for m in re.finditer(NUMBER, plain)]
    for m in re.finditer(r"\b(?:if|while) \(", plain):
        end = closing(plain, m.end() - 1)
        out.append(("condition", m.end() - 1, end, f"(!{text[m.end() - 1 : end]})"))
    for m in re.finditer(
        r"(?<=[;{})])\s*\n?\s*(?!return|static|const|else|if|for|while|case|struct)((?:\w+(?:->|\.|\[|\(|\+\+| [-+*|&]?= ))[^;{}]*;)",
        plain,
    ):
        out.append(("statement", m.start(1), m.end(1), ";"))
    for m in re.finditer(r"\b[a-z_]\w*\((?=[^)])", plain):
        a = arguments(plain, m.end() - 1)
        if len(a) > 1 and not re.match(r"(?:if|for|while|switch|sizeof)\b", m[0]):
            first, second = (text[b:e] for b, e in a[:2])
            gap = " " if second.startswith(" ") else ""
            out.append(("arguments", a[0][0], a[1][1], f"{second.strip()},{gap}{first.strip()}"))
    return out


class Sandbox:
    """A copy of what the tests read, with a library of its own that one mutated object can be linked into."""

    def __init__(self, tree, args):
        self.tree, self.args = tree, args
        self.flags = args.flags.split() + (args.sanitizers.split() if args.sanitize else ["-O1"]) + ["-fPIC", "-w"]
        shutil.rmtree(tree / "src", ignore_errors=True)
        for name in COPIED:
            to = tree / name
            to.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, to, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(ROOT / name, to)
        for name in LINKED:
            to = tree / name
            to.parent.mkdir(parents=True, exist_ok=True)
            if not to.exists():
                to.symlink_to((ROOT / name).resolve())
        for folder in ("build/obj", "build/native/tests"):
            (tree / folder).mkdir(parents=True, exist_ok=True)
        self.sources = sorted(p.name for p in (tree / "src").glob("*.c"))
        for name in self.sources:
            if not self.compile(name):
                sys.exit(f"mutate.py: src/{name} does not compile as it is")
        if not self.link():
            sys.exit("mutate.py: the library does not link as it is")
        self.tests = []
        for test in sorted((tree / "tests/c").glob("test_*.c")):
            self.run(
                [
                    args.cc,
                    *self.flags,
                    f"tests/c/{test.name}",
                    *self.with_library(),
                    "-o",
                    f"build/native/tests/{test.stem}",
                ],
                120,
            )
            self.tests.append(test.stem)
        self.tests.append("command")
        self.tests.sort(key=self.seconds)

    def seconds(self, test):
        """How long it takes where there is no fault."""
        began = time.time()
        if self.fails(test):
            sys.exit(f"mutate.py: {test} fails in {self.tree} without any fault: nothing could be told")
        return time.time() - began

    def with_library(self):
        return [
            "build/native/libvmnet.so",
            "-Wl,-rpath," + str(self.tree / "build/native"),
            *self.args.link.split()[1:],
        ]

    def run(self, command, seconds):
        """Exit status; None where it ran too long."""
        try:
            return subprocess.run(
                command, cwd=self.tree, timeout=seconds, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ).returncode
        except subprocess.TimeoutExpired:
            return None

    def object(self, name):
        return self.tree / "build/obj" / name.replace(".c", ".o")

    def compile(self, name):
        return self.run([self.args.cc, *self.flags, "-c", f"src/{name}", "-o", str(self.object(name))], 120) == 0

    def link(self):
        objects = [f"build/obj/{n[:-2]}.o" for n in self.sources if n != "cli.c"]
        own = [self.args.cc, *[f for f in self.flags if f.startswith("-fsanitize")]]
        ok = (
            self.run(
                [
                    *own,
                    "-shared",
                    *objects,
                    *self.args.link.split(),
                    "-Wl,--exclude-libs,ALL",
                    "-Wl,-Bsymbolic",
                    "-o",
                    "build/native/libvmnet.so",
                ],
                120,
            )
            == 0
        )
        return ok and self.run([*own, "build/obj/cli.o", *self.with_library(), "-o", "build/native/vmnet"], 120) == 0

    def fails(self, test):
        if test == "command":
            return (
                self.run(
                    ["build/venv/bin/python", "-m", "unittest", "discover", "-f", "-s", "tests/command"],
                    TIMES["Python"],
                )
                != 0
            )
        return self.run([f"build/native/tests/{test}"], TIMES["C"]) != 0

    def killer(self, name, text, change, order):
        """The first test that notices it; "invalid" or "" where none does."""
        _, begin, end, new = change
        path, before = self.tree / "src" / name, self.object(name).read_bytes()
        try:
            path.write_text(text[:begin] + new + text[end:])
            if not self.compile(name) or self.object(name).read_bytes() == before or not self.link():
                return "invalid"
            return next((t for t in order if self.fails(t)), "")
        finally:
            path.write_text(text)
            self.object(name).write_bytes(before)


def known(name, line, new):
    """Why a survivor may live, from known.txt: lines of `file | a part of the source line | new text | reason`."""
    for entry in (Path(__file__).parent / "known.txt").read_text().splitlines():
        part = [p.strip() for p in entry.split(" | ")]
        if len(part) == 4 and part[0] == name and part[1] in line and part[2] in ("*", new):
            return part[3]
    return ""


def table(results):
    valid = {k: r for k, r in results.items() if r["by"] != "invalid"}
    alive = [r for r in valid.values() if not r["by"]]
    print(
        f"\n{len(valid) - len(alive)} of {len(valid)} valid mutants noticed"
        + (f" ({100 - 100 * len(alive) / len(valid):.1f} %)" if valid else "")
    )
    for r in sorted(alive, key=lambda r: (r["file"], r["row"])):
        print(
            f"  {r['file']}:{r['row']} {r['kind']}: `{r['old']}` -> `{r['new']}` in `{r['line']}`: {known(r['file'], r['line'], r['new']) or 'not explained'}"
        )


def parse():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--cc", required=True)
    p.add_argument("--flags", required=True)
    p.add_argument("--sanitizers", required=True)
    p.add_argument("--link", required=True)
    p.add_argument("--file")
    p.add_argument("--max", type=int, default=400)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--again", action="store_true")
    p.add_argument("--sanitize", action="store_true")
    p.add_argument("--tree", type=Path, default=ROOT / "build/mutate")
    return p.parse_args()


def main():
    args = parse()
    tree = args.tree.resolve()
    tree.mkdir(parents=True, exist_ok=True)
    box, store = Sandbox(tree, args), tree / "results.json"
    results = json.loads(store.read_text()) if store.is_file() else {}
    texts = {n: (tree / "src" / n).read_text() for n in box.sources if n not in ("stb.c",) and args.file in (None, n)}
    every = [(n, m) for n, text in texts.items() for m in mutants(text)]
    chosen = random.Random(args.seed).sample(every, min(args.max, len(every)))
    key = lambda n, m: f"{n} {m[1]} {m[0]} {m[3]!r} {zlib.crc32(texts[n].encode()):08x}"
    kept = {key(n, m): results[key(n, m)] for n, m in chosen if key(n, m) in results}
    if args.again:
        kept = {k: r for k, r in kept.items() if r["by"]}
    order = {n: list(box.tests) for n in texts}
    for n in texts:
        promote(order[n], f"test_{n[:-2]}")
    for r in results.values():
        promote(order.get(r["file"], []), r["by"])
    for n, m in chosen:
        if key(n, m) in kept:
            continue
        began, text = time.time(), texts[n]
        by = box.killer(n, text, m, order[n])
        promote(order[n], by)
        row, begin = text.count("\n", 0, m[1]) + 1, text.rfind("\n", 0, m[1]) + 1
        line = text[begin : text.find("\n", m[1])].strip()
        result = dict(file=n, row=row, kind=m[0], old=text[m[1] : m[2]][:60], new=m[3][:60], line=line, by=by)
        kept[key(n, m)] = results[key(n, m)] = result
        store.write_text(json.dumps(results, indent=0))
        print(
            f"{len(kept)}/{len(chosen)} {n}:{row} {m[0]} `{result['old']}` -> `{result['new']}`: {by or 'SURVIVED'} ({time.time() - began:.0f} s)",
            flush=True,
        )
    table(kept)


def promote(order, test):
    if test in order:
        order.remove(test)
        order.insert(0, test)


if __name__ == "__main__":
    main()
