"""Neighbours of tiny databases: lawful, near, and on the way to mistakes that need much at once."""

import random

import pytest

from labkit import schema
from labkit.sql import compare, databases_for
from labkit.sql.instances import Generator, repair
from labkit.sql.neighbours import Neighbours
from labkit.sql.shape import shape_of
from labkit.sql.stages import stages

EHR, REGISTRY = schema.LAYERS["ehr"], schema.LAYERS["registry"]
CHECKED = (
    "SELECT patient_id FROM lab_result WHERE analyte IN ('hba1c', 'chol_ldl', 'uacr') "
    "AND year(taken_time) = 2024 AND patient_id IN (SELECT patient_id FROM encounter "
    "JOIN diagnosis USING (encounter_id) WHERE code = 'T90' AND year(start_time) = 2023) "
    "GROUP BY patient_id HAVING count(DISTINCT analyte) = 3"
)
DRUG = (
    "SELECT pasient_id, count(lopenr) AS n FROM npr LEFT JOIN lmr ON lopenr = pasient_id "
    "AND strptime(utlevert, '%Y%m%d') BETWEEN uttid::DATE AND uttid::DATE + 90 "
    "WHERE hoveddiagnose LIKE 'I21%' GROUP BY pasient_id"
)


@pytest.fixture(params=[(CHECKED, EHR), (DRUG, REGISTRY)], ids=["checked", "drug"])
def drawn(request):
    query, metadata = request.param
    generator = Generator(shape_of(metadata, [query]), [query], seed=3)
    return generator, [one for one in generator.draw(60) if any(one.values())]


def rows_of(instance):
    return sum(map(len, instance.values()))


def lawful(shape, instance):
    for relation in shape.values():
        for row in instance[relation.name]:
            for value, field in zip(row, relation.fields, strict=True):
                assert value is not None or field.nullable
                assert value is None or not field.codes or value in field.codes
    return repair(shape, instance) == instance


def test_steps_lead_to_lawful_databases(drawn):
    generator, instances = drawn
    near = Neighbours(generator, seed=1)
    found = [near.step(random.Random(n).choice(instances)) for n in range(300)]
    assert all(lawful(generator.shape, one) for one in found)
    assert sum(one not in instances for one in found) > 200


def test_all_around_a_database_are_lawful_and_one_change_away(drawn):
    generator, instances = drawn
    near = Neighbours(generator, seed=1)
    for instance in instances[:10]:
        around = list(near.around(instance))
        assert len(around) > rows_of(instance)
        assert all(lawful(generator.shape, one) for one in around)
        assert all(rows_of(one) <= rows_of(instance) for one in around)
        assert instance not in around


def test_what_gives_nothing_new_is_not_kept(drawn):
    generator, instances = drawn
    near = Neighbours(generator, seed=1)
    near.note(instances[0], [], None)
    assert near.draw(5) == []
    near.note(instances[0], [(1, "a")])
    near.note(instances[1], [(1, "b")])
    assert list(near.known.values()) == [instances[0]]
    near.note(instances[1], [(2, "b")], [(2, None)])
    assert len(near.known) == 3


def test_same_seed_same_neighbours():
    def steps(seed):
        generator = Generator(shape_of(EHR, [CHECKED]), [CHECKED], seed=3)
        instances = [one for one in generator.draw(60) if any(one.values())][:20]
        near = Neighbours(generator, seed=seed)
        return [near.step(one) for one in instances]

    assert steps(1) == steps(1) != steps(2)


def test_three_examinations_of_one_patient_are_met():
    made = databases_for(CHECKED, [], EHR)
    assert [mutant.kind for mutant in made.survivors] == ["join"]  # diagnoses have encounters
    assert any(one["expected"] for one in made.data["databases"])


@pytest.mark.parametrize("days", [89, 91])
def test_one_day_more_or_less_is_met(days):
    found = compare(DRUG.replace("+ 90", f"+ {days}"), DRUG, REGISTRY, databases=6000, seconds=60)
    assert found.differs
    assert found.counterexample.rows == 2


def test_stages_of_a_query():
    assert stages(CHECKED)[-1] == (
        "SELECT patient_id AS c0, analyte AS c1, taken_time AS c2 FROM lab_result "
        "WHERE analyte IN ('hba1c', 'chol_ldl', 'uacr') AND YEAR(taken_time) = 2024 "
        "AND patient_id IN (SELECT patient_id FROM encounter JOIN diagnosis USING (encounter_id) "
        "WHERE code = 'T90' AND YEAR(start_time) = 2023)"
    )
    named = stages("WITH a AS (SELECT n FROM t WHERE n > 1) SELECT max(n) FROM a")
    assert named == [
        "WITH a AS (SELECT n FROM t WHERE n > 1) SELECT n AS c0 FROM t WHERE n > 1",
        "WITH a AS (SELECT n FROM t WHERE n > 1) SELECT n AS c0 FROM a",
    ]
    assert stages("SELECT 1 AS n") == stages("PIVOT t ON n USING count(*)") == []
    assert stages("SELECT FROM WHERE") == []
