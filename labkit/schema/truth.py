"""What the generator knows and no register does."""

from sqlalchemy import CHAR, BigInteger, Date, Double, MetaData, String, Text

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
