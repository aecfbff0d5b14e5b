"""Fit the hazards of a reference person, so that the whole population gets the published rates.

`python -m labkit.world.calibration.fit` simulates people, counts new cases and person-years by age
band and sex, and scales each band until what comes out is what `diseases.toml`, `episodes.toml` and
the published death rates say. It writes `baseline.csv`; nothing else reads the published bands.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from labkit.world import cause, contacts, death, disease, episode
from labkit.world.calibration import Bands, baselines, load
from labkit.world.exposure import exposures
from labkit.world.hazard import YEAR
from labkit.world.part import END_DAY, PARTITION_SIZE, Config, Part
from labkit.world.people import partition, people
from labkit.world.population import family, people_of

FILE = Path(__file__).parent / "baseline.csv"
STEPS = (people, exposures, disease.onsets, episode.episodes, death.deaths)
CARE = (family, cause.causes, contacts.contacts)


def simulate(config: Config, count: int, *, care: bool = False) -> Iterator[Part]:
    """Make people and diseases (and contacts) of `count` partitions, one after the other."""
    for index in range(count):
        part = partition(config, index)
        for step in (*STEPS, *CARE) if care else STEPS:
            step(part)
        yield part


def at_risk(
    ages: list[float], birth: np.ndarray, start: np.ndarray, stop: np.ndarray, female: np.ndarray
) -> np.ndarray:
    """Sum person-years by age band and sex (men first), shape (bands, 2)."""
    years = np.zeros((len(ages), 2))
    for k, low in enumerate(ages):
        high = ages[k + 1] if k + 1 < len(ages) else 200
        time = np.minimum(stop, birth + high * YEAR) - np.maximum(start, birth + low * YEAR)
        time = np.clip(time, 0, None) / YEAR
        years[k] = time[~female].sum(), time[female].sum()
    return years


def events(ages: list[float], birth: np.ndarray, day: np.ndarray, female: np.ndarray) -> np.ndarray:
    """Count events by age band at the event and sex, shape (bands, 2)."""
    band = np.searchsorted(ages, (day - birth) / YEAR, side="right") - 1
    known = band >= 0
    count = np.zeros((len(ages), 2))
    np.add.at(count, (band[known], female[known].astype(int)), 1)
    return count


def observe(parts: Iterator[Part], published: dict[str, Bands]) -> dict[str, np.ndarray]:
    """Rates per 1000 person-years by band and sex, with the counts behind them: (2, bands, 2)."""
    total = {name: np.zeros((2, len(bands[0]), 2)) for name, bands in published.items()}
    for part in parts:
        who = people_of(part)
        assert who.death is not None
        last = np.minimum(who.death, END_DAY)
        for name, (ages, _, _) in published.items():
            birth, female, start, stop = who.birth, who.female, who.entry, last
            if name in part.onset:
                stop = np.minimum(part.onset[name], last)
                new = (part.onset[name] >= who.entry) & (part.onset[name] <= last)
                day, place = part.onset[name][new], np.flatnonzero(new)
            elif name in part.episodes:
                place, day = part.episodes[name]
                of = episode.kinds()[name].of
                if of:
                    start = np.maximum(start, part.onset[of])
            else:
                place = np.flatnonzero(who.death <= END_DAY)
                day = who.death[place]
            total[name][0] += events(ages, birth[place], day, female[place])
            total[name][1] += at_risk(ages, birth, start, np.maximum(start, stop), female)
    return total


def observe_care(parts: Iterator[Part]) -> dict[str, np.ndarray]:
    """Count contacts and person-years by kind of contact: (2, bands, 2)."""
    total = {kind: np.zeros((2, len(bands[0]), 2)) for kind, bands in contacts.RATES.items()}
    for part in parts:
        who = people_of(part)
        assert who.death is not None
        for kind, (ages, _, _) in contacts.RATES.items():
            mine = part.contacts["kind"] == contacts.KINDS.index(kind)
            place, day = part.contacts["person"][mine], part.contacts["day"][mine]
            total[kind][0] += events(ages, who.birth[place], day, who.female[place])
            last = np.minimum(who.death, END_DAY)
            total[kind][1] += at_risk(ages, who.birth, who.entry, last, who.female)
    return total


def fit_care(people_count: int = 60_000, rounds: int = 4, seed: int = 77) -> None:
    """Fit what people come with beside the kit's diseases, so that all contacts come out right."""
    now = dict(baselines())
    for kind, bands in contacts.RATES.items():
        now.setdefault(f"everyday.{kind}", bands)
    for step in range(rounds):
        write(now)
        forget()
        config = Config(people=people_count, seed=seed + step, region="norway")
        parts = simulate(config, -(-people_count // PARTITION_SIZE), care=True)
        for kind, (count, years) in observe_care(parts).items():
            ages, men, women = contacts.RATES[kind]
            wanted = np.array([men, women]).T
            have = np.array(now[f"everyday.{kind}"][1:]).T
            missing = wanted - count / years * 1000
            bands = np.maximum(have + missing, 0.02 * wanted)
            now[f"everyday.{kind}"] = ages, bands[:, 0].tolist(), bands[:, 1].tolist()
    write(now)
    forget()


def published() -> dict[str, Bands]:
    """Collect the bands to be reached, by name."""
    found: dict[str, Bands] = {
        name: (entry["ages"], entry["men"], entry["women"])
        for file in ("diseases", "episodes")
        for name, entry in load(file).items()
    }
    found["background"] = death.AGES, death.MEN, death.WOMEN
    return found


def forget() -> None:
    """Make the caches read the file again."""
    for cached in (baselines, disease.diseases, episode.kinds):
        cached.cache_clear()


def fit(people_count: int = 250_000, rounds: int = 5, seed: int = 7) -> None:
    """Scale the bands `rounds` times and write the file after each."""
    wanted = published()
    now = {name: wanted[name] for name in wanted} | {
        name: bands for name, bands in baselines().items() if name in wanted
    }
    kept = {name: bands for name, bands in baselines().items() if name not in wanted}
    now = kept | {
        name: bands if list(bands[0]) == list(wanted[name][0]) else wanted[name]
        for name, bands in now.items()
    }
    for step in range(rounds):
        write(now)
        forget()
        config = Config(people=people_count, seed=seed + step, region="norway")
        seen = observe(simulate(config, -(-people_count // PARTITION_SIZE)), wanted)
        for name, (ages, men, women) in wanted.items():
            count, years = seen[name]
            expected = np.array([men, women]).T / 1000 * years
            # Shrunk towards no change where few events are seen.
            ratio = (expected + 4) / (count + 4)
            bands = np.array([now[name][1], now[name][2]]).T * np.clip(ratio, 0.2, 3.0)
            now[name] = ages, bands[:, 0].tolist(), bands[:, 1].tolist()
    write(now)
    forget()


def write(bands: dict[str, Bands]) -> None:
    """Write `baseline.csv`."""
    with FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["name", "age_from", "men", "women"])
        for name, columns in bands.items():
            for age, man, woman in zip(*columns, strict=True):
                writer.writerow([name, f"{age:g}", f"{man:.6g}", f"{woman:.6g}"])


if __name__ == "__main__":
    fit()
    fit_care()
