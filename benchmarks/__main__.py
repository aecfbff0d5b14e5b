"""Run one benchmark: `uv run python -m benchmarks NAME [OPTIONS]`; without a name, list them."""

import importlib
import sys
from pathlib import Path


def main() -> None:
    folder = Path(__file__).parent
    names = sorted(p.stem for p in folder.glob("*.py") if not p.stem.startswith("_"))
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        sys.exit(f"benchmarks: choose one of {', '.join(names)}")
    name = sys.argv.pop(1)
    importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
