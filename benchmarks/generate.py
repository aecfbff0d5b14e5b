"""How fast the synthetic region is made, against the limit of drawing and writing.

The limit draws the same columns with the same types from plain numpy streams, with nothing behind
them, and writes the same Parquet. All are CPU seconds of one process of one thread, prepared as the
workers of the generator are; one round of each follows the other, so that what else the machine
does meets all alike. A share is the median of the rounds' own, told with its quartiles.

Where the work is not alike, to the limit's gain: coded text is drawn as places in words that are
there already, and identifiers are counted, not drawn. To its loss: what is drawn has no order, so
it takes longer to encode than what the kit makes, where rows of a person stand together. The
stricter limit draws the same and writes the kit's own columns. No limit hashes what it writes; the
kit does, and is also told without. Clinical notes are text made sentence by sentence and are told
apart.

Then: two processes against one, memory and time as the population grows, and what others make in a
CPU second. Seconds depend on what else the machine does; CPU seconds do so less, but a neighbour
who uses the same cache and memory makes them longer too.

Options: `--people N` for the largest population of the growth table, `--million` for one run of a
million people on two workers, `--no-peers` to leave the others out.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from labkit.store.hashing import content_hash
from labkit.store.parquet import write_table
from labkit.world import engine
from labkit.world.apart import work_alone
from labkit.world.part import PARTITION_SIZE, Config
from labkit.world.steps import STEPS

ROUNDS = 15
TEXT_TABLES = ("note", "phi_span")
LIMIT_SHARE, LIMIT_TWO, LIMIT_MB = 0.5, 1.8, 1000
RUN = """
import json, sys, time
from os import times
from labkit.world.apart import work_alone
from labkit.world.generate import generate
from labkit.world.part import Config

def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))

if __name__ == "__main__":
    people, out, workers = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    work_alone()
    begun = time.perf_counter()
    made = generate(Config(people=people), out, workers=workers)
    seconds = time.perf_counter() - begun
    used = times()
    print(json.dumps({"seconds": seconds, "rows": made.rows, "cpu": sum(used[:4]),
                      "parent": used.user + used.system, "megabytes": peak()}))
"""


def draw(column: pa.ChunkedArray, rng: np.random.Generator) -> pa.Array:
    """Draw a column of the same type and length, without thinking."""
    n, kind = len(column), column.type
    if pa.types.is_dictionary(kind):
        words = column.chunk(0).dictionary
        codes = rng.integers(0, max(len(words), 1), n, dtype=np.int32)
        return pa.DictionaryArray.from_arrays(pa.array(codes), words)
    if pa.types.is_string(kind):
        lengths = pc.utf8_length(column)
        width = max(int(pc.max(lengths).as_py() or 1), 1)
        digits = rng.integers(48, 58, n * width, dtype=np.uint8)
        ends = np.arange(n + 1, dtype=np.int32) * width
        return pa.StringArray.from_buffers(n, pa.py_buffer(ends), pa.py_buffer(digits))
    if pa.types.is_floating(kind):
        return pa.array(np.round(rng.normal(50, 15, n), 1))
    if pa.types.is_date(kind):
        return pa.array(rng.integers(14_610, 20_088, n, dtype=np.int32)).view(kind)
    if pa.types.is_timestamp(kind):
        minutes = rng.integers(14_610 * 1440, 20_088 * 1440, n)
        return pa.array(minutes * 60_000_000).view(kind)
    if pa.types.is_boolean(kind):
        return pa.array(rng.random(n) < 0.5)
    high = {16: 2_000, 32: 500_000}.get(kind.bit_width)
    ids = np.arange(n) if high is None else rng.integers(0, high, n)
    return pa.array(ids).cast(kind)


def draw_and_write(like: dict[str, pa.Table], folder: Path, *, own: bool = False) -> int:
    """Draw tables and write them, or what they are like where `own` is asked for."""
    rng = np.random.Generator(np.random.SFC64(1))
    for name, table in like.items():
        columns = [draw(column, rng) for column in table.columns]
        drawn = pa.table(columns, names=table.column_names)
        write_table(table if own else drawn, folder / f"{name}.parquet")
    return sum(len(table) for table in like.values())


def make_and_write(config: Config, folder: Path, *, notes: bool, hashed: bool = True) -> int:
    """Make a partition and write it, as a worker does."""
    rows = 0
    engine.STEPS = tuple(step for step in STEPS if notes or step.__name__ != "notes")
    for name, table in engine.make_tables(config, 0).items():
        write_table(table, folder / f"{name}.parquet")
        if hashed:
            content_hash(table)
        rows += len(table)
    engine.STEPS = STEPS
    return rows


Rates = dict[str, list[float]]  # of each work, rows per CPU second by round


def rates_of(works: dict[str, Callable[[], int]]) -> Rates:
    """Measure works in some rounds in which they take turns."""
    rates: Rates = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            begun = time.process_time()
            rows = work()
            rates[name].append(rows / (time.process_time() - begun))
    return rates


def limits_and_kit(folder: Path) -> Rates:
    """Measure the limits and the kit."""
    config = Config(people=PARTITION_SIZE)
    made = engine.make_tables(config, 0)
    like = {name: table for name, table in made.items() if name not in TEXT_TABLES}
    return rates_of(
        {
            "limit: draw and write": lambda: draw_and_write(like, folder),
            "kit, notes apart": lambda: make_and_write(config, folder, notes=False),
            "kit, notes apart, no hash": lambda: make_and_write(
                config, folder, notes=False, hashed=False
            ),
            "stricter: write the kit's own": lambda: draw_and_write(like, folder, own=True),
            "kit, all tables": lambda: make_and_write(config, folder, notes=True),
        }
    )


def share_of_limit(folder: Path) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=work_alone) as pool:
        rates = pool.submit(limits_and_kit, folder).result()
    for name, rate in rates.items():
        print(f"{name:<32} {median(rate):>12,.0f} rows/CPU s")
    limit, kit, unhashed, strict, _ = rates.values()
    for name, one, other in (
        (f"share of the limit (aim {LIMIT_SHARE})", kit, limit),
        ("where the kit does not hash", unhashed, limit),
        ("share of the stricter limit", kit, strict),
    ):
        low, middle, high = quantiles(a / b for a, b in zip(one, other, strict=True))
        print(f"{name:<32} {middle:>12.2f} ({low:.2f}-{high:.2f})")


class Runs:
    """Generates in processes of their own.

    What Python has compiled is kept from run to run, as it is on a user's machine: else every
    process, and every worker anew, would first compile the libraries for two seconds.
    """

    def __init__(self, compiled: str) -> None:
        self.environment = os.environ | {"PYTHONPYCACHEPREFIX": compiled}
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self(100, 1)

    def __call__(self, people: int, workers: int) -> dict[str, float]:
        """Return seconds, CPU seconds, rows and peak memory of one run."""
        with TemporaryDirectory() as folder:
            script = Path(folder) / "run.py"
            script.write_text(RUN, encoding="utf-8")
            command = [sys.executable, str(script), str(people), f"{folder}/data", str(workers)]
            done = subprocess.run(
                command, env=self.environment, capture_output=True, text=True, check=True
            )
        found: dict[str, float] = json.loads(done.stdout)
        return found


def two_workers(run: Runs, people: int) -> None:
    """Compare one process with two, on the clock and in processor time.

    On the clock a busy machine has no second core to give. Processor time says what the clock
    would on an idle one: the parent's share, then half of what the workers used.
    """
    one, two = run(people, 1), run(people, 2)
    ratio = one["seconds"] / two["seconds"]
    expected = one["cpu"] / (two["parent"] + (two["cpu"] - two["parent"]) / 2)
    print(f"\n{people:,} people: one process {one['seconds']:.1f} s, two {two['seconds']:.1f} s")
    print(f"two workers, on the clock        {ratio:>12.2f} times one (aim {LIMIT_TWO})")
    print(f"two workers, by processor time   {expected:>12.2f} times one")


def growth(run: Runs, largest: int) -> None:
    print(f"\n   people        rows  seconds  CPU s  rows/CPU s  peak MB (aim: below {LIMIT_MB})")
    people, seen = PARTITION_SIZE, []
    while people <= largest:
        seen.append((people, run(people, 1)))
        _line(people, seen[-1][1])
        people *= 4
    (few, first), (many, last) = seen[0], seen[-1]
    if many > few:  # what each further person costs; the rest is for starting
        each = (last["cpu"] - first["cpu"]) / (many - few)
        rows = last["rows"] / many
        print(
            f"each further person {1000 * each:.2f} CPU ms and {rows:.0f} rows: 5.6 million people "
        )
        print(f"would take {5.6e6 * each / 3600:.1f} CPU hours and {5.6e6 * rows / 1e9:.2f} G rows")


def _line(people: int, seen: dict[str, float]) -> None:
    print(
        f"{people:>9,}{seen['rows']:>12,.0f}{seen['seconds']:>9.1f}{seen['cpu']:>7.1f}"
        f"{seen['rows'] / seen['cpu']:>12,.0f}{seen['megabytes']:>9.0f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=80_000)
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    options = parser.parse_args()
    print(f"load of the machine at the start {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    with TemporaryDirectory() as folder:
        share_of_limit(Path(folder))
    if options.peers:
        from benchmarks import generate_peers  # here: it needs pandas, which no worker loads

        generate_peers.main()
    with TemporaryDirectory() as compiled:
        run = Runs(compiled)
        growth(run, options.people)
        two_workers(run, options.people)
        if options.million:
            print("\na million people, two workers (peak MB of the parent)")
            _line(1_000_000, run(1_000_000, 2))


if __name__ == "__main__":
    main()
