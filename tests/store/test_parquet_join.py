"""Joining Parquet files by their bytes: what two other readers find in the result."""

from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labkit.errors import DataError
from labkit.store.footer import Reader, Writer
from labkit.store.hashing import combine, content_hash
from labkit.store.parquet import join, read_footer, write_table

pytestmark = pytest.mark.usefixtures("english")

SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        pa.field("small", pa.int16()),
        pa.field("value", pa.float64()),
        pa.field("day", pa.date32()),
        pa.field("time", pa.timestamp("us")),
        pa.field("text", pa.string()),
    ]
)
ROW = st.tuples(
    st.integers(-(2**63), 2**63 - 1),
    st.none() | st.integers(-(2**15), 2**15 - 1),
    st.none() | st.floats(allow_nan=False),
    st.none() | st.dates(),
    st.none() | st.datetimes(),
    st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
)


def table(rows: list[tuple[object, ...]], *, coded: bool) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(SCHEMA)
    arrays = [pa.array(c, field.type) for c, field in zip(columns, SCHEMA, strict=True)]
    made = pa.Table.from_arrays(arrays, schema=SCHEMA)
    if coded:
        made = made.set_column(5, "text", made["text"].combine_chunks().dictionary_encode())
    return made


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(parts=st.lists(st.lists(ROW, max_size=20), min_size=1, max_size=20), coded=st.booleans())
def test_joined_file_holds_all_rows_in_order_for_two_readers(
    parts: list[list[tuple[object, ...]]], coded: bool, tmp_path: Path
) -> None:
    paths = [tmp_path / f"{i}.parquet" for i in range(len(parts))]
    for path, rows in zip(paths, parts, strict=True):
        write_table(table(rows, coded=coded), path)
    out = tmp_path / "all.parquet"
    join(paths, out)

    expected = table([row for rows in parts for row in rows], coded=False)
    read = pq.read_table(out)
    assert read.cast(SCHEMA).equals(expected)
    assert content_hash(read) == content_hash(expected)
    found = duckdb.read_parquet(str(out)).fetchall()
    assert found == list(zip(*expected.to_pydict().values(), strict=True))


def test_statistics_still_find_the_right_row_groups(tmp_path: Path) -> None:
    paths = []
    for i in range(30):  # more than 14 row groups, so the list has a long head
        part = pa.table({"id": pa.array(range(i * 100, i * 100 + 100), pa.int64())})
        paths.append(tmp_path / f"{i}.parquet")
        write_table(part, paths[-1])
    join(paths, tmp_path / "all.parquet")
    metadata = pq.read_metadata(tmp_path / "all.parquet")
    assert metadata.num_rows == 3_000
    assert [metadata.row_group(g).column(0).statistics.min for g in range(30)] == list(
        range(0, 3_000, 100)
    )
    found = duckdb.sql(f"SELECT id FROM '{tmp_path}/all.parquet' WHERE id BETWEEN 1499 AND 1501")
    assert [row[0] for row in found.fetchall()] == [1499, 1500, 1501]


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("codec", ["none", "zstd", "snappy"])
def test_footer_survives_reading_and_writing(version: str, codec: str, tmp_path: Path) -> None:
    rows = [(i, i % 7, i / 3, date(2020, 1, 1), datetime(2020, 1, 1), "å") for i in range(500)]
    pq.write_table(
        table(rows, coded=True),
        tmp_path / "a.parquet",
        data_page_version=version,
        compression=codec,
        write_page_index=True,
        row_group_size=100,
    )
    with (tmp_path / "a.parquet").open("rb") as file:
        footer, end = read_footer(file)
        file.seek(end)
        raw = file.read()[:-8]
    writer = Writer()
    writer.struct(footer)
    assert bytes(writer.out) == raw
    assert Reader(raw).struct() == footer


def test_files_with_page_indexes_join_too(tmp_path: Path) -> None:
    for i in range(2):
        part = pa.table({"id": pa.array(range(i * 1000, i * 1000 + 1000), pa.int64())})
        pq.write_table(part, tmp_path / f"{i}.parquet", write_page_index=True, row_group_size=300)
    join([tmp_path / "0.parquet", tmp_path / "1.parquet"], tmp_path / "all.parquet")
    assert pq.read_table(tmp_path / "all.parquet")["id"].to_pylist() == list(range(2000))


def test_what_cannot_be_joined_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    a, b, broken = (tmp_path / f"{name}.parquet" for name in ("a", "b", "broken"))
    write_table(pa.table({"id": pa.array([1])}), a)
    write_table(pa.table({"other": pa.array([1])}), b)
    broken.write_bytes(a.read_bytes()[:-3])
    with pytest.raises(DataError, match="different columns"):
        join([a, b], tmp_path / "out.parquet")
    with pytest.raises(DataError, match=r"broken\.parquet: not a whole Parquet file"):
        join([a, broken], tmp_path / "out.parquet")
    with pytest.raises(DataError, match="nothing to join"):
        join([], tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=12), data=st.data())
def test_content_hash_sees_every_value_and_no_encoding(
    rows: list[tuple[object, ...]], data: st.DataObject
) -> None:
    plain = table(rows, coded=False)
    assert content_hash(plain) == content_hash(table(rows, coded=True))
    sliced = pa.concat_tables([plain.slice(0, 1), plain.slice(1)])
    assert content_hash(sliced) == content_hash(plain)
    changed = [list(row) for row in rows]
    place = data.draw(st.integers(0, len(rows) - 1))
    changed[place] = list(data.draw(ROW.filter(lambda row: row != rows[place])))
    other = table([tuple(row) for row in changed], coded=False)
    assert (content_hash(other) == content_hash(plain)) == other.equals(plain)


def test_null_zero_and_empty_text_are_three_things() -> None:
    tables = [
        pa.table({"a": pa.array(["", "b"])}),
        pa.table({"a": pa.array([None, "b"])}),
        pa.table({"a": pa.array(["b", ""])}),
        pa.table({"b": pa.array(["", "b"])}),
        pa.table({"a": pa.array([0, 1])}),
        pa.table({"a": pa.array([None, 1])}),
    ]
    assert len({content_hash(t) for t in tables}) == len(tables)
    assert combine(["a", "b"]) != combine(["b", "a"])
