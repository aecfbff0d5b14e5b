"""The notation of relational algebra, operator by operator: the reference page, and its test.

Each case: what it shows, the text in symbols, the same in letters, and the rows it gives.
"""

from datetime import date

import pandas as pd
import pytest

from labkit import algebra

PATIENT = pd.DataFrame(
    {
        "id": [1, 2, 3, 4],
        "name": ["Ask", "Bo", "Cleo", "Dag"],
        "sex": ["M", "M", "F", None],
        "born": [date(1950, 1, 1), date(1980, 5, 17), date(1980, 5, 17), date(2001, 12, 31)],
    }
)
STAY = pd.DataFrame(
    {"id": [1, 1, 2, 9], "code": ["I21", "I50", "I21", "E11"], "days": [4, 7, 2, 1]}
)
SCREEN = pd.DataFrame({"id": [1, 1, 2, 3, 3], "test": ["eye", "foot", "eye", "eye", "foot"]})
NEEDED = pd.DataFrame({"test": ["eye", "foot"]})
DB = {"patient": PATIENT, "stay": STAY, "screen": SCREEN, "needed": NEEDED}
NULL = None

CASES = [
    # selection: the rows for which the condition is true; unknown is not true
    ("σ sex = 'M' (patient)", "sigma sex = 'M' (patient)", "id", {1, 2}),
    ("σ sex ≠ 'M' (patient)", "sigma sex != 'M' (patient)", "id", {3}),
    ("σ not sex = 'M' (patient)", "sigma not sex = 'M' (patient)", "id", {3}),
    ("σ sex is null (patient)", "sigma sex is null (patient)", "id", {4}),
    ("σ sex = null (patient)", "sigma sex = null (patient)", "id", set()),
    ("σ days > 1 ∧ days ≤ 4 (stay)", "sigma days > 1 and days <= 4 (stay)", "days", {4, 2}),
    ("σ id = 9 ∨ code = 'I50' (stay)", "sigma id = 9 or code = 'I50' (stay)", "days", {7, 1}),
    ("σ id = 1 ⊻ code = 'I21' (stay)", "sigma id = 1 xor code = 'I21' (stay)", "days", {7, 2}),
    ("σ ¬(id = 1) (stay)", "sigma not (id = 1) (stay)", "id", {2, 9}),
    ("σ code like 'I%' (stay)", "sigma code like 'I%' (stay)", "code", {"I21", "I50"}),
    ("σ name ilike 'b_' (patient)", "sigma name ilike 'b_' (patient)", "name", {"Bo"}),
    ("σ born < date('1980-05-17') (patient)", "sigma born < '1980-05-17' (patient)", "id", {1}),
    ("σ year(born) = 1980 (patient)", "sigma year(born) = 1980 (patient)", "id", {2, 3}),
    # projection: some columns, without duplicates; calculations get a name
    ("π sex (patient)", "pi sex (patient)", "sex", {"M", "F", NULL}),
    ("π [2] (stay)", "pi [2] (stay)", "code", {"I21", "I50", "E11"}),
    ("π days * 24 → hours (stay)", "pi days * 24 -> hours (stay)", "hours", {96, 168, 48, 24}),
    ("π hours ← days * 24 (stay)", "pi hours <- days * 24 (stay)", "hours", {96, 168, 48, 24}),
    (
        "π case when days > 3 then 'long' else 'short' end → stay (stay)",
        "pi case when days > 3 then 'long' else 'short' end -> stay (stay)",
        "stay",
        {"long", "short"},
    ),
    ("π coalesce(sex, '?') → s (patient)", "pi coalesce(sex, '?') -> s (patient)", "s",
     {"M", "F", "?"}),
    # renaming, of the relation and of columns
    ("π p.name (ρ p (patient))", "pi p.name (rho p (patient))", "name",
     {"Ask", "Bo", "Cleo", "Dag"}),
    ("π pid (ρ pid ← id (stay))", "pi pid (rho pid <- id (stay))", "pid", {1, 2, 9}),
    ("π pid (ρ id → pid (stay))", "pi pid (rho id -> pid (stay))", "pid", {1, 2, 9}),
    # joins
    ("π name (patient ⋈ stay)", "pi name (patient natural join stay)", "name", {"Ask", "Bo"}),
    (
        "π name (patient ⋈ patient.id = stay.id ∧ days > 3 stay)",
        "pi name (patient join patient.id = stay.id and days > 3 stay)",
        "name",
        {"Ask"},
    ),
    ("π code (patient ⟕ stay)", "pi code (patient left outer join stay)", "code",
     {"I21", "I50", NULL}),
    ("π name (patient ⟖ stay)", "pi name (patient right outer join stay)", "name",
     {"Ask", "Bo", NULL}),
    ("π id (patient ⟗ stay)", "pi id (patient full outer join stay)", "id", {1, 2, 3, 4, 9}),
    ("π name (patient ⋉ stay)", "pi name (patient left semi join stay)", "name", {"Ask", "Bo"}),
    ("π name (stay ⋊ patient)", "pi name (stay right semi join patient)", "name", {"Ask", "Bo"}),
    ("π name (patient ▷ stay)", "pi name (patient anti join stay)", "name", {"Cleo", "Dag"}),
    ("γ count(*) → n (patient × stay)", "gamma count(*) -> n (patient cross join stay)", "n", {16}),
    # sets: as many columns on both sides
    ("π id (patient) ∪ π id (stay)", "pi id (patient) union pi id (stay)", "id", {1, 2, 3, 4, 9}),
    ("π id (patient) ∩ π id (stay)", "pi id (patient) intersect pi id (stay)", "id", {1, 2}),
    ("π id (patient) − π id (stay)", "pi id (patient) except pi id (stay)", "id", {3, 4}),
    ("π id (patient) \\ π id (stay)", "pi id (patient) - pi id (stay)", "id", {3, 4}),
    # division: those who have every one
    ("screen ÷ needed", "screen / needed", "id", {1, 3}),
    ("screen ÷ σ test = 'none' (needed)", "screen / sigma test = 'none' (needed)", "id",
     {1, 2, 3}),
    # grouping
    ("γ id; sum(days) → days (stay)", "gamma id; sum(days) -> days (stay)", "days", {11, 2, 1}),
    ("γ max(days) → m (stay)", "gamma ; max(days) -> m (stay)", "m", {7}),
    ("γ count(sex) → n (patient)", "gamma count(sex) -> n (patient)", "n", {3}),
    ("γ avg(days) → m (σ id = 7 (stay))", "gamma avg(days) -> m (sigma id = 7 (stay))", "m",
     {NULL}),
    # relations written out, assignment, comments
    ("{a, b\n1, 'x'\n2, null}", "{a:number, b:string\n1, x\n2, null}", "a", {1, 2}),
    ("π d ({d:date\n2024-02-29})", "pi d ({d:date\n2024-02-29})", "d", {date(2024, 2, 29)}),
    ("A = σ id = 1 (stay)\nB = π days (A)\nB", "A = sigma id = 1 (stay); B = pi days (A); B",
     "days", {4, 7}),
    ("π id -- who\n(stay) /* all\nof them */", "pi id (stay)", "id", {1, 2, 9}),
]  # fmt: skip


@pytest.mark.parametrize(("symbols", "letters", "column", "expected"), CASES)
def test_symbols_and_letters_give_the_rows(symbols, letters, column, expected):
    for text in (symbols, letters):
        table = algebra.parse(text).evaluate(DB)
        found = {None if v is None or v != v else v for v in table[column]}
        assert found == expected, text


@pytest.mark.parametrize(("symbols", "letters", "column", "expected"), CASES)
def test_what_is_written_is_read_back_the_same(symbols, letters, column, expected):
    query = algebra.parse(symbols)
    assert algebra.parse(query.unicode()) == query


def test_sorting_puts_rows_in_order_with_null_last():
    assert list(algebra.parse("τ days desc (stay)").evaluate(DB)["days"]) == [7, 4, 2, 1]
    assert list(algebra.parse("tau sex, [1] desc (patient)").evaluate(DB)["id"]) == [3, 2, 1, 4]


def test_bags_count_duplicates():
    query = algebra.parse("π code (stay) ∪ π code (stay)")
    assert (len(query.evaluate(DB)), len(query.evaluate(DB, bags=True))) == (3, 8)
    query = algebra.parse("π code (stay) − {code\n'I21'}")
    assert sorted(query.evaluate(DB, bags=True)["code"]) == ["E11", "I21", "I50"]
    assert sorted(query.evaluate(DB)["code"]) == ["E11", "I50"]


def test_a_null_never_joins_but_is_like_itself_in_a_union():
    db = {"r": pd.DataFrame({"a": [1, None]}), "s": pd.DataFrame({"a": [None, 1]})}
    assert len(algebra.parse("r ⋈ s").evaluate(db)) == 1
    assert len(algebra.parse("r ∪ s").evaluate(db)) == 2
    assert len(algebra.parse("r − s").evaluate(db)) == 0


def test_joins_group_from_the_left_and_bind_closer_than_unions():
    text = "π id (patient) ∪ π id (stay) ∩ π id (stay)"
    assert algebra.parse(text) == algebra.parse("π id (patient) ∪ (π id (stay) ∩ π id (stay))")
    assert algebra.parse("a ⋈ b ⋈ c") == algebra.parse("(a ⋈ b) ⋈ c")
    assert algebra.parse("a ⋈ (b ⋈ c)").unicode() == "a ⋈ (b ⋈ c)"


def test_latex_and_tree():
    query = algebra.parse("π name (σ sex = 'F' (patient) ⋈ stay)")
    assert query.latex() == (
        r"\pi_{\text{name}}(\sigma_{\text{sex = 'F'}}(\text{patient}) \bowtie \text{stay})"
    )
    tree = query.tree(DB)
    assert tree.mermaid.startswith('flowchart TD\n    n4["π name<br/>0 rader"]\n    n4 --- n3')
    assert tree.alt.splitlines()[-2:] == ["      patient: 4 rader", "    stay: 4 rader"]
    assert tree.svg.count("<rect") == 5
    assert tree.svg.count("<line") == 4


def test_steps_come_operands_first():
    steps = algebra.parse("π name (σ sex = 'M' (patient))").steps(DB)
    assert [step.operator for step in steps] == ["patient", "σ sex = 'M'", "π name"]
    assert [len(step.table) for step in steps] == [4, 2, 2]


def test_objects_build_the_same_as_text():
    built = (
        algebra.relation("patient")
        .select("sex = 'M'")
        .join(algebra.relation("stay"), on="patient.id = stay.id")
        .project("name, days * 24 → hours")
    )
    text = "π name, days * 24 → hours (σ sex = 'M' (patient) ⋈ patient.id = stay.id stay)"
    assert built == algebra.parse(text)
    assert built.unicode() == text


FAULTS = [
    ("π (patient)", 12, "en relasjon"),
    ("σ sex = (patient", 17, r"'\)'"),
    ("π name patient stay", 16, "slutten"),
    ("σ sex (patient) ⋈", 18, "en relasjon"),
    ("γ id; median(days) (stay)", 7, "count, sum"),
    ("σ name = 'Ada (patient)", 10, "anførselstegn"),
    ("{a, b\n1}", 7, "2 verdier"),
    ("{a", 1, "}"),
    ("σ days + 1 (stay)", 3, "vilkår"),
    ("π upper(name, id) → u (patient)", 3, "1 argument"),
    ("σ born = date('i går') (patient)", 15, "ÅÅÅÅ-MM-DD"),
    ("σ code like A10% (stay)", 16, "enkle anførselstegn"),
    ("patient ⋈ patient.id = stay. stay2", 35, "en relasjon"),
    ("stay ⋈ days = ", 15, "en kolonne eller en verdi"),
    ("γ av", 5, "';'"),
    ("π [1.5] (stay)", 4, "1, 2, 3"),
    ("{a:number\nx}", 11, "et tall"),
    ("{a:date\n2024-02-30}", 9, "en dato"),
    ("{a:boolean\nja}", 12, "true eller false"),
    ("{a, a\n1, 2}", 2, "et eget navn"),
    ("{a:tall\n1}", 2, "number, string, date, boolean"),
    ("", 1, "en relasjon"),
]


@pytest.mark.parametrize(("text", "column", "expected"), FAULTS)
def test_a_fault_points_at_the_character(text, column, expected):
    with pytest.raises(algebra.AlgebraError, match=expected) as fault:
        algebra.parse(text)
    message = str(fault.value)
    in_line = column - 1 - (text.rfind("\n", 0, column - 1) + 1)
    assert message.splitlines()[-1].index("^") == in_line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT name FROM patient", "ser ut som SQL"),
        ("(" * 3000 + "patient" + ")" * 3000, "Del det opp"),
        ("patient" + " ⋈ patient" * 300, "Del det opp"),
        ("σ " + " and ".join(["id = 1"] * 300) + " (patient)", "Del det opp"),
    ],
)
def test_what_is_no_algebra_or_too_much_of_it(text, message):
    with pytest.raises(algebra.AlgebraError, match=message):
        algebra.parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("patients", "Mente du 'patient'"),
        ("σ Name = 'Bo' (patient)", "Mente du 'name'"),
        ('σ sex = "F" (patient)', "enkle anførselstegn: 'F'"),
        ("σ days (stay)", "sant eller usant, men σ fikk 4"),
        ("σ not days (stay)", "sant eller usant, men not fikk 4"),
        ("σ id like 'b_' (patient)", "like gjelder tekst"),
        ("σ born < id (patient ⋈ stay)", "ikke av samme slag"),
        ("π -name → n (patient)", "regner med tall"),
        ("person", "relasjonen 'person' finnes ikke.*patient, stay"),
        ("σ age > 3 (patient)", "kolonnen 'age' finnes ikke her. Kolonnene er id, name, sex, born"),
        ("π id (patient ⋈ patient.id = stay.id stay)", "'id' kan bety flere.*patient.id, stay.id"),
        ("π [7] (stay)", r"\[7\] finnes ikke"),
        ("patient ∪ stay", "4 og 3"),
        ("needed ÷ needed", "ingen kolonne igjen"),
        ("σ name > 3 (patient)", "kan ikke sammenlignes"),
        ("π name + 1 (patient)", r"regner med tall"),
    ],
)
def test_what_does_not_fit_the_database(text, message):
    with pytest.raises(algebra.AlgebraError, match=message):
        algebra.parse(text).evaluate(DB)
