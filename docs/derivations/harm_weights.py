"""How the harm weights in tipping_point/measures/harm.py were derived; run it to see them again.

    python docs/derivations/harm_weights.py FOLDER

FOLDER holds `policeuk-ons-code-join.csv` (134 Home Office offence codes with the Office for National Statistics'
Crime Severity weight, edition of about 2020; joined by M-O-P-D/Police-Supply-Demand, MIT, from OGL sources) and
`prc-pfa-201718_new.csv` (Home Office recorded crime 2017/18 by force and offence code, as edited by
crime-sim-toolkit, MIT). A type's weight is the mean severity weight of the offences in it, each counted as often as
it was recorded in 2017/18: in the 43 territorial forces of England and Wales for police.uk categories, by the
Metropolitan Police for its own offence types.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

NOT_TERRITORIAL = ("Action Fraud", "British Transport Police", "CIFAS", "Financial Fraud Action UK", "UK Finance")
DRIVING = ("37.1", "4.4", "4.6", "4.8", "4.9")
FRAUD = ("33A", "60", "61", "61A", "814")

SUBGROUPS = {
    "BICYCLE THEFT": ["Bicycle theft"],
    "BURGLARY - RESIDENTIAL": ["Domestic burglary"],
    "BURGLARY BUSINESS AND COMMUNITY": ["Non-domestic burglary"],
    "BURGLARY IN A DWELLING": ["Domestic burglary"],
    "BURGLARY NON-DWELLING": ["Non-domestic burglary"],
    "CRIMINAL DAMAGE": ["Criminal damage"],
    "ARSON": ["Arson"],
    "DOMESTIC BURGLARY": ["Domestic burglary"],
    "HOMICIDE": ["Homicide"],
    "INTERFERING WITH A MOTOR VEHICLE": ["Vehicle interference"],
    "MISC CRIMES AGAINST SOCIETY": ["Miscellaneous crimes"],
    "OTHER SEXUAL OFFENCES": ["Other sexual offences"],
    "OTHER THEFT": ["Other theft offences"],
    "POSSESSION OF DRUGS": ["Possession of drugs"],
    "POSSESSION OF WEAPONS": ["Possession of weapons offences"],
    "RAPE": ["Rape offences"],
    "RES BURGLARY OF A HOME": ["Domestic burglary"],
    "RES BURGLARY OF UNCONNECTED BUILDING": ["Domestic burglary"],
    "ROBBERY OF BUSINESS PROPERTY": ["Robbery of business property"],
    "ROBBERY OF PERSONAL PROPERTY": ["Robbery of personal property"],
    "SHOPLIFTING": ["Shoplifting"],
    "STALKING AND HARASSMENT": ["Stalking and harassment"],
    "THEFT FROM A VEHICLE": ["Theft from a vehicle"],
    "THEFT FROM THE PERSON": ["Theft from the person"],
    "TRAFFICKING OF DRUGS": ["Trafficking of drugs"],
    "VIOLENCE WITH INJURY": ["Violence with injury"],
    # The 24-month tables fold stalking and harassment in; the historical table shows it beside.
    "VIOLENCE WITHOUT INJURY": ["Violence without injury", "Stalking and harassment"],
}
"""Metropolitan offence type -> sub-groups of the recorded-crime table."""

CODES = {
    "AGGRAVATED VEHICLE TAKING": ["37.2"],
    "DEATH SERIOUS INJURY ILLEGAL DRIVING": list(DRIVING),
    "FRAUD AND FORGERY": list(FRAUD),
    "OTHER OFFENCES PUBLIC ORDER": ["66"],
    "PUBLIC FEAR ALARM OR DISTRESS": ["9A"],
    "RACE OR RELIGIOUS AGG PUBLIC FEAR": ["9B"],
    "THEFT OR UNAUTH TAKING OF A MOTOR VEH": ["48"],
    "VIOLENT DISORDER": ["62A"],
}
"""Metropolitan offence type -> Home Office offence codes, where a sub-group is too wide."""


def read_offences(folder: Path) -> pd.DataFrame:
    """Recorded offences of 2017/18 with their severity weight: force, subgroup, code, category, offences, weight."""
    weights = pd.read_csv(folder / "policeuk-ons-code-join.csv", dtype={"ONS_COUNTS_code": str})
    weights = weights.dropna(subset=["ONS_COUNTS_code"]).drop_duplicates("ONS_COUNTS_code")
    recorded = pd.read_csv(folder / "prc-pfa-201718_new.csv", dtype={"Offence_Code": str})
    joined = recorded.merge(weights, left_on="Offence_Code", right_on="ONS_COUNTS_code", how="left")
    return pd.DataFrame(
        {
            "force": joined["Force_Name"],
            "subgroup": joined["Offence_Subgroup"],
            "code": joined["Offence_Code"],
            "category": joined["POLICE_UK_CAT_MAP_category"].str.capitalize(),
            "offences": pd.to_numeric(joined["Number_of_Offences"], errors="coerce").fillna(0),
            "weight": joined["ONS_SEVERITY_weight"],
        }
    )


def mean_weight(offences: pd.DataFrame) -> float:
    """Mean severity weight, each offence counted as often as it was recorded."""
    known = offences.dropna(subset=["weight"])
    return float((known["offences"] * known["weight"]).sum() / known["offences"].sum())


def police_uk_weights(offences: pd.DataFrame) -> pd.Series:
    """Mean weight per police.uk category over the territorial forces of England and Wales."""
    national = offences[~offences["force"].isin(NOT_TERRITORIAL)]
    return pd.Series({category: mean_weight(rows) for category, rows in national.groupby("category")})


def metropolitan_weights(offences: pd.DataFrame) -> pd.Series:
    """Mean weight per Metropolitan offence type over the offences that the Metropolitan Police recorded."""
    own = offences[offences["force"] == "Metropolitan Police"]
    # Types that are listed by code take these codes out of the sub-groups that hold them.
    taken = {code for codes in CODES.values() for code in codes}
    rest = own[~own["code"].isin(taken)]
    parts = {name: rest[rest["subgroup"].isin(groups)] for name, groups in SUBGROUPS.items()}
    parts |= {name: own[own["code"].isin(codes)] for name, codes in CODES.items()}
    return pd.Series({name: mean_weight(rows) for name, rows in sorted(parts.items())})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    offences = read_offences(parser.parse_args().folder)
    for title, weights in (
        ("police.uk", police_uk_weights(offences)),
        ("Metropolitan", metropolitan_weights(offences)),
    ):
        print(title)
        print(weights.round(2).to_string())


if __name__ == "__main__":
    main()
