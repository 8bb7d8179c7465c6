"""Times the network in onnxruntime's own native build: a JSON array of milliseconds, one run each.

python onnxruntime_native.py MODEL.onnx SIZE THREADS RUNS
"""

import json
import sys
import time

import numpy as np
import onnxruntime

WARM_UP = 3


def main(model: str, size: int, threads: int, runs: int) -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    at = np.arange(3 * size * size, dtype=np.int64)
    feeds = {session.get_inputs()[0].name: ((at * 29 % 255 - 127) / 128).astype(np.float32).reshape(1, 3, size, size)}
    times = []
    for _ in range(WARM_UP + runs):
        begin = time.perf_counter()
        session.run(None, feeds)
        times.append((time.perf_counter() - begin) * 1e3)
    print(json.dumps({"version": onnxruntime.__version__, "milliseconds": times[WARM_UP:]}))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
