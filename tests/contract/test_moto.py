"""The contract on moto."""

import pytest

from eeum.storage import Storage
from tests.contract.cases import Case, parameters

ENGINE = "moto"
KNOWN_FAULTS = {
    "a_read_of_no_items_is_no_request": "answers it with nothing",
    "the_same_token_has_one_effect": "applies a repeated ClientRequestToken twice",
    "a_repeated_token_gets_its_answer_though_its_conditions_fail_now": "applies a repeated ClientRequestToken twice",
    "values_of_different_types_are_never_equal": "takes True for 1, and fails on comparing a text with a number",
    "an_item_of_over_400_kb_is_refused": "accepts items of any size",
    "a_transaction_of_over_4_mb_is_refused_whole": "accepts transactions of any size",
}
"""Where this version of the engine differs from DynamoDB; no code of ours depends on it."""
LEFT_OUT = {
    "one_balance_is_spent_once_by_many_threads": "loses atomicity between threads",
    "one_claim_is_won_by_one_of_many_threads": "loses atomicity between threads",
    "two_cards_at_once_share_the_last_won_of_a_limit": "loses atomicity between threads",
    "one_transfer_sent_under_many_keys_at_once_is_credited_once": "loses atomicity between threads",
    "concurrent_refills_between_shards_lose_nothing": "loses atomicity between threads",
    "wallets_at_once_share_the_last_won_of_a_budget": "loses atomicity between threads",
    "the_same_payment_sent_by_many_threads_gets_one_discount": "loses atomicity between threads",
    "concurrent_partial_cancellations_equal_one_whole_cancellation": "loses atomicity between threads",
    "concurrent_top_ups_are_credited_up_to_their_limit_with_their_bonus": "loses atomicity between threads",
    "of_several_versions_checked_against_one_revision_one_is_stored": "loses atomicity between threads",
}

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("case", parameters(KNOWN_FAULTS, LEFT_OUT))
def test_contract(case: Case, storage: Storage) -> None:
    case(storage)
