"""A hash of the content of a table: of the values, not of the bytes of a file.

It does not depend on file format, compression or dictionary encoding, so a dataset read back from
anywhere can be compared with its manifest.
"""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import pyarrow as pa
from xxhash import xxh3_64_digest, xxh3_128

LOOKED_AT = 100  # rows, to see whether text repeats
MOST_KNOWN = 256  # lists of words
BITS = {16: pa.int16(), 32: pa.int32(), 64: pa.int64()}


def content_hash(table: pa.Table) -> str:
    """Hash the values of one table, in its order of rows and columns.

    Each column adds its name and type, a mask of nulls if it has any, and its values: numbers,
    dates and times as little-endian bytes with 0 for null; text as lengths and UTF-8, or, if one
    comes twice among the first rows, as 4 bytes of the hash of each row's text.

    Returns:
        XXH3 of 128 bits, in hexadecimal: it finds accidents, not forgery.

    Examples:
        >>> plain = pa.table({"sex": ["F", "M", None]})
        >>> coded = pa.table({"sex": pa.array(["F", "M", None]).dictionary_encode()})
        >>> content_hash(plain) == content_hash(coded)
        True
    """
    digest = xxh3_128(len(table).to_bytes(8, "little"))
    for name in table.column_names:
        column = table.column(name)
        array = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        _add_column(digest, name, array)
    return digest.hexdigest()


def combine(hashes: Iterable[str]) -> str:
    """Hash hashes: those of a table's partitions in order, or those of all tables."""
    return xxh3_128("\n".join(hashes).encode()).hexdigest()


def _add_column(digest: xxh3_128, name: str, array: pa.Array) -> None:
    if pa.types.is_dictionary(array.type) and not _is_text(array.type):
        array = array.dictionary_decode()
    kind = "string" if _is_text(array.type) else str(array.type)
    digest.update(f"\0{name}\0{kind}\0".encode())
    if array.null_count:
        digest.update(_null_bits(array))
    if kind == "string":
        _add_text(digest, array)
    else:
        _add_numbers(digest, array)


def _null_bits(array: pa.Array) -> bytes:
    """Return a bit for each row, the first one highest, set where it is null."""
    valid = array.buffers()[0]
    if valid is None or array.offset:
        return np.packbits(array.is_null().to_numpy(zero_copy_only=False)).tobytes()
    bits = ~_TURNED[np.frombuffer(valid, np.uint8, -(-len(array) // 8))]
    if len(array) % 8:
        bits[-1] &= 0xFF << (8 - len(array) % 8) & 0xFF
    return bits.tobytes()


_TURNED = np.packbits(np.unpackbits(np.arange(256, dtype=np.uint8), bitorder="little"))


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _add_numbers(digest: xxh3_128, array: pa.Array) -> None:
    if array.null_count:
        array = array.view(BITS[array.type.bit_width]).fill_null(0)
    width = array.type.bit_width // 8
    data = array.buffers()[1]
    if data is not None:
        digest.update(memoryview(data)[array.offset * width : (array.offset + len(array)) * width])


def _add_text(digest: xxh3_128, array: pa.Array) -> None:
    if not _repeats(array):
        _add_long(digest, array)
        return
    coded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    hashes, nothing = _hashes(coded.dictionary), len(coded.dictionary)
    places = coded.indices
    if places.null_count:  # to the last hash, which is 0
        if nothing > np.iinfo(places.type.to_pandas_dtype()).max:
            places = places.cast(pa.int32())
        places = places.fill_null(nothing)
    _add_numbers(digest, hashes.take(places))


def _repeats(array: pa.Array) -> bool:
    """Tell from the first rows whether the same text comes again: it is then hashed once."""
    first = array[:LOOKED_AT]
    if pa.types.is_dictionary(first.type):
        if len(first.indices.unique()) < len(first):  # the same place is the same text
            return True
        first = first.dictionary_decode()
    return len(first.unique()) < len(first)


def _hashes(words: pa.Array) -> pa.Array:
    """Return 4 bytes of the hash of each word, and 0 after them.

    Lists of codes and of days come again in every partition: they are known by their bytes.
    """
    digest = xxh3_128(f"{words.type} {words.offset} {len(words)}".encode())
    for buffer in words.buffers():
        digest.update(b"" if buffer is None else buffer)
    known = digest.digest()
    if known not in _KNOWN:
        if len(_KNOWN) >= MOST_KNOWN:
            _KNOWN.clear()
        hashes = b"".join(_hash_of_word(word) for word in words.to_pylist())
        _KNOWN[known] = pa.array(np.frombuffer(hashes + bytes(4), dtype="<i4"))
    return _KNOWN[known]


_KNOWN: dict[bytes, pa.Array] = {}


@lru_cache(maxsize=1 << 16)
def _hash_of_word(word: str | None) -> bytes:
    return xxh3_64_digest((word or "").encode())[:4]


def _add_long(digest: xxh3_128, array: pa.Array) -> None:
    array = array.cast(pa.string()).fill_null("")
    if len(array) == 0:
        return
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, dtype="<i4")[array.offset : array.offset + len(array) + 1]
    digest.update(np.diff(ends).tobytes())
    if data is not None:
        digest.update(memoryview(data)[ends[0] : ends[-1]])
