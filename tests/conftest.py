"""Settings of the whole suite."""

import os

import pytest

# Submissions and samples under tests/ are read by their tests, not run as notebooks of the course.
collect_ignore_glob = ["*.ipynb", "*/sample/*"]

# A developer's own settings change no test, nor the kernels that nbval starts.
for name in ("LABKIT_LANG", "LABKIT_KEYS", "LABKIT_DATA"):
    os.environ.pop(name, None)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Work side by side on the whole suite only: for one file, starting workers takes longer."""
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return min(os.cpu_count() or 1, 4) if whole else 0
