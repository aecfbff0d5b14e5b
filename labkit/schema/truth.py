"""What the generator knows and no register does."""

from sqlalchemy import CHAR, BigInteger, Date, Double, Integer, MetaData, String, Text

from labkit.schema.declare import column, table
from labkit.schema.population import EDUCATION

METADATA = MetaData()

onset = table(
    "onset",
    METADATA,
    "Når hver sykdom begynte",
    "When each disease began",
    column("person_id", BigInteger, "Personen", "The person", key=True),
    column(
        "disease",
        String(20),
        "Sykdommens navn i kittet",
        "The disease, by the kit's name",
        key=True,
    ),
    column(
        "onset_date",
        Date,
        "Sykdomsdebut, også før observasjonstiden",
        "Onset, also before the time of observation",
    ),
    row=("én sykdom hos én person", "one disease of one person"),
)
exposure = table(
    "exposure",
    METADATA,
    "Det som påvirker risikoen",
    "What drives the risk",
    column("person_id", BigInteger, "Personen", "The person", key=True),
    column("education", CHAR(1), "Høyeste utdanning", "Highest education", codes=EDUCATION),
    column(
        "smoking",
        String(8),
        "Røyking",
        "Smoking",
        codes={
            "never": ("aldri", "never"),
            "former": ("tidligere", "former"),
            "daily": ("daglig", "daily"),
        },
    ),
    column("bmi", Double, "Kroppsmasseindeks", "Body mass index", unit="kg/m2"),
    column(
        "frailty", Double, "Uobservert skrøpelighet, gjennomsnitt 1", "Unobserved frailty, mean 1"
    ),
    row=("én person", "one person"),
)
effect = table(
    "effect",
    METADATA,
    "Sanne effekter",
    "True effects",
    column("name", String(40), "Effekten", "The effect", key=True),
    column("kind", String(20), "Type", "Kind"),
    column("exposure", String(40), "Eksponering", "Exposure"),
    column("outcome", String(40), "Utfall", "Outcome"),
    column(
        "conditional",
        Double,
        "Betinget effekt (hasardratio hvis ikke annet er sagt)",
        "Conditional effect (hazard ratio unless said otherwise)",
    ),
    column(
        "marginal",
        Double,
        "Marginal effekt, fra simulering",
        "Marginal effect, by simulation",
        null=True,
    ),
    column("scale", String(20), "Skala", "Scale"),
    column("note", Text, "Hva en analyse må ta hensyn til", "What an analysis must allow for"),
    row=("én plantet effekt", "one planted effect"),
)
identity = table(
    "identity",
    METADATA,
    "Personen bak hvert pseudonym",
    "The person behind each pseudonym",
    column(
        "pseudonym",
        BigInteger,
        "Pseudonymet i registeruttrekkene",
        "The pseudonym in the registry extracts",
        key=True,
    ),
    column("person_id", BigInteger, "Personen", "The person", unique=True),
    row=("ett pseudonym", "one pseudonym"),
)
selection = table(
    "selection",
    METADATA,
    "Sann sannsynlighet for å delta i helseundersøkelsen",
    "True probability of taking part in the health survey",
    column("person_id", BigInteger, "Den inviterte", "The person invited", key=True),
    column(
        "probability",
        Double,
        "Sannsynlighet for å delta; den inverse er vekten som retter opp skjevheten",
        "Probability of taking part; its inverse is the weight that undoes the selection",
    ),
    row=("én invitert voksen", "one invited adult"),
)
phi_span = table(
    "phi_span",
    METADATA,
    "Hver opplysning i notatene som kan peke ut en person",
    "Every piece of the notes that can point to a person",
    column("note_id", BigInteger, "Notatet", "The note", key=True),
    column(
        "start",
        Integer,
        "Første tegn, talt fra 0 i Unicode-tegn",
        "First character, counted from 0 in Unicode characters",
        key=True,
    ),
    column(
        "stop",
        Integer,
        "Tegnet etter det siste, slik at text[start:stop] er opplysningen",
        "Character after the last, so that text[start:stop] is the piece",
    ),
    column(
        "kind",
        String(12),
        "Hva det er",
        "What it is",
        codes={
            "patient": ("pasientens navn", "name of the patient"),
            "relative": ("pårørendes navn", "name of a relative"),
            "clinician": ("helsepersonells navn", "name of health personnel"),
            "fnr": ("fødselsnummer", "national identity number"),
            "phone": ("telefonnummer", "telephone number"),
            "email": ("e-postadresse", "e-mail address"),
            "address": ("gateadresse", "street address"),
            "place": ("stedsnavn", "name of a place"),
            "health_unit": ("navn på helsevirksomhet", "name of a health service"),
            "workplace": ("arbeidsplass", "place of work"),
            "date": ("dato med dag", "date with a day"),
            "age": ("alder over 89 år", "age above 89 years"),
        },
    ),
    column(
        "form",
        String(10),
        "Hvordan den er skrevet",
        "How it is written",
        codes={
            "plain": ("som den er", "as it is"),
            "part": ("bare fornavn eller etternavn", "given or family name alone"),
            "genitive": ("med genitivs-s", "in the genitive"),
            "initials": ("initialer", "initials"),
            "lower": ("med små bokstaver", "in lower case"),
            "typo": ("med skrivefeil", "misspelt"),
            "short": ("forkortet", "abbreviated"),
        },
    ),
    column("text", Text, "Teksten", "The text"),
    row=("én opplysning på ett sted i ett notat", "one piece at one place in one note"),
)
