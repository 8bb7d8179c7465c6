#!/usr/bin/env python3
"""Plants small faults in the core, one at a time, and tells which of them no test notices.

usage: make mutate [ARGS="--file quality.c,square.c --again"]

--file       only these files of src/, with commas
--tests      only these tests: test_quality, files, photograph, command, dicom
--max        mutants over all files together (500), chosen by --seed (1): a line keeps its mutants when others change
--again      the survivors of earlier runs that known.txt does not explain, and no others: after a test was added
--thorough   the command's tests for every file: without it for OUTER alone, as they notice in the core what the C tests and the
             numbers' test notice sooner, and a survivor costs two minutes of them; and survivors that known.txt explains
             are tried, too. Without it these count as alive: the table may tell too few, never too many that are noticed
--quick      the C tests with fewer inputs, and no others unless --tests names them: for a first run over all
--sanitize   the C tests as make asan builds them: slow, with --again for the survivors of a plain run, those among them
             of which known.txt says that the sanitizers notice them
--tree       the sandbox: a copy of what the tests read, and the results, so that a stopped run goes on

A mutant is one change of one token or statement. Only its file is compiled anew, at -O1; then the tests that reach the
line run until one fails: the C tests and SCRIPTS, those first that have noticed faults
of this file before. What does not compile, or compiles to the same code as the original, counts neither way. known.txt says
of known survivors why they may live; "same: " of those that no input whatever tells from the original: the table gives the
share that is noticed with them and without.
"""

import argparse
import hashlib
import json
import os
import random
import re
import resource
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
    "tests/dicom",
    "tests/js",
    "web",
    "weights",
]
LINKED = ["build/deps", "build/xnnpack", "build/venv", "build/locale", "tests/node_modules"]
ALONE = ["test_dot", "test_kernels"]  # which call XNNPACK themselves, and the sandbox's library hides it
MEMORY = 6 << 30  # bytes that a process may reserve
WAIT = 1800  # seconds until a test that does nothing is given up; one that computes has a limit of its own
DIRTY = {"MALLOC_PERTURB_": "90"}  # what malloc gives is full of it, not of zeros by chance
SCRIPTS = dict(
    files="tests/eval/test_files.py",
    photograph="tests/eval/test_photograph.py",
    command="tests/command/test_command.py",
    dicom="tests/dicom/command.test.mjs",  # for dicom*.c and cli.c alone
)
OUTER = (
    "cli",
    "report",
    "render",
    "screen",
    "photo",
    "json",
    "stb",
    "status",
    "dicom",
)  # what the command's tests are about
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
SAME = (
    "same: "  # how known.txt says that a mutant does what the original does: nothing that goes in can tell them apart
)
NUMBER = r"(?<![\w.])(?:0x[0-9a-fA-F]+|\d+\.\d*(?:e[-+]?\d+)?f?|\d+(?:e[-+]?\d+)?[uUlLf]*)(?![\w.])"
OPERATOR = r"(?<=[ \w)\]])(?: )(\+|-|\*|/|<=|>=|<|>|==|!=|&&|\|\||\+=|-=|<<|>>|&|\|)(?= )|(\+\+|--)"


COMMENT, STRING = r"/\*.*?\*/|//[^\n]*", r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''


def hide(m):
    return re.sub(r"[^\n]", " ", m[0])


def blank(text):
    """The source with comments, strings and preprocessor lines as spaces: same length, same lines."""
    text = re.sub(f"{COMMENT}|{STRING}", hide, text, flags=re.S)
    return re.sub(r"^#(?:[^\n]*\\\n)*[^\n]*", hide, text, flags=re.M)


def bare(text):
    """The source without comments and spaces."""
    text = re.sub(f"({STRING})|{COMMENT}", lambda m: m[1] or " ", text, flags=re.S)
    return re.sub(r"\s", "", text)


def key_of(name, text, m):
    """What a mutant's result is kept under: it holds until the file's code changes."""
    kind, begin, _, new = m
    return f"{name} {len(bare(text[:begin]))} {kind} {new!r} {zlib.crc32(bare(text).encode()):08x}"


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
        self.few = ["-DSTOP_AT_FIRST", *(["-DFEWER"] if args.quick else [])]
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
        self.tests = sorted(p.stem for p in (tree / "tests/c").glob("test_*.c") if p.stem not in ALONE)
        self.tests += [] if args.quick or args.sanitize else SCRIPTS
        self.tests = args.tests.split(",") if args.tests else self.tests
        self.tests = [t for name in self.tests for t in self.parts(name)]
        self.env = os.environ | DIRTY
        if any(t.startswith("dicom ") for t in self.tests):
            self.env |= {"DICOM_OBJECTS": str(self.objects())}
        store = tree / ("reach-quick.json" if args.quick else "reach.json")
        known = json.loads(store.read_text()) if store.is_file() else {}
        self.known = known
        new = {t: of for t in self.tests if (of := self.state(t)) != known.get(t, {}).get("of")}
        if new:
            self.build(["--coverage"])
        for test, of in new.items():
            known[test] = dict(of=of, sources=self.fingerprints(), **self.reach(test))
            store.write_text(json.dumps(known))
        self.tests.sort(key=lambda t: known[t]["seconds"])
        self.now = self.fingerprints()
        self.build([])

    def objects(self):
        """The objects that the DICOM tests read, made once for all."""
        folder = self.tree / "build/objects"
        folder.mkdir(exist_ok=True)
        command = ["build/venv/bin/python", "tests/dicom/objects.py", "web/sample/retina.jpg", folder]
        said = subprocess.run(command, cwd=self.tree, capture_output=True, text=True, check=True).stdout
        (folder / "said.txt").write_text(said)
        return folder

    def parts(self, name):
        """The tests of the command and of its DICOM one by one: most of them reach little of it."""
        heads = dict(command=r"^    def (test_\w+)", dicom=r"^test\(['\"](.+)['\"], ")
        if name not in heads:
            return [name]
        return [f"{name} {part}" for part in re.findall(heads[name], (self.tree / SCRIPTS[name]).read_text(), re.M)]

    def state(self, test):
        """What a test's reach hangs on, beside the sources."""
        own = self.tree / SCRIPTS.get(test.split()[0], f"tests/c/{test}.c")
        return hashlib.sha256(own.read_bytes() + str(self.few).encode()).hexdigest()

    def fingerprints(self):
        return {n: hashlib.sha256((self.tree / "src" / n).read_bytes()).hexdigest() for n in self.sources}

    def limit(self, test):
        """Seconds of a processor after which it hangs: some times what it takes without a fault."""
        return 4 + (40 if self.args.sanitize else 2.5) * self.known.get(test, {}).get("seconds", 100)

    def build(self, more):
        """Everything as it is, with more flags."""
        flags, self.flags = self.flags, self.flags + more
        for path in (self.tree / "build/obj").glob("*.gc*"):
            path.unlink()
        if not all(self.compile(name) for name in self.sources) or not self.link() or not self.link_command():
            sys.exit("mutate.py: the sources do not build as they are")
        for test in self.tests:
            if test.split()[0] not in SCRIPTS:
                source, to = f"tests/c/{test}.c", f"build/native/tests/{test}"
                command = [self.args.cc, *flags, *self.few, source, *self.with_library(), "-o", to]
                if self.run(command, 120) != 0:
                    sys.exit(f"mutate.py: {source} does not build as it is")
        self.flags = flags

    def reach(self, test):
        """Its seconds, and of each file the lines that it runs and those that it could run."""
        began, folder = processor(), self.tree / "build/obj"
        for path in folder.glob("*.gcda"):
            path.unlink()
        if self.fails(test):
            sys.exit(f"mutate.py: {test} fails in {self.tree} without any fault: nothing could be told")
        out = dict(seconds=processor() - began, run={}, all={})
        tool = [self.args.cc.replace("clang", "llvm-cov"), "gcov"] if "clang" in self.args.cc else ["gcov"]
        command = [*tool, "-t", *folder.glob("*.gcda")]
        told = subprocess.run(command, cwd=self.tree, capture_output=True, text=True, check=True).stdout
        for mine in re.split(r"^ *-: *0:Source:", told, flags=re.M)[1:]:
            name = mine.split("\n", 1)[0].removeprefix("src/")
            rows = re.findall(r"^ *(\d+|#+)\*?: *(\d+):", mine, re.M)
            out["run"][name] = [int(row) for count, row in rows if count[0] != "#"]
            out["all"][name] = [int(row) for _, row in rows]
        return out

    def reaching(self, test, name, row, end):
        """Whether a test runs the lines `row` to `end` of a file; where none of them is code, a constant, or the file has
        changed since that was asked: any line."""
        if test.startswith("dicom ") and not name.startswith(("dicom", "cli")):
            return False
        if test.startswith("command") and not (self.args.thorough or name.startswith(OUTER)):
            return False
        if self.known[test]["sources"].get(name) != self.now[name]:
            return bool(self.known[test]["run"].get(name))
        run, code = (set(self.known[test][k].get(name, ())) for k in ("run", "all"))
        within = code & set(range(row, end + 1))
        return bool(run & within if within else run)

    def with_library(self):
        return [
            "build/native/libvmnet.so",
            "-Wl,-rpath," + str(self.tree / "build/native"),
            *self.args.link.split()[1:],
        ]

    def run(self, command, seconds, **more):
        """Exit status; None where it waited too long. seconds: of a processor, for each process of the command."""

        def bound():
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
            if not self.args.sanitize and command[0] != "node":  # which reserve far more than they use
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

        options = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.tree, timeout=WAIT, **more)
        try:
            return subprocess.run(command, preexec_fn=bound, **options).returncode
        except subprocess.TimeoutExpired:
            return None

    def object(self, name):
        return self.tree / "build/obj" / name.replace(".c", ".o")

    def compile(self, name):
        more = self.args.avx2_flags.split() if name in self.args.avx2.split() else []
        return self.run([self.args.cc, *self.flags, *more, "-c", f"src/{name}", "-o", str(self.object(name))], 120) == 0

    def link(self):
        objects = [f"build/obj/{n[:-2]}.o" for n in self.sources if n != "cli.c"]
        options = [
            "-Wl,--exclude-libs,ALL",
            "-Wl,-Bsymbolic",
            "-Wl,-soname,libvmnet.so",
            "-o",
            "build/native/libvmnet.so",
        ]
        return self.run([*self.own(), "-shared", *objects, *self.args.link.split(), *options], 120) == 0

    def link_command(self):
        command = [*self.own(), "build/obj/cli.o", *self.with_library(), "-o", "build/native/vmnet"]
        return self.run(command, 120) == 0

    def own(self):
        return [self.args.cc, *[f for f in self.flags if f.startswith(("-fsanitize", "--coverage"))]]

    def fails(self, test):
        command = [f"build/native/tests/{test}"]
        name, _, part = test.partition(" ")
        if name in SCRIPTS:
            script = SCRIPTS[name]
            command = ["build/venv/bin/python", script, "--failfast", *(["-k", part] if part else [])]
            if script.endswith(".mjs"):
                command = ["node", "--test", f"--test-name-pattern=^{re.escape(part)}$", script]
        return self.run(command, self.limit(test), env=self.env) != 0

    def killer(self, name, text, change, order):
        """The first test that notices it; "invalid" or "" where none does."""
        _, begin, end, new = change
        path, before = self.tree / "src" / name, self.object(name).read_bytes()
        try:
            path.write_text(text[:begin] + new + text[end:])
            if not self.compile(name) or self.object(name).read_bytes() == before:
                return "invalid"
            if not (self.link_command() if name == "cli.c" else self.link()):
                return "invalid"
            row, last = (text.count("\n", 0, at) + 1 for at in (begin, end))
            return next((t for t in order if self.reaching(t, name, row, last) and self.fails(t)), "")
        finally:
            path.write_text(text)
            self.object(name).write_bytes(before)
            if name == "cli.c":
                self.link_command()


def processor():
    """Seconds that the commands so far have kept it busy."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def reason(result):
    """Why a survivor may live, from known.txt: lines of `file | a part of the source line | new text | reason`."""
    name, line, new = (result[k] for k in ("file", "line", "new"))
    for entry in (Path(__file__).parent / "known.txt").read_text().splitlines():
        part = [p.strip() for p in entry.split(" | ")]
        if len(part) == 4 and part[0] == name and part[1] in line and part[2] in ("*", new):
            return part[3]
    return ""


def is_open(result, sanitize):
    """Whether another try may tell more of it."""
    if result is None or result["by"]:
        return False
    why = reason(result)
    return why == "" or (sanitize and "sanitizers" in why)


def table(results):
    valid = {k: r for k, r in results.items() if r["by"] != "invalid"}
    alive = [r for r in valid.values() if not r["by"]]
    print(
        f"\n{len(valid) - len(alive)} of {len(valid)} valid mutants noticed"
        + (f" ({100 - 100 * len(alive) / len(valid):.1f} %)" if valid else "")
    )
    for name in sorted({r["file"] for r in valid.values()}):
        of = [r for r in valid.values() if r["file"] == name]
        print(f"  {name}: {sum(bool(r['by']) for r in of)} of {len(of)}")
    same = sum(reason(r).startswith(SAME) for r in alive)
    if same and len(valid) > same:
        share = 100 * (len(valid) - len(alive)) / (len(valid) - same)
        print(
            f"{same} of those alive do what the original does, whatever comes in; of the others {share:.1f} % are noticed"
        )
    print(f"alive, {sum(bool(reason(r)) for r in alive)} of {len(alive)} with a reason:")
    for r in sorted(alive, key=lambda r: (r["file"], r["row"])):
        print(
            f"  {r['file']}:{r['row']} {r['kind']}: `{r['old']}` -> `{r['new']}` in `{r['line']}`: {reason(r) or 'not explained'}"
        )


def parse():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--cc", required=True)
    p.add_argument("--flags", required=True)
    p.add_argument("--avx2", default="", help="files of src/ that have --avx2-flags, too")
    p.add_argument("--avx2-flags", default="")
    p.add_argument("--sanitizers", required=True)
    p.add_argument("--link", required=True)
    p.add_argument("--file")
    p.add_argument("--tests")
    p.add_argument("--max", type=int, default=500)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--thorough", action="store_true")
    p.add_argument("--quick", action="store_true")
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
    texts = {n: (tree / "src" / n).read_text() for n in box.sources if n != "stb.c"}
    every = [(n, m) for n, text in texts.items() for m in mutants(text)]
    chosen = sorted(every, key=lambda m: rank(args.seed, texts[m[0]], *m))[: args.max]
    key = lambda n, m: key_of(n, texts[n], m)
    kept = {key(n, m): results[key(n, m)] for n, m in chosen if key(n, m) in results}
    chosen = [c for c in chosen if not args.file or c[0] in args.file.split(",")]
    if args.again:
        chosen = [c for c in chosen if is_open(kept.get(key(*c)), args.sanitize)]
    else:
        chosen = [c for c in chosen if key(*c) not in kept]
    order = {n: list(box.tests) for n in texts}
    for n in texts:
        promote(order[n], f"test_{n[:-2]}")
    for r in results.values():
        promote(order.get(r["file"], []), r["by"])
    for done, (n, m) in enumerate(chosen, 1):
        began, text = time.time(), texts[n]
        row, begin = text.count("\n", 0, m[1]) + 1, text.rfind("\n", 0, m[1]) + 1
        line = text[begin : text.find("\n", m[1])].strip()
        result = dict(file=n, row=row, kind=m[0], old=text[m[1] : m[2]][:60], new=m[3][:60], line=line, by="")
        explained = reason(result) and not (args.sanitize or args.thorough)
        result["by"] = by = "" if explained else box.killer(n, text, m, order[n])
        promote(order[n], by)
        kept[key(n, m)] = results[key(n, m)] = result
        store.write_text(json.dumps(results, indent=0))
        print(
            f"{done}/{len(chosen)} {n}:{row} {m[0]} `{result['old']}` -> `{result['new']}`: {by or 'SURVIVED'} ({time.time() - began:.0f} s)",
            flush=True,
        )
    table(kept)


def rank(seed, text, name, m):
    """A number by chance for a mutant, which hangs on nothing but its file's name, its line and the change."""
    begin = text.rfind("\n", 0, m[1]) + 1
    return random.Random(
        f"{seed} {name} {text[begin : text.find(chr(10), m[1])]} {m[1] - begin} {m[0]} {m[3]}"
    ).random()


def promote(order, test):
    if test in order:
        order.remove(test)
        order.insert(0, test)


if __name__ == "__main__":
    main()
