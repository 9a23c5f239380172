"""`eeum policy …`: commands for policies at a terminal, started by the script `eeum` in the project's folder."""

import sys
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from eeum.policy.__main__ import main as about_documents

USAGE = """usage: eeum policy check POLICY [POLICY …]          the faults of documents, and warnings
       eeum policy explain POLICY                   a policy in plain Korean and English
       eeum policy try POLICY [POLICY …] EVENTS     what payments and top-ups of one member get
       eeum policy simulate POLICY --payments …     what a policy would have cost a city
       eeum policy schema                           the JSON Schema of documents

`eeum policy VERB --help` describes a verb. Pages: docs/policy-language.md, docs/simulator.md."""
OF_DOCUMENTS = ("check", "explain", "try", "schema")
VERBS = ("check", "explain", "try", "simulate", "schema")
HELP = ("-h", "--help", "help")


def main(arguments: Sequence[str]) -> int:
    """Return the exit status; 2 for an unknown command."""
    match list(arguments):
        case ["policy", "simulate", *rest]:
            # Imported here, since the other verbs run without the simulator's environment.
            from simulator.__main__ import main as simulate

            return simulate(rest)
        case ["policy", verb, *rest] if verb in OF_DOCUMENTS:
            return about_documents([verb, *rest])
        case ["policy", verb] | [verb] if verb in HELP:
            print(USAGE)
            return 0
        case given:
            print(USAGE, *_unknown(given), sep="\n", file=sys.stderr)
            return 2


def _unknown(given: Sequence[str]) -> Iterator[str]:
    """Print the usage, then the unknown command as the last line, where a terminal's reader looks."""
    words = list(given[:2] if given[:1] == ["policy"] else given[:1])
    if words in ([], ["policy"]):
        return
    near = get_close_matches(words[-1], VERBS, n=1)
    meant = f"is policy {near[0]} meant?" if near else f"there are {', '.join(VERBS)}."
    yield f"eeum: {' '.join(words)} is unknown; {meant}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
