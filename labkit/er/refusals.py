"""Why a database stopped a row, in plain words."""

import re

from labkit.messages import Language, say

_REASONS = {  # as DuckDB says it, or SQLite
    "key": r'[Dd]uplicate key "(?P<about>.+?)"|UNIQUE constraint failed: (?P<about2>.+)',
    "empty": r"NOT NULL constraint failed: (?P<about>.+)",
    "parent": r'foreign key constraint because key "(?P<about>.+?)"|FOREIGN KEY constraint failed',
    "check": r"CHECK constraint failed(?:.* expression CHECK\((?P<about>.+)\)$|: (?P<about2>.+))",
    "type": r"Conversion Error: Could not convert \w+ (?P<about>'.*') to",
}


def reason_text(message: str, lang: Language) -> str:
    """Say in plain words why a row was stopped.

    Args:
        message: First line of what DuckDB or SQLite said.
        lang: Language of the words.

    Returns:
        A sentence; what the database said itself, where that is of another kind.

    Examples:
        >>> reason_text("Constraint Error: NOT NULL constraint failed: team.role", "en")
        'team.role must not be empty.'
        >>> reason_text("UNIQUE constraint failed: p.d, p.e", "en")
        'There is a row with the same key already (p.d, p.e).'
    """
    for kind, pattern in _REASONS.items():
        found = re.search(pattern, message)
        if found:
            about = " ".join(filter(None, found.groups()))
            key = f"er.stopped_{kind}" if about else f"er.stopped_{kind}_bare"
            return say(key, lang, about=about)
    return message
