"""What the generator knows and no register does."""

from sqlalchemy import CHAR, BigInteger, Date, Double, Integer, MetaData, SmallInteger, String, Text

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
    column(
        "kind",
        String(20),
        "Type: treatment, programme, disease, risk factor, trend, no effect, eller selection: hva "
        "som avgjør hvem som deltar i helseundersøkelsen",
        "Kind: treatment, programme, disease, risk factor, trend, no effect, or selection: what "
        "decides who takes part in the health survey",
    ),
    column("exposure", String(40), "Eksponering", "Exposure"),
    column(
        "outcome",
        String(40),
        "Utfall; participation er deltakelse i helseundersøkelsen",
        "Outcome; participation is taking part in the health survey",
    ),
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
    column(
        "scale",
        String(20),
        "Skala: hazard ratio, rate ratio eller odds ratio",
        "Scale: hazard ratio, rate ratio or odds ratio",
    ),
    column("note", Text, "Hva en analyse må ta hensyn til", "What an analysis must allow for"),
    row=("én plantet effekt", "one planted effect"),
)
counterfactual = table(
    "counterfactual",
    METADATA,
    "Hva som ville skjedd med og uten behandling",
    "What would have happened with and without treatment",
    column("effect", String(40), "Effekten, som i effect", "The effect, as in effect", key=True),
    column(
        "person_id",
        BigInteger,
        "Personen, en av dem effekten kan gjelde",
        "The person, one of those the effect may concern",
        key=True,
    ),
    column("from_date", Date, "Dagen oppfølgingen begynner", "Day on which follow-up begins"),
    column(
        "treated",
        SmallInteger,
        "Behandlet i virkeligheten, på et eller annet tidspunkt",
        "Treated in fact, at some time",
        codes={"0": ("nei", "no"), "1": ("ja", "yes")},
    ),
    column(
        "outcome_untreated",
        Date,
        "Utfallet uten behandling, tom hvis ikke innen referansedatoen; død er holdt utenfor",
        "Outcome without treatment, empty if not by the reference date; death left out",
        null=True,
    ),
    column(
        "outcome_treated",
        Date,
        "Utfallet med behandling fra første dag, ellers som over",
        "Outcome with treatment from the first day, otherwise as above",
        null=True,
    ),
    row=("én effekt for én person", "one effect for one person"),
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
    "Sann sannsynlighet for å delta i helseundersøkelsen; oddsratioene bak den står i effect",
    "True probability of taking part in the health survey; the odds ratios behind it are in effect",
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
defect = table(
    "defect",
    METADATA,
    "Fasit over plantede feil i registeruttrekkene",
    "Key to the planted defects of the registry extracts",
    column("defect_id", BigInteger, "Feilen", "The defect", key=True),
    column("registry", String(12), "Registeret", "The registry"),
    column(
        "row_key",
        BigInteger,
        "Primærnøkkelen til raden i uttrekket",
        "Primary key of the row in the extract",
    ),
    column(
        "column_name",
        String(32),
        "Kolonnen feilen står i; tom når hele raden er overflødig og lik en annen",
        "Column with the defect; empty where the whole row is superfluous and equal to another",
        null=True,
    ),
    column(
        "kind",
        String(24),
        "Type feil",
        "Kind of defect",
        codes={
            "after_death": ("hendelse etter døden", "event after death"),
            "check_digit": ("feil kontrollsiffer", "wrong check digit"),
            "code_typo": ("skrivefeil i kode", "code misspelt"),
            "duplicate": ("rad levert to ganger", "row delivered twice"),
            "end_before_start": ("slutt før start", "end before start"),
            "impossible_date": ("dato som ikke finnes", "date that does not exist"),
            "late_report": ("meldt sent", "reported late"),
            "missing_not_at_random": ("mangler oftere ved høy verdi", "missing if high"),
            "mojibake": ("feil tegnsett", "wrong character set"),
            "near_duplicate": ("rad levert to ganger, litt ulik", "row delivered twice, differing"),
            "obsolete_code": ("utgått kode", "obsolete code"),
            "orphan": ("pseudonym som ingen har", "pseudonym of nobody"),
            "outlier": ("umulig verdi", "impossible value"),
            "sex_contradiction": ("diagnosen passer ikke kjønnet", "diagnosis against sex"),
            "swapped_date": ("dag og måned byttet om", "day and month swapped"),
            "unit": ("feil enhet", "wrong unit"),
            "whitespace": ("mellomrom eller store og små bokstaver", "spaces or letter case"),
        },
    ),
    column(
        "value_before",
        Text,
        "Verdien før, som tekst; tom celle eller overflødig rad: tom",
        "Value before, as text; empty for an empty cell or a superfluous row",
        null=True,
    ),
    column(
        "value_after",
        Text,
        "Verdien i uttrekket, som tekst; for en overflødig rad nøkkelen til originalen",
        "Value in the extract, as text; for a superfluous row the key of the original",
        null=True,
    ),
    row=("én feil i én celle eller rad", "one defect in one cell or row"),
)
