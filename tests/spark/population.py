"""Screens a population of photographs with Apache Spark: one row in, one row out, whatever becomes of the photograph.

    spark-submit population.py PATHS.txt RESULTS

PATHS.txt names a photograph a line; RESULTS becomes a folder of Parquet files. Every worker needs the vmnet wheel.
"""

import json
import sys
import time
from collections.abc import Iterator

import pandas as pd
import vmnet
from pyspark.sql import DataFrame, SparkSession

# error: the code of a vmnet.VmnetError; then answer and report are null. cpu: processor seconds that this row took.
COLUMNS = "path string, answer string, report string, error string, cpu double"


def screen_rows(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Rows of `path` in, rows of COLUMNS out. The model is made once a process and kept while Spark keeps the process."""
    before = time.process_time()
    for batch in batches:
        rows = []
        for path in batch["path"]:
            answer = report = error = None
            try:
                seen = vmnet.screen(path, layers=())
                answer, report = seen.answer, json.dumps(seen.report)
            except vmnet.VmnetError as refused:
                error = refused.code
            now = time.process_time()
            rows.append((path, answer, report, error, now - before))
            before = now
        yield pd.DataFrame(rows, columns=["path", "answer", "report", "error", "cpu"])


def screen_population(paths: DataFrame, partitions: int) -> DataFrame:
    """A partition is what is screened again when its process is lost, so many small ones: some hundred photographs each."""
    return paths.repartition(partitions, "path").mapInPandas(screen_rows, COLUMNS)


if __name__ == "__main__":
    names, results = sys.argv[1:]
    spark = SparkSession.builder.appName("vmnet").getOrCreate()
    table = spark.read.text(names).withColumnRenamed("value", "path")
    screen_population(table, max(1, table.count() // 200)).write.parquet(results)
