"""The example over a thousand phantoms while a worker is killed: no line lost, none twice. `make test-spark`.

test_spark.py [PHOTOGRAPHS]
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import pandas as pd
from population import screen_population
from pyspark.sql import SparkSession

ROOT = Path(__file__).resolve().parents[2]
SIDE = 512  # of a phantom


def draw_rows(batches):
    """Rows of `folder` and `seed` in, of the photograph's path out."""
    for batch in batches:
        paths = []
        for folder, seed in zip(batch["folder"], batch["seed"], strict=True):
            out = Path(folder, str(seed))
            words = [ROOT / "build/native/vmnet", "phantom", "--out", out, "--seed", seed, "--side", SIDE]
            subprocess.run([str(w) for w in words], check=True)
            paths.append(str(out / "phantom.png"))
        yield pd.DataFrame({"path": paths})


def parent_of(process):
    """The id of a process's parent; None where it is no more."""
    try:
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return None


def python_workers():
    """Ids of Spark's Python processes below this one: children of its daemon, not the daemon itself."""
    parents = {int(p.name): parent_of(p.name) for p in Path("/proc").iterdir() if p.name.isdigit()}

    def daemon(process):
        try:
            return b"pyspark.daemon" in Path(f"/proc/{process}/cmdline").read_bytes()
        except OSError:
            return False

    def ours(process):
        while process and process != os.getpid():
            process = parents.get(process)
        return bool(process)

    return [p for p, parent in parents.items() if daemon(p) and daemon(parent) and ours(p)]


def kill_one(tracker, over):
    """Once some partitions are done, kills workers until Spark counts a failed task."""
    while not over.wait(0.2):
        stages = [tracker.getStageInfo(s) for s in tracker.getActiveStageIds()]
        if any(s and s.numFailedTasks for s in stages):
            return
        if any(s and s.numCompletedTasks >= 2 and s.numActiveTasks for s in stages):
            for process in python_workers()[:1]:
                os.kill(process, signal.SIGKILL)
            over.wait(3)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    cores = len(os.sched_getaffinity(0))
    folder = Path(tempfile.mkdtemp())
    os.environ["PYSPARK_PYTHON"] = sys.executable
    # local[N,4]: N threads, and a task may fail four times, as on a cluster
    spark = (
        SparkSession.builder.master(f"local[{cores},4]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        # Both: rows of more than a megabyte are fetched from where the driver says that it is.
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.adaptive.enabled", "false")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("OFF")
    for module in (__file__, Path(__file__).with_name("population.py")):
        spark.sparkContext.addPyFile(str(module))
    failed = []

    def check(holds, what):
        print(f"   {'ok' if holds else 'FAILED'}: {what}", flush=True)
        failed.extend([] if holds else [what])

    try:
        seeds = spark.createDataFrame([(str(folder), s) for s in range(count)], "folder string, seed int")
        drawn = seeds.repartition(4 * cores, "seed").mapInPandas(draw_rows, "path string")
        drawn.write.parquet(str(folder / "drawn"))
        photographs = spark.read.parquet(str(folder / "drawn"))
        missing = spark.createDataFrame([(str(folder / "missing.png"),)], "path string")
        partitions = max(4 * cores, count // 25)
        spark.sparkContext.setJobGroup("screen", "screening")
        over, began = threading.Event(), time.monotonic()
        killer = threading.Thread(target=kill_one, args=(spark.sparkContext.statusTracker(), over))
        killer.start()
        screen_population(photographs.union(missing), partitions).write.parquet(str(folder / "results"))
        over.set()
        killer.join()
        minutes = (time.monotonic() - began) / 60
        tracker = spark.sparkContext.statusTracker()
        stages = [
            tracker.getStageInfo(s) for j in tracker.getJobIdsForGroup("screen") for s in tracker.getJobInfo(j).stageIds
        ]
        lost = sum(s.numFailedTasks for s in stages if s)
        rows = spark.read.parquet(str(folder / "results")).toPandas()
        wanted = {str(folder / str(s) / "phantom.png") for s in range(count)} | {str(folder / "missing.png")}
        often = Counter(rows["path"])
        check(
            lost >= 1, f"a worker was killed in mid-run: {lost} of {partitions} partitions were lost and screened again"
        )
        check(set(often) == wanted, f"no photograph is lost: {len(often)} of {len(wanted)}")
        check(max(often.values()) == 1, "none is there twice")
        good = rows[rows["error"].isna()]
        check(len(good) == count and good["report"].notna().all(), f"{len(good)} have a report")
        check(list(rows["error"].dropna()) == ["file"], "the missing file is a row with its error")
        seconds = good["cpu"].sum() / len(good)
        rate = 60 / seconds
        print(
            f"{rate:.1f} photographs a minute a core ({seconds:.2f} processor seconds each, n = {len(good)}, starts included)"
        )
        print(f"took {minutes:.1f} minutes on {cores} cores, with whatever else ran there and what was screened twice")
        print(
            f"a million photographs on 100 cores: {1e6 / rate / 100 / 60:.1f} hours, {1e6 / rate / 60:.0f} core hours"
        )
    finally:
        spark.stop()
        shutil.rmtree(folder)
    print(f"{5 - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
