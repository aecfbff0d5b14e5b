"""Planting: each layer chooses rows with its own random numbers and damages one column."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from labkit.world.defects.layers import DUPLICATES, LAYERS, Duplicates, Layer
from labkit.world.defects.view import Rows, Texts, View
from labkit.world.part import Part
from labkit.world.registry.pseudonym import row_keys

HARD = 2.5  # times as many defects as in the class dataset


@dataclass
class Key:
    """The rows of `truth.defect` of one partition."""

    registry: list[str] = field(default_factory=list)
    row_key: list[int] = field(default_factory=list)
    column_name: Texts = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    value_before: Texts = field(default_factory=list)
    value_after: Texts = field(default_factory=list)

    def add(
        self,
        registry: str,
        rows: np.ndarray,
        column: str | None,
        kind: str,
        before: Texts,
        after: Texts,
    ) -> None:
        """Note defects of one kind in one column; `rows` are row keys."""
        n = len(rows)
        self.registry += [registry] * n
        self.row_key += rows.tolist()
        self.column_name += [column] * n
        self.kind += [kind] * n
        self.value_before += before
        self.value_after += after


def defects(part: Part) -> None:
    """Damage the registry tables as `part.config.defects` says, and make the table `defect`."""
    key = Key()
    level = part.config.defects
    if level != "none":
        for registry in dict.fromkeys(layer.registry for layer in LAYERS):
            if registry not in part.tables:
                continue
            view = View(part, registry)
            for layer in LAYERS:
                if layer.registry == registry and (level == "hard" or not layer.hard):
                    _damage(view, layer, key, level)
            for copies in DUPLICATES:
                if copies.registry == registry:
                    _duplicate(view, copies, key, level)
            part.tables[registry] = view.columns
    n = len(key.kind)
    part.tables["defect"] = {
        "defect_id": part.ids(n),
        "registry": pa.array(key.registry, pa.string()),
        "row_key": np.array(key.row_key, dtype=np.int64),
        "column_name": pa.array(key.column_name, pa.string()),
        "kind": pa.array(key.kind, pa.string()),
        "value_before": pa.array(key.value_before, pa.string()),
        "value_after": pa.array(key.value_after, pa.string()),
    }


def _count(share: float, eligible: int, level: str) -> int:
    """At least one where there are twenty rows to choose from, so that each kind is present."""
    wanted = round(share * eligible * (HARD if level == "hard" else 1))
    return max(wanted, 1) if eligible >= 20 else 0


def _damage(view: View, layer: Layer, key: Key, level: str) -> None:
    rng = view.part.rng(f"defect.{view.registry}.{layer.column}.{layer.kind}")
    weight = np.asarray(layer.eligible(view), dtype=float) * view.free
    eligible = np.flatnonzero(weight > 0)
    n = _count(layer.share, len(eligible), level)
    # The largest u^(1/w) are a weighted draw without replacement (Efraimidis & Spirakis 2006).
    draw = np.log(rng.random(len(eligible))) / weight[eligible]
    rows = np.sort(eligible[np.argsort(-draw, kind="stable")[:n]])
    before = view.texts(layer.column, rows)
    after = layer.damage(before, rng, Rows(view, rows))
    real = np.array([a != b for a, b in zip(after, before, strict=True)], dtype=bool)
    rows = rows[real]
    before = [b for b, r in zip(before, real, strict=True) if r]
    after = [a for a, r in zip(after, real, strict=True) if r]
    view.change(layer.column, rows, after)
    # As it stands in the data, so that the key can be compared with it.
    after = view.texts(layer.column, rows)
    view.free[rows] = False
    key.add(view.registry, view.key[rows], layer.column, layer.kind, before, after)


def _duplicate(view: View, copies: Duplicates, key: Key, level: str) -> None:
    """Copy undamaged rows under new keys, each right after its original; near ones differ."""
    rng = view.part.rng(f"defect.{view.registry}.{copies.column}.duplicate")
    eligible = np.flatnonzero(view.free)
    if copies.column is not None:
        eligible = np.flatnonzero(view.free & view.filled(copies.column))
    n = _count(copies.share, len(eligible), level)
    source = np.sort(rng.choice(eligible, n, replace=False))
    old = len(view)
    index = np.insert(np.arange(old), source + 1, source)
    made = source + 1 + np.arange(n)  # where the copies stand
    original = view.key[source]
    view.columns = {name: _take(column, index) for name, column in view.columns.items()}
    keys = view.key[index]
    keys[made] = row_keys(view.part, view.registry, old + np.arange(n))
    view.columns[view.key_name] = view.key = keys
    view.free = view.free[index]
    view.free[source + np.arange(n)] = view.free[made] = False
    kind = "duplicate"
    if copies.column is not None and copies.damage is not None:
        kind = "near_duplicate"
        before = view.texts(copies.column, made)
        view.change(copies.column, made, copies.damage(before, rng, Rows(view, made)))
    key.add(
        view.registry,
        keys[made],
        copies.column,
        kind,
        [None] * n,
        [str(k) for k in original.tolist()],
    )


def _take(column: Any, index: np.ndarray) -> Any:
    return column[index] if isinstance(column, np.ndarray) else column.take(pa.array(index))
