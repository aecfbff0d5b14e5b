import tomllib
from pathlib import Path

import pytest

from labkit.er import parse

TEXTS = tomllib.loads((Path(__file__).parent / "models.toml").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _english(english):
    """All tests of this folder read English."""


@pytest.fixture(params=TEXTS)
def model(request):
    return parse(TEXTS[request.param])


@pytest.fixture
def texts():
    return TEXTS
