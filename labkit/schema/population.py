"""The population: who lives, where, with whom, and until when."""

from sqlalchemy import CHAR, BigInteger, Date, Integer, MetaData, SmallInteger

from labkit.schema.declare import column, table

METADATA = MetaData()
SEX = {"F": ("kvinne", "woman"), "M": ("mann", "man")}
EDUCATION = {
    "1": ("grunnskole", "compulsory"),
    "2": ("videregående", "upper secondary"),
    "3": ("universitet eller høgskole, kort", "tertiary, short"),
    "4": ("universitet eller høgskole, lang", "tertiary, long"),
}

person = table(
    "person",
    METADATA,
    "Personer i befolkningen",
    "People of the population",
    column(
        "person_id",
        BigInteger,
        "Løpenummer i den syntetiske befolkningen",
        "Number in the synthetic population",
        key=True,
    ),
    column(
        "fnr",
        CHAR(11),
        "Syntetisk fødselsnummer (måned + 80)",
        "Synthetic national identity number (month + 80)",
        unique=True,
    ),
    column("birth_date", Date, "Fødselsdato", "Date of birth"),
    column("sex", CHAR(1), "Kjønn", "Sex", codes=SEX),
    row=("én person", "one person"),
)
residence = table(
    "residence",
    METADATA,
    "Bosteder over tid",
    "Places of residence over time",
    column("person_id", BigInteger, "Personen", "The person", key=True, to="person.person_id"),
    column("from_date", Date, "Første dag på bostedet", "First day there", key=True),
    column(
        "to_date",
        Date,
        "Siste dag på bostedet, tom hvis fortsatt bosatt",
        "Last day there, empty if still living there",
        null=True,
    ),
    column(
        "municipality",
        CHAR(4),
        "Kommunenummer slik det var i perioden",
        "Municipality number as it was in the period",
        codes="municipality",
    ),
    row=(
        "én person i én sammenhengende periode i én kommune",
        "one person in one unbroken period in one municipality",
    ),
)
family = table(
    "family",
    METADATA,
    "Kobling fra barn til mor",
    "Links from child to mother",
    column("child_id", BigInteger, "Barnet", "The child", key=True, to="person.person_id"),
    column("mother_id", BigInteger, "Moren", "The mother", to="person.person_id"),
    row=("ett barn med kjent mor", "one child with a known mother"),
)
education = table(
    "education",
    METADATA,
    "Høyeste fullførte utdanning per år",
    "Highest completed education by year",
    column("person_id", BigInteger, "Personen", "The person", key=True, to="person.person_id"),
    column("year", SmallInteger, "År", "Year", key=True),
    column("level", CHAR(1), "Utdanningsnivå", "Level of education", codes=EDUCATION),
    row=("én person ett år", "one person in one year"),
)
income = table(
    "income",
    METADATA,
    "Inntekt etter skatt per år",
    "Income after tax by year",
    column("person_id", BigInteger, "Personen", "The person", key=True, to="person.person_id"),
    column("year", SmallInteger, "År", "Year", key=True),
    column("income_nok", Integer, "Inntekt etter skatt", "Income after tax", unit="NOK"),
    row=("én person ett år", "one person in one year"),
)
death = table(
    "death",
    METADATA,
    "Dødsfall",
    "Deaths",
    column("person_id", BigInteger, "Personen", "The person", key=True, to="person.person_id"),
    column("death_date", Date, "Dødsdato", "Date of death"),
    column(
        "municipality",
        CHAR(4),
        "Bostedskommune ved dødsfallet",
        "Municipality of residence at death",
        codes="municipality",
    ),
    row=("ett dødsfall", "one death"),
)
