"""How tipping_point/facts/offence_groups.toml was made; run it to make it again.

    python docs/derivations/offence_groups.py FOLDER > tipping_point/facts/offence_groups.toml

FOLDER holds `policeuk-ons-code-join.csv` (134 Home Office offence codes with the Office for National Statistics'
Crime Severity weight, edition of about 2020, and the police.uk category; joined by M-O-P-D/Police-Supply-Demand, MIT,
from OGL sources), `CrimeCatMappings.csv` (offence code, sub-group and police.uk category) and
`prc-pfa-201718_new.csv` (Home Office recorded crime 2017/18 by force and offence code, both as edited by
crime-sim-toolkit, MIT). A sub-group's weight is the mean severity weight of the offences in it, each counted as often
as the 43 territorial forces of England and Wales recorded it in 2017/18.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from harm_weights import NOT_TERRITORIAL, mean_weight, read_offences

# Recorded by national bodies, never by a force.
NOT_A_FORCE = {"AF", "CIFAS", "FFA UK", "UK Finance"}
# The sub-groups write the four codes of homicide as one, and lack the rape codes of several undefined offenders.
ADDED = {"1": "Homicide", "4.1": "Homicide", "4.10": "Homicide", "4.2": "Homicide",
         "19J": "Rape offences", "19K": "Rape offences"}  # fmt: skip

HEAD = """\
# Home Office counting-rule offence codes -> sub-group of the recorded-crime tables -> police.uk category, and the mean
# Crime Severity weight of each sub-group. Made by docs/derivations/offence_groups.py, which says how.

[source]
title = "Home Office offence codes, sub-groups of recorded crime, police.uk categories, Crime Severity weights"
publisher = "Home Office; Office for National Statistics; data.police.uk"
licence = "Open Government Licence v3.0"
attribution = "Contains public sector information licensed under the Open Government Licence v3.0."
joined_by = "M-O-P-D/Police-Supply-Demand and crime-sim-toolkit (MIT)"
edition = "ONS Crime Severity weights (edition of about 2020) x recorded crime 2017/18"
"""


def make_groups(folder: Path) -> pd.DataFrame:
    """Sub-group, police.uk category, codes and mean weight, by category and sub-group."""
    join = pd.read_csv(folder / "policeuk-ons-code-join.csv", dtype=str).dropna(subset=["ONS_COUNTS_code"])
    table = pd.read_csv(folder / "CrimeCatMappings.csv", dtype=str)
    table = table[~table["Offence_Code"].isin(NOT_A_FORCE)]
    subgroup = {**dict(zip(table["Offence_Code"], table["Offence_Subgroup"], strict=True)), **ADDED}
    codes = pd.DataFrame(
        {
            "code": join["ONS_COUNTS_code"],
            "category": join["POLICE_UK_CAT_MAP_category"].str.capitalize(),
            "subgroup": join["ONS_COUNTS_code"].map(subgroup),
        }
    )
    if codes.isna().any().any() or codes["code"].duplicated().any():
        raise ValueError("a code without a category or sub-group, or a code that stands twice")
    offences = read_offences(folder)
    national = offences[~offences["force"].isin(NOT_TERRITORIAL)]
    weights = {name: mean_weight(rows) for name, rows in national.groupby("subgroup")}
    groups = codes.groupby(["category", "subgroup"])["code"].agg(sorted).reset_index()
    return groups.assign(weight=groups["subgroup"].map(weights))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    print(HEAD)
    for row in make_groups(parser.parse_args().folder).itertuples():
        listed = ", ".join(f'"{code}"' for code in row.code)
        print(f'[[group]]\nname = "{row.subgroup}"\ncategory = "{row.category}"\nweight = {row.weight:.2f}')
        print(f"codes = [{listed}]\n")


if __name__ == "__main__":
    main()
