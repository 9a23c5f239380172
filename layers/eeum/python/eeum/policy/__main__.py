"""`python -m eeum.policy` checks policy documents, says them in plain words, tries them, and prints their JSON Schema."""

import json
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from eeum.dry_run.events import course_of
from eeum.dry_run.telling import json_of, lines_of
from eeum.dry_run.trial import tried
from eeum.errors import PolicyRefused
from eeum.policy.check import problems_of_file, read_json, schema
from eeum.policy.comparison import explained
from eeum.policy.doubts import doubts_beside, doubts_of
from eeum.policy.reading import period_of, policy_of
from eeum.policy.validation import problems_of_history
from eeum.policy.validation_conditions import Problem

USAGE = """usage: python -m eeum.policy check POLICY ...
       python -m eeum.policy explain POLICY
       python -m eeum.policy try POLICY ... EVENTS [--json]
       python -m eeum.policy schema

check  tells the faults of policy documents, of each by itself and of all as versions of one programme; and of valid ones what they
       probably do not mean.
explain says a policy in plain Korean and English, as its members are told.
try    prints what the payments, top-ups and cancellations of one member get, one after the other: by layer, funder and purse, what
       limits and pools cut, and what is left of them. EVENTS is a JSON file (docs/policy-language/trying.md). Charged money, cashback
       and grants are taken to be there.
schema prints the JSON Schema of a policy document."""


def main(arguments: Sequence[str]) -> int:
    match list(arguments):
        case ["schema"]:
            print(json.dumps(schema(), indent=2, ensure_ascii=False))
            return 0
        case ["check", first, *others]:
            return _check([first, *others])
        case ["explain", name]:
            return _explain(name)
        case ["try", *rest] if len(files := [each for each in rest if each != "--json"]) > 1:
            return _try(files[:-1], files[-1], as_json=len(files) < len(rest))
        case _:
            print(USAGE, file=sys.stderr)
            return 2


def _check(names: Sequence[str]) -> int:
    """Several files are checked one by one, and then as one programme's history."""
    documents, faults = [], 0
    for name in names:
        document, problems = problems_of_file(Path(name))
        faults += _tell(f"{name}:", problems)
        if document is not None:
            documents.append(document)
            print(f"{name}: {document['version']} from {document['starts_at']} is valid")
            _tell(f"{name}: is this meant?", tuple(doubts_of(document)))
    faults += _tell("together:", tuple(problems_of_history(documents)))
    for before, document in pairwise(sorted(documents, key=lambda each: period_of(each)[0])):
        _tell(f"{document['version']}: is this meant?", tuple(doubts_beside(document, before)))
    return 1 if faults else 0


def _explain(name: str) -> int:
    """Both languages, line by line: whoever reads both sees whether they, and the notice, say the same."""
    document, problems = problems_of_file(Path(name))
    if document is None:
        return 1 if _tell(f"{name}:", problems) else 0
    for statement in explained(document):
        print(f"{statement.subject.ko}: {statement.says.ko}")
        print(f"    {statement.subject.en}: {statement.says.en}")
    return 0


def _try(policies: Sequence[str], events: str, *, as_json: bool) -> int:
    """The policies are versions of one programme; each event meets the one that holds at its instant."""
    documents, faults = [], 0
    for name in policies:
        document, problems = problems_of_file(Path(name))
        faults += _tell(f"{name}:", problems)
        documents += [document] if document is not None else []
    faults += _tell("together:", tuple(problems_of_history(documents)))
    course, problems = read_json(Path(events))
    faults += _tell(f"{events}:", problems)
    if faults:
        return 1
    versions = sorted((policy_of(document) for document in documents), key=lambda version: version.starts_at)
    try:
        outcomes = tried(versions, course_of(course, versions))
    except PolicyRefused as refused:
        _tell(f"{events}:", refused.problems)
        return 1
    if as_json:
        print(json.dumps(json_of(outcomes), indent=2, ensure_ascii=False))
    else:
        print("\n".join(lines_of(outcomes)))
    return 0


def _tell(of: str, problems: Sequence[Problem]) -> int:
    for path, code, why in problems:
        print(f"{of} {path or 'document'}: {why} [{code}]")
    return len(problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
