"""The small parts that FHIR resources are made of: codes, quantities, references, moments."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from labkit import codes
from labkit.errors import InputError
from labkit.interop import systems as s
from labkit.messages import Language, say

Resource = dict[str, Any]  # a FHIR resource or element, as JSON gives it
OSLO = ZoneInfo("Europe/Oslo")


def concept(uri: str, code: str, system: str, lang: Language) -> Resource:
    """Make a CodeableConcept; our own label is its text, for `display` is the code system's."""
    text = _label(system, code, lang)
    return {"coding": [{"system": uri, "code": code}]} | ({"text": text} if text else {})


@cache
def _label(system: str, code: str, lang: Language) -> str | None:
    try:
        return str(codes.label(system, code, lang))
    except InputError:
        return None


def quantity(value: float, unit: str) -> Resource:
    """Make a Quantity: the unit as people write it, and its UCUM code."""
    return {
        "value": value,
        "unit": unit,
        "system": s.UCUM,
        "code": translate(s.UNITS, unit, "unit"),
    }


def translate(table: Mapping[str, str], value: str, where: str) -> str:
    """Look up a code of ours.

    Raises:
        InputError: If it is not known.
    """
    if value not in table:
        raise InputError(
            say("interop.unknown_code", where=where, came=value, known=", ".join(table))
        )
    return table[value]


def reference(kind: str, key: Any) -> Resource:
    """Refer to a resource of the same Bundle."""
    return {"reference": f"{kind}/{key}"}


def elsewhere(kind: str, key: int) -> Resource:
    """Refer by number to what is not sent along."""
    return {"type": kind, "identifier": {"system": f"{s.KIT}/id/{kind}", "value": str(key)}}


def moment(local: datetime) -> str:
    """Write a local time with its offset: FHIR takes no time of day without zone.

    Examples:
        >>> moment(datetime(2024, 7, 1, 9, 30))
        '2024-07-01T09:30:00+02:00'
    """
    return local.replace(tzinfo=OSLO).isoformat()


def local_time(text: str) -> datetime:
    """Read a FHIR dateTime as Norwegian local time, without zone.

    A clock that shows Norwegian time is taken as it stands, also in the hour that does not exist
    in spring and the one that comes twice in autumn; any other zone is converted.

    Examples:
        >>> local_time("2024-07-01T07:30:00Z")
        datetime.datetime(2024, 7, 1, 9, 30)
    """
    came = datetime.fromisoformat(text)
    bare = came.replace(tzinfo=None, fold=0)
    offset = came.utcoffset()
    if offset is None:
        return bare
    here = {bare.replace(tzinfo=OSLO, fold=fold).utcoffset() for fold in (0, 1)}
    return bare if offset in here else came.astimezone(OSLO).replace(tzinfo=None, fold=0)


@cache
def lab_codes() -> dict[str, tuple[str, str]]:
    """Return analyte -> (NPU or NOR code, empty if it has none; unit)."""
    table = codes.load("lab")
    return {
        analyte: (npu, unit)
        for analyte, npu, unit in zip(
            table["analyte"], table["npu_code"], table["unit"], strict=True
        )
    }
