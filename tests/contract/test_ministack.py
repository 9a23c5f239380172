"""The contract on MiniStack."""

import pytest

from eeum.storage import Storage
from tests.contract.cases import Case, parameters

ENGINE = "ministack"
KNOWN_FAULTS = {
    "more_than_a_hundred_items_of_several_tables_are_not_read_together": "bounds the items of each table alone",
    "a_transaction_of_over_4_mb_is_refused_whole": "counts the request's JSON, and so refuses transactions below 4 MB",
    "adding_to_a_text_is_refused_and_writes_nothing": "leaves the text as it is, and writes the rest",
}
"""Where this version of the engine differs from DynamoDB; no code of ours depends on it."""

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("case", parameters(KNOWN_FAULTS))
def test_contract(case: Case, storage: Storage) -> None:
    case(storage)
