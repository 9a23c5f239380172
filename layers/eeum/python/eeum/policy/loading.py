"""Load the history of a programme. Separate from `use_cases`, so that payments do not import validation."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from eeum.errors import Invalid, PolicyRefused, ProgrammeNotEmpty
from eeum.policy.history import Did, Step, Subject
from eeum.policy.store import LARGEST_HISTORY, PolicyStore
from eeum.policy.validation import problems_of_history
from eeum.storage import ConditionsFailed


def load_history(
    store: PolicyStore, programme: str, documents: Sequence[dict[str, Any]], operator: str, now: datetime
) -> None:
    """Store all versions of a programme, past ones too, into an empty programme.

    Raises:
        Invalid: there are no documents, or too many.
        PolicyRefused: one is another programme's, or the versions do not agree.
        ProgrammeNotEmpty: the programme has a version.
    """
    if not 1 <= len(documents) <= LARGEST_HISTORY:
        raise Invalid("policies", f"must be 1 to {LARGEST_HISTORY} documents", "length")
    for document in documents:
        belongs(programme, document)
    problems = tuple(problems_of_history(documents))
    if problems:
        raise PolicyRefused(f"The versions do not agree: {problems[0][2]}", problems)
    try:
        store.add_history(documents, Step(Subject.HISTORY, programme, 1, Did.LOADED, operator, now, None))
    except ConditionsFailed as failed:
        raise ProgrammeNotEmpty("The programme has policies; history can be loaded into an empty one only.") from failed


def belongs(programme: str, document: dict[str, Any]) -> None:
    """Check that the document is the programme's. Raises `PolicyRefused`."""
    if document["programme"] != programme:
        why = f"This is the programme {programme}, and the document is of {document['programme']}."
        raise PolicyRefused(why, (("programme", "other_programme", why),))
