# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown] lang="nb"
# # Modul 4 · ER- og helseinformasjonsmodeller: tvillingene som fikk hver sin mor
#
# Jordmoren på fødeavdelingen spør:
#
# > «Hver fødsel skal meldes til Medisinsk fødselsregister. Det meste har jeg allerede skrevet i journalen. Kan systemet lage meldingen selv, uten at jeg skriver noe to ganger?»
#
# Det kan det, hvis hvert faktum står *ett* sted. Da må vi vite hva som er ett sted: Hva er et svangerskap, et barn, en innleggelse, og hva hører til hva? Svaret er en **modell**, og den tegner vi før vi lager tabeller.
#
# **Du lærer å** lese og tegne en ER-modell, gjøre den om til tabeller, bruke nøkler og normalformer til å se hva som er galt med én bred tabell, og kjenne igjen de samme ideene i FHIR og openEHR (læringsutbytte F2 og K6).
#
# Regn med 40 minutter. I paret: den som har arbeidet på sykehus, forteller hvordan det *er*. Den andre sier hva tegningen *påstår*. Si fra hver gang de to ikke stemmer overens.

# %% [markdown] lang="en"
# # Module 4 · ER and health information models: the twins who got a mother each
#
# The midwife on the maternity ward asks:
#
# > "Every birth must be notified to the Medical Birth Registry. I have already written most of it in the record. Can the system make the notification by itself, without my writing anything twice?"
#
# It can, if each fact stands in *one* place. Then we must know what one place is: what is a pregnancy, a child, an admission, and what belongs to what? The answer is a **model**, and we draw it before we make tables.
#
# **You will learn to** read and draw an ER model, turn it into tables, use keys and normal forms to see what is wrong with one wide table, and recognise the same ideas in FHIR and openEHR (outcomes F2 and K6).
#
# Allow 40 minutes. In the pair: the one who has worked in a hospital tells how things *are*. The other says what the drawing *claims*. Speak up each time the two disagree.

# %%
from labkit import connect, er, interop, set_language
from labkit.er import normal
from labkit.store.practice import practice, refused

set_language(LANG)
con = connect()

# %% [markdown] lang="nb"
# ## 1 Én melding for hvert barn
#
# I uttrekket fra Medisinsk fødselsregister, `mfr`, er én rad ett barn. Får en kvinne tvillinger, står hun der to ganger. Her er ett slikt par.

# %% [markdown] lang="en"
# ## 1 One notification for each child
#
# In the extract from the Medical Birth Registry, `mfr`, one row is one child. A woman who has twins stands there twice. Here is one such pair.

# %%
mfr = con.sql("SELECT * FROM mfr ORDER BY mor_lopenr, fodselsdato, fodsel_id").df()
twins = mfr[mfr["flerfodsel"] == 2]
pairs = twins.groupby(["mor_lopenr", "fodselsdato"])
apart = pairs["svangerskapsvarighet_dager"].transform("nunique") > 1
shown = twins[apart].head(2) if apart.any() else twins.head(2)
shown.set_index("fodsel_id").astype({"fodselsdato": str}).T

# %% [markdown] lang="nb"
# Les linjene for seg. `fodselsvekt` og `apgar5` handler om barnet, og er gjerne ulike. `mors_alder`, `svangerskapsvarighet_dager` og `royk_start` (røykte hun da svangerskapet begynte?) handler om kvinnen eller svangerskapet, så der *skal* de to radene være like.
#
# Gjett: i hvor stor andel av tvillingparene er de ulike likevel?

# %% [markdown] lang="en"
# Read the lines one by one. `fodselsvekt` (birth weight) and `apgar5` are about the child, and mostly differ. `mors_alder` (the mother's age), `svangerskapsvarighet_dager` (length of pregnancy) and `royk_start` (did she smoke when it began?) are about the woman or the pregnancy, so there the two rows *must* be alike.
#
# Guess: in what share of the twin pairs do they differ all the same?

# %%
fields = ["mors_alder", "paritet", "svangerskapsvarighet_dager", "royk_start", "fodselsvekt"]
differ = 100 * (pairs[fields].nunique(dropna=False) > 1).mean()
label = {
    "nb": "Tvillingpar der de to radene er ulike (%)",
    "en": "Twin pairs whose rows differ (%)",
}
colours = ["#b0b0b0" if field == "fodselsvekt" else "#0b6e99" for field in fields]
ax = differ.plot.barh(color=colours, figsize=(6, 2.4), xlim=(0, 115), xlabel=label[LANG])
_ = ax.bar_label(ax.containers[0], fmt="%.0f %%", padding=4)
print(pairs.ngroups, {"nb": "tvillingpar", "en": "twin pairs"}[LANG])

# %% [markdown] lang="nb"
# Den grå stolpen er vekten: to barn, to vekter, helt i orden. De blå skulle stått på null. Der de ikke gjør det, har noen skrevet det samme to ganger og ikke fått det likt: røyking på det ene skjemaet og en tom rute på det andre, eller kanskje uker i et felt som skal ha dager. Hvilken av de to radene er sann? Det kan ingen se av tabellen.
#
# Dette er en **oppdateringsanomali** (*update anomaly*): samme faktum står flere steder, og stedene blir uenige. Ingen av dem som skrev, gjorde noe dumt. Det er *tabellen* som ba dem skrive det to ganger.
#
# ## 2 Første forsøk: én bred tabell
#
# La oss lage feilen selv, så vi ser hvor den sitter. Vi beskriver en fødsel med ord datamaskinen forstår, der `key` er det som skiller én fødsel fra en annen. Mor og dato burde vel holde?

# %% [markdown] lang="en"
# The grey bar is the weight: two children, two weights, quite in order. The blue ones should have been at zero. Where they are not, somebody has written the same thing twice and not got it the same: smoking on one form and an empty box on the other, or perhaps weeks in a field meant for days. Which of the two rows is true? Nobody can tell from the table.
#
# This is an **update anomaly**: the same fact stands in several places, and the places come to disagree. None of those who wrote did anything foolish. It was the *table* that asked them to write it twice.
#
# ## 2 First attempt: one wide table
#
# Let us make the mistake ourselves, to see where it sits. We describe a birth in words that the computer understands, where `key` is what tells one birth from another. Mother and date should do, should it not?

# %%
first = er.parse("""
entity Birth {
    mother_fnr, date: date, key (mother_fnr, date)
    mother_name, due_date: date, smoking_start, weight_g: integer, midwife
}
""")
first

# %% [markdown] lang="nb"
# Firkanten er en **entitetstype** (*entity type*): noe vi vil lagre opplysninger om. Ellipsene er **attributter** (*attributes*), egenskapene ved den. De understrekede er nøkkelen, og her hører de to sammen.
#
# Vi gjør den om til en tabell og prøver tre ting fra en vanlig uke. Hvilke tror du går?

# %% [markdown] lang="en"
# The rectangle is an **entity type**: something that we want to store facts about. The ellipses are **attributes**, its properties. The underlined ones are the key, and here the two belong together.
#
# We turn it into a table and try three things from an ordinary week. Which do you think will go through?

# %%
wide = practice("duckdb").connect()
wide.execute(first.to_relational().ddl())
mother = "'01877012345', {}, 'Åse Øveli', '2024-06-10', 'no', {}, {}"
week = {
    "twin 1": mother.format("'2024-05-30'", 2480, "'Kari'"),
    "twin 2": mother.format("'2024-05-30'", 2310, "'Kari og Liv'"),
    "still pregnant": mother.format("NULL", "NULL", "NULL"),
}
for what, row in week.items():
    print(f"{what:15}", refused(wide, f"INSERT INTO birth VALUES ({row})") or "OK")

# %% [markdown] lang="nb"
# Tvilling nummer to får ikke plass: samme mor, samme dato. Den som fortsatt er gravid, får heller ikke plass, for uten fødselsdato mangler nøkkelen. Det er en **innsettingsanomali**: noe vi vet, kan ikke skrives før noe annet har hendt. Og hva betyr «Kari og Liv» i feltet for jordmor? Hvor mange fødsler var Liv med på?
#
# Vi kunne ha lagt et nummer til i nøkkelen. Da er vi tilbake til `mfr`, der alt om moren står to ganger. Feilen ligger dypere: `Birth` er ikke én ting.
#
# ## 3 Hva er det egentlig som finnes?
#
# Slik forteller jordmoren om det:
#
# > «En **kvinne** kan være gravid flere ganger. Hvert **svangerskap** har et nummer hos henne, en termin, og svaret på om hun røykte da det begynte. Det kan komme ett barn av det, eller flere, eller ingen. Hvert **barn** har sitt klokkeslett, sin vekt og sin Apgar. Det er gjerne to **jordmødre** til stede: én tar imot, én assisterer. Noen ganger rekker vi ikke fram. I løpet av svangerskapet kan kvinnen få flere **innleggelser** hos oss.»
#
# Substantiv som vi vil vite noe mer om, blir entitetstyper. Verbene mellom dem blir **forhold** (*relationships*): svangerskapet *gir* barn, jordmoren *er til stede*. Det vi bare vil vite verdien av, som termin og vekt, blir attributter.

# %% [markdown] lang="en"
# The second twin finds no room: same mother, same date. Nor does the woman who is still pregnant, since without a date of birth the key is missing. That is an **insertion anomaly**: something that we know cannot be written until something else has happened. And what does "Kari og Liv" (Kari and Liv) mean in the field for the midwife? How many births was Liv at?
#
# We could have added a number to the key. Then we are back at `mfr`, where everything about the mother stands twice. The mistake lies deeper: `Birth` is not one thing.
#
# ## 3 What is there, really?
#
# This is how the midwife tells it:
#
# > "A **woman** may be pregnant several times. Each **pregnancy** has a number with her, a due date, and the answer to whether she smoked when it began. It may result in one child, or several, or none. Each **child** has its own time of birth, its own weight and its own Apgar score. There are usually two **midwives** present: one delivers, one assists. Sometimes we do not get there in time. During the pregnancy the woman may have several **admissions** here."
#
# Nouns that we want to know more about become entity types. The verbs between them become **relationships**: the pregnancy *gives* children, the midwife *attends*. What we only want the value of, such as due date and weight, becomes attributes.

# %%
MODEL = """
entity Woman { fnr key, given_name, family_name }
weak entity Pregnancy of Woman 0..n by carries { number: integer partial key, due_date: date, smoking_start }
weak entity Child of Pregnancy 0..n by gives {
    birth_order: integer partial key
    born: time, weight_g: integer, apgar_5: integer, days_before_due: integer derived
}
entity Midwife { hpr key, name }
entity Admission { stay_id: integer key, start: time, stop: time }
relationship attends (Midwife 0..n, Child 0..n) { role }
relationship during (Pregnancy 0..n, Admission 1..1)
"""
model = er.parse(MODEL)
model

# %% [markdown] lang="nb"
# Slik leses tegningen (figurene er Chens, fra 1976; tallene skrives som hos Elmasri og Navathe):
#
# - **Rombe**: et forhold. **Stiplet ellipse**: et **avledet attributt**, som regnes ut og aldri skrives. Hvor mange dager før termin barnet kom, følger av klokkeslettet og terminen. I `mfr` ble svangerskapets varighet tastet inn for hvert barn.
# - **Dobbel ramme**: en **svak entitetstype** (*weak entity*). Den kan ikke kjennes igjen uten sin eier. «Svangerskap nummer 3» sier ingenting før vi vet *hvem* sitt. Nummeret er bare en **delnøkkel**, med stiplet understreking, og den doble romben er det **identifiserende forholdet**.
# - **Tallene** er **kardinaliteten** (*cardinality*): hvor mange ganger hver enkelt er med, minst og mest. `Pregnancy 0..n` ved `gives`: ett svangerskap gir fra null til mange barn.
#
# Hvorfor er ikke barnets fødselsnummer nøkkel? Spør den av dere som har vært på en fødestue. Barnet er født *før* det får noe nummer, og et dødfødt barn får aldri noe. Meldes skal det likevel. Rekkefølgen i svangerskapet har alle.
#
# ## 4 Samme modell, en annen tegning
#
# I systemdokumentasjon møter du oftere **kråkefot**. Se på streken mellom `Pregnancy` og `Admission`. På hvilken side står «mange»?

# %% [markdown] lang="en"
# How to read the drawing (the shapes are Chen's, from 1976; the numbers are written as by Elmasri and Navathe):
#
# - **Diamond**: a relationship. **Dashed ellipse**: a **derived attribute**, which is worked out and never written. How many days before the due date the child came follows from the time of birth and the due date. In `mfr` the length of the pregnancy was typed in for each child.
# - **Double frame**: a **weak entity type**. It cannot be recognised without its owner. "Pregnancy number 3" says nothing until we know *whose*. The number is only a **partial key**, with a dashed underline, and the double diamond is the **identifying relationship**.
# - **The numbers** are the **cardinality**: how many times each one takes part, at least and at most. `Pregnancy 0..n` at `gives`: one pregnancy gives from none to many children.
#
# Why is the child's national identity number not the key? Ask the one of you who has been in a delivery room. The child is born *before* it gets any number, and a stillborn child never gets one. It must be notified all the same. All of them have an order within the pregnancy.
#
# ## 4 The same model, another drawing
#
# In the documentation of systems you more often meet **crow's feet**. Look at the line between `Pregnancy` and `Admission`. On which side does "many" stand?

# %%
model.crows_foot()

# %% [markdown] lang="nb"
# Her står foten på *motsatt* side. Tallene i tegningen med romber står ved den det gjelder: `Pregnancy 0..n`, *jeg* kan være med mange ganger. Kråkefoten står ved den andre: se bortover streken for å finne hvor mange *jeg* har. Chen selv skrev bare 1, N og M, og på samme side som foten. Sjekk derfor alltid hvordan en tegning skal leses. Og `attends` har fått sin egen boks, siden en strek ikke har plass til en rolle. Den kommer vi tilbake til.
#
# Mange bytter om på de to måtene å lese på. Hva påstår modellen da?

# %% [markdown] lang="en"
# Here the foot stands on the *opposite* side. The numbers in the drawing with diamonds stand beside the one that they speak of: `Pregnancy 0..n`, *I* may take part many times. The crow's foot stands beside the other: look along the line to find how many *I* have. Chen himself wrote only 1, N and M, on the same side as the foot. So always check how a drawing is to be read. And `attends` has been given a box of its own, since a line has no room for a role. We return to that.
#
# Many people swap the two ways of reading. What does the model then claim?

# %%
turned = MODEL.replace("(Pregnancy 0..n, Admission 1..1)", "(Pregnancy 1..1, Admission 0..n)")
er.compare(turned, MODEL)

# %% [markdown] lang="nb"
# Den ombyttede modellen sier at hvert svangerskap har nøyaktig én innleggelse, og at én innleggelse kan gjelde mange svangerskap. Da får den gravide som ble innlagt i uke 30, ikke komme tilbake for å føde. Les alltid et forhold høyt, *begge* veier, for en som kjenner avdelingen: «Én innleggelse gjelder … svangerskap. Ett svangerskap har … innleggelser.»
#
# ## 5 Hvor hører rollen hjemme?
#
# `attends` har mange på begge sider: et **mange-til-mange-forhold**. Og det har et attributt, `role`. Kunne rollen stått hos jordmoren? Nei, for Kari tar imot det ene barnet og assisterer ved det andre. Hos barnet? Nei, for det var to til stede. Rollen hører til *møtet* mellom de to, altså til forholdet.
#
# Hvor skal den stå når modellen blir til tabeller? Det finnes faste regler, én for hver ting i tegningen. Her er de, brukt på vår modell:

# %% [markdown] lang="en"
# The swapped model says that each pregnancy has exactly one admission, and that one admission may concern many pregnancies. Then a woman who was admitted in week 30 may not come back to give birth. Always read a relationship aloud, *both* ways, to somebody who knows the ward: "One admission concerns … pregnancies. One pregnancy has … admissions."
#
# ## 5 Where does the role belong?
#
# `attends` has many on both sides: a **many-to-many relationship**. And it has an attribute, `role`. Could the role stand with the midwife? No, since Kari delivers one child and assists with another. With the child? No, since two were present. The role belongs to the *meeting* of the two, that is, to the relationship.
#
# Where will it stand when the model becomes tables? There are fixed rules, one for each thing in the drawing. Here they are, used on our model:

# %%
tables = model.to_relational()
display(tables, er.diagram(tables.metadata))

# %% [markdown] lang="nb"
# Les trinnene ett for ett, og finn hvert i tegningen. Mange-til-mange-forholdet ble en **koblingstabell** (*junction table*) med begge nøklene og rollen. Et en-til-mange-forhold trenger ingen egen tabell: den som er med høyst én gang, får en **fremmednøkkel**. Punktlisten sier det modellen vet, men tabellene ikke kan passe på alene. Nederst er tabellene tegnet, med kråkefot.
#
# ## 6 Samme uke, nye tabeller
#
# Nå prøver vi den samme uka. Tvillingene kom på hver sin side av midnatt, og Liv kom til nummer to.

# %% [markdown] lang="en"
# Read the steps one by one, and find each in the drawing. The many-to-many relationship became a **junction table** with both keys and the role. A one-to-many relationship needs no table of its own: the side that takes part at most once gets a **foreign key**. The list of points tells what the model knows but the tables cannot look after by themselves. At the bottom the tables are drawn, with crow's feet.
#
# ## 6 The same week, new tables
#
# Now we try the same week. The twins came on either side of midnight, and Liv arrived for number two.

# %%
ward = practice("duckdb").connect()
ward.execute(tables.ddl())
rows = {
    "woman": "('01877012345', 'Åse', 'Øveli'), ('14889112345', 'Ine', 'Prøveli')",
    "midwife": "('9900001', 'Kari'), ('9900002', 'Liv')",
    "pregnancy": "('01877012345', 3, '2024-06-20', 'no'), ('14889112345', 1, '2024-09-01', NULL)",
    "child": """('01877012345', 3, 1, '2024-05-30 23:52', 2480, 9),
                ('01877012345', 3, 2, '2024-05-31 00:07', 2310, 8)""",
    "attends": """('9900001', '01877012345', 3, 1, 'delivers'),
                  ('9900001', '01877012345', 3, 2, 'assists'),
                  ('9900002', '01877012345', 3, 2, 'delivers')""",
}
for name, values in rows.items():
    print(f"{name:10}", refused(ward, f"INSERT INTO {name} VALUES {values}") or "OK")

# %% [markdown] lang="nb"
# Alt fikk plass: tvillinger, to jordmødre, og Ine, som ikke har født ennå. Der er også svaret til jordmoren. Meldingen er ikke noe som *skrives*. Den er en **spørring**, én rad for hvert barn, satt sammen av fakta som står ett sted hver:

# %% [markdown] lang="en"
# Everything found room: twins, two midwives, and Ine, who has not given birth yet. There is the answer to the midwife, too. The notification is not something that is *written*. It is a **query**, one row for each child, put together of facts that stand in one place each:

# %%
NOTIFICATION = """
SELECT fnr, family_name, number, birth_order, born, weight_g, smoking_start,
       date_diff('day', born::DATE, due_date) AS days_before_due
FROM child
JOIN pregnancy ON pregnancy.woman_fnr = child.pregnancy_woman_fnr
    AND pregnancy.number = child.pregnancy_number
JOIN woman ON woman.fnr = pregnancy.woman_fnr
ORDER BY birth_order"""
display(ward.sql(NOTIFICATION).df())
ward.execute("UPDATE pregnancy SET due_date = '2024-06-17', smoking_start = 'yes' WHERE number = 3")
ward.sql(NOTIFICATION).df()

# %% [markdown] lang="nb"
# Den andre tabellen er den samme spørringen etter at *én* rad ble rettet. Begge tvillingene følger med, hver med sin egen fødselsdato og derfor hvert sitt antall dager. De kan ikke lenger bli uenige om moren.
#
# ## 7 Samme svar fra den andre siden
#
# Kunne vi sett at den brede tabellen var dårlig uten å tegne? Ja. En **funksjonell avhengighet** (*functional dependency*), `A → B`, sier at rader som er like i A, også er like i B. Her er reglene jordmoren ga oss, som avhengigheter i skjemaet:

# %% [markdown] lang="en"
# The second table is the same query after *one* row was mended. Both twins follow, each with its own date of birth and so its own number of days. They can no longer disagree about their mother.
#
# ## 7 The same answer from the other side
#
# Could we have seen without drawing that the wide table was a bad one? Yes. A **functional dependency**, `A → B`, says that rows that are alike in A are alike in B too. Here are the midwife's rules, as dependencies of the form:

# %%
FORM = ["mother", "pregnancy", "child", "name", "due", "smoking", "born", "weight"]
RULES = [
    (["mother"], ["name"]),
    (["mother", "pregnancy"], ["due", "smoking"]),
    (["mother", "pregnancy", "child"], ["born", "weight"]),
]
steps = []
normal.closure(["mother", "pregnancy"], RULES, trace=steps)
steps.append("")
keys = normal.candidate_keys(FORM, RULES, trace=steps)
print("\n".join(steps))

# %% [markdown] lang="nb"
# De første linjene er **tillukningen** (skrevet med +): alt som følger av at vi kjenner mor og svangerskap. Barnets vekt er ikke med, for et svangerskap kan gi flere barn. Den siste linjen er **kandidatnøkkelen**: mor, svangerskap og barn skiller alle radene, og ingen av de tre kan tas bort.
#
# I en god tabell handler alt annet om nøkkelen, hele nøkkelen og ikke noe annet enn nøkkelen (regelen er Kents, 1983). Gjør det det her?

# %% [markdown] lang="en"
# The first lines are the **closure** (written with +): everything that follows from knowing mother and pregnancy. The child's weight is not there, since a pregnancy may give several children. The last line is the **candidate key**: mother, pregnancy and child tell all rows apart, and none of the three can be taken away.
#
# In a good table everything else is about the key, the whole key, and nothing but the key (the rule is Kent's, 1983). Is it so here?

# %%
steps = []
form = normal.normal_form(FORM, RULES, trace=steps)
print(f"{form}:", *steps, sep="\n  ")
for part in normal.synthesise(FORM, RULES):
    names = ", ".join(sorted(part, key=FORM.index))
    print(f"{normal.normal_form(part, normal.project(RULES, part))}: {names}")

# %% [markdown] lang="nb"
# Skjemaet er bare i **første normalform** (1NF): navnet henger på en *del* av nøkkelen. I **andre** (2NF) finnes ikke slikt. I **tredje** (3NF) henger heller ingenting på noe som ikke er en nøkkel. BCNF er enda litt strengere. Delt opp etter avhengighetene blir det tre tabeller. Kjenner du dem igjen? Det er `child`, `pregnancy` og `woman`. To veier, samme mål: den ene begynner med en som forteller, den andre med et skjema.
#
# Kan vi ikke la datamaskinen finne avhengighetene i dataene? Vi prøver én: bestemmer fødselsdato og fødselsvekt Apgar-skåren?

# %% [markdown] lang="en"
# The form is in **first normal form** (1NF) only: the name hangs on a *part* of the key. In the **second** (2NF) there is no such thing. In the **third** (3NF) nothing hangs on something that is no key either. BCNF is a little stricter still. Divided by the dependencies, it becomes three tables. Do you recognise them? They are `child`, `pregnancy` and `woman`. Two roads, one goal: one begins with somebody who tells, the other with a form.
#
# Can we not let the computer find the dependencies in the data? We try one: do date of birth and birth weight determine the Apgar score?


# %%
def most(left: list[str], right: str) -> int:
    """Count the most different values of one column among rows alike in others."""
    return int(mfr.groupby(left)[right].nunique().max())


rules = {"apgar5": ["fodselsdato", "fodselsvekt"]}
rules["svangerskapsvarighet_dager"] = ["mor_lopenr", "fodselsdato"]
for right, left in rules.items():
    print(f"{', '.join(left)} -> {right}: {most(left, right)}")

# %% [markdown] lang="nb"
# Står det 1, har ingen rad sagt imot. Den første avhengigheten er tilfeldig: få barn har både dato og vekt felles, så det er nesten ingen å sammenligne. Ingen jordmor tror på den. Den andre er sann om svangerskap, men viser et høyere tall når noen har tastet feil. Data kan *motsi* en avhengighet eller la være. Om den er *sann*, vet bare den som kjenner virkeligheten. Derfor må dere være to.
#
# ## 8 FHIR: en ressurs er flere tabeller
#
# Meldingen skal sendes. **FHIR** er en standard for å utveksle helsedata, der hver **ressurs** er en ferdig liten modell som partene er enige om. Her er tvilling nummer to som `Patient` i versjon R5, slik et system kunne ha sendt henne:

# %% [markdown] lang="en"
# Where it says 1, no row has spoken against it. The first dependency is a coincidence: few children share both date and weight, so there is hardly anybody to compare. No midwife believes in it. The second is true of pregnancies, but shows a higher number when somebody has typed wrong. Data can *contradict* a dependency or fail to. Whether it is *true* is known only to somebody who knows reality. That is why there must be two of you.
#
# ## 8 FHIR: one resource is several tables
#
# The notification is to be sent. **FHIR** is a standard for exchanging health data, in which each **resource** is a small ready-made model that the parties agree on. Here is twin number two as a `Patient` in version R5, as a system might have sent her:

# %%
twin = {
    "resourceType": "Patient",
    "id": "twin-2",
    "name": [
        {"use": "temp", "text": "Jente 2 Øveli"},
        {"use": "official", "family": "Øveli", "given": ["Ea", "Marie"]},
    ],
    "gender": "jente",
    "birthDate": "2024-05-31",
    "multipleBirthInteger": 2,
}
interop.tree(twin)

# %% [markdown] lang="nb"
# Kardinalitetene står i blått, som i ER: `0..1` er høyst én, `0..*` er så mange du vil. `multipleBirthInteger` er rekkefølgen, vår delnøkkel. Hvor mange tabeller må til for å lagre dette uten lister inne i ruter? Gjett, og tell så.

# %% [markdown] lang="en"
# The cardinalities are in blue, as in ER: `0..1` is at most one, `0..*` is as many as you like. `multipleBirthInteger` is the order, our partial key. How many tables does it take to store this without lists inside boxes? Guess, and then count.

# %%
for name, table in interop.flatten(twin).items():
    display(table.fillna("").rename_axis(name, axis="columns"))

# %% [markdown] lang="nb"
# Tre: én for pasienten, og én for hvert `*`. Se på nøklene: `patient_name` kjennes på `patient_id` og et løpenummer. Det er en svak entitetstype, med pasienten som eier. Et navn kan ha flere fornavn, så det eier en svak entitetstype i sin tur.
#
# Så du feilen? `gender` er «jente». Strukturen er det ingenting i veien med: `gender` er én kode, og det står én der. Derfor slipper `read`, som bare ser på strukturen, den gjennom.

# %% [markdown] lang="en"
# Three: one for the patient, and one for each `*`. Look at the keys: `patient_name` is recognised by `patient_id` and a serial number. That is a weak entity type, with the patient as its owner. A name may have several given names, so it owns a weak entity type in its turn.
#
# Did you see the mistake? `gender` is "jente" (girl). There is nothing wrong with the structure: `gender` is one code, and there is one. So `read`, which looks at the structure alone, lets it through.

# %%
print("read: ", interop.read(twin)["gender"])
for finding in interop.check(twin, mapping=False):
    print("check:", finding)
print("check:", interop.check(twin | {"gender": "female"}, mapping=False))

# %% [markdown] lang="nb"
# For noen felt sier standarden hvilke koder som gjelder, og ingen andre: en **påkrevd binding**. En mottaker som ikke sjekker den, får «jente», «kvinne», «K» og «2» i samme kolonne.
#
# ## 9 openEHR: klinikernes egen modell
#
# ER-modellen lagde vi selv. FHIR-ressursen er lik over hele verden. Mellom de to ligger spørsmålet om hva som *klinisk* hører til, for eksempel i en blodtrykksmåling ved svangerskapskontrollen. I openEHR svarer klinikere på det én gang, i en **arketype** (*archetype*): et tre over alt som *kan* registreres om én ting. Her er en liten en, laget for kurset:

# %% [markdown] lang="en"
# For some elements the standard says which codes are allowed, and no others: a **required binding**. A receiver that does not check it gets "jente", "kvinne", "K" and "2" in one column.
#
# ## 9 openEHR: the clinicians' own model
#
# The ER model we made ourselves. The FHIR resource is the same all over the world. Between the two lies the question of what belongs *clinically*, for example in a blood pressure taken at an antenatal check-up. In openEHR clinicians answer that once, in an **archetype**: a tree of everything that *may* be recorded about one thing. Here is a small one, made for the course:

# %%
pressure = interop.archetype.example()
pressure

# %% [markdown] lang="nb"
# Les den fra venstre mot høyre. `1..1` må være med, `0..1` kan være med, `1..*` er én eller flere. Bladene sier også *hva* som kan stå der: et tall med enhet, en tekst, ett av noen få valg. Systemet kan lage skjermbildet av treet og prøve det som skrives, mot det. Hvilke av de tre målingene under tror du går gjennom?

# %% [markdown] lang="en"
# Read it from left to right. `1..1` must be there, `0..1` may be there, `1..*` is one or more. The leaves also say *what* may stand there: a number with a unit, a text, one of a few choices. The system can make the screen from the tree and try what is written against it. Which of the three measurements below do you think gets through?

# %%
measured = [
    {"Systolic": (132, "mm[Hg]"), "Diastolic": (84, "mm[Hg]"), "Position": "Sitting"},
    {"Systolic": (17.6, "kPa"), "Diastolic": (84, "mm[Hg]")},
    {"Systolic": (132, "mm[Hg]"), "Position": "in bed"},
]
for number, values in enumerate(measured, start=1):
    for finding in pressure.validate(values) or ["OK"]:
        print(number, finding)

# %% [markdown] lang="nb"
# Samme tre ideer hele veien, i tre drakter:
#
# | | ER-modell | FHIR | openEHR |
# |---|---|---|---|
# | det vi lagrer noe om | entitetstype | ressurs | arketype |
# | en egenskap | attributt | element | element (blad i treet) |
# | hvor mange | `0..1`, `1..n` | `0..1`, `1..*` | `0..1`, `1..*` |
# | lovlige verdier | domene, `CHECK` | binding til kodeverk | enheter og valg i bladet |
# | hvem bestemmer | de som lager systemet | HL7, med nasjonale profiler | klinikere; i Norge på arketyper.no |
# | brukes mest til | å lage en database | å sende data | å bygge journalen |
#
# ## Dette så vi
#
# - **Hvert faktum ett sted.** Én bred tabell ba om det samme to ganger, og tvillingradene ble uenige. Entitetstyper, forhold og kardinaliteter sier hva som hører til hva (F2).
# - **En modell blir tabeller etter faste regler.** Svake entitetstyper får eierens nøkkel med seg, mange-til-mange blir en koblingstabell, og meldingen blir en spørring (F2, K6).
# - **Nøkler og normalformer fører til det samme fra andre siden.** Data kan motsi en avhengighet, men bare den som kjenner faget, vet om den er sann (K6).
# - **FHIR og openEHR er informasjonsmodeller.** Stjernen blir en tabell, og strukturen alene er ikke nok: koder må sjekkes (F2).
#
# **Les mer.** Chen PP: «The entity-relationship model: toward a unified view of data», *ACM TODS* 1976, [doi 10.1145/320434.320440](https://doi.org/10.1145/320434.320440). Elmasri R og Navathe SB: *Fundamentals of Database Systems*, 7. utgave, 2016, kapittel 3. Codd EF: «A relational model of data for large shared data banks», *Communications of the ACM* 1970, [doi 10.1145/362384.362685](https://doi.org/10.1145/362384.362685), og «Further normalization of the data base relational model», 1972 (andre og tredje normalform). Kent W: «A simple guide to five normal forms in relational database theory», *Communications of the ACM* 1983, [doi 10.1145/358024.358054](https://doi.org/10.1145/358024.358054). Irgens LM: «The Medical Birth Registry of Norway», *Acta Obstet Gynecol Scand* 2000, [doi 10.1034/j.1600-0412.2000.079006435.x](https://doi.org/10.1034/j.1600-0412.2000.079006435.x). [Patient i FHIR R5](https://hl7.org/fhir/R5/patient.html) (5.0.0, mars 2023). Ulriksen GH og Pedersen R: «Structuring the EPRs; the national development of archetypes for core functionality», *International Journal on Advances in Life Sciences* 2016, 8(3–4). Plikten til å melde fødsler og svangerskapsavbrudd etter tolvte uke: [helsepersonelloven § 35](https://www.helsedirektoratet.no/rundskriv/helsepersonelloven-med-kommentarer/meldeplikt).
#
# **Neste steg:** oppgavene i `04_er_model` under *Oppgaver*.

# %% [markdown] lang="en"
# The same three ideas all the way, in three guises:
#
# | | ER model | FHIR | openEHR |
# |---|---|---|---|
# | what we store facts about | entity type | resource | archetype |
# | a property | attribute | element | element (a leaf of the tree) |
# | how many | `0..1`, `1..n` | `0..1`, `1..*` | `0..1`, `1..*` |
# | allowed values | domain, `CHECK` | binding to a code system | units and choices in the leaf |
# | who decides | those who make the system | HL7, with national profiles | clinicians; in Norway at arketyper.no |
# | mostly used for | making a database | sending data | building the record |
#
# ## What we saw
#
# - **Each fact in one place.** One wide table asked for the same thing twice, and the rows of twins came to disagree. Entity types, relationships and cardinalities say what belongs to what (F2).
# - **A model becomes tables by fixed rules.** Weak entity types take their owner's key along, many-to-many becomes a junction table, and the notification becomes a query (F2, K6).
# - **Keys and normal forms lead to the same from the other side.** Data can contradict a dependency, but only somebody who knows the field knows whether it is true (K6).
# - **FHIR and openEHR are information models.** The star becomes a table, and structure alone is not enough: codes must be checked (F2).
#
# **Read more.** Chen PP: "The entity-relationship model: toward a unified view of data", *ACM TODS* 1976, [doi 10.1145/320434.320440](https://doi.org/10.1145/320434.320440). Elmasri R and Navathe SB: *Fundamentals of Database Systems*, 7th edition, 2016, chapter 3. Codd EF: "A relational model of data for large shared data banks", *Communications of the ACM* 1970, [doi 10.1145/362384.362685](https://doi.org/10.1145/362384.362685), and "Further normalization of the data base relational model", 1972 (second and third normal form). Kent W: "A simple guide to five normal forms in relational database theory", *Communications of the ACM* 1983, [doi 10.1145/358024.358054](https://doi.org/10.1145/358024.358054). Irgens LM: "The Medical Birth Registry of Norway", *Acta Obstet Gynecol Scand* 2000, [doi 10.1034/j.1600-0412.2000.079006435.x](https://doi.org/10.1034/j.1600-0412.2000.079006435.x). [Patient in FHIR R5](https://hl7.org/fhir/R5/patient.html) (5.0.0, March 2023). Ulriksen GH and Pedersen R: "Structuring the EPRs; the national development of archetypes for core functionality", *International Journal on Advances in Life Sciences* 2016, 8(3–4). The duty to notify births, and pregnancies ended after the twelfth week: [the Health Personnel Act, section 35](https://www.helsedirektoratet.no/rundskriv/helsepersonelloven-med-kommentarer/meldeplikt) (in Norwegian).
#
# **Next:** the tasks in `04_er_model` under *Exercises*.
