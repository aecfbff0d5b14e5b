"""Planting: each layer chooses rows with its own random numbers and damages one column."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from labkit.world.columns import Texts
from labkit.world.defects.layers import DUPLICATES, LAYERS, Duplicates, Layer
from labkit.world.defects.view import Rows, View
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
            _duplicate(view, [c for c in DUPLICATES if c.registry == registry], key, level)
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
    rows = _choose(np.asarray(layer.eligible(view)), layer.share, view, level, rng)
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


def _choose(
    weight: np.ndarray, share: float, view: View, level: str, rng: np.random.Generator
) -> np.ndarray:
    """Choose undamaged rows, as likely as their weights say, in order."""
    even = weight.dtype == bool
    eligible = np.flatnonzero((weight if even else weight > 0) & view.free)
    n = _count(share, len(eligible), level)
    if even:
        return np.sort(rng.choice(eligible, n, replace=False)) if n else eligible[:0]
    # The largest u^(1/w) are a weighted draw without replacement (Efraimidis & Spirakis 2006).
    draw = np.log(rng.random(len(eligible))) / weight[eligible]
    return np.sort(eligible[np.argsort(-draw, kind="stable")[:n]])


def _duplicate(view: View, some: list[Duplicates], key: Key, level: str) -> None:
    """Copy undamaged rows under new keys, each right after its original; near ones differ."""
    rng = view.part.rng(f"defect.{view.registry}.duplicate")
    chosen = []
    for copies in some:
        eligible = view.free if copies.column is None else view.filled(copies.column)
        chosen.append(_choose(eligible, copies.share, view, level, rng))
        view.free[chosen[-1]] = False
    if not some:
        return
    source = np.concatenate(chosen)
    which = np.repeat(np.arange(len(some)), [len(rows) for rows in chosen])
    order = np.argsort(source)
    source, which = source[order], which[order]
    old = len(view)
    made = source + 1 + np.arange(len(source))  # where the copies will stand
    index = np.insert(np.arange(old), source + 1, source)
    original = view.key[source]
    # Keys go on from the number of rows made so far, in the scattered order of all keys.
    keys = view.key[index]
    keys[made] = row_keys(view.part, view.registry, old + np.arange(len(source)))
    view.take(index)
    view.columns[view.key_name] = view.key = keys
    for number, copies in enumerate(some):
        rows = made[which == number]
        kind = "duplicate" if copies.damage is None else "near_duplicate"
        if copies.column is not None and copies.damage is not None:
            before = view.texts(copies.column, rows)
            view.change(copies.column, rows, copies.damage(before, rng, Rows(view, rows)))
        originals = [str(k) for k in original[which == number].tolist()]
        nothing: Texts = [None] * len(rows)
        key.add(view.registry, keys[rows], copies.column, kind, nothing, [*originals])
