"""The contract, held by dynoxide."""

import pytest

from eeum.storage import Storage
from tests.contract.cases import Case, parameters

ENGINE = "dynoxide"
KNOWN_FAULTS = {
    "a_prefix_tells_capital_letters_from_small_ones": "looks for begins_with with LIKE, which is blind to case",
}
"""What this version of the engine does not do as DynamoDB does; no code of ours rests on it."""

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("case", parameters(KNOWN_FAULTS))
def test_contract(case: Case, storage: Storage) -> None:
    case(storage)
