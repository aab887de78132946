"""The words of the made-up shop: departments, brands, shelves, titles, prices.

Every brand and every product is invented. A shelf is one category of one *camp*: the
maker whose system the product belongs to (a lens mount, a phone, a console), or the
brand itself where nothing needs to fit. Customers tend to stay in one camp: a recommender
can learn that from their ratings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np

from recsys.arrays import Doubles, Rows

ROOT = "Electronics"


@dataclass(frozen=True)
class Department:
    """Makers have their own systems; the other brands make accessories, for one system or for any."""

    makers: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True)
class Category:
    """One leaf of the category tree.

    Parameters
    ----------
    path : str
        Below `ROOT`, joined by " > ".
    department : str
        Key of `DEPARTMENTS`.
    kind : {"maker", "fits", "open"}
        Made by the camp itself; made by another brand to fit the camp; any brand (the
        brand is the camp).
    share : float
        How many of the department's ratings and products are here, relative.
    price : float
        Median price, US dollars.
    title : str
        Slots: {brand}, {camp}, {model}, and [one|of|these].
    """

    path: str
    department: str
    kind: str
    share: float
    price: float
    title: str


def _department(makers: str, others: str) -> Department:
    return Department(tuple(makers.split()), tuple(others.split()))


DEPARTMENTS = {
    "photo": _department(
        "Halvora Ostrelle Kamerys Brimoor Zentiva", "Tessaric Opalyn Glenmar Fotavia Strellux"
    ),
    "audio": _department(
        "Aurivox Klangor Sonderby Maravel Tonwerk", "Ebonair Resonil Hushwell Pulsetta Vinora"
    ),
    "gaming": _department("Voltrix Novastrike Kobaryn Pixara", "Gripforge Rageline Hexora Talonix Spectrune"),
    "computing": _department(
        "Corvantis Lenwick Mirador Tavuro Ardentis", "Deskora Keylume Portena Cabriola Nestora"
    ),
    "cinema": _department("Vistaro Lumidane Cinevar Ombrelle", "Wallora Streamix Hedwise Remora Clarivue"),
    "smart": _department("Hearthly Omnilune Nidora Quietus", "Lampyr Doorwise Senzora Plugmate Aquavia"),
    "mobile": _department(
        "Pelagon Norvika Quillo Zephone Mobrena", "Casewell Chargio Tuffel Screenora Popadoo"
    ),
    "car": _department("Roadvik Navalto Pathmere", "Dashora Motovox Carvio Kilomark"),
    "wearable": _department("Pulsera Chronika Stridewell Vitalune", "Strapiko Bandora Fitgrain"),
    "storage": _department("Datavance Memoraxi Silonyx", "Archivo Bitvault Flashlet Stowelle Keepwell"),
}

_C = Category
CATEGORIES = (
    _C("Camera & Photo > Mirrorless Cameras", "photo", "maker", 3, 899,
       "{brand} {model} [20|24|26|33|45]MP Mirrorless Camera "
       "[Body Only|with 18-55mm Kit Lens|with 24-70mm Lens]"),
    _C("Camera & Photo > Lenses", "photo", "fits", 6, 349,
       "{brand} [14|24|35|50|55|85|105|135]mm f/[1.4|1.8|2|2.8|4] "
       "[Prime|Macro|Portrait|Compact|Wide] Lens for {camp} Mount"),
    _C("Camera & Photo > Zoom Lenses", "photo", "maker", 3, 599,
       "{brand} {model} [16-35|24-70|24-105|70-200|100-400]mm f/[2.8|4|4-5.6] Zoom Lens"),
    _C("Camera & Photo > Batteries & Chargers", "photo", "fits", 4, 24,
       "{brand} [2-Pack|Dual|High-Capacity|Spare] Battery "
       "[and Charger|with USB Charger|Set] for {camp} {model}"),
    _C("Camera & Photo > Flashes", "photo", "fits", 2, 119,
       "{brand} {model} [TTL|Manual|Ring|Pocket] Flash for {camp} Cameras"),
    _C("Camera & Photo > Tripods", "photo", "open", 3, 69,
       "{brand} {model} [50|60|66|72]-Inch [Aluminum|Carbon Fiber|Travel] Tripod with "
       "[Ball Head|Pan Head|Bag]"),
    _C("Camera & Photo > Bags & Filters", "photo", "open", 4, 34,
       "{brand} {model} "
       "[Sling Bag|Camera Backpack|52mm UV Filter|67mm Polarizer|Lens Pouch Set|ND Filter Kit]"),
    _C("Headphones > Over-Ear Headphones", "audio", "maker", 5, 149,
       "{brand} {model} [Wireless|Studio|Open-Back|Closed-Back|Noise Cancelling] Over-Ear "
       "Headphones, [Black|Silver|Walnut|Navy]"),
    _C("Headphones > Earbuds", "audio", "maker", 6, 49,
       "{brand} {model} [True Wireless|In-Ear|Sport] Earbuds "
       "[with Microphone|with Charging Case|IPX7], [Black|White|Blue|Red]"),
    _C("Headphones > Pads & Cables", "audio", "fits", 2, 17,
       "{brand} Replacement [Ear Pads|Cable|Ear Tips|Headband] for {camp} {model}"),
    _C("Home Audio > Bookshelf Speakers", "audio", "maker", 3, 229,
       "{brand} {model} [5|5.25|6.5]-Inch [Bookshelf|Powered|Studio] Speakers (Pair), [Black|Oak|White]"),
    _C("Home Audio > Amplifiers & DACs", "audio", "open", 2, 139,
       "{brand} {model} [Headphone Amplifier|USB DAC|Stereo Amplifier|Phono Preamp|Streaming DAC]"),
    _C("Home Audio > Turntables", "audio", "open", 2, 189,
       "{brand} {model} [Belt-Drive|Direct-Drive|Bluetooth] Turntable, [Black|Walnut|White]"),
    _C("Video Games > Controllers", "gaming", "fits", 5, 44,
       "{brand} {model} [Wireless|Wired|Pro|Fight] Controller for {camp}, [Black|White|Crimson|Teal]"),
    _C("Video Games > Consoles & Docks", "gaming", "maker", 2, 299,
       "{brand} {model} [Console 512GB|Console 1TB|Handheld|Charging Dock|Media Remote]"),
    _C("Video Games > Gaming Headsets", "gaming", "fits", 4, 69,
       "{brand} {model} [7.1 Surround|Stereo|Wireless] Gaming Headset for {camp} and PC"),
    _C("Computers > Gaming Mice", "gaming", "open", 4, 45,
       "{brand} {model} [8000|12000|16000|26000] DPI [Wired|Wireless|Ultralight] Gaming Mouse"),
    _C("Computers > Mechanical Keyboards", "gaming", "open", 4, 89,
       "{brand} {model} [60%|TKL|Full-Size|75%] Mechanical Keyboard, [Red|Brown|Blue|Silent] Switches"),
    _C("Computers > Graphics Cards", "gaming", "maker", 2, 379,
       "{brand} {model} [6GB|8GB|12GB|16GB] Graphics Card, [Dual|Triple] Fan"),
    _C("Computers > Laptops", "computing", "maker", 3, 749,
       "{brand} {model} [13.3|14|15.6|16]-Inch Laptop, [8GB|16GB|32GB] RAM, [256GB|512GB|1TB] SSD"),
    _C("Computers > Docks & Adapters", "computing", "fits", 5, 49,
       "{brand} [7-in-1|10-in-1|USB-C|Travel] [Dock|Hub|Adapter] for {camp} {model}"),
    _C("Computers > Laptop Sleeves & Chargers", "computing", "fits", 4, 27,
       "{brand} [45W Charger|65W Charger|13-Inch Sleeve|15-Inch Sleeve|Replacement Battery] "
       "for {camp} {model}"),
    _C("Computers > Monitors", "computing", "maker", 3, 239,
       "{brand} {model} [24|27|32|34]-Inch [IPS|Curved|4K|QHD] Monitor"),
    _C("Computers > Keyboards & Mice", "computing", "open", 5, 32,
       "{brand} {model} "
       "[Wireless Keyboard|Ergonomic Mouse|Keyboard and Mouse Set|Vertical Mouse|Number Pad]"),
    _C("Computers > Webcams & Microphones", "computing", "open", 3, 59,
       "{brand} {model} [1080p Webcam|4K Webcam|USB Microphone|Speakerphone]"),
    _C("Computers > Networking", "computing", "open", 5, 79,
       "{brand} {model} [AX1800|AX3000|AX5400] [Wi-Fi Router|Mesh System|Range Extender|Switch, 8-Port]"),
    _C("Television & Video > Televisions", "cinema", "maker", 4, 499,
       "{brand} {model} [32|43|50|55|65|75]-Inch [LED|QLED|OLED|4K] Television"),
    _C("Television & Video > Soundbars", "cinema", "maker", 3, 179,
       "{brand} {model} [2.1|3.1|5.1]-Channel Soundbar with [Subwoofer|HDMI ARC|Bluetooth]"),
    _C("Television & Video > Mounts & Remotes", "cinema", "fits", 4, 29,
       "{brand} [Tilting Mount|Full-Motion Mount|Replacement Remote|Backlight Strip] for "
       "{camp} [32-55|43-65|55-75]-Inch TV"),
    _C("Television & Video > Streaming Players", "cinema", "open", 4, 45,
       "{brand} {model} [HD|4K|4K Max] Streaming [Stick|Player|Box]"),
    _C("Television & Video > Projectors", "cinema", "open", 2, 289,
       "{brand} {model} [720p|1080p|4K] [Mini|Short-Throw|Home] Projector"),
    _C("Accessories > HDMI & Audio Cables", "cinema", "open", 6, 11,
       "{brand} {model} [3|6|10|15|25]-Foot [HDMI 2.1|Optical|Speaker|RCA] Cable"),
    _C("Smart Home > Hubs & Speakers", "smart", "maker", 3, 79,
       "{brand} {model} Smart [Speaker|Display|Hub], [Charcoal|Chalk|Sand]"),
    _C("Smart Home > Lighting & Plugs", "smart", "fits", 5, 23,
       "{brand} Smart [Bulb, 2-Pack|Bulb, 4-Pack|Plug, 4-Pack|Light Strip|Dimmer] for {camp} {model}"),
    _C("Smart Home > Cameras & Doorbells", "smart", "fits", 4, 89,
       "{brand} {model} [Indoor Camera|Outdoor Camera|Video Doorbell], works with {camp}"),
    _C("Smart Home > Sensors & Thermostats", "smart", "maker", 2, 64,
       "{brand} {model} [Motion Sensor|Leak Sensor|Thermostat|Door Sensor, 3-Pack]"),
    _C("Cell Phones > Phones", "mobile", "maker", 2, 429,
       "{brand} {model} [64GB|128GB|256GB] Unlocked Smartphone, [Graphite|Pearl|Moss|Coral]"),
    _C("Cell Phones > Cases & Screen Protectors", "mobile", "fits", 8, 15,
       "{brand} [Slim Case|Rugged Case|Wallet Case|Screen Protector, 3-Pack|Clear Case] for {camp} {model}"),
    _C("Cell Phones > Chargers & Power Banks", "mobile", "open", 6, 26,
       "{brand} {model} [10000|20000]mAh Power Bank[|, 20W|, 45W]"),
    _C("Cell Phones > Mounts & Cables", "mobile", "open", 5, 14,
       "{brand} {model} [Car Mount|Desk Stand|3-Foot USB-C Cable|6-Foot USB-C Cable, 2-Pack|Tripod Grip]"),
    _C("GPS & Car > Navigation", "car", "maker", 3, 129,
       "{brand} {model} [5|6|7]-Inch GPS Navigator with [Lifetime Maps|Traffic|Truck Maps]"),
    _C("GPS & Car > Dash Cams", "car", "open", 3, 84,
       "{brand} {model} [1080p|1440p|4K] [Front|Front and Rear|Mirror] Dash Cam"),
    _C("GPS & Car > Car Audio", "car", "fits", 3, 54,
       "{brand} [Speaker Pair|Bluetooth Adapter|Wiring Harness|Screen Mount] for {camp} {model}"),
    _C("Wearables > Fitness Watches", "wearable", "maker", 4, 139,
       "{brand} {model} [Fitness|GPS|Smart] Watch, [38mm|42mm|46mm], [Black|Sage|Rose]"),
    _C("Wearables > Watch Bands", "wearable", "fits", 5, 13,
       "{brand} [Silicone|Leather|Nylon|Steel] Band for {camp} {model}, [Small|Large]"),
    _C("Storage > External Drives", "storage", "maker", 4, 89,
       "{brand} {model} [500GB|1TB|2TB|4TB|8TB] [Portable SSD|External Drive|Desktop Drive]"),
    _C("Storage > Memory Cards", "storage", "open", 6, 22,
       "{brand} {model} [32GB|64GB|128GB|256GB|512GB] [SD|microSD] Card[|, 2-Pack]"),
    _C("Storage > USB Flash Drives", "storage", "open", 4, 13,
       "{brand} {model} [16GB|32GB|64GB|128GB|256GB] USB 3 Flash Drive"),
)  # fmt: skip

# How much a customer of each taste buys from each department.
TASTES: dict[str, dict[str, float]] = {
    "photographer": {"photo": 10, "storage": 3, "computing": 1},
    "audiophile": {"audio": 10, "cinema": 2},
    "gamer": {"gaming": 10, "storage": 1, "audio": 1},
    "home office": {"computing": 10, "storage": 2, "audio": 0.5},
    "home cinema": {"cinema": 10, "audio": 2, "smart": 1},
    "smart home": {"smart": 10, "cinema": 1, "computing": 1},
    "on the move": {"mobile": 10, "wearable": 3, "audio": 1},
    "driver": {"car": 10, "mobile": 2},
    "runner": {"wearable": 10, "mobile": 2, "audio": 2},
}
TASTE_SHARES = (0.14, 0.11, 0.15, 0.17, 0.13, 0.09, 0.13, 0.04, 0.04)

_SERIES = (
    "Alto", "Bravo", "Cirrus", "Delta", "Ember", "Fjord", "Granite", "Helio",
    "Iris", "Juno", "Krest", "Lyra", "Meridian", "Nova", "Orbit", "Prism",
)  # fmt: skip
_CHOICE = re.compile(r"\[([^\]]*)\]")


def camps(category: Category) -> tuple[str, ...]:
    """The camps that customers of this category choose from, favourites first."""
    department = DEPARTMENTS[category.department]
    return department.others if category.kind == "open" else department.makers


def taste_matrix() -> Doubles:
    """Probability of each category given each taste, and in the last row given none; rows sum to 1."""
    names = list(DEPARTMENTS)
    department = np.array([names.index(category.department) for category in CATEGORIES])
    share = np.array([category.share for category in CATEGORIES])
    within = share / np.bincount(department, share)[department]
    wishes = [[taste.get(name, 0.0) for name in names] for taste in TASTES.values()]
    weights = np.vstack([np.array(wishes)[:, department] * within, share])
    matrix: Doubles = weights / weights.sum(axis=1, keepdims=True)
    return matrix


@cache
def _parts(title: str) -> tuple[tuple[str, ...], ...]:
    """A title pattern split into fixed texts (one entry) and choices, alternating."""
    pieces = _CHOICE.split(title)
    return tuple(tuple(piece.split("|")) if odd % 2 else (piece,) for odd, piece in enumerate(pieces))


def name_product(category: Category, camp: int, numbers: Rows) -> tuple[str, str]:
    """Title and brand of one product.

    Parameters
    ----------
    camp : int
        Position among `camps(category)`.
    numbers : int64 array, shape (8,)
        Random, not negative; they pick from each choice.
    """
    camp_name = camps(category)[camp]
    others = DEPARTMENTS[category.department].others
    brand = others[numbers[0] % len(others)] if category.kind == "fits" else camp_name
    series, number = _SERIES[numbers[1] % len(_SERIES)], 10 * (1 + numbers[2] % 99)
    parts = _parts(category.title)
    pattern = "".join(part[numbers[3 + k // 2] % len(part)] for k, part in enumerate(parts))
    return pattern.format(brand=brand, camp=camp_name, model=f"{series} {number}"), brand
