"""Write botocore's descriptions of the called services as a function reads them at each start: without documentation, not compressed.

`python deployment/descriptions.py BOTOCORE_DATA FOLDER SERVICE…` writes them into FOLDER, in botocore's own layout. botocore's files stay
as they are, and a service that is not in FOLDER is read from them.
"""

import gzip
import json
import sys
from pathlib import Path
from typing import Any

ENDPOINTS = "endpoints.json"
"""The legacy endpoints of all services and regions."""


def main() -> None:
    source, target, services = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    _write(target / ENDPOINTS, _endpoints_of(_read(source / ENDPOINTS), services))
    for service in services:
        for path in sorted((source / service).rglob("*.json*")):
            name = path.relative_to(source).as_posix().removesuffix(".gz")
            _write(target / name, brief(_read(path)))


def brief(description: dict[str, Any]) -> dict[str, Any]:
    """A description whose operations and shapes have no documentation; botocore reads that of other parts."""
    parts = {name: without_documentation(description[name]) for name in ("operations", "shapes") if name in description}
    return description | parts


def without_documentation(description: Any) -> Any:
    """A description without its texts. A member of a shape may be called `documentation` too; that is a description, and stays."""
    if isinstance(description, dict):
        return {
            name: without_documentation(each)
            for name, each in description.items()
            if not (name == "documentation" and isinstance(each, str))
        }
    if isinstance(description, list):
        return [without_documentation(each) for each in description]
    return description


def _endpoints_of(endpoints: dict[str, Any], services: list[str]) -> dict[str, Any]:
    partitions = [
        {**partition, "services": {name: each for name, each in partition["services"].items() if name in services}}
        for partition in endpoints["partitions"]
    ]
    return {**endpoints, "partitions": partitions}


def _read(path: Path) -> Any:
    content = path.read_bytes()
    return json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)


def _write(path: Path, description: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(description, separators=(",", ":"), ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
