"""docs/quotes.md has every reason and every field of a quote, and no others."""

import re
from pathlib import Path

from cashback_calculation.bodies import MESSAGES, MESSAGES_IN_ENGLISH, QuoteBody, QuoteRequest
from eeum.cashback.quoting import Reason

PAGE = (Path(__file__).parents[2] / "docs" / "quotes.md").read_text()


def _named(column: str) -> set[str]:
    """The names in the first column of the table with this heading."""
    table = PAGE.partition(f"| {column} |")[2].partition("\n\n")[0]
    return {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}


def test_every_reason_is_explained_and_has_a_sentence_for_the_member() -> None:
    assert _named("`reason`") == {reason.value for reason in Reason}
    assert MESSAGES.keys() == MESSAGES_IN_ENGLISH.keys() == set(Reason)


def test_every_field_is_explained() -> None:
    assert _named("field") == set(QuoteBody.model_fields) - {"policy"}
    assert _named("request") == set(QuoteRequest.model_fields)
