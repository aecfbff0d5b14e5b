"""A hash of the content of a table: of the values, not of the bytes of a file.

It does not depend on file format, compression or dictionary encoding, so a dataset read back from
anywhere can be compared with its manifest.
"""

import hashlib
from collections.abc import Iterable

import numpy as np
import pyarrow as pa

BITS = {16: pa.int16(), 32: pa.int32(), 64: pa.int64()}


def content_hash(table: pa.Table) -> str:
    """Hash the values of one table, in its order of rows and columns.

    Each column adds its name and type, a mask of nulls if it has any, and its values: numbers,
    dates and times as little-endian bytes with 0 for null; text as lengths and UTF-8.

    Returns:
        SHA-256 in hexadecimal.

    Examples:
        >>> plain = pa.table({"sex": ["F", "M", None]})
        >>> coded = pa.table({"sex": pa.array(["F", "M", None]).dictionary_encode()})
        >>> content_hash(plain) == content_hash(coded)
        True
    """
    digest = hashlib.sha256(len(table).to_bytes(8, "little"))
    for name in table.column_names:
        column = table.column(name)
        array = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        _add_column(digest, name, array)
    return digest.hexdigest()


def combine(hashes: Iterable[str]) -> str:
    """Hash hashes: those of a table's partitions in order, or those of all tables."""
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def _add_column(digest: "hashlib._Hash", name: str, array: pa.Array) -> None:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind = "string" if pa.types.is_large_string(array.type) else str(array.type)
    digest.update(f"\0{name}\0{kind}\0".encode())
    if array.null_count:
        digest.update(np.packbits(array.is_null().to_numpy(zero_copy_only=False)).tobytes())
    if kind == "string":
        _add_text(digest, array.cast(pa.string()))
        return
    if array.null_count:
        array = array.view(BITS[array.type.bit_width]).fill_null(0)
    width = array.type.bit_width // 8
    data = array.buffers()[1]
    if data is not None:
        digest.update(memoryview(data)[array.offset * width : (array.offset + len(array)) * width])


def _add_text(digest: "hashlib._Hash", array: pa.Array) -> None:
    if array.null_count:
        array = array.fill_null("")
    if len(array) == 0:
        return
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, dtype="<i4")[array.offset : array.offset + len(array) + 1]
    digest.update(np.diff(ends).tobytes())
    if data is not None:
        digest.update(memoryview(data)[ends[0] : ends[-1]])
