"""Named sets of harm weights, with edition and citation.

The weight of a crime type is the mean Crime Severity weight of the offences in it (Office for National Statistics,
*Crime Severity Score*, weights of about 2020: days of sentence as courts give them), each offence counted as often
as it was recorded in 2017/18: by the 43 territorial forces of England and Wales for police.uk categories and the
sub-groups of recorded crime, by the Metropolitan Police for its own offence types. The derivation is
`docs/derivations/harm_weights.py` (of the sub-groups `docs/derivations/offence_groups.py`).

One weight on a broad category is *severity-scaled volume*, not measured harm: within violence and sexual offences
the mean runs from 216 to 407 by force. Types without a weight (fraud reported to the national bureau, anti-social
behaviour) add no harm.
"""

from __future__ import annotations

from collections.abc import Mapping

EDITION = "ONS Crime Severity weights (edition of about 2020) x recorded crime 2017/18"

HARM_WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "police_uk": {
        "Bicycle theft": 15.18,
        "Burglary": 380.49,
        "Criminal damage and arson": 18.26,
        "Drugs": 103.44,
        "Other crime": 118.35,
        "Other theft": 46.26,
        "Possession of weapons": 154.16,
        "Public order": 18.50,
        "Robbery": 799.63,
        "Shoplifting": 11.86,
        "Theft from the person": 80.41,
        "Vehicle crime": 51.98,
        "Violence and sexual offences": 280.00,
    },
    "metropolitan": {
        "AGGRAVATED VEHICLE TAKING": 53.45,
        "ARSON": 352.56,
        "BICYCLE THEFT": 15.18,
        "BURGLARY - RESIDENTIAL": 484.74,
        "BURGLARY BUSINESS AND COMMUNITY": 128.37,
        "BURGLARY IN A DWELLING": 484.74,
        "BURGLARY NON-DWELLING": 128.37,
        "CRIMINAL DAMAGE": 5.47,
        "DEATH SERIOUS INJURY ILLEGAL DRIVING": 972.49,
        "DOMESTIC BURGLARY": 484.74,
        "FRAUD AND FORGERY": 141.27,
        "HOMICIDE": 7973.39,
        "INTERFERING WITH A MOTOR VEHICLE": 9.31,
        "MISC CRIMES AGAINST SOCIETY": 116.01,
        "OTHER OFFENCES PUBLIC ORDER": 72.51,
        "OTHER SEXUAL OFFENCES": 546.20,
        "OTHER THEFT": 48.27,
        "POSSESSION OF DRUGS": 2.67,
        "POSSESSION OF WEAPONS": 120.24,
        "PUBLIC FEAR ALARM OR DISTRESS": 6.81,
        "RACE OR RELIGIOUS AGG PUBLIC FEAR": 12.76,
        "RAPE": 3091.40,
        "RES BURGLARY OF A HOME": 484.74,
        "RES BURGLARY OF UNCONNECTED BUILDING": 484.74,
        "ROBBERY OF BUSINESS PROPERTY": 799.63,
        "ROBBERY OF PERSONAL PROPERTY": 799.63,
        "SHOPLIFTING": 11.86,
        "STALKING AND HARASSMENT": 23.46,
        "THEFT FROM A VEHICLE": 32.92,
        "THEFT FROM THE PERSON": 80.41,
        "THEFT OR UNAUTH TAKING OF A MOTOR VEH": 128.43,
        "TRAFFICKING OF DRUGS": 512.96,
        "VIOLENCE WITH INJURY": 330.28,
        "VIOLENCE WITHOUT INJURY": 42.18,
        "VIOLENT DISORDER": 362.90,
    },
    "subgroup": {
        "Arson": 285.31,
        "Bicycle theft": 15.18,
        "Criminal damage": 5.43,
        "Domestic burglary": 484.25,
        "Homicide": 7973.39,
        "Miscellaneous crimes": 118.35,
        "Non-domestic burglary": 128.05,
        "Other sexual offences": 622.55,
        "Other theft offences": 46.26,
        "Possession of drugs": 3.38,
        "Possession of weapons offences": 154.16,
        "Public order offences": 18.50,
        "Rape offences": 3109.89,
        "Robbery of business property": 799.63,
        "Robbery of personal property": 799.63,
        "Shoplifting": 11.86,
        "Stalking and harassment": 25.52,
        "Theft from a vehicle": 32.92,
        "Theft from the person": 80.41,
        "Theft of a motor vehicle": 124.54,
        "Trafficking of drugs": 512.96,
        "Vehicle interference": 9.31,
        "Violence with injury": 319.19,
        "Violence without injury": 45.37,
    },
    "own": {},
}
"""Mean Crime Severity weight by crime vocabulary and type; files that name no offences have none."""
