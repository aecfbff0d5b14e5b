"""What is wrong with a resource or with data for an archetype, said in plain words."""

from dataclasses import dataclass

from labkit.messages import Language, say


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and where.

    `kind` is one of the keys `interop.found_KIND` of the message catalogue: missing, unknown,
    form, code, date, reference, person, mapping for FHIR; node, many, few, unit, range, value for
    archetypes.
    """

    resource: str  # "Patient/7", or the archetype
    path: str  # "Patient.name[0].use"
    kind: str
    came: str  # what stood there, as written; empty if nothing
    allowed: str  # what could have stood there; empty if there is nothing to say

    def text(self, lang: Language | None = None) -> str:
        """Say it in bokmål or English."""
        came = self.came or say("interop.nothing", lang)
        said = say(f"interop.found_{self.kind}", lang, path=self.path, came=came)
        hint = say("interop.allowed", lang, allowed=self.allowed) if self.allowed else ""
        return f"{self.resource}: {said}{hint}"

    def __str__(self) -> str:
        return self.text()
