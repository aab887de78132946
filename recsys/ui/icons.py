"""An icon for the kind of a product: one name for Streamlit's own and for pictures in tables.

The pictures in `assets/icons` are outlines of Material Symbols (Apache License 2.0), so
that a table needs no font for them. A table scales pictures to the height of its rows: the wide
margin in their view boxes keeps the outline small in rows of several lines.
"""

from __future__ import annotations

import base64
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from recsys.columns import PATH

_FOLDER = Path(__file__).with_name("assets") / "icons"
_UNKNOWN = "inventory_2"

# The first that matches the last part of the category, else the whole category, else the
# title. Whole words, with a plural; a word that ends in * may go on.
_KINDS = {
    "battery_charging_full": "batter* charger power.bank",
    "videocam": "camcorder webcam dash.cam doorbell surveillance video.camera action.cam*",
    "mic": "microphone karaoke",
    "headphones": "headphone earbud headset earphone",
    "mouse": "mouse mice trackball",
    "sports_esports": "gaming game console controller joystick playstation xbox nintendo",
    "sd_card": "memory.card micro.?sd sd.card sdhc sdxc secure.?digital* compact.?flash",
    "photo_camera": "camera photo* lens lenses flashes speedlight tripod mirrorless slr binocular",
    "tv": "television tv projector streaming hdtv home.theater",
    "mobile": "phone mobile smartphone cell cases screen.protector",
    "cable": "cable hdmi adapter dock mount connector accessor*",
    "album": "turntable cd dvd blu.ray vinyl",
    "speaker": "speaker soundbar audio subwoofer amplifier dac stereo",
    "tablet": "tablet e.?reader ebook kindle ipad",
    "watch": "watch watches wearable fitness watch.band",
    "backpack": "bag backpack sleeve case",
    "keyboard": "keyboard",
    "monitor": "monitor display screen",
    "print": "print* scan* ink toner office",
    "router": "network* router wi.?fi modem switch switches wireless.access*",
    "hard_drive": "drive ssd storage nas hdd",
    "memory": "graphics memory processor component motherboard cpu gpu ram",
    "laptop_mac": "laptop notebook computer macbook chromebook pc desktop",
    "explore": "gps navigat* compass",
    "directions_car": "car vehicle marine automotive motorcycle",
    "thermostat": "thermostat heat* cooling",
    "sensors": "sensor smoke alarm",
    "lightbulb": "light lighting bulb lamp plug led",
    "radio": "radio walkie cb scanner mp3",
    "power": "power surge outlet",
    "security": "security safe lock",
    "home": "home house garden furniture",
    "music_note": "music* instrument guitar piano",
    "movie": "movie film drama comedy thriller",
    "menu_book": "book magazine novel",
    "toys": "toy kid baby doll",
    "restaurant": "kitchen food grocery cook* dining",
    "checkroom": "cloth* apparel shoe fashion dress",
    "fitness_center": "sport outdoor gym",
    "brush": "beauty cosmetic hair skin",
    "pets": "pet dog cat",
    "calculate": "calculator",
}

_READ = 300
"""Characters of a text that are looked at."""


def _pattern(words: str) -> re.Pattern[str]:
    ended = (rf"{word[:-1]}\w*" if word.endswith("*") else rf"{word}s?" for word in words.split())
    return re.compile(rf"\b(?:{'|'.join(ended)})\b")


_PATTERNS = {name: _pattern(words) for name, words in _KINDS.items()}


def kind(item: Any) -> str:
    """The name of the icon for a product, from what the catalogue says of it."""
    category, title = (
        text[:_READ] if isinstance(text, str) else text for text in (item.get("category"), item.get("title"))
    )
    texts = [title] if isinstance(title, str) else []
    if isinstance(category, str):
        texts = [category.rsplit(PATH, 1)[-1], category, *texts]
    return next((found for text in texts if (found := _named(text)) != _UNKNOWN), _UNKNOWN)


def material(item: Any) -> str:
    """The icon as Streamlit's headings and buttons take it."""
    return f":material/{kind(item)}:"


@cache
def picture(name: str) -> str:
    """The icon as a data URI, for a column of images."""
    drawn = base64.b64encode((_FOLDER / f"{name}.svg").read_bytes()).decode("ascii")
    return f"data:image/svg+xml;base64,{drawn}"


@lru_cache(maxsize=8192)
def _named(text: str) -> str:
    lower = text.lower()
    return next((name for name, pattern in _PATTERNS.items() if pattern.search(lower)), _UNKNOWN)
