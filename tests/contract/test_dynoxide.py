"""The contract on dynoxide."""

import pytest

from eeum.storage import Storage
from tests.contract.cases import Case, parameters

ENGINE = "dynoxide"
KNOWN_FAULTS = {
    "a_prefix_is_case_sensitive": "looks for begins_with with LIKE, which is blind to case",
}
"""Where this version of the engine differs from DynamoDB; no code of ours depends on it."""

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("case", parameters(KNOWN_FAULTS))
def test_contract(case: Case, storage: Storage) -> None:
    case(storage)
