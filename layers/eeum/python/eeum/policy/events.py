"""The event of a step of the policies' history: what was done to a draft, an amendment or a version."""

from eeum.policy.history import HISTORY
from eeum.publishing.events import Event, event_of_change
from eeum.storage import Item

SOURCE = "eeum.programme"


def event_of_step(item: Item) -> Event | None:
    """The event of a stored step. None for its second item, which is the same step in another order.

    It has no operator and no reason: `GET /policy_history` has both, for operators.
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
