"""Planted effects found again: `uv run python -m benchmarks recovery`.

Makes 200 populations, analyses each planted effect rightly and naively, and prints how often the
95 % interval holds the truth, against the aims. Results are kept in a file as they come, and the
same command goes on where it stopped.
"""

import argparse
import csv
import json
import multiprocessing
import os
import statistics
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from tempfile import gettempdir
from time import perf_counter

from rich.progress import track

from labkit.world.fingerprint import fingerprint
from labkit.world.validate.recovery import PEOPLE, Found, replicate

FIELDS = ["seed", "effect", "analysis", "value", "low", "high", "truth"]
FIRST_SEED = 10_000


def one(job: tuple[int, int]) -> tuple[int, list[Found]]:
    seed, people = job
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return seed, replicate(seed, people=people)


def read(path: Path) -> dict[int, list[Found]]:
    """Read what is there; a replicate that was cut off in the middle is made again."""
    found: dict[int, list[Found]] = {}
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if None in row.values():
                    continue
                seed = int(row.pop("seed"))
                effect, analysis = row.pop("effect"), row.pop("analysis")
                numbers = {name: float(value) for name, value in row.items()}
                found.setdefault(seed, []).append(Found(effect, analysis, **numbers))
    most = max((len(some) for some in found.values()), default=0)
    return {seed: some for seed, some in found.items() if len(some) == most}


def write(path: Path, found: dict[int, list[Found]]) -> None:
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        for seed, some in sorted(found.items()):
            writer.writerows({"seed": seed, **asdict(one)} for one in some)
    os.replace(partial, path)


def run(jobs: list[tuple[int, int]], workers: int) -> Iterator[tuple[int, list[Found]]]:
    if workers == 1:
        yield from map(one, jobs)
        return
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(one, jobs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--results", type=Path, help="CSV file to add to")
    parser.add_argument("--json", type=Path, help="write the summary here too")
    options = parser.parse_args()
    # Another generator or size gives other populations, which must not be mixed with these.
    label = f"recovery-{options.people}-{fingerprint()[:12]}.csv"
    path = options.results or Path(gettempdir()) / "labkit-benchmarks" / label
    path.parent.mkdir(parents=True, exist_ok=True)
    found = read(path)
    seeds = range(FIRST_SEED, FIRST_SEED + options.replicates)
    jobs = [(seed, options.people) for seed in seeds if seed not in found]
    print(f"{len(seeds) - len(jobs)} of {len(seeds)} replicates are in {path}")
    began = perf_counter()
    for seed, some in track(run(jobs, options.workers), "replicates", total=len(jobs)):
        found[seed] = some
        write(path, found)
    summary = summarise([one for seed in seeds for one in found[seed]])
    if jobs:
        seconds = perf_counter() - began
        print(f"{len(jobs)} replicates of {options.people:,} people in {seconds:.0f} s")
    print(f"{'effect':22}{'analysis':10}{'truth':>7}{'mean':>8}{'holds':>9}   aim")
    for row in summary:
        print(
            f"{row['effect']:22}{row['analysis']:10}{row['truth']:7.2f}{row['mean']:8.3f}"
            f"{row['holds']:5d}/{row['n']}   {row['aim']}"
        )
    if options.json:
        options.json.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")


def summarise(found: list[Found]) -> list[dict[str, object]]:
    groups: dict[tuple[str, str], list[Found]] = {}
    for one in found:
        groups.setdefault((one.effect, one.analysis), []).append(one)
    return [
        {
            "effect": effect,
            "analysis": analysis,
            "truth": some[0].truth,
            "mean": statistics.geometric_mean(one.value for one in some),
            "holds": sum(one.holds for one in some),
            "n": len(some),
            "aim": aim(analysis, len(some)),
        }
        for (effect, analysis), some in groups.items()
    ]


def aim(analysis: str, n: int) -> str:
    """Say what to expect of an analysis whose intervals hold the truth 95 times in 100, or not."""
    if analysis == "naive":
        return f"under {0.5 * n:.0f}: not the truth"
    from scipy.stats import binom

    low, high = binom.ppf([0.005, 0.995], n, 0.95)
    return f"{low:.0f} to {high:.0f}: 95 %, give or take chance"


if __name__ == "__main__":
    main()
