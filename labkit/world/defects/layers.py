"""The layers of damage: which registry, which column, what, how often, and in which rows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labkit.codes import rows
from labkit.world.defects.damage import (
    COMPACT,
    DAY_FIRST,
    ISO,
    Damage,
    after_death,
    can_swap,
    chosen,
    comma_number,
    day_before,
    each,
    emptied,
    end_before_start,
    later,
    later_time,
    letter_for_digit,
    lost_comma,
    mojibake,
    no_such_day,
    number,
    swap_day_and_month,
    swapped,
    unknown_pseudonym,
    wrong_check_digit,
)
from labkit.world.defects.view import View
from labkit.world.part import END_DAY

Eligible = Callable[[View], np.ndarray]  # true, or a weight, where the row can be damaged
NEWER_CODES = {  # codes and the ones that stood for them before
    "J07BN01": "J07BX03",
    "J07BN02": "J07BX03",
}


@dataclass(frozen=True)
class Layer:
    """Damage of one kind to one column; `share` of the rows that it can happen to."""

    registry: str
    column: str
    kind: str
    share: float
    damage: Damage
    eligible: Eligible
    hard: bool = False  # in the hard level alone


@dataclass(frozen=True)
class Duplicates:
    """Rows delivered twice; near duplicates differ in one column."""

    registry: str
    share: float
    column: str | None = None
    damage: Damage | None = None


def filled(column: str) -> Eligible:
    """Rows with a value in the column."""
    return lambda view: view.filled(column)


def text(column: str, holds: Callable[[str], bool]) -> Eligible:
    """Rows whose text in the column fulfils a condition."""
    return lambda view: view.where(column, holds)


def dead(pseudonym: str) -> Eligible:
    """Rows of people who died before the last year of the window."""
    return lambda view: view.death(pseudonym) <= END_DAY - 366


def more_if(column: str, low: float, high: float) -> Eligible:
    """Rows with a number, ten times as likely from `high` as up to `low`, rising between."""

    def weight(view: View) -> np.ndarray:
        value = view.number(column)
        rising = 0.1 + 0.9 * np.clip((value - low) / (high - low), 0, 1)
        return np.where(np.isnan(value), 0.0, rising)

    return weight


def one_sex(code: str, sex: str, man: str) -> Eligible:
    """Rows with a diagnosis that belongs to one sex alone, and that sex."""
    limited = {row["code"]: row["sex"] for row in rows("icd10")} | {"C61.9": "M"}
    only_men = {c for c, s in limited.items() if s == "M"}
    # Male breast cancer exists: the teaching subset's limit on C50.4 is no contradiction.
    only_women = {c for c, s in limited.items() if s == "F" and not c.startswith(("C50", "D05"))}

    def holds(view: View) -> np.ndarray:
        is_man = view.number(sex) == float(man) if man.isdigit() else view.where(sex, man.__eq__)
        return np.where(
            is_man,
            view.where(code, only_men.__contains__),
            view.where(code, only_women.__contains__),
        )

    return holds


def has_norwegian_letter(value: str) -> bool:
    """Tell whether a name would suffer from the wrong character set."""
    return not value.isascii()


def percent_hba1c(mmol_mol: float) -> float:
    """HbA1c in per cent (NGSP) from mmol/mol (IFCC).

    Source:
        IFCC-NGSP master equation, Hoelzel et al. (2004), Clinical Chemistry 50:166-174.
    """
    return 0.09148 * mmol_mol + 2.152


def former_number(view: View) -> np.ndarray:
    """Rows of Hedmark's former municipalities, which had another number before 2020."""
    return view.where("kommunenr", FORMER.__contains__)


FORMER: dict[str, str] = {
    row["code_2024"]: row["code_2018_2019"]
    for row in rows("municipality")
    if row["change"] == "renumbered" and row["code_2024"] != row["code_2018_2019"]
}
CASES = chosen(str.upper, str.lower, lambda t: f" {t}", lambda t: f"{t} ")

LAYERS: tuple[Layer, ...] = (
    # The patient registry
    Layer("npr", "uttid", "end_before_start", 0.002, end_before_start("inntid"), filled("uttid")),
    Layer(
        "npr",
        "hoveddiagnose",
        "code_typo",
        0.003,
        chosen(letter_for_digit, lambda t: t.replace(".", ""), lambda t: t.replace(".", ",")),
        text("hoveddiagnose", lambda t: "." in t),
    ),
    Layer(
        "npr",
        "kjonn",
        "sex_contradiction",
        0.02,
        each(swapped("1", "2")),
        one_sex("hoveddiagnose", "kjonn", "1"),
    ),
    Layer("npr", "pasient_id", "orphan", 0.001, unknown_pseudonym, filled("pasient_id")),
    Layer(
        "npr",
        "hoveddiagnose",
        "whitespace",
        0.002,
        chosen(str.lower, lambda t: f"{t} ", lambda t: f" {t}"),
        filled("hoveddiagnose"),
        hard=True,
    ),
    # Primary care
    Layer(
        "kpr",
        "dato",
        "swapped_date",
        0.006,
        each(swap_day_and_month(DAY_FIRST)),
        text("dato", can_swap(DAY_FIRST)),
    ),
    Layer("kpr", "dato", "impossible_date", 0.001, each(no_such_day(DAY_FIRST)), filled("dato")),
    Layer(
        "kpr",
        "dato",
        "after_death",
        0.01,
        after_death(DAY_FIRST, "pasientlopenr"),
        dead("pasientlopenr"),
    ),
    Layer(
        "kpr",
        "kommunenr",
        "obsolete_code",
        0.01,
        each(lambda t: FORMER[t]),
        former_number,
    ),
    Layer(
        "kpr",
        "diagnose",
        "whitespace",
        0.004,
        chosen(str.lower, lambda t: f"{t} ", lambda t: f" {t}"),
        filled("diagnose"),
    ),
    Layer(
        "kpr",
        "diagnose",
        "code_typo",
        0.002,
        chosen(letter_for_digit, lambda t: t + "."),
        filled("diagnose"),
    ),
    Layer("kpr", "pasientlopenr", "orphan", 0.001, unknown_pseudonym, filled("pasientlopenr")),
    Layer(
        "kpr",
        "egenandel",
        "outlier",
        0.001,
        each(lost_comma),
        text("egenandel", lambda t: not t.startswith("0")),
    ),
    # Dispensed drugs
    Layer(
        "lmr", "utlevert", "impossible_date", 0.001, each(no_such_day(COMPACT)), filled("utlevert")
    ),
    Layer("lmr", "utlevert", "after_death", 0.01, after_death(COMPACT, "lopenr"), dead("lopenr")),
    Layer(
        "lmr",
        "kommune_navn",
        "mojibake",
        0.02,
        each(mojibake),
        text("kommune_navn", has_norwegian_letter),
    ),
    Layer("lmr", "kommune_navn", "whitespace", 0.005, CASES, filled("kommune_navn")),
    Layer("lmr", "atc", "code_typo", 0.002, each(letter_for_digit), filled("atc")),
    Layer("lmr", "ddd", "outlier", 0.001, each(lost_comma), filled("ddd")),
    Layer("lmr", "lopenr", "orphan", 0.001, unknown_pseudonym, filled("lopenr")),
    # Causes of death
    Layer(
        "dar",
        "underliggende",
        "code_typo",
        0.005,
        each(letter_for_digit),
        text("underliggende", lambda t: letter_for_digit(t) != t),
    ),
    # Births
    Layer(
        "mfr", "fodselsvekt", "unit", 0.02, each(number(lambda g: g / 1000)), filled("fodselsvekt")
    ),
    Layer(
        "mfr",
        "svangerskapsvarighet_dager",
        "unit",
        0.01,
        each(number(lambda days: days // 7)),
        filled("svangerskapsvarighet_dager"),
    ),
    Layer(
        "mfr",
        "royk_start",
        "missing_not_at_random",
        0.05,
        emptied,
        more_if("royk_start", 0, 1),
    ),
    Layer("mfr", "apgar5", "outlier", 0.005, each(number(lambda x: x * 11)), filled("apgar5")),
    # Cancer
    Layer(
        "kreft",
        "kjonn",
        "sex_contradiction",
        0.02,
        each(swapped("MANN", "KVINNE")),
        one_sex("topografi", "kjonn", "MANN"),
    ),
    Layer(
        "kreft", "meldt", "late_report", 0.04, later(365, 1200), lambda view: not_last_years(view)
    ),
    Layer(
        "kreft",
        "morfologi",
        "code_typo",
        0.01,
        chosen(letter_for_digit, lambda t: t.replace("/", "")),
        filled("morfologi"),
    ),
    # Infarction
    Layer(
        "infarkt",
        "troponin_maks",
        "unit",
        0.04,
        each(comma_number(lambda x: x / 1000, 3)),
        filled("troponin_maks"),
    ),
    Layer(
        "infarkt",
        "dor_til_ballong_min",
        "missing_not_at_random",
        0.15,
        emptied,
        more_if("dor_til_ballong_min", 60, 120),
    ),
    Layer(
        "infarkt",
        "sykehus",
        "mojibake",
        0.03,
        each(mojibake),
        text("sykehus", has_norwegian_letter),
    ),
    # Diabetes
    Layer("diabetes", "hba1c", "unit", 0.02, each(comma_number(percent_hba1c, 1)), filled("hba1c")),
    Layer("diabetes", "hba1c", "missing_not_at_random", 0.08, emptied, more_if("hba1c", 53, 90)),
    Layer(
        "diabetes",
        "ldl",
        "unit",
        0.01,
        each(comma_number(lambda x: 38.67 * x, 0)),
        filled("ldl"),
        hard=True,
    ),
    Layer(
        "diabetes",
        "systolisk",
        "outlier",
        0.004,
        each(number(lambda x: x * 10)),
        filled("systolisk"),
    ),
    Layer("diabetes", "vekt", "outlier", 0.006, each(lost_comma), filled("vekt")),
    Layer("diabetes", "fnr_klinikk", "check_digit", 0.02, wrong_check_digit, filled("fnr_klinikk")),
    Layer(
        "diabetes",
        "kommune",
        "mojibake",
        0.03,
        each(mojibake),
        text("kommune", has_norwegian_letter),
    ),
    # Vaccination
    Layer(
        "sysvak",
        "vaksinedato",
        "swapped_date",
        0.004,
        each(swap_day_and_month(ISO)),
        text("vaksinedato", can_swap(ISO)),
    ),
    Layer(
        "sysvak",
        "vaksinedato",
        "after_death",
        0.005,
        after_death(ISO, "person_lopenr"),
        dead("person_lopenr"),
    ),
    Layer(
        "sysvak", "bosted", "mojibake", 0.01, each(mojibake), text("bosted", has_norwegian_letter)
    ),
    Layer("sysvak", "bosted", "whitespace", 0.004, CASES, filled("bosted")),
    Layer(
        "sysvak",
        "vaksine",
        "obsolete_code",
        0.01,
        each(lambda t: NEWER_CODES[t]),
        text("vaksine", NEWER_CODES.__contains__),
    ),
    Layer("sysvak", "registrert", "late_report", 0.01, later(60, 400), lambda v: not_last_years(v)),
    Layer("sysvak", "person_lopenr", "orphan", 0.001, unknown_pseudonym, filled("person_lopenr")),
)
DUPLICATES: tuple[Duplicates, ...] = (
    Duplicates("npr", 0.004),
    Duplicates("npr", 0.002, "inntid", later_time),
    Duplicates("kpr", 0.004),
    Duplicates("lmr", 0.003),
    Duplicates("lmr", 0.002, "utlevert", day_before(COMPACT)),
    Duplicates("diabetes", 0.01),
    Duplicates("sysvak", 0.003),
    Duplicates("sysvak", 0.002, "vaksinedato", day_before(ISO)),
)


def not_last_years(view: View) -> np.ndarray:
    """Rows registered early enough that a late report is still inside the extract."""
    column = {"kreft": "meldt", "sysvak": "registrert"}[view.registry]
    day = np.asarray(view.columns[column]).astype("datetime64[D]").astype(np.int64)
    return day <= END_DAY - 1200


KINDS = sorted({layer.kind for layer in LAYERS} | {"duplicate", "near_duplicate"})
