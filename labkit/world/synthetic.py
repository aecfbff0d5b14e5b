"""What the repository keeps of the class dataset: manifest, datasheet, dictionary and a sample."""

import shutil
from importlib.resources import files
from pathlib import Path

import pyarrow.parquet as pq

from labkit import schema
from labkit.messages import numeral
from labkit.schema import dictionary
from labkit.world.classroom import made_class_dataset
from labkit.world.manifest import NAME, Manifest, read_manifest
from labkit.world.part import END_DAY, REFERENCE_DATE, START, START_DAY
from labkit.world.sample import PEOPLE, sample

REGIONS = {
    "fjell": ("Fjellregionen (åtte kommuner)", "the Fjellregion (eight municipalities)"),
    "norway": ("Norge", "Norway"),
}


def write_synthetic(folder: Path) -> None:
    """Write `data/synthetic/` anew from the generator; other files in it are removed.

    The folder changes only after everything has been made.
    """
    wanted = _files()
    for name in _present(folder):
        if name not in wanted:
            (folder / name).unlink()
    for name, content in wanted.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        partial.write_bytes(content)
        partial.replace(path)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            shutil.rmtree(path)


def synthetic_is_stale(folder: Path) -> list[str]:
    """Name the files of `data/synthetic/` that are missing, differ, or should not be there."""
    wanted = _files()
    present = _present(folder)
    stale = {n for n in wanted if n not in present or (folder / n).read_bytes() != wanted[n]}
    return sorted(stale | (present - wanted.keys()))


def _present(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".gitkeep"
    }


def _files() -> dict[str, bytes]:
    dataset = made_class_dataset()
    manifest = read_manifest(dataset)
    found = {NAME: (dataset / NAME).read_bytes()}
    found["DATASHEET.md"] = datasheet(dataset, manifest).encode()
    for layer in schema.LAYERS:
        found[f"dictionary/{layer}.md"] = dictionary.markdown(layer).encode()
    found |= {f"sample/{name}": content for name, content in sample(dataset).items()}
    return found


def datasheet(dataset: Path, manifest: Manifest) -> str:
    """Write the datasheet of a dataset, with numbers counted from it."""
    layers: dict[str, list[int]] = {}
    for content in manifest.tables.values():
        layers.setdefault(content.layer, []).append(content.rows)
    nb, en = REGIONS[manifest.config.region]
    counts = {
        "people": manifest.config.people,
        "partition_size": manifest.partition_size,
        **_counts(dataset),
    }
    text = (files("labkit.world") / "datasheet.md").read_text(encoding="utf-8")
    return text.format(
        hash=manifest.hash,
        kit=manifest.kit,
        seed=manifest.config.seed,
        defects=manifest.config.defects,
        region_nb=nb,
        region_en=en,
        start=START.isoformat(),
        end=REFERENCE_DATE.isoformat(),
        start_nb=f"{START:%d.%m.%Y}",
        end_nb=f"{REFERENCE_DATE:%d.%m.%Y}",
        sample=PEOPLE,
        layers="\n".join(f"| {k} | {len(v)} | {_spaced(sum(v))} |" for k, v in layers.items()),
        tables="\n".join(
            f"| {name} | {t.layer} | {_spaced(t.rows)} |" for name, t in manifest.tables.items()
        ),
        **{name: numeral(count, "en") for name, count in counts.items()},
        **{f"{name}_nb": numeral(count, "nb") for name, count in counts.items()},
    )


def _spaced(count: int) -> str:
    """Write a count as readers of both languages do."""
    return f"{count:,}".replace(",", "\u00a0")


def _counts(dataset: Path) -> dict[str, int]:
    """People alive at the end, dead, born and moved in, counted from the tables."""
    folder = dataset / "population"
    people = pq.read_table(folder / "person.parquet", columns=["person_id", "birth_date"])
    homes = pq.read_table(folder / "residence.parquet", columns=["person_id", "from_date"])
    first = homes.group_by("person_id").aggregate([("from_date", "min")])
    both = people.join(first, "person_id")
    birth = both["birth_date"].cast("int32").to_numpy()
    entry = both["from_date_min"].cast("int32").to_numpy()
    died = pq.read_metadata(folder / "death.parquet").num_rows
    return {
        "alive": people.num_rows - died,
        "died": died,
        "born": int(((birth >= START_DAY) & (birth <= END_DAY) & (birth == entry)).sum()),
        "moved": int(((entry > START_DAY) & (birth < entry)).sum()),
    }
