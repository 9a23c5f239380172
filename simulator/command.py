"""`eeum policy …`: what is done with policies at a terminal, by the script `eeum` in the project's folder."""

import sys
from collections.abc import Callable, Sequence

from eeum.policy.__main__ import main as about_documents
from simulator.__main__ import main as simulate

USAGE = """usage: eeum policy simulate A.json [--against B.json] --payments FOLDER …   what it would have cost
       eeum policy check FILE [FILE …]                                    whether documents may be loaded
       eeum policy schema                                                 the JSON Schema of documents"""

Command = Callable[[Sequence[str]], int]
COMMANDS: dict[str, Command] = {
    "simulate": simulate,
    "check": lambda rest: about_documents(["check", *rest]),
    "schema": lambda rest: about_documents(["schema", *rest]),
}


def main(arguments: Sequence[str]) -> int:
    """The exit status; 2 for what is no command."""
    subject, name, *rest = [*arguments, "", ""][: max(len(arguments), 2)]
    command = COMMANDS.get(name)
    if subject != "policy" or command is None:
        print(USAGE, file=sys.stderr)
        return 2
    return command(rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
