"""The registry extracts as delivered, and who stands behind their pseudonyms.

One module a registry, each with a step that reads what the world knows and writes what the register
got to see, in its own names, codings, formats and unit of observation:

    hospital     npr       stays and outpatient contacts; municipality numbers of the time
    primary      kpr       GP and out-of-hours contacts since July 2016; numbers of 2024
    dispensed    lmr       drugs collected at pharmacies; municipality by name
    death        dar       causes of death, codes without the dot
    birth        mfr       children born, mother and child linked; numbers as integers
    cancer       kreft     tumours in ICD-O-3, by month; 98.8 % complete
    infarction   infarkt   infarctions since 2013, transfers joined; about 90 % complete
    diabetes     diabetes  yearly check-ups; not every clinic reports
    vaccination  sysvak    influenza and COVID-19

Missing cases are no defects: registries are like that. Defects are planted later.
"""
