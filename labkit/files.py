"""Files written whole or not at all, and hashed by what they hold."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file so that it is at every moment either the old one or the new one.

    Several processes may write it at the same time: the last one to end is read.

    Args:
        path: The file; its folder is made if it is not there.
        content: Bytes, or text to be written as UTF-8 with what UTF-8 lacks as `?`.
    """
    raw = content.encode("utf-8", "replace") if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:80]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
        os.chmod(beside, 0o644)
        os.replace(beside, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise


def hash_files(files: Mapping[str, Path], about: str) -> str:
    """Hash files by name and content, in their order; line ends of Windows count as those of Unix.

    Args:
        files: By the name that stands for each.
        about: What else decides, as versions.

    Returns:
        SHA-256 in hexadecimal.
    """
    digest = sha256(about.encode())
    for name, path in files.items():
        digest.update(name.encode())
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()
