"""Mutants without safeguards of facts and quotes: stored facts are accepted and read in full, and a quote uses the real budget."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from eeum.cashback import quoting, sources
from eeum.payments import items
from eeum.policy.conditions import Facts
from eeum.policy.stored_facts import STORED_FACTS, facts_of_item
from eeum.wallet.command_rewards import UNLIMITED
from tests.simulation.mutation import NOT_STORED, Mutant
from tests.stored_forms import named_facts


def _texts_alone(item: Any) -> str | None:
    """An earlier check of facts, which allowed only two facts to be numbers."""
    known = {
        name: value for name, value in named_facts(item).items() if name not in ("own_rate", "annual_revenue", "flags")
    }
    if not all(text is None or isinstance(text, str) for text in known.values()):
        return "its facts have a text that is none"
    return None


def _reading_without(name: str) -> Callable[[Any], Facts]:
    left = tuple(fact for fact in STORED_FACTS if fact.name != name)
    return lambda item: facts_of_item(item, left)


quoted = quoting._quoted


def _without_budgets(wallet: Any, merchant: Any, policy: Any, order: Any, at: Any, _: Any) -> Any:
    return quoted(wallet, merchant, policy, order, at, UNLIMITED)


MUTANTS_OF_FACTS = (
    Mutant(
        "budgets of a quote",
        "a quote treats lines and pools as unlimited",
        lambda: patch.object(quoting, "_quoted", _without_budgets),
        forms=True,
        blind=NOT_STORED,
    ),
    Mutant(
        "soundness of facts",
        "a member's age is refused as an unknown fact",
        lambda: patch.object(sources, "fault_of_facts", _texts_alone),
    ),
    *(
        Mutant(
            f"fact {name}",
            "the fact is stored, and not read for the posting",
            lambda name=name: patch.object(items, "facts_of_item", _reading_without(name)),  # type: ignore[misc]
            forms=True,
        )
        for name in ("member_age", "member_district", "card_issuer", "merchant_flags")
    ),
)
