"""The sentences of a check: what a dictionary gets to hear."""

import pytest

from labkit.grading.kinds import kind_of
from labkit.grading.words import difference_text

VALUE = kind_of("value")


def said(reference, answer, lang="nb"):
    made = VALUE.refer(VALUE.take(reference, {}).answer, {}, salt="s")
    return difference_text(made.compare(VALUE.take(answer, {}).answer), lang)


def test_a_dictionary_is_told_how_many_values_hold_and_where_to_look():
    text = said({"a": "1..1", "b": "0..n", "c": "0..1"}, {"a": "1..1", "b": "1..n", "c": "0..1"})
    assert text == "Formen er riktig. 2 av 3 verdier stemmer. Se på `b` en gang til."


def test_true_or_false_is_not_answered_by_pointing():
    text = said({"a": True, "b": False}, {"a": True, "b": True}, "en")
    assert text == "The form is right. 1 of 2 values hold."


def test_a_dictionary_with_other_keys_hears_that_it_is_the_keys():
    text = said({"3": "ledig", "6": 0}, {3: "ledig", 6: 0}, "en")
    assert "keys of the dictionary are numbers" in text


def test_a_dictionary_of_several_kinds_is_compared_by_value_all_the_same():
    reference = {"3": "ledig", "5": "Aud", "6": 0}
    assert "2 av 3 verdier" in said(reference, {"3": "ledig", "5": "Aud", "6": "0"})
    assert "1 mangler" in said(reference, {"3": "ledig", "5": "Aud"})


def test_only_a_lone_value_is_to_be_taken_out_of_its_list():
    assert "verdien selv" in said(3, [3])
    assert "verdien selv" not in said({"a": 3, "b": 4}, [3])


def test_columns_are_listed_in_words_that_fit_one_and_many():
    import pandas as pd

    asked = pd.DataFrame({"a": ["x"], "b": ["y"]})
    assert "mangler `a`, `b`, og ingen har bedt om `1`" in said(asked, pd.DataFrame({"1": ["x"]}))


def test_the_place_of_a_fault_in_a_model_keeps_its_columns():
    from labkit.grading.plain import NotPlain
    from labkit.grading.verdict import with_code
    from labkit.grading.words import refusal_text

    with pytest.raises(NotPlain) as refused:
        kind_of("er").take("entity A { x key }\nentity B of A 1..n", {})
    assert ">entity B of A 1..n\n         ^</pre>" in with_code(refusal_text(refused.value, "nb"))
    with pytest.raises(NotPlain) as refused:
        kind_of("schema").take("CREATE TABLE a (x TEXT PRIMARY KEY y TEXT)", {})
    assert refusal_text(refused.value, "en").startswith("The tables could not be read.")


def test_a_text_that_is_not_the_right_one_is_not_asked_what_it_counts():
    assert said("B", "A").startswith("Det er tekst, som oppgaven ber om, men ikke den rette ennå.")
