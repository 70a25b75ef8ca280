"""The words of the demo: its study file, which is also the example that newcomers copy, and its read-me."""

from __future__ import annotations

from tipping_point.demo import files
from tipping_point.demo.names import CITY

STUDY = """\
#:schema tipping-point.schema.json
# {city}: SYNTHETIC. The city, its people and its crimes are invented; nothing here is about a real place.
#
# A study file says what to read, what to measure and how to choose. It has one section for each step.
# To study a real place, copy this file, give it real files in the same formats, and delete `synthetic`.
# Paths are relative to this file; environment variables such as ${{DATA}} are filled in.
# `tipping-point check study.toml` says what will be read and what is missing, before any analysis.

[study]
name = "Demo city: {city} (SYNTHETIC)"
place = "{city} (SYNTHETIC)"
seed = {seed}             # the same seed and the same files give the same results
synthetic = true            # writes SYNTHETIC on every output
ward_year = 2025            # year of the ward boundaries
# area = ["Saltmere"]       # districts, forces or mayoral authorities, by name or code; left out: the whole map

[period]                    # first and last month, both included
start = "2023-01"
end = "2025-12"

[[sources.crime]]           # police.uk street-level crime: the archive as downloaded, or a folder
kind = "police_uk"
path = "{crime}"

[sources.boundaries]        # ONS ward boundaries: GeoJSON, GeoPackage or shapefile
path = "{boundaries}"

[[sources.lookup]]          # ONS lookup: small area (LSOA 2021) to ward to district
path = "{ward_lookup}"

[[sources.lookup]]          # ONS lookup: district to community safety partnership to police force
path = "{force_lookup}"

[[sources.population]]      # residents of each small area: Census 2021, table TS001
kind = "census_ts001"
path = "{population}"

[[sources.deprivation]]     # English Indices of Deprivation 2025, File 7
kind = "iod2025"
path = "{deprivation}"

[[sources.indicator]]       # any small-area or ward file, one column each; shown beside the ranking, not scored
name = "comparative_illness"
path = "{indicators}"
column = "comparative_illness_and_disability_ratio_indicator"
worse = "higher"            # or "lower": which end of the scale is the bad one
combine = "mean"            # small areas to wards: "mean" weighted by residents, or "sum"
vintage = "lsoa21"          # the geography that the file's codes belong to

[[sources.indicator]]
name = "mental_health"
path = "{indicators}"
column = "mental_health_indicator"
worse = "higher"
combine = "mean"
vintage = "lsoa21"

[[sources.indicator]]       # share of young people who do not go on to higher education
name = "no_higher_education"
path = "{indicators}"
column = "entry_to_higher_education_indicator"
worse = "higher"
combine = "mean"
vintage = "lsoa21"

[crime]
measure = "serious"         # violence and sexual offences, robbery, possession of weapons: a proxy
assign = "lsoa"             # a crime goes to the ward of the small area that its row names

[coverage]
minimum = 0.75              # a ward whose force published fewer of the months is not assessed

[rates]
denominator = "resident"    # rates are per 1,000 residents a year

[hotspots]
column = "standardised_rate"            # what the tests run on
methods = ["gi_star", "local_moran", "emerging", "scan"]
permutations = 9999
alpha = 0.05                            # after adjustment for testing every ward

[index]                     # no components named: half harm, half the six domains of deprivation other than crime
scale = "percentile"
combine = "arithmetic"

[areas]
method = "touching"         # hot wards that touch form an area
areas = 3                   # how many to shortlist
population = [15000, 60000] # residents of an area: fewest and most
votes = 2                   # how many of the methods must call a ward hot
max_wards = 5
within = "district_code"    # no area crosses a district's border
"""

README = """\
SYNTHETIC - NOTHING IN THIS FOLDER IS REAL

{city} does not exist. Its map, people, deprivation and crimes were made by a random-number generator
(seed {seed}). The files have the formats and names of real publications, so that the same programs read
them, but no figure, place, police force or code in them comes from a publisher, and none says anything
about a real place. The map lies in open sea.

study.toml       what to read and how to analyse it: the example to copy
truth.json       the answers: what was hidden in the data for the analysis to find
police_uk/       crimes, as in the archive of data.police.uk
boundaries/      ward boundaries, as published by the Office for National Statistics (ONS)
lookups/         small area to ward to district, and district to police force, as published by ONS
population/      residents, as in Census 2021 table TS001
deprivation/     as in the English Indices of Deprivation 2025: File 7, and indicators under its domains
"""


def write_study(seed: int) -> str:
    """Text of study.toml."""
    return STUDY.format(
        city=CITY,
        seed=seed,
        crime=files.CRIME,
        boundaries=files.BOUNDARIES,
        ward_lookup=files.WARD_LOOKUP,
        force_lookup=files.FORCE_LOOKUP,
        population=files.POPULATION,
        deprivation=files.DEPRIVATION,
        indicators=files.INDICATORS,
    )


def write_readme(seed: int) -> str:
    """Text of README.txt."""
    return README.format(city=CITY, seed=seed)
