"""Let through one query that only reads tables; refuse everything else before it runs.

DuckDB's own parser decides, through `json_serialize_sql`: a second parser could be talked into
reading a text in another way than the engine that runs it. Only what is known to read is let
through, so a statement or table function that a later DuckDB brings is refused until it is known.
"""

import json
import re
import threading
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from labkit.messages import say
from labkit.sql.errors import SqlError

_READING_NODES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
_READING_TABLE_FUNCTIONS = {"range", "generate_series", "unnest", "repeat", "json_each"}
_WRITING_FUNCTIONS = {"nextval", "setval", "setseed", "write_log", "sleep_ms", "getenv"}
_EXPLAIN = re.compile(r"\s*explain\s+(analyze\s+)?", re.IGNORECASE)
_COMMENT = re.compile(r"\A(\s+|--[^\n]*(\n|\Z)|/\*.*?\*/)*", re.DOTALL)
# no thread of its own, so that it lives on in a process forked from this one
ALONE: dict[str, Any] = {"enable_external_access": False, "threads": 1, "async_threads": 0}
_parser: list[Any] = []
_lock = threading.Lock()


def guard(text: str) -> None:
    """Refuse a text that is not one query, or that does more than read tables.

    A text that DuckDB cannot parse is let through: running it gives the error to explain.

    Raises:
        SqlError: With kind `empty`, `several` or `refused`.

    Examples:
        >>> guard("SELECT 1")
        >>> try:
        ...     guard("DROP TABLE patient")
        ... except SqlError as error:
        ...     print(error.kind)
        refused
    """
    if not isinstance(text, str):
        raise SqlError(say("sql.no_text", came=type(text).__name__), kind="empty")
    bare = _COMMENT.sub("", text)
    if not bare.strip(" \t\r\n;"):
        raise SqlError(say("sql.empty"), kind="empty")
    tree = parse(_EXPLAIN.sub("", bare, count=1) if _EXPLAIN.match(bare) else text)
    if tree.get("error"):
        if tree.get("error_type") == "parser":
            return
        word = bare.split(None, 1)[0].upper().rstrip(";")
        raise SqlError(say("sql.refused_statement", word=word), kind="refused")
    if len(tree["statements"]) != 1:
        raise SqlError(say("sql.several", n=len(tree["statements"])), kind="several")
    for node in _nodes(tree):
        _judge(node)


def parse(text: str) -> dict[str, Any]:
    """Return DuckDB's own syntax tree of a text, or its `error`."""
    tree: dict[str, Any] = json.loads(_as_json(text))
    return tree


@lru_cache(maxsize=4)  # a check asks for the same text twice
def _as_json(text: str) -> str:
    import duckdb

    with _lock:
        if not _parser:
            _parser.append(duckdb.connect(config=ALONE))
        found = _parser[0].execute("SELECT json_serialize_sql(?)", [text]).fetchone()
    return str(found[0])


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    stack = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            yield item
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def _judge(node: dict[str, Any]) -> None:
    kind = node.get("type")
    if not isinstance(kind, str):
        return
    if kind.endswith("_NODE") and kind not in _READING_NODES:
        raise SqlError(say("sql.refused_statement", word=kind.split("_")[0]), kind="refused")
    if kind == "TABLE_FUNCTION":
        name = str(node["function"].get("function_name", "")).lower()
        if name not in _READING_TABLE_FUNCTIONS:
            raise SqlError(say("sql.refused_function", name=name), kind="refused")
    elif kind == "FUNCTION":
        name = str(node.get("function_name", "")).lower()
        if name in _WRITING_FUNCTIONS or name.startswith(("read_", "pragma_")):
            raise SqlError(say("sql.refused_function", name=name), kind="refused")
    elif kind == "BASE_TABLE":
        name = str(node.get("table_name", ""))
        if re.search(r"[./\\:*?]", name):
            raise SqlError(say("sql.refused_file", name=name), kind="refused")
