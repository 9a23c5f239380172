"""The share of a city's members in its payments, which a simulated city states beside its files; a real city's export states none."""

import json
from pathlib import Path

DESCRIPTION = "city.json"
WHOLE_CITY = 10_000


def scale_of(folder: Path) -> int | None:
    """Return the share of the city's members in these payments, in basis points; None when it is not stated.

    The description is at any depth of the folder, as the manifest of an export is.
    """
    description = next(iter(sorted(folder.rglob(DESCRIPTION))), None)
    return int(json.loads(description.read_text(encoding="utf-8"))["share"]) if description else None


def state_scale(folder: Path, scale: int) -> None:
    """State the share of the city's members, in basis points, beside the files of a folder."""
    (folder / DESCRIPTION).write_text(json.dumps({"share": scale}) + "\n", encoding="utf-8")


def sentence_of(scale: int | None) -> str | None:
    """The scale as a sentence for a report; None when there is none to report."""
    if scale is None or scale == WHOLE_CITY:
        return None
    percent = f"{scale / 100:g}"
    return f"These are the payments of {percent} % of the city's members: won, members and payments are of that part alone."
