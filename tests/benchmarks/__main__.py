"""`make bench`: every job beside its floor, and its peak memory alone. Exits 1 where one costs more than it may."""

import importlib
import json
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROUNDS = int(os.environ.get("ROUNDS", "9"))
MEMORY = 400
MEMORY_OF = {"budget": 150}
"""Jobs that may need less. Their peak is measured without the libraries of the other jobs."""


def main() -> int:
    if len(sys.argv) == 3:
        print(json.dumps(measure(sys.argv[2], alone=sys.argv[1] == "--alone")))
        return 0
    from tests.benchmarks.jobs import JOBS

    good = True
    print(f"{'job':<18}{'product, ms':>14}{'floor, ms':>12}{'ratio':>8}{'at most':>9}{'peak, MB':>10}{'at most':>9}")
    for name, (_, _, max_ratio) in JOBS.items():
        paired, alone = (_run(option, name) for option in ("--pair", "--alone"))
        memory = MEMORY_OF.get(name, MEMORY)
        good &= paired["ratio"] <= max_ratio and alone["peak"] <= memory
        print(
            f"{name:<18}{paired['product']:>14.1f}{paired['floor']:>12.1f}{paired['ratio']:>8.2f}{max_ratio:>9.2f}{alone['peak']:>10.0f}{memory:>9}"
        )
    return 0 if good else 1


def _run(option: str, name: str) -> Any:
    done = subprocess.run([sys.executable, "-m", "tests.benchmarks", option, name], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def measure(name: str, alone: bool) -> dict[str, float]:
    """Medians of both in turn, in milliseconds, and of their ratio round by round; or the product's peak memory, in MB.

    Peak memory is that of a process that ran the product's job alone and three times; what prepares it is made by another.
    """
    from tests.benchmarks.clock import seconds

    if alone and name in MEMORY_OF:
        module = importlib.import_module(f"tests.benchmarks.{name}")
        prepare, job = module.prepare, module.job
    else:
        prepare, job, _ = importlib.import_module("tests.benchmarks.jobs").JOBS[name]
    with tempfile.TemporaryDirectory() as folder:
        child = multiprocessing.get_context("spawn").Process(target=prepare, args=(Path(folder),))
        child.start()
        child.join()
        with job(Path(folder)) as (ours, floor):
            if alone:
                for _ in range(3):
                    ours()
                return {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
            ours(), floor()
            rounds = [(seconds(ours), seconds(floor)) for _ in range(ROUNDS)]
    return {
        "product": 1000 * statistics.median(ours for ours, _ in rounds),
        "floor": 1000 * statistics.median(floor for _, floor in rounds),
        "ratio": statistics.median(ours / floor for ours, floor in rounds),
    }


if __name__ == "__main__":
    sys.exit(main())
