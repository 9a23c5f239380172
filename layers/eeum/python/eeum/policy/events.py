"""The event of a policy step: what was done to a draft, an amendment or a version."""

from eeum.policy.history import HISTORY
from eeum.publishing.events import Event, event_of_change
from eeum.storage import Item

SOURCE = "eeum.programme"


def event_of_step(item: Item) -> Event | None:
    """Return the event of a stored step; None for the step's second item, which only orders it by subject.

    The event leaves out the operator and the reason, which operators read at `GET /policy_history`.
    """
    if not item["sk"].startswith(HISTORY):
        return None
    detail = {
        "programme": item["pk"].partition("#")[2],
        "subject": item["subject"],
        "reference": item["name"],
        "sequence": item["number"],
        "did": item["did"],
        "revision": item["revision"],
        "digest": item["digest"],
    }
    return event_of_change(SOURCE, "policy_step", (item["pk"], item["sk"]), item["at"], detail)
