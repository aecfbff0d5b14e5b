"""Joining Parquet files without decoding them: the bytes are copied, the footers are merged.

A Parquet file ends with a footer, a Thrift struct in the compact protocol, that says where the
column chunks of each row group lie. When the row groups of many files are laid one after another,
the only things that change are those places. So the footers are read into plain values, the places
moved, and one footer written. What is not understood is passed on unchanged.

Source:
    Apache Parquet format, `parquet.thrift` (FileMetaData, RowGroup, ColumnChunk, ColumnMetaData);
    Apache Thrift, "Thrift compact protocol encoding".

A value is (type, content): int for integers, bytes for strings and doubles, bool for booleans,
list of (element type, contents) for lists, dict from field id to value for structs.
"""

from typing import Any

from labkit.errors import DataError

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
Value = tuple[int, Any]
Struct = dict[int, Value]
MAGIC = b"PAR1"

# Field ids of parquet.thrift.
FILE_ROWS, FILE_ROW_GROUPS = 3, 4
GROUP_COLUMNS, GROUP_OFFSET, GROUP_ORDINAL = 1, 5, 7
CHUNK_OFFSET, CHUNK_META, CHUNK_OFFSET_INDEX, CHUNK_COLUMN_INDEX = 2, 3, 4, 6
META_PLACES = (9, 10, 11, 14)  # data page, index page, dictionary page, bloom filter


class Reader:
    """Reads compact Thrift from bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def varint(self) -> int:
        """Read an unsigned integer of any length."""
        result = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            result |= (byte & 0x7F) << shift
            if byte < 0x80:
                return result
            shift += 7

    def integer(self) -> int:
        """Read a zigzag-coded signed integer."""
        n = self.varint()
        return (n >> 1) ^ -(n & 1)

    def take(self, n: int) -> bytes:
        """Read n raw bytes."""
        self.at += n
        return self.data[self.at - n : self.at]

    def value(self, kind: int) -> Any:
        """Read the content of one value."""
        if kind in (I16, I32, I64):
            return self.integer()
        if kind == BINARY:
            return self.take(self.varint())
        if kind == STRUCT:
            return self.struct()
        if kind in (LIST, SET):
            head = self.take(1)[0]
            size, element = head >> 4, head & 0x0F
            size = self.varint() if size == 15 else size
            return element, [self.value(element) for _ in range(size)]
        if kind == DOUBLE:
            return self.take(8)
        if kind in (TRUE, FALSE, BYTE):  # booleans in a list are bytes
            return self.take(1)
        raise DataError(f"parquet: the footer holds a value of unknown type {kind}")

    def struct(self) -> Struct:
        """Read a struct up to its stop byte."""
        fields: Struct = {}
        field = 0
        while (head := self.take(1)[0]) != 0:
            kind, delta = head & 0x0F, head >> 4
            field = field + delta if delta else self.integer()
            fields[field] = (kind, None if kind in (TRUE, FALSE) else self.value(kind))
        return fields


class Writer:
    """Writes compact Thrift."""

    def __init__(self) -> None:
        self.out = bytearray()

    def varint(self, n: int) -> None:
        """Write an unsigned integer."""
        while n >= 0x80:
            self.out.append(n & 0x7F | 0x80)
            n >>= 7
        self.out.append(n)

    def integer(self, n: int) -> None:
        """Write a signed integer, zigzag-coded."""
        self.varint(n << 1 if n >= 0 else (-n << 1) - 1)

    def value(self, kind: int, content: Any) -> None:
        """Write the content of one value."""
        if kind in (I16, I32, I64):
            self.integer(content)
        elif kind == BINARY:
            self.varint(len(content))
            self.out += content
        elif kind == STRUCT:
            self.struct(content)
        elif kind in (LIST, SET):
            element, items = content
            if len(items) < 15:
                self.out.append(len(items) << 4 | element)
            else:
                self.out.append(0xF0 | element)
                self.varint(len(items))
            for item in items:
                self.value(element, item)
        elif content is not None:
            self.out += content

    def struct(self, fields: Struct) -> None:
        """Write a struct with its stop byte."""
        before = 0
        for field, (kind, content) in sorted(fields.items()):
            if 0 < field - before <= 15:
                self.out.append((field - before) << 4 | kind)
            else:
                self.out.append(kind)
                self.integer(field)
            self.value(kind, content)
            before = field
        self.out.append(0)


def moved(footer: Struct, by: int) -> list[Struct]:
    """Return the row groups of a footer with every place in the file moved by `by` bytes."""
    _, groups = footer[FILE_ROW_GROUPS][1]
    for group in groups:
        _move(group, GROUP_OFFSET, by)
        for chunk in group[GROUP_COLUMNS][1][1]:
            _move(chunk, CHUNK_OFFSET, by, unless=0)
            _move(chunk, CHUNK_OFFSET_INDEX, by)
            _move(chunk, CHUNK_COLUMN_INDEX, by)
            for place in META_PLACES:
                _move(chunk[CHUNK_META][1], place, by)
    return groups


def _move(struct: Struct, field: int, by: int, *, unless: int | None = None) -> None:
    if field in struct and struct[field][1] != unless:
        kind, place = struct[field]
        struct[field] = (kind, place + by)


def joined(footers: list[tuple[Struct, int]]) -> bytes:
    """Merge footers, each with the bytes its file moves, into the tail of one file.

    Raises:
        DataError: If the files do not have the same columns.
    """
    first = footers[0][0]
    groups: list[Struct] = []
    for footer, by in footers:
        if footer[2] != first[2]:
            raise DataError("parquet: files with different columns cannot be joined")
        groups += moved(footer, by)
    for ordinal, group in enumerate(groups):
        if ordinal < 2**15:
            group[GROUP_ORDINAL] = (I16, ordinal)
        else:
            group.pop(GROUP_ORDINAL, None)
    merged = dict(first)
    merged[FILE_ROWS] = (I64, sum(footer[FILE_ROWS][1] for footer, _ in footers))
    merged[FILE_ROW_GROUPS] = (LIST, (STRUCT, groups))
    writer = Writer()
    writer.struct(merged)
    return bytes(writer.out) + len(writer.out).to_bytes(4, "little") + MAGIC
