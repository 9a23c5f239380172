"""The event of a budget change: a line was added or supplemented, or a year was closed."""

from eeum.publishing.events import Event, event_of_change
from eeum.storage import Item

SOURCE = "eeum.budgets"


def event_of_budget_change(item: Item) -> Event:
    """The event of a stored change, without operator and reason. Operators read both by `GET /budgets/{year}/changes`."""
    detail = {
        "change_id": item["id"],
        "programme": item["pk"].split("#")[1],
        "fiscal_year": item["fiscal_year"],
        "change": item["change"],
        "line": item["line"],
        "amount": item["won"],
    }
    return event_of_change(SOURCE, "budget_change", (item["pk"], item["sk"]), item["accepted_at"], detail)
