"""How well wrong queries are told from right ones: `uv run python -m benchmarks.sql_compare`.

Prints, for the corpus of tests/sql/corpus.toml, the share of wrong queries told apart, the size of
their counterexamples, false alarms on equal pairs, and the time of a comparison, against the aims.
"""

import argparse
import statistics
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

from labkit import schema, sql

CORPUS = Path(__file__).parents[1] / "tests/sql/corpus.toml"


@dataclass
class Measured:
    about: str
    wrong: bool
    differs: bool
    rows: int
    seconds: float
    cpu: float  # seconds of processor time: what a busy machine does not change
    kind: str | None


def measure(seed: int = 0) -> list[Measured]:
    corpus = tomllib.loads(CORPUS.read_text(encoding="utf-8"))
    sql.compare("SELECT 1 AS n FROM npr", "SELECT 1 AS n FROM npr", schema.LAYERS["registry"])
    found = []
    for wrong in (True, False):
        for pair in corpus["wrong" if wrong else "equal"]:
            start, start_cpu = time.perf_counter(), time.process_time()
            verdict = sql.compare(
                pair["answer"], pair["reference"], schema.LAYERS[pair["layer"]], seed=seed
            )
            seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
            rows = verdict.counterexample.rows if verdict.counterexample else 0
            found.append(
                Measured(pair["about"], wrong, verdict.differs, rows, seconds, cpu, verdict.kind)
            )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="print every pair")
    options = parser.parse_args()
    found = [m for seed in range(options.seeds) for m in measure(seed)]
    wrong = [m for m in found if m.wrong]
    equal = [m for m in found if not m.wrong]
    told = [m for m in wrong if m.differs]
    alarms = [m for m in equal if m.differs]
    rows = sorted(m.rows for m in told)
    if options.all:
        for m in found:
            print(f"{m.seconds * 1000:6.0f} ms  {m.rows} rows  {m.kind or '-':8} {m.about}")
    print(f"wrong queries told apart   {len(told)} of {len(wrong)}   (aim: all)")
    for m in wrong:
        if not m.differs:
            print(f"    not told apart: {m.about}")
    print(
        f"rows of a counterexample   median {statistics.median(rows):g}, most {rows[-1]}"
        "   (aim: median 2, most 6)"
    )
    print(f"false alarms               {len(alarms)} of {len(equal)}   (aim: none)")
    for m in alarms:
        print(f"    false alarm: {m.about}")
    print(
        f"time of a comparison       median {statistics.median(m.seconds for m in found):.3f} s; "
        f"wrong {statistics.median(m.seconds for m in wrong):.3f} s, "
        f"equal {statistics.median(m.seconds for m in equal):.3f} s; "
        f"processor {statistics.median(m.cpu for m in found):.3f} s   (aim: median under 0.1 s)"
    )


if __name__ == "__main__":
    main()
