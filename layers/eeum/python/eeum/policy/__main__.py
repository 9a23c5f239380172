"""`eeum policy`: check policy documents, explain them in plain words, run them on events, and print their JSON Schema."""

import argparse
import json
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from eeum.dry_run.events import course_of
from eeum.dry_run.outcomes import dry_run
from eeum.dry_run.report import json_of, lines_of
from eeum.errors import PolicyRefused
from eeum.policy.check import problems_of_file, read_json, schema
from eeum.policy.comparison import explained
from eeum.policy.document_warnings import warnings_beside, warnings_of
from eeum.policy.reading import period_of, policy_of
from eeum.policy.validation import problems_of_history
from eeum.policy.validation_conditions import Problem

PROGRAM = "eeum policy"
EVENTS = "a JSON file of payments, top-ups and cancellations: docs/policy-language/trying.md"


def main(arguments: Sequence[str]) -> int:
    """Return the exit status: 1 for documents with faults, 2 for an unknown command."""
    try:
        given = _parser().parse_args(arguments)
    except SystemExit as ended:  # after the usage, or --help
        return int(ended.code or 0)
    match given.verb:
        case "check":
            return _check(given.policies)
        case "explain":
            return _explain(given.policy)
        case "try":
            return _try(given.policies, given.events, as_json=given.json)
        case _:
            print(json.dumps(schema(), indent=2, ensure_ascii=False))
            return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM, description="Policy documents, at a terminal.")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    check = _verb(
        verbs,
        "check",
        "report the faults of documents, each alone and all as versions of one programme; and warnings about valid ones",
    )
    check.add_argument("policies", nargs="+", metavar="POLICY", help="a document, as policies/incheon has them")
    explain = _verb(verbs, "explain", "explain a policy in plain Korean and English, as members read it")
    explain.add_argument("policy", metavar="POLICY")
    tries = _verb(
        verbs,
        "try",
        "run one member's payments and top-ups: rewards by layer, funder and purse, cuts by limits and pools, and what is left",
    )
    tries.add_argument("policies", nargs="+", metavar="POLICY", help="versions of one programme")
    tries.add_argument("events", metavar="EVENTS", help=EVENTS)
    tries.add_argument("--json", action="store_true", help="for a program")
    _verb(verbs, "schema", "print the JSON Schema of a document")
    return parser


def _verb(verbs: Any, name: str, does: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}.")
    return parser


def _check(names: Sequence[str]) -> int:
    """Check each file alone, and then all as one programme's history."""
    documents, faults = [], 0
    for name in names:
        document, problems = problems_of_file(Path(name))
        faults += _print_problems(f"{name}:", problems)
        if document is not None:
            documents.append(document)
            print(f"{name}: {document['version']} from {document['starts_at']} is valid")
            _print_problems(f"{name}: is this meant?", tuple(warnings_of(document)))
    faults += _print_problems("together:", tuple(problems_of_history(documents)))
    for before, document in pairwise(sorted(documents, key=lambda each: period_of(each)[0])):
        _print_problems(f"{document['version']}: is this meant?", tuple(warnings_beside(document, before)))
    return 1 if faults else 0


def _explain(name: str) -> int:
    """Print both languages line by line, so that a reader can compare them with the notice and with each other."""
    document, problems = problems_of_file(Path(name))
    if document is None:
        return 1 if _print_problems(f"{name}:", problems) else 0
    for statement in explained(document):
        print(f"{statement.subject.ko}: {statement.says.ko}")
        print(f"    {statement.subject.en}: {statement.says.en}")
    return 0


def _try(policies: Sequence[str], events: str, *, as_json: bool) -> int:
    """Run the events under versions of one programme, each under the version in force at its instant."""
    documents, faults = [], 0
    for name in policies:
        document, problems = problems_of_file(Path(name))
        faults += _print_problems(f"{name}:", problems)
        documents += [document] if document is not None else []
    faults += _print_problems("together:", tuple(problems_of_history(documents)))
    course, problems = read_json(Path(events))
    faults += _print_problems(f"{events}:", problems)
    if faults:
        return 1
    versions = sorted((policy_of(document) for document in documents), key=lambda version: version.starts_at)
    try:
        outcomes = dry_run(versions, course_of(course, versions))
    except PolicyRefused as refused:
        _print_problems(f"{events}:", refused.problems)
        return 1
    if as_json:
        print(json.dumps(json_of(outcomes), indent=2, ensure_ascii=False))
    else:
        print("\n".join(lines_of(outcomes)))
    return 0


def _print_problems(of: str, problems: Sequence[Problem]) -> int:
    for path, code, why in problems:
        print(f"{of} {path or 'document'}: {why} [{code}]")
    return len(problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
