"""Where the course's files lie: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path


def materials() -> Path:
    """Return the folder that holds notebooks/, exercises/ and data/synthetic/."""
    package = Path(__file__).parent
    shipped = package / "_materials"
    return shipped if shipped.is_dir() else package.parent
