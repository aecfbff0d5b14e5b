"""The biobank: samples of the health survey's participants, and the consents they rest on.

Consent to medical research may be withdrawn at any time. Research on the material must then stop,
and on demand it is destroyed within 30 days (Health Research Act, helseforskningsloven § 16).
Here every withdrawal leads to destruction; a sample whose 30 days are not over at the reference
date is blocked meanwhile. The row of a destroyed sample stays, without a place in a freezer.
"""

import numpy as np
import pyarrow as pa

from labkit.world.columns import coded, days
from labkit.world.part import END_DAY, NEVER, Part

KINDS = ("serum", "plasma_edta", "dna", "urine")
VOLUME_ML = (0.5, 0.5, 0.2, 1.0)  # one aliquot when frozen
TUBES = (2, 2, 1, 1)  # aliquots per participant
QUALITY = ("good", "haemolysed", "late", "low_volume")
QUALITY_SHARE = (0.93, 0.02, 0.03, 0.02)
STATUS = ("stored", "blocked", "destroyed")
BOX = 96
BOXES_PER_FREEZER = 400
DESTRUCTION_DAYS = 30
WITHDRAW = 0.03
LETTER_DAYS = 45  # before the reference date participants were told of a new use


def biobank(part: Part) -> None:
    """Fill `consent` and `biobank_sample` from the participants of `health_survey`."""
    survey = part.tables["health_survey"]
    came = np.flatnonzero(np.asarray(survey["participated"]) == 1)
    rng = part.rng("biobank")
    given = days(survey["attended_date"])[came]
    agrees = rng.random(len(came)) < 0.96
    came, given = came[agrees], given[agrees]
    n = len(came)
    broad = rng.random(n) < 0.93
    # Some withdraw over the years, and some after the letter about new use of the samples.
    withdrawn = given + 7 + rng.exponential(900, n)
    withdrawn = np.where(rng.random(n) < 0.25, END_DAY - rng.integers(0, LETTER_DAYS, n), withdrawn)
    withdrawn = np.where(rng.random(n) < WITHDRAW, withdrawn, NEVER)
    withdrawn = np.where(withdrawn <= END_DAY, withdrawn, NEVER).astype(np.int32)
    consent_id = part.ids(n)
    part.tables["consent"] = {
        "consent_id": consent_id,
        "survey_id": np.asarray(survey["survey_id"])[came],
        "scope": coded(~broad, ["broad", "this_study"]),
        "given_date": given.astype("datetime64[D]"),
        "withdrawn_date": _date(withdrawn),
    }
    _samples(part, rng, consent_id, given, withdrawn)


def _date(day: np.ndarray) -> np.ndarray:
    return np.where(day == NEVER, np.datetime64("NaT"), day.astype("datetime64[D]"))


def _samples(
    part: Part,
    rng: np.random.Generator,
    consent_id: np.ndarray,
    given: np.ndarray,
    withdrawn: np.ndarray,
) -> None:
    n = len(consent_id)
    kind_of_tube = np.repeat(np.arange(len(KINDS), dtype=np.int8), TUBES)
    kind = np.tile(kind_of_tube, n)
    owner = np.repeat(np.arange(n), len(kind_of_tube))
    taken = rng.random(len(kind)) >= 0.02  # a tube that was never filled
    kind, owner = kind[taken], owner[taken]
    m = len(kind)
    second = 28_800 + rng.integers(0, 27_000, n)[owner]  # one visit between 08:00 and 15:30
    thawed = np.minimum(rng.poisson(0.25, m), 5)
    quality = rng.choice(len(QUALITY), m, p=QUALITY_SHARE).astype(np.int8)
    full = np.array(VOLUME_ML)[kind] * np.where(quality == 3, 0.4, 1.0)
    destroyed = withdrawn[owner].astype(np.int64) + rng.integers(3, DESTRUCTION_DAYS + 1, n)[owner]
    gone = destroyed <= END_DAY
    status = np.where(gone, 2, np.where(withdrawn[owner] != NEVER, 1, 0)).astype(np.int8)
    place = np.arange(m)
    box = part.index * BOXES_PER_FREEZER + place // BOX + 1
    part.tables["biobank_sample"] = {
        "sample_id": part.ids(m),
        "consent_id": consent_id[owner],
        "kind": coded(kind, KINDS),
        "taken_time": (given[owner].astype(np.int64) * 86_400 + second).astype("datetime64[s]"),
        "volume_ml": np.where(gone, 0.0, (full * 0.85**thawed).round(2)),
        "freezer": pa.array((1 + box // BOXES_PER_FREEZER).astype(np.int16), mask=gone),
        "box": pa.array(box.astype(np.int32), mask=gone),
        "position": pa.array((place % BOX + 1).astype(np.int16), mask=gone),
        "thaw_count": thawed.astype(np.int16),
        "quality": coded(quality, QUALITY),
        "status": coded(status, STATUS),
        "destroyed_date": _date(np.where(gone, destroyed, NEVER)),
    }
