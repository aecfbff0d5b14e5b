"""Which language a command speaks."""

from pathlib import Path

from labkit.course.layout import read_state
from labkit.grading.progress import lab_folder
from labkit.messages import Language, set_language


def choose_language(lang: Language | None = None, folder: Path = Path()) -> None:
    """Choose the language of messages: the one asked for, else that of the lab in use.

    Without either it stays as it is: `LABKIT_LANG`, else bokmål.

    Args:
        lang: The language that `--lang` asks for.
        folder: The folder that a command works on, which is a lab, lies in one, or does not.
    """
    lab = None if lang else lab_folder(folder.expanduser())
    known = read_state(lab.parent) if lab else {"languages": []}
    if lang or known["languages"]:
        set_language(lang or known["lang"])
