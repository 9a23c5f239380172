"""The event of a change of a budget: a line that was added or supplemented, or a year that was closed."""

from eeum.publishing.events import Event, event_of_change
from eeum.storage import Item

SOURCE = "eeum.budgets"


def event_of_budget_change(item: Item) -> Event:
    """The event of a stored change. It has no operator and no reason: `GET /budgets/{year}/changes` has both, for operators."""
    detail = {
        "change_id": item["id"],
        "programme": item["pk"].split("#")[1],
        "fiscal_year": item["fiscal_year"],
        "change": item["change"],
        "line": item["line"],
        "amount": item["won"],
    }
    return event_of_change(SOURCE, "budget_change", (item["pk"], item["sk"]), item["accepted_at"], detail)
