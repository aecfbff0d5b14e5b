"""Pictures of the report, as SVG text."""

from collections.abc import Sequence
from io import StringIO

from labkit.messages import Language, say
from labkit.world.validate.verdict import Verdict

# Okabe & Ito's colours, told apart by the colour-blind; each verdict has a marker of its own too.
COLOURS = {
    "pass": "#0072B2",
    "explained": "#E69F00",
    "borderline": "#CC79A7",
    "fail": "#D55E00",
    "too few": "#999999",
}
MARKERS = {"pass": "o", "explained": "s", "borderline": "^", "fail": "D", "too few": "o"}
WIDEST = 4.0  # tolerances


def word(verdict: str, lang: Language) -> str:
    """Name a verdict in a language."""
    return say(f"validate.{verdict.replace(' ', '_')}", lang)


def forest(verdicts: Sequence[Verdict], lang: Language) -> str:
    """Draw the difference of each figure from its target, in tolerances.

    Returns:
        SVG text.
    """
    import numpy as np
    from matplotlib.figure import Figure

    known = [v for v in verdicts if np.isfinite(v.measured.value)]
    figure = Figure(figsize=(9, 1.2 + 0.19 * len(known)), layout="constrained")
    axes = figure.add_subplot()
    for place, one in enumerate(reversed(known)):
        low, high = (
            (bound - one.target.value) / one.target.tolerance
            for bound in (one.measured.low, one.measured.high)
        )
        colour = COLOURS[one.word]
        line = np.clip([low, high], -WIDEST, WIDEST)
        axes.plot(line, [place, place], color=colour, linewidth=1)
        axes.plot(
            np.clip(one.difference, -WIDEST, WIDEST),
            place,
            MARKERS[one.word],
            color=colour,
            markersize=4.5,
            markerfacecolor="white" if one.target.held_out else colour,
        )
    axes.axvspan(-1, 1, color="#0072B2", alpha=0.08)
    axes.axvline(0, color="black", linewidth=0.6)
    axes.set_yticks(range(len(known)), [v.target.name for v in reversed(known)], fontsize=6.5)
    axes.set_ylim(-1, len(known))
    axes.set_xlim(-WIDEST - 0.1, WIDEST + 0.1)
    axes.set_xlabel(say("validate.picture", lang), fontsize=8)
    axes.grid(axis="x", linewidth=0.3)
    handles = [
        axes.plot([], [], MARKERS[name], color=colour, label=word(name, lang))[0]
        for name, colour in COLOURS.items()
    ]
    axes.legend(
        handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(COLOURS), fontsize=8
    )
    return _svg(figure)


def scatter(verdicts: Sequence[Verdict], lang: Language) -> str:
    """Draw measured against published figures.

    Returns:
        SVG text.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 5.4), layout="constrained")
    axes = figure.add_subplot()
    known = [v for v in verdicts if v.measured.value > 0 and v.target.value > 0]
    for name, colour in COLOURS.items():
        for held_out in (False, True):
            some = [v for v in known if v.word == name and v.target.held_out == held_out]
            axes.plot(
                [v.target.value for v in some],
                [v.measured.value for v in some],
                MARKERS[name],
                color=colour,
                markersize=4,
                markerfacecolor="white" if held_out else colour,
                label=None if held_out else word(name, lang),
            )
    axes.axline((1, 1), slope=1, color="black", linewidth=0.6)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(say("validate.wanted", lang))
    axes.set_ylabel(say("validate.measured", lang))
    axes.set_title(say("validate.scatter", lang), fontsize=9)
    axes.legend(fontsize=8)
    return _svg(figure)


def _svg(figure: object) -> str:
    import matplotlib as mpl

    text = StringIO()
    with mpl.rc_context({"svg.hashsalt": "labkit", "svg.fonttype": "path"}):
        figure.savefig(text, format="svg", metadata={"Date": None})  # type: ignore[attr-defined]
    whole = text.getvalue()
    return whole[whole.index("<svg") :]
