"""Add exports to a journal, compute a release, and store it: the steps that the function and `make statistics` share."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from city_statistics.computation import Asked, compute, definitions
from city_statistics.database import connect, files_as
from city_statistics.exports import items_of, source_of
from city_statistics.journal import Journal
from eeum.calendar import SEOUL, Month
from eeum.statistics.entries import CAPTURES
from eeum.statistics.inputs import Input
from eeum.statistics.refusals import MonthWithoutData, ReleaseTaken
from eeum.statistics.release import document_of
from simulator.export.manifests import Export

JOURNAL, COMPUTED, PUBLIC = "journal", "computed", "public"

Progress = Callable[[str], None]


class Place:
    """A folder with the journal and the computed releases."""

    def __init__(self, folder: Path, memory: str = "2GB") -> None:
        self.folder = folder
        self.journal = Journal(folder / JOURNAL)
        folder.mkdir(parents=True, exist_ok=True)
        self._scratch = Path(tempfile.mkdtemp(prefix="scratch-", dir=folder))
        self._connection = connect(self._scratch / "spill", memory)

    def close(self) -> None:
        self._connection.close()
        shutil.rmtree(self._scratch)

    def add(self, exports: Iterable[Export], progress: Progress) -> None:
        """Add exports that the journal does not have yet. Raises `StatisticsRefused` and `SimulationRefused`."""
        for number, export in enumerate(exports):
            scratch = self._scratch / f"export-{number}"
            months = self.journal.add(items_of(export), source_of(export), self._connection, scratch)
            progress(f"{export.name}: {export.items:,} items, {len(months)} months have a new revision")

    def last_day(self) -> str:
        """The day of the newest payment in Seoul. Raises `MonthWithoutData` if there is none."""
        paying = [each for each in self.journal.months().values() if each.rows[CAPTURES]]
        if not paying:
            raise MonthWithoutData("The journal has no payment.")
        files_as(self._connection, CAPTURES, "*", self.journal.files(paying[-1], CAPTURES))
        ((newest,),) = self._connection.execute("SELECT max(instant) FROM captures").fetchall()
        return datetime.fromtimestamp(newest / 1000, SEOUL).date().isoformat()

    def published(self, release_id: str) -> Path:
        """Where disclosure control writes the release."""
        return self.folder / PUBLIC / release_id / "release.json"

    def earlier(self) -> tuple[dict[str, Any], ...]:
        """Computed documents of the releases that were published, oldest first."""
        return tuple(each for each in self._computed() if self.published(each["release_id"]).exists())

    def published_revisions(self) -> dict[Month, int]:
        """The revision of each month in the release that was published last."""
        tables = self.earlier()[-1]["tables"] if self.earlier() else ()
        return {
            row["keys"]["month"]: row["revision"]
            for table in tables
            if table["id"] == "payments_by_month"
            for row in table["rows"]
        }

    def _computed(self) -> list[dict[str, Any]]:
        documents = [json.loads(path.read_text()) for path in (self.folder / COMPUTED).glob("*.json")]
        return sorted(documents, key=lambda each: (each["as_of"], each["revision"]))

    def compute(self, inputs: Mapping[str, Input], asked: Asked) -> tuple[dict[str, Any], Path]:
        """Compute a release and store it as `computed/<release_id>.json`. Raises `StatisticsRefused`; then nothing is stored."""
        of_the_day = [each["revision"] for each in self._computed() if each["as_of"] == asked.as_of]
        asked = replace(asked, earlier=self.earlier(), number=max(of_the_day, default=0) + 1)
        release = compute(self.journal, inputs, definitions(), asked, self._connection)
        path = self.folder / COMPUTED / f"{release.release_id}.json"
        if path.exists():
            raise ReleaseTaken(f"The release {release.release_id} exists; it stays as it is.")
        path.parent.mkdir(exist_ok=True)
        document = document_of(release)
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        unfinished.replace(path)
        return document, path
