import re

from labkit.er import compare, parse
from labkit.er.facts import SORTS, facts
from labkit.er.model import Model


def test_facts_do_not_depend_on_order_or_on_names_of_relationships(model: Model):
    turned = Model(model.entities[::-1], model.relationships[::-1], model.specialisations[::-1])
    assert facts(turned) == facts(model)
    renamed = re.sub(r"^relationship \w+", "relationship", str(model), flags=re.MULTILINE)
    numbered = iter(range(1000))
    renamed = re.sub(r"^relationship", lambda _: f"relationship r{next(numbered)}", renamed,
                     flags=re.MULTILINE)  # fmt: skip
    assert facts(parse(renamed)) == facts(model)
    assert tuple(facts(model)) == SORTS


def test_models_with_the_same_facts_do_not_differ(texts: dict[str, str]):
    models = {name: parse(text) for name, text in texts.items()}
    for one in models.values():
        for other in models.values():
            if facts(one) == facts(other):
                assert not compare(one, other).differs


def test_each_change_of_meaning_changes_a_fact(texts: dict[str, str]):
    before = facts(parse(texts["ward"]))
    for old, new, sorts in [
        ("beds: integer", "rooms: integer", {"attributes"}),
        ("phone multivalued", "phone", {"attributes"}),
        ("key (hospital, code)", "hospital key", {"keys"}),
        ("weak entity Admission of Patient { number: integer partial key",
         "entity Admission { number: integer key", {"weak", "relationships", "cardinalities"}),
        ("Admission 1..1, Ward 0..n", "Admission 0..n, Ward 1..1", {"cardinalities"}),
        ("entity Doctor", "entity Porter", {"entities", "attributes", "keys", "relationships",
                                            "cardinalities"}),
    ]:  # fmt: skip
        text = texts["ward"].replace(", key (hospital, code)", "\n key (hospital, code)")
        assert old in text or old.startswith("key")
        changed = text.replace(old, new)
        if old == "entity Doctor":
            changed = changed.replace("Doctor", "Porter")
        if old.startswith("key"):
            changed = texts["ward"].replace("hospital, code,", "hospital key, code,").replace(
                ", key (hospital, code)", "")  # fmt: skip
        after = facts(parse(changed))
        assert {sort for sort in SORTS if before[sort] != after[sort]} == sorts, (old, new)
