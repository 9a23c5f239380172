"""How much of a city payments are: the simulated city says so beside its files. Nothing is known of payments from an export."""

import json
from pathlib import Path

DESCRIPTION = "city.json"
WHOLE_CITY = 10_000


def scale_of(folder: Path) -> int | None:
    """The share of a simulated city's members whose payments these are, in basis points; None for payments that do not say."""
    description = folder / DESCRIPTION
    return int(json.loads(description.read_text(encoding="utf-8"))["share"]) if description.is_file() else None


def told(scale: int | None) -> str | None:
    """The scale in a sentence, for a report; None where there is nothing to say."""
    if scale is None or scale == WHOLE_CITY:
        return None
    percent = f"{scale / 100:g}"
    return f"These are the payments of {percent} % of the city's members: won, members and payments are of that part alone."
