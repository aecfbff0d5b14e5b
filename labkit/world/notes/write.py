"""How each kind of note is laid out: which phrases and lists follow each other."""

import numpy as np

from labkit.world.hazard import YEAR
from labkit.world.notes import fields, medication, picture
from labkit.world.notes.compose import Page, Spans
from labkit.world.notes.facts import facts, spread
from labkit.world.notes.fields import Notes
from labkit.world.notes.phrases import BIT, DISCHARGE, OUTPATIENT, Choice, Pools
from labkit.world.part import Part

# Headings in four manners: one doctor's habit, the same through the whole letter.
HEADINGS = {
    "reason": ("Innleggelsesårsak: ", "INNLEGGELSESÅRSAK\n", "Årsak til innl.: ", "Innl.årsak: "),
    "background": (
        "\nTidligere sykdommer: ",
        "\n\nTIDLIGERE SYKDOMMER\n",
        "\nTidl.: ",
        "\nBakgrunn: ",
    ),
    "story": ("\nAktuelt: ", "\n\nAKTUELT\n", "\nAkt.: ", "\nSykehistorie: "),
    "findings": ("\nFunn: ", "\n\nFUNN\n", "\nUs.: ", "\nStatus ved innkomst: "),
    "labs": ("\nBlodprøver: ", "\n\nBLODPRØVER\n", "\nLab: ", "\nBlodprøver ved ankomst: "),
    "tests": ("\nSupplerende us.: ", "\n\nSUPPLERENDE\n", "\nSuppl.: ", "\nUndersøkelser: "),
    "treatment": ("\nBehandling og forløp: ", "\n\nFORLØP\n", "\nForløp: ", "\nBehandling: "),
    "drugs": (
        "\nMedisiner ved utskrivelse:",
        "\n\nMEDISINER VED UTSKRIVELSE",
        "\nMed. ved utreise:",
        "\nLegemidler ved utskrivning:",
    ),
    "assessment": ("\nVurdering: ", "\n\nVURDERING\n", "\nVurd.: ", "\nKonklusjon: "),
    "plan": ("\nVidere plan: ", "\n\nVIDERE PLAN\n", "\nPlan: ", "\nVidere oppfølging: "),
    "regular": ("\nFaste medisiner:", "\n\nFASTE MEDISINER", "\nMed.:", "\nFaste med.:"),
}


class Writer:
    """Writes notes of all kinds on one page."""

    def __init__(self, part: Part, notes: Notes, pools: Pools) -> None:
        self.part, self.notes, self.pools = part, notes, pools
        self.page = Page(pools.book, len(notes.person))
        self.rng = part.rng("note_text")
        partner = fields.fill(part, self.page, notes, pools)
        vitals = picture.fill(part, self.page, notes, pools)
        self.drugs = medication.in_use(part, notes, pools)
        self.facts = facts(part, notes, pools, vitals, self.drugs, partner)
        self.cave = self._allergy()
        self.known = picture.known_since(part, pools)
        self.manner = self.rng.integers(0, 4, len(notes.person))
        self.manner[(notes.kind == OUTPATIENT) & (self.manner == 3)] = 0  # it speaks of admission
        self._headings = {name: self.page.pool(words) for name, words in HEADINGS.items()}
        self._space = self.page.pool([" ", "\n"])

    def finish(self) -> tuple[object, Spans]:
        """Write everything and return texts and spans."""
        for kind, write in enumerate(
            (self._discharge, self._admission, self._outpatient, self._gp, self._nursing)
        ):
            some = np.flatnonzero(self.notes.kind == kind)
            if len(some):
                write(some)
        return self.page.finish()

    # The small words of writing.

    def _say(self, some: np.ndarray, choice: Choice, *, grouped: bool = False) -> None:
        group = self.notes.group[some] if grouped else np.zeros(len(some), dtype=np.int64)
        self.page.say(some, choice.draw(self.rng, group, self.notes.stage[some], self.facts[some]))

    def _allergy(self) -> np.ndarray:
        """Draw once for each person what they cannot take: once allergic, always."""
        choice = self.pools.frame["cave"]
        none = np.zeros(self.page.n, dtype=np.int64)
        found = choice.pick(spread(self.notes.person), none, self.notes.stage, self.facts)
        penicillin = self.pools.book.containing("penicillin")[found]
        self.facts |= np.where(penicillin, BIT["penicillin_allergy"], 0)
        return found

    def _frame(self, some: np.ndarray, name: str) -> None:
        self._say(some, self.pools.frame[name])

    def _hospital(self, some: np.ndarray, section: str) -> None:
        self._say(some, self.pools.hospital[section], grouped=True)

    def _primary(self, some: np.ndarray, section: str) -> None:
        self._say(some, self.pools.primary[section], grouped=True)

    def _heading(self, some: np.ndarray, name: str) -> None:
        self.page.put(some, self._headings[name] + self.manner[some])

    def _gap(self, some: np.ndarray) -> None:
        self.page.put(some, np.full(len(some), self._space))

    def _break(self, some: np.ndarray) -> None:
        """A space, or a new line for those whose headings stand on lines of their own."""
        self.page.put(some, self._space + (self.manner[some] == 1))

    def _true(self, some: np.ndarray, fact: str) -> np.ndarray:
        return (self.facts[some] & BIT[fact]) != 0

    def _part_of(self, some: np.ndarray, share: float) -> np.ndarray:
        return some[self.rng.random(len(some)) < share]

    # What several kinds have in common.

    def _background(self, some: np.ndarray) -> None:
        acute = self.part.contacts["acute"][self.notes.encounter[some]].astype(bool)
        self._frame(some[acute], "opening")
        self._frame(some[~acute], "opening_planned")
        told = self._part_of(some[self.notes.age[some] >= 1], 0.7)
        self._gap(told)
        self._frame(told, "social")
        self._heading(some, "background")
        self._known(some)
        heard = self._part_of(some, 0.35)
        self._gap(heard)
        self._frame(heard, "family")
        assert self.part.people is not None
        smoking = self.part.people.smoking
        asked = self._part_of(some[self.notes.age[some] >= 18], 0.6)
        self._gap(asked)
        for state, name in enumerate(("smoking_never", "smoking_former", "smoking_daily")):
            if smoking is not None:
                self._frame(asked[smoking[self.notes.person[asked]] == state], name)
        warned = self._part_of(some[self.notes.age[some] >= 1], 0.5)
        self._gap(warned)
        self.page.say(warned, self.cave[warned])

    def _known(self, some: np.ndarray) -> None:
        none = picture.history(self.page, self.notes, self.pools, self.known, some)
        self._frame(none, "none_known")
        known = np.setdiff1d(some, none, assume_unique=True)
        self.page.put(known, np.full(len(known), self.page.pool(["."])))

    def _story(self, some: np.ndarray) -> None:
        self._heading(some, "story")
        self._hospital(some, "story")
        more = self._part_of(some[self.notes.age[some] >= 1], 0.4)
        self._gap(more)
        self._frame(more, "story_more")

    def _findings(self, some: np.ndarray) -> None:
        self._heading(some, "findings")
        dying = self._true(some, "dying") & (self.notes.kind[some] == DISCHARGE)
        self._hospital(some[~dying], "findings")
        self._frame(some[dying], "died_findings")
        measured = self._part_of(some, 0.85)
        self._gap(measured)
        self._frame(measured, "vitals")

    def _labs(self, some: np.ndarray) -> None:
        self._heading(some, "labs")
        none = picture.labs(self.part, self.page, self.notes, self.pools, some)
        self._frame(none, "no_labs")

    def _regular_drugs(self, some: np.ndarray) -> None:
        self._heading(some, "regular")
        self._list(some)

    def _list(self, some: np.ndarray) -> np.ndarray:
        """List the drugs in use; those without any are told so, and returned."""
        none = medication.listing(
            self.page, self.notes, self.pools, self.drugs, some, between="\n- "
        )
        self._break(none)
        self._frame(none, "no_drugs")
        return none

    # The kinds.

    def _discharge(self, some: np.ndarray) -> None:
        died = self._true(some, "dying")
        alive, dead = some[~died], some[died]
        self._frame(some, "discharge_head")
        self._heading(some, "reason")
        self._hospital(some, "reason")
        self.page.put(some, np.full(len(some), self.page.pool(["\n"])))
        self._background(some)
        self._story(some)
        self._findings(some)
        self._labs(some)
        self._heading(some, "tests")
        self._hospital(some, "tests")
        self._heading(some, "treatment")
        picture.procedures(self.part, self.page, self.notes, self.pools, some)
        self._hospital(alive, "treatment")
        self._frame(dead, "died_treatment")
        self._gap(alive)
        self._frame(alive, "course")
        self._heading(alive, "drugs")
        none = self._list(alive)
        self._frame(np.setdiff1d(alive, none, assume_unique=True), "drug_note")
        self._heading(some, "assessment")
        self._hospital(alive, "assessment")
        self._frame(dead, "died")
        self._heading(alive, "plan")
        self._hospital(alive, "plan")
        told = self._part_of(alive, 0.5)
        self._gap(told)
        self._frame(told, "follow_up")
        self._frame(some, "foot")

    def _admission(self, some: np.ndarray) -> None:
        self._frame(some, "admission_head")
        self._heading(some, "reason")
        self._hospital(some, "reason")
        self.page.put(some, np.full(len(some), self.page.pool(["\n"])))
        self._background(some)
        self._regular_drugs(some)
        self._story(some)
        self._findings(some)
        self._labs(some)
        self._heading(some, "plan")
        self._frame(some, "admission_plan")

    def _outpatient(self, some: np.ndarray) -> None:
        self._frame(some, "outpatient_head")
        self._frame(some, "outpatient_story")
        told = self._part_of(some[self.notes.age[some] >= 1], 0.5)
        self._gap(told)
        self._frame(told, "social")
        self._heading(some, "background")
        self._known(some)
        self._heading(some, "findings")
        self._frame(some, "outpatient_findings")
        done = some[self._true(some, "done")]
        picture.procedures(self.part, self.page, self.notes, self.pools, done, " {}")
        self._labs(some)
        self._heading(some, "assessment")
        self._frame(some, "outpatient_assessment")
        self._heading(some, "plan")
        self._frame(some, "outpatient_plan")
        self._frame(some, "foot")

    def _gp(self, some: np.ndarray) -> None:
        kinds = self.part.contacts["kind"][self.notes.encounter[some]]
        away = kinds == 4  # out of hours
        self._frame(some[~away], "gp_head")
        self._frame(some[away], "gp_out_of_hours_head")
        for section, letter in zip(
            ("subjective", "objective", "assessment", "plan"), "soap", strict=True
        ):
            self._frame(some, f"gp_{section}")
            self._primary(some, letter)
            if letter == "o":
                tested = self._part_of(some, 0.6)
                picture.labs(self.part, self.page, self.notes, self.pools, tested, before=" Lab: ")
        self._frame(some, "gp_foot")

    def _nursing(self, some: np.ndarray) -> None:
        dying = self._true(some, "dying")
        self._frame(some, "nursing_head")
        self._frame(some[~dying], "nursing_start")
        self._gap(some[~dying])
        self._hospital(some[~dying], "nursing")
        self._frame(some[dying], "nursing_dying")
        self._frame(some[~dying], "nursing_more")
        self._frame(some, "nursing_contact")
        self._frame(some, "nursing_end")


def stage_of(age: np.ndarray) -> np.ndarray:
    """Return the stage of life, see `phrases.STAGES`."""
    return np.digitize(age, [1, 6, 18, 67, 75]).astype(np.int8)


def age_at(birth: np.ndarray, minute: np.ndarray) -> np.ndarray:
    """Return the age in years at a minute since 1970."""
    return (minute / 1440 - birth) / YEAR
