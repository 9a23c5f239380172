"""The audit and the simulation's own reference know nothing of each other, and agree."""

import pytest

from eeum.audit.partition import Deviation
from eeum.audit.use_cases import Found
from tests.audit.life import audit_of, found_by
from tests.simulation.running import lived

OPERATIONS = 1_500


@pytest.mark.parametrize("seed", [11, 12])
def test_a_city_with_faults_at_every_call_has_nothing_wrong_in_it(seed: int) -> None:
    city = lived(seed, OPERATIONS)
    # What the stream lost is found by the audit, and by nothing else: it is no damage.
    before = found_by(audit_of(city.memory, now=city.now, policies=city.policies))
    assert {each.check for each in _of_ours(before)} <= {"posting_missing"}
    city.check_end()
    after = found_by(audit_of(city.memory, now=city.now, policies=city.policies), segments=3)
    assert (_of_ours(after), after.awaiting) == ([], 0)
    assert after.entries > OPERATIONS / 2


def _of_ours(found: Found) -> list[Deviation]:
    """No part of the product gives grants yet: the simulation's come from outside, of a kind that the audit rightly does not know."""
    return [each for each in found.deviations if (each.check, each.entry[:6]) != ("kind_unknown", "GRANT#")]
