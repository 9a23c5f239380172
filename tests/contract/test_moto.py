"""The contract, held by moto."""

import pytest

from eeum.storage import Storage
from tests.contract.cases import Case, parameters

ENGINE = "moto"
KNOWN_FAULTS = {
    "no_items_at_all_is_no_read": "answers it with nothing",
    "the_same_token_has_one_effect": "applies a repeated ClientRequestToken twice",
    "the_same_token_is_answered_alike_though_its_conditions_no_longer_hold": "applies a repeated ClientRequestToken twice",
    "a_value_of_another_type_is_another_value_however_alike_it_looks": "takes True for 1, and fails on comparing a text with a number",
    "an_item_of_over_400_kb_is_refused": "accepts items of any size",
    "a_transaction_of_over_4_mb_is_refused_whole": "accepts transactions of any size",
}
"""What this version of the engine does not do as DynamoDB does; no code of ours rests on it."""
LEFT_OUT = {
    "one_balance_is_spent_once_by_many_threads": "loses atomicity between threads",
    "one_claim_is_won_by_one_of_many_threads": "loses atomicity between threads",
    "two_cards_at_once_share_the_last_won_of_a_limit": "loses atomicity between threads",
    "one_transfer_at_once_under_many_keys_is_credited_once": "loses atomicity between threads",
    "many_who_refill_from_one_another_lose_nothing": "loses atomicity between threads",
    "wallets_at_once_share_the_last_won_of_a_budget": "loses atomicity between threads",
    "the_same_payment_sent_by_many_threads_gets_one_discount": "loses atomicity between threads",
    "parts_of_a_discounted_payment_that_are_cancelled_at_once_come_out_as_one": "loses atomicity between threads",
    "top_ups_at_once_come_in_up_to_their_limit_with_their_bonus": "loses atomicity between threads",
    "of_many_versions_that_were_judged_at_one_revision_one_is_stored": "loses atomicity between threads",
}

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("case", parameters(KNOWN_FAULTS, LEFT_OUT))
def test_contract(case: Case, storage: Storage) -> None:
    case(storage)
