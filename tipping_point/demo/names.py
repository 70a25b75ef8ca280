"""Invented names and codes for the demo city. None is meant to be a real place; codes use numbers no real area has."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tipping_point.demo.land import Land
from tipping_point.demo.planted import Planted
from tipping_point.tables import force_slug

CITY = "Marrowby Bay"
DISTRICTS = ("Ellenholt", "Harrowick", "Saltmere", "Wyverley")
"""The four districts; each has a community safety partnership and a police force of its name."""

WORDS = """
Alderfly Almoner Arrowleaf Aspen Avocet Bellflower Bilberry Birdsmith Bluebird Bracken Brambling Bridlepath
Bryony Bunting Burnet Buttercup Calico Campion Candlemaker Cartwright Catkin Celandine Chandlery Chantry
Charlock Chequer Chiffchaff Cinnabar Clary Cloudberry Cobnut Comfrey Cooperage Cordwain Cornflower Cowslip
Cranesbill Crossbill Curlew Damson Dapplegrey Dewberry Dotterel Dovecote Drover Dunlin Elderflower Eventide
Eyebright Falconer Farrier Feverfew Fieldfare Figwort Firecrest Flaxman Foxglove Fritillary Fuller Furrow
Garganey Gatekeeper Glazier Goldcrest Goldenrod Goshawk Greenfinch Grosbeak Harebell Hartstongue Hawfinch
Haymaker Heartsease Herdwick Honeysuckle Hornbeam Inkwell Jackdaw Jessamine Juniper Kestrel Kingcup Kittiwake
Knapweed Lacemaker Lamplight Lanternfield Lapwing Larkspur Linnet Loosestrife Lovage Madder Mallard Marigold
Martlet Mayfly Meadowlark Melilot Merlin Millwright Moorhen Mulberry Nightjar Nuthatch Orchid Osprey Oxeye Oxlip
Partridge Pearwood Peregrine Pimpernel Pipistrelle Plover Potter Quillwort Quince Ragstone Ramson Redstart
Redwing Ropewalk Rosefinch Saddler Saffron Samphire Sandpiper Sextant Shearwater Silverweed Siskin Skylark
Sorrel Speedwell Starling Stonechat Sundew Swallowtail Tanner Tansy Teasel Thimble Thistledown Thrift Tinker
Treecreeper Turnstone Valerian Vetch Wagtail Warbler Wayfarer Weaver Wheatear Wheelwright Whimbrel Whinchat
Woodruff Wren Yarrow Yellowhammer
"""
FIRST = tuple(WORDS.split())
"""First words of wards and streets: birds, plants and trades."""

INLAND = ("Rise", "Heath", "Green", "Fold", "Hill", "Meadows", "Brook", "Park", "Hollow", "Grange", "Common", "Leys")
COAST = ("Sands", "Quay", "Strand", "Point", "Haven", "Staithe", "Shore", "Landing")
MARKET = ("Market", "Exchange", "Cross")
"""Second words of ward names: away from the water, on it, and in the busy centre."""

ROADS = ("Street", "Road", "Close", "Lane", "Avenue", "Terrace", "Drive", "Court", "Walk", "Way", "Row", "Gardens")
LANDMARKS = (
    "Supermarket",
    "Parking Area",
    "Petrol Station",
    "Sports/Recreation Area",
    "Park/Open Space",
    "Hospital",
    "Pedestrian Subway",
    "Further/Higher Educational Building",
)
TOWN_LANDMARKS = (
    "Shopping Area",
    "Nightclub",
    "Theatre/Concert Hall",
    "Bus/Coach Station",
    "Conference/Exhibition Centre",
)


def district_names() -> pd.DataFrame:
    """One row a district: code, name, partnership and force codes, and the force as the crime files write it."""
    number = range(1, len(DISTRICTS) + 1)
    return pd.DataFrame(
        {
            "code": [f"E0699{i:04d}" for i in number],
            "name": DISTRICTS,
            "partnership": [f"E2299{i:04d}" for i in number],
            "force": [f"E2399{i:04d}" for i in number],
            "reported_by": [f"{name} Police" for name in DISTRICTS],
            "slug": [force_slug(name) for name in DISTRICTS],
        }
    )


def ward_names(land: Land, planted: Planted, rng: np.random.Generator) -> pd.DataFrame:
    """One row a ward: code, name. Names run from A to Z in each district, as in published lists."""
    chosen = rng.permutation(len(FIRST))[: len(land.wards)]
    district = land.wards["district"].to_numpy()
    first = chosen[np.lexsort((chosen, district))]
    names = [
        f"{FIRST[word]} {rng.choice(MARKET if ward in planted.busy else COAST if coastal else INLAND)}"
        for ward, (word, coastal) in enumerate(zip(first, land.wards["coastal"], strict=True))
    ]
    return pd.DataFrame({"code": [f"E0599{i:04d}" for i in range(1, len(names) + 1)], "name": names})


def small_area_names(land: Land) -> pd.DataFrame:
    """One row a small area: code, and name after its district with a letter, 'Saltmere 004B'."""
    district = land.small_areas["district"]
    group = land.small_areas.groupby("district")["ward"].rank(method="dense").astype(int)
    letter = land.small_areas.groupby("ward").cumcount()
    return pd.DataFrame(
        {
            "code": [f"E0199{i:04d}" for i in range(1, len(land.small_areas) + 1)],
            "name": [f"{DISTRICTS[d]} {g:03d}{'ABCDEF'[n]}" for d, g, n in zip(district, group, letter, strict=True)],
        }
    )


def location_names(points: pd.DataFrame, busy: pd.Series, rng: np.random.Generator) -> list[str]:
    """'On or near …' for every point: an invented street, or a kind of place; `busy` marks points in the centre."""
    roads = [f"{word} {road}" for word in FIRST for road in ROADS]
    # Published names are title-cased after every apostrophe; a reader must live with it.
    roads += [f"{word}'S {road}" for word in ("Chandler", "Fuller", "Weaver", "Potter") for road in ROADS]
    street = rng.integers(0, len(roads), len(points))
    landmark = rng.integers(0, len(LANDMARKS), len(points))
    town = rng.integers(0, len(TOWN_LANDMARKS), len(points))
    draw = rng.random(len(points))
    return [
        f"On or near {TOWN_LANDMARKS[t] if here and u < 0.35 else LANDMARKS[k] if u < 0.12 else roads[s]}"
        for s, k, t, u, here in zip(street, landmark, town, draw, busy, strict=True)
    ]
