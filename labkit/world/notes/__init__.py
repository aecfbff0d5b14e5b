"""Clinical notes in Norwegian, and where in them somebody could be recognised.

Discharge summaries for all stays, and admission, nursing, outpatient and GP notes for a share of
the encounters. The phrases stand in the TOML files beside this one. Names that are also words
(Bjørn, Sol, Rygg, Os), eponyms (Parkinson, Basedow, Crohn, Lasègue) and drugs are there to be
mistaken for each other: only the first are persons.
"""

import numpy as np

from labkit.world.columns import coded
from labkit.world.diagnosis_codes import DIAGNOSES
from labkit.world.notes import fields
from labkit.world.notes.fields import Notes
from labkit.world.notes.phrases import GP, KINDS, NURSING, longest, pools
from labkit.world.notes.write import Writer, age_at, stage_of
from labkit.world.part import Part

# Share of the encounters of each kind (inpatient, day, outpatient, gp, out_of_hours) that get a
# note of each kind.
SHARES = {
    "discharge": (1.0, 0.0, 0.0, 0.0, 0.0),
    "admission": (0.10, 0.0, 0.0, 0.0, 0.0),
    "outpatient": (0.0, 0.04, 0.04, 0.0, 0.0),
    "gp": (0.0, 0.0, 0.0, 0.03, 0.03),
    "nursing": (0.20, 0.0, 0.0, 0.0, 0.0),
}


def notes(part: Part) -> None:
    """Fill `note` and the truth's `phi_span`."""
    what = _chosen(part)
    text, spans = Writer(part, what, pools()).finish()
    note_id = part.ids(len(what.person))
    encounter_id = np.asarray(part.tables["encounter"]["encounter_id"])
    part.tables["note"] = {
        "note_id": note_id,
        "encounter_id": encounter_id[what.encounter],
        "kind": coded(what.kind, KINDS),
        "written_time": (what.written * 60_000_000).view("datetime64[us]"),
        "text": text,
    }
    part.tables["phi_span"] = {
        "note_id": note_id[spans.note],
        "start": spans.start,
        "stop": spans.stop,
        "kind": coded(spans.kind, fields.KINDS),
        "form": coded(spans.form, fields.FORMS),
        "text": spans.text,
    }


def _chosen(part: Part) -> Notes:
    """Choose the encounters that get notes, in order of encounter and time."""
    found = part.contacts
    rng = part.rng("note")
    start, stop = found["start"].astype(np.int64), found["stop"].astype(np.int64)
    encounter, kind, written = [], [], []
    for number, name in enumerate(KINDS):
        share = np.array(SHARES[name])[found["kind"]]
        some = np.flatnonzero(rng.random(len(share)) < share)
        later = rng.integers(5, 90, len(some))
        if name == "admission":
            when = start[some] + later
        elif name == "nursing":  # some time in the stay
            when = start[some] + np.floor(rng.random(len(some)) * (stop - start)[some]).astype(int)
        else:
            when = stop[some] + later
        encounter.append(some)
        kind.append(np.full(len(some), number, dtype=np.int8))
        written.append(when)
    which, sort, when = (np.concatenate(c) for c in (encounter, kind, written))
    order = np.lexsort((sort, when, which))
    which, sort, when = which[order], sort[order], when[order]
    assert part.people is not None
    person = found["person"][which]
    age = age_at(part.people.birth[person], start[which])
    text = pools()
    hospital = np.array([longest(text.hospital_prefix, code) for code in DIAGNOSES])
    primary = np.array([longest(text.primary_prefix, code) for code in DIAGNOSES])
    main = found["main"][which]
    group = np.where(sort == GP, primary[main], hospital[main])
    assert NURSING == len(KINDS) - 1
    return Notes(
        encounter=which,
        person=person,
        kind=sort,
        written=when,
        start=start[which],
        stop=stop[which],
        organisation=found["organisation"][which],
        practitioner=found["practitioner"][which],
        age=age,
        stage=stage_of(age),
        group=group.astype(np.int16),
    )
