"""Open data of a release: each table as CSV (once more for Excel), figures, and the documents that describe the package."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from public_page.printing import plain
from public_page.release import Release, Table

EXCEL = ".excel.csv"
"""The same CSV with a byte order mark; without it, Excel garbles Korean."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LICENCE = {
    "name": "KOGL-1.0",
    "title": "Korea Open Government License Type 1 (Attribution)",
    "path": "https://www.kogl.or.kr/info/license.do",
}
_TYPES = {".csv": "text/csv", ".json": "application/json", ".parquet": "application/vnd.apache.parquet"}


def data_path(release_id: str) -> str:
    """The folder of a release's data on the site; it never changes once it is there."""
    return f"data/{release_id}/"


def csv_of(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8, comma, CRLF (RFC 4180). Text that a spreadsheet would run as a formula begins with an apostrophe."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(headings)
    writer.writerows([_inert(each) for each in row] for row in rows)
    return written.getvalue().encode()


def table_headings(table: Table) -> list[str]:
    named = [name for each in table.dimensions for name in (each.id, f"{each.id}_ko", f"{each.id}_en")]
    return [*named, "value", "unit", "status", "revision", "release", "synthetic"]


def table_csv(table: Table, release: Release) -> bytes:
    """The rows of a table: codes with their names, value (empty if it is suppressed), unit, status, revision, release."""
    after = [release.release_id, "yes" if release.synthetic else "no"]
    rows = []
    for cell in table.cells:
        names = [
            part
            for dimension, code in zip(table.dimensions, cell.keys, strict=True)
            for part in (code, dimension.name(code).ko, dimension.name(code).en)
        ]
        rows.append([*names, plain(cell.value), table.unit, cell.status, str(cell.revision), *after])
    return csv_of(table_headings(table), rows)


FIGURE_HEADINGS = (
    *("id", "group", "definition", "value", "unit", "printed_ko", "printed_en", "sentence_ko", "sentence_en", "status"),
    *("denominator", "denominator_source", "denominator_date", "release", "synthetic"),
)


def figures_csv(release: Release) -> bytes:
    after = [release.release_id, "yes" if release.synthetic else "no"]
    rows = []
    for each in release.figures:
        divided: Mapping[str, Any] = each.denominator or {}
        below = [str(divided.get(name, "")) for name in ("value", "source", "date")]
        texts = [each.printed.ko, each.printed.en, each.sentence.ko, each.sentence.en]
        rows.append(
            [each.id, each.group, each.definition, plain(each.value), each.unit, *texts, each.status, *below, *after]
        )
    return csv_of(FIGURE_HEADINGS, rows)


def data_files(release: Release, document: bytes) -> dict[str, bytes]:
    """The files of a release by name: `document` is the release as disclosure control wrote it, published byte for byte."""
    files = {"release.json": document, "figures.csv": figures_csv(release)}
    files |= {f"{table.id}.csv": table_csv(table, release) for table in release.tables}
    marked = {
        name.removesuffix(".csv") + EXCEL: BYTE_ORDER_MARK + body
        for name, body in files.items()
        if name.endswith(".csv")
    }
    return files | marked


def json_bytes(document: Any) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def data_package(release: Release, names: Iterable[str]) -> dict[str, Any]:
    """`datapackage.json` (Frictionless Data): each file, and the columns of each CSV with their types."""
    return {
        "profile": "data-package",
        "name": f"local-currency-{release.release_id}",
        "id": release.release_id,
        "title": _title(release, "en"),
        "version": f"{release.as_of}.{release.revision}",
        "created": release.computed_at,
        "licenses": [LICENCE],
        "synthetic": release.synthetic,
        "resources": [_resource(release, name) for name in sorted(names)],
    }


def _resource(release: Release, name: str) -> dict[str, Any]:
    suffix = f".{name.rpartition('.')[2]}"
    found: dict[str, Any] = {
        "name": name.replace(".", "-").lower(),
        "path": name,
        "format": suffix[1:],
        "mediatype": _TYPES[suffix],
    }
    table = release.table(name.removesuffix(EXCEL).removesuffix(".csv")) if suffix == ".csv" else None
    if table is not None:
        found |= {
            "title": table.title.en,
            "encoding": "utf-8",
            "schema": {
                "fields": [{"name": each, "type": _type(each, table.unit)} for each in table_headings(table)],
                "missingValues": [""],
                "primaryKey": [each.id for each in table.dimensions],
            },
        }
    return found


def _type(heading: str, unit: str) -> str:
    if heading == "value":
        return "number" if unit in {"share", "times", "won_per_head"} else "integer"
    return "integer" if heading == "revision" else "string"


def catalogue(release: Release, names: Iterable[str], address: str) -> dict[str, Any]:
    """The release as a DCAT 2 dataset in JSON-LD. `address` is the site's own, without a slash at its end; empty: relative links."""
    folder = f"{address}/{data_path(release.release_id)}"
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": f"{folder}catalogue.jsonld",
        "@type": "dcat:Dataset",
        "dct:identifier": release.release_id,
        "dct:title": [{"@language": each, "@value": _title(release, each)} for each in ("ko", "en")],
        "dct:issued": {"@type": "xsd:dateTime", "@value": release.computed_at},
        "dct:language": ["ko", "en"],
        "dct:license": {"@id": LICENCE["path"]},
        "dct:isVersionOf": {"@id": f"{address}/data/"},
        "dcat:keyword": [{"@language": "en", "@value": each} for each in _keywords(release)],
        "dcat:distribution": [
            {
                "@type": "dcat:Distribution",
                "dct:title": name,
                "dcat:downloadURL": {"@id": f"{folder}{name}"},
                "dcat:mediaType": _TYPES[f".{name.rpartition('.')[2]}"],
            }
            for name in sorted(names)
        ],
    }


def _keywords(release: Release) -> list[str]:
    return ["local currency", "payments", "cashback", *(["synthetic"] if release.synthetic else [])]


def _title(release: Release, language: str) -> str:
    if language == "ko":
        return f"{release.city.ko} 지역화폐 통계, {release.as_of} 기준" + (" (가상 도시)" if release.synthetic else "")
    return f"Statistics of {release.city.en}’s local currency as of {release.as_of}" + (
        " (synthetic)" if release.synthetic else ""
    )


def _inert(text: str) -> str:
    return f"'{text}" if text[:1] in {"=", "+", "@", "\t", "\r"} or (text[:1] == "-" and not _is_number(text)) else text


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()
