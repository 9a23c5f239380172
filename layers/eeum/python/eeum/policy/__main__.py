"""`python -m eeum.policy check FILE ...` checks policy documents; `python -m eeum.policy schema` prints their JSON Schema."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from eeum.policy.check import problems_of_file, schema
from eeum.policy.validation import problems_of_history
from eeum.policy.validation_conditions import Problem

USAGE = "usage: python -m eeum.policy check FILE ... | schema"


def main(arguments: Sequence[str]) -> int:
    match list(arguments):
        case ["schema"]:
            print(json.dumps(schema(), indent=2, ensure_ascii=False))
            return 0
        case ["check", first, *others]:
            return _check([first, *others])
        case _:
            print(USAGE, file=sys.stderr)
            return 2


def _check(names: Sequence[str]) -> int:
    """Several files are checked one by one, and then as one programme's history."""
    documents, faults = [], 0
    for name in names:
        document, problems = problems_of_file(Path(name))
        faults += _tell(name, problems)
        if document is not None:
            documents.append(document)
            print(f"{name}: {document['version']} from {document['starts_at']} is valid")
    faults += _tell("together", tuple(problems_of_history(documents)))
    return 1 if faults else 0


def _tell(name: str, problems: Sequence[Problem]) -> int:
    for path, code, why in problems:
        print(f"{name}: {path or 'document'}: {why} [{code}]")
    return len(problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
