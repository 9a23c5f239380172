"""Loading the history of a programme. Apart from `use_cases`, since it judges documents, which no payment does."""

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
    """Stores a programme's versions from the past on, into an empty programme only.

    Raises:
        PolicyRefused: one is another programme's, or two share a start or a name.
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
    """Raises `PolicyRefused` for another programme's document."""
    if document["programme"] != programme:
        why = f"This is the programme {programme}, and the document is of {document['programme']}."
        raise PolicyRefused(why, (("programme", "other_programme", why),))
