"""Pass, fail, borderline, or too few to tell."""

from dataclasses import dataclass
from typing import Literal, get_args

from labkit.world.validate.estimate import Measured, is_known
from labkit.world.validate.target import Target

Word = Literal["pass", "explained", "borderline", "fail", "too few"]
WORDS: tuple[Word, ...] = get_args(Word)


@dataclass(frozen=True)
class Verdict:
    """One target, what was measured, and what that says."""

    target: Target
    measured: Measured
    word: Word

    @property
    def difference(self) -> float:
        """Measured less published, in tolerances."""
        return (self.measured.value - self.target.value) / self.target.tolerance


def judge(target: Target, measured: Measured) -> Verdict:
    """Hold what was measured against its target.

    A target passes when the figure lies within the tolerance and the half-width of its 95 %
    interval is no wider than the tolerance. It fails when the whole interval lies outside. A figure
    outside, and that precise, whose interval reaches into the tolerance is borderline: it does not
    pass, and chance alone may have put it there (another seed tells). Otherwise the dataset is too
    small to tell. A target that fails or is borderline, and carries a reason in the targets file,
    is explained.
    """
    return Verdict(target, measured, _word(target, measured))


def _word(target: Target, measured: Measured) -> Word:
    if not is_known(measured):
        return "too few"
    low, high = target.value - target.tolerance, target.value + target.tolerance
    outside = measured.high < low or measured.low > high
    precise = (measured.high - measured.low) / 2 <= target.tolerance
    if outside or (precise and not low <= measured.value <= high):
        return "explained" if target.why else "fail" if outside else "borderline"
    return "pass" if precise else "too few"
