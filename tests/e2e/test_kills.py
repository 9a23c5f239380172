"""The demonstration while function processes are killed at random, shortened; `make demo-with-kills` runs it for a minute."""

from __future__ import annotations

from pathlib import Path

from local.demo_with_kills import survive
from operations.audit import printed

SECONDS = 8.0


def test_after_kills_a_restart_and_a_catch_up_the_audit_is_clean(tmp_path: Path) -> None:
    told: list[str] = []

    survived = survive(tmp_path, SECONDS, told.append)

    assert survived.killed > 10, told
    assert survived.caught_up["unposted"] == 0
    assert survived.audited.checked["entries"] > 120
    assert survived.audited.deviations == [], printed(survived.audited)
