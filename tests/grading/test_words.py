"""The sentences of a check: what a dictionary gets to hear."""

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
