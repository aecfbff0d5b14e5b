import tomllib
from pathlib import Path

import pytest

from labkit.er import parse
from labkit.messages import set_language

TEXTS = tomllib.loads((Path(__file__).parent / "models.toml").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def english():
    set_language("en")
    yield
    set_language("nb")


@pytest.fixture(params=TEXTS)
def model(request):
    return parse(TEXTS[request.param])


@pytest.fixture
def texts():
    return TEXTS
