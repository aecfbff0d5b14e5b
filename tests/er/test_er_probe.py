import pytest

from labkit.er import Probes, SchemaError, parse, probe

REFERENCE = """
CREATE TABLE patient (fnr TEXT PRIMARY KEY, name TEXT NOT NULL, birth_date DATE);
CREATE TABLE ward (hospital TEXT, code TEXT, beds INTEGER, PRIMARY KEY (hospital, code));
CREATE TABLE admission (fnr TEXT REFERENCES patient, number INTEGER, start_time TIMESTAMP NOT NULL,
    hospital TEXT NOT NULL, code TEXT NOT NULL, PRIMARY KEY (fnr, number),
    FOREIGN KEY (hospital, code) REFERENCES ward);
CREATE TABLE doctor (hpr INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE treated_by (fnr TEXT, number INTEGER, hpr INTEGER REFERENCES doctor,
    PRIMARY KEY (fnr, number, hpr), FOREIGN KEY (fnr, number) REFERENCES admission);
"""
ROWS = """
INSERT INTO patient VALUES ('15888012345', 'Kari', '1980-08-15'), ('16888012345', 'Ola', NULL);
INSERT INTO ward VALUES ('Tynset', 'MED', 20), ('Elverum', 'MED', 30);
INSERT INTO doctor VALUES (1, 'A'), (2, 'B');
-- accept: Samme pasient to ganger samme dag. | The same patient twice the same day.
INSERT INTO admission VALUES ('15888012345', 1, '2023-01-01 08:00:00', 'Tynset', 'MED');
INSERT INTO admission VALUES ('15888012345', 2, '2023-01-01 18:00:00', 'Tynset', 'MED');
-- accept: To pasienter med innleggelse 1. | Two patients with admission 1.
INSERT INTO admission VALUES ('15888012345', 1, '2023-01-01 08:00:00', 'Tynset', 'MED');
INSERT INTO admission VALUES ('16888012345', 1, '2023-01-01 18:00:00', 'Elverum', 'MED');
-- refuse: En innleggelse uten pasient. | An admission without a patient.
INSERT INTO admission VALUES (NULL, 1, '2023-01-01 08:00:00', 'Tynset', 'MED');
-- refuse: En innleggelse av en ukjent pasient. | An admission of an unknown patient.
INSERT INTO admission VALUES ('17888012345', 1, '2023-01-01 08:00:00', 'Tynset', 'MED');
-- refuse: Samme innleggelse to ganger. | The same admission twice.
INSERT INTO admission VALUES ('15888012345', 1, '2023-01-01 08:00:00', 'Tynset', 'MED');
INSERT INTO admission VALUES ('15888012345', 1, '2023-01-02 08:00:00', 'Tynset', 'MED');
-- accept: To leger på én innleggelse. | Two doctors for one admission.
INSERT INTO admission VALUES ('15888012345', 1, '2023-01-01 08:00:00', 'Tynset', 'MED');
INSERT INTO treated_by VALUES ('15888012345', 1, 1), ('15888012345', 1, 2);
-- refuse: To pasienter med samme fødselsnummer. | Two patients with one fødselsnummer.
INSERT INTO patient VALUES ('15888012345', 'Per', '1980-08-15');
"""
PROBES = Probes.read(REFERENCE + ROWS)
SURROGATES = """
CREATE TABLE Pasienter (pid SERIAL PRIMARY KEY, personnummer CHAR(11) NOT NULL UNIQUE,
    navn VARCHAR(40) NOT NULL, fodselsdato DATE, created TIMESTAMP NOT NULL);
create table Innleggelse (iid INTEGER PRIMARY KEY, pid INTEGER NOT NULL REFERENCES Pasienter(pid),
    nummer INTEGER NOT NULL, start TIMESTAMP NOT NULL, avd INTEGER NOT NULL REFERENCES Avdeling,
    UNIQUE (pid, nummer));
create table Avdeling (avd_id INTEGER PRIMARY KEY, sykehus TEXT NOT NULL, kode TEXT NOT NULL,
    beds INT, UNIQUE (sykehus, kode));
create table Lege (hprnr INTEGER PRIMARY KEY, navn TEXT);
create table Har_ansvar (iid INTEGER REFERENCES Innleggelse, hprnr INTEGER REFERENCES Lege,
    PRIMARY KEY (iid, hprnr));
"""
ENGINES = pytest.mark.parametrize("engine", ["duckdb", "sqlite"])


@ENGINES
def test_the_reference_itself_passes(engine):
    found = probe(REFERENCE, PROBES, engine=engine)
    assert (found.differs, found.share) == (False, 1)


@ENGINES
def test_other_names_other_order_and_keys_of_their_own_pass(engine):
    found = probe(SURROGATES, PROBES, engine=engine)
    assert found.text() == "No difference found."
    assert found.matched["treated_by"] == "har_ansvar"
    assert found.matched["patient.fnr"] == "pasienter.personnummer"


def test_metadata_from_a_model_passes():
    model = parse("""
    entity Patient { fnr key, name required, birth_date: date }
    entity Ward { hospital, code, beds: integer, key (hospital, code) }
    weak entity Admission of Patient { number: integer partial key, start: time required }
    entity Doctor { hpr: integer key, name }
    relationship on_ward (Admission 1..1, Ward 0..n)
    relationship treats (Admission 0..n, Doctor 0..n)""")
    assert not probe(model.to_relational().metadata, PROBES).differs


WRONG = [
    (", UNIQUE (pid, nummer)", "", {"The same admission twice."}),
    ("pid INTEGER NOT NULL REFERENCES", "pid INTEGER REFERENCES",
     {"An admission without a patient."}),
    ("INTEGER NOT NULL REFERENCES Pasienter(pid)", "INTEGER NOT NULL",
     {"An admission of an unknown patient."}),
    ("PRIMARY KEY (iid, hprnr)", "PRIMARY KEY (iid)", {"Two doctors for one admission."}),
    ("UNIQUE (pid, nummer)", "UNIQUE (nummer)", {"Two patients with admission 1."}),
    ("NOT NULL UNIQUE", "NOT NULL", {"Two patients with one fødselsnummer."}),
    ("UNIQUE (pid, nummer)", "UNIQUE (pid)", {"The same patient twice the same day."}),
]  # fmt: skip


@ENGINES
@pytest.mark.parametrize(("old", "new", "expected"), WRONG)
def test_each_mistake_fails_its_probe(old, new, expected, engine):
    answer = SURROGATES.replace("\n    UNIQUE (pid", " UNIQUE (pid")
    assert old in answer
    found = probe(answer.replace(old, new), PROBES, engine=engine)
    failed = {d.values["probe"]["en"] for d in found.differences if "probe" in d.values}
    assert failed >= expected
    assert found.share < 1
    assert all(d.text("nb") and d.hint("nb") for d in found.differences)


def test_a_missing_table_and_column_are_told_and_their_probes_fail():
    answer = "CREATE TABLE patient (fnr TEXT PRIMARY KEY, name TEXT)"
    found = probe(answer, PROBES)
    kinds = [d.kind for d in found.differences]
    assert kinds.count("no_table") == 4
    assert "no_column" in kinds
    assert found.share == 0


def test_a_mapping_given_by_the_author_settles_it():
    text = "CREATE TABLE ward (code TEXT PRIMARY KEY);\n-- refuse: a | b\nINSERT INTO ward VALUES ('A'), ('A')"  # noqa: E501
    answer = "CREATE TABLE x (y TEXT UNIQUE, z TEXT)"
    assert probe(answer, text).differs
    assert not probe(answer, text, mapping={"ward": "x", "ward.code": "x.y"}).differs


def test_a_circle_of_foreign_keys_is_tried_in_sqlite():
    text = """
    CREATE TABLE a (x INT PRIMARY KEY, y INT REFERENCES b);
    CREATE TABLE b (y INT PRIMARY KEY, x INT REFERENCES a);
    -- accept: n | e
    INSERT INTO a VALUES (1, NULL);
    INSERT INTO b VALUES (1, 1);
    -- refuse: n | e
    INSERT INTO a VALUES (1, 7);"""
    assert not probe(text.split("--")[0], text).differs


def test_a_table_that_refers_to_itself():
    text = """
    CREATE TABLE person (fnr TEXT PRIMARY KEY, mother_fnr TEXT REFERENCES person);
    INSERT INTO person VALUES ('1', NULL);
    -- accept: n | a child of a known mother
    INSERT INTO person VALUES ('2', '1');
    -- refuse: n | a child of an unknown mother
    INSERT INTO person VALUES ('2', '3');"""
    answer = (
        "CREATE TABLE personer (id INT PRIMARY KEY, fnr TEXT UNIQUE, mor INT REFERENCES personer)"
    )
    assert not probe(answer, text).differs
    assert [d.kind for d in probe(answer.replace(" REFERENCES personer", ""), text).differences]


HOSTILE = [
    ("DROP TABLE patient", "only_create"),
    ("CREATE TABLE a (x INT); DROP TABLE a", "only_create"),
    ("CREATE TABLE a AS SELECT 1", "only_create"),
    ("COPY a TO 'f.csv'", "only_create"),
    ("ATTACH 'x.db'", "only_create"),
    ("PRAGMA database_list", "only_create"),
    ("CREATE VIEW v AS SELECT 1", "only_create"),
    ("INSTALL httpfs", "only_create"),
    ("CREATE TABLE a (x INT CHECK (x IN (SELECT 1)))", "check"),
    ("CREATE TABLE a (x TEXT CHECK (read_text('f') = x))", "check"),
    ("CREATE TABLE a (x TEXT CHECK (getenv('HOME') = x))", "check"),
    ("CREATE TABLE a (x INT CHECK (" + "(" * 3000 + "1" + ")" * 3000 + "))", "syntax"),
    ("CREATE TABLE a (x INT,", "syntax"),
    ("CREATE TABLE a (x TEXT) -- " + "x" * 30_000, "too_long"),
    (";".join(f"CREATE TABLE t{i} (x INT)" for i in range(61)), "too_many"),
    ("", "no_create"),
    ("CREATE TABLE a (x INT); CREATE TABLE A (x INT)", "table_twice"),
    ("CREATE TABLE a (x INT, X INT)", "column_twice"),
    ("CREATE TABLE a (x INT REFERENCES b)", "no_target"),
    ("CREATE TABLE a (x INT, PRIMARY KEY (y))", "no_column"),
    ("CREATE TABLE a (x INT); CREATE TABLE b (y INT REFERENCES a (x))", "no_key"),
    ("CREATE TABLE a (x INT CHECK (y > 1))", "refused"),
]


@pytest.mark.parametrize(("text", "kind"), HOSTILE)
def test_only_create_table_gets_through(text, kind):
    with pytest.raises(SchemaError) as found:
        probe(text, PROBES)
    assert found.value.kind == kind


def test_a_default_that_calls_a_function_is_left_out():
    text = "CREATE TABLE ward (code TEXT);\n-- accept: n | e\nINSERT INTO ward VALUES ('A')"
    assert not probe("CREATE TABLE ward (code TEXT, x TEXT DEFAULT getenv('HOME'))", text).differs


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("CREATE TABLE a (x INT);", "no_probe"),
        ("CREATE TABLE a (x INT);\n-- accept: n | e\n", "no_insert"),
        ("CREATE TABLE a (x INT);\n-- accept: n | e\nINSERT INTO b VALUES (1)", "no_table"),
        ("CREATE TABLE a (x INT);\n-- accept: n | e\nINSERT INTO a (y) VALUES (1)", "no_column"),
        ("CREATE TABLE a (x INT);\n-- accept: n | e\nINSERT INTO a VALUES (1, 2)", "width"),
        ("CREATE TABLE a (x INT);\n-- accept: n | e\nINSERT INTO a VALUES (now())", "values"),
        ("CREATE TABLE a (x INT);\n-- accept: n | e\nINSERT INTO a SELECT 1", "values"),
    ],
)
def test_probes_that_an_author_wrote_wrong(text, kind):
    with pytest.raises(SchemaError) as found:
        Probes.read(text)
    assert found.value.kind == kind


def test_an_unknown_engine():
    with pytest.raises(SchemaError, match="no engine 'oracle'"):
        probe(REFERENCE, PROBES, engine="oracle")


THEATRE = """
CREATE TABLE patient (fnr TEXT PRIMARY KEY);
CREATE TABLE theatre (code TEXT PRIMARY KEY);
CREATE TABLE operation (number INTEGER PRIMARY KEY, fnr TEXT NOT NULL REFERENCES patient,
    code TEXT NOT NULL REFERENCES theatre, start_time TIMESTAMP NOT NULL, stop_time TIMESTAMP,
    UNIQUE (code, start_time), CHECK (stop_time >= start_time));
INSERT INTO patient VALUES ('1');
INSERT INTO theatre VALUES ('S1'), ('S2');
-- accept: to stuer | two theatres
INSERT INTO operation VALUES (1, '1', 'S1', '2024-03-04 08:00:00', NULL);
INSERT INTO operation VALUES (2, '1', 'S2', '2024-03-04 08:00:00', NULL);
-- refuse: samme stue | one theatre
INSERT INTO operation VALUES (1, '1', 'S1', '2024-03-04 08:00:00', NULL);
INSERT INTO operation VALUES (2, '1', 'S1', '2024-03-04 08:00:00', NULL);
"""
NAMED = [
    """CREATE TABLE pasient (fodselsnummer TEXT PRIMARY KEY);
    CREATE TABLE operasjonsstue (kode TEXT PRIMARY KEY);
    CREATE TABLE operasjon (operasjonsnummer INTEGER PRIMARY KEY,
        pasient TEXT NOT NULL REFERENCES pasient, stue TEXT NOT NULL REFERENCES operasjonsstue,
        starttid TIMESTAMP NOT NULL, sluttid TIMESTAMP, UNIQUE (stue, starttid))""",
    """CREATE TABLE patients (national_id TEXT PRIMARY KEY);
    CREATE TABLE rooms (room_code TEXT PRIMARY KEY);
    CREATE TABLE surgeries (surgery_no INTEGER PRIMARY KEY,
        patient_id TEXT NOT NULL REFERENCES patients, room TEXT NOT NULL REFERENCES rooms,
        starts_at TIMESTAMP NOT NULL, ends_at TIMESTAMP, UNIQUE (room, starts_at))""",
]


@pytest.mark.parametrize("answer", NAMED)
def test_tables_are_known_by_what_refers_to_them_and_columns_in_one_word(answer):
    found = probe(answer, THEATRE)
    assert found.text() == "No difference found."
    loose = answer[: answer.index(", UNIQUE")] + ")"
    assert probe(loose, THEATRE).share == 0.5
