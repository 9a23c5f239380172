"""A function's settings from its environment, with a shifted clock in stage `local` only."""

from datetime import UTC, datetime, timedelta

import pytest

from eeum.aws.clock import shifted_clock
from eeum.aws.settings import Settings, SettingsError
from eeum.calendar import SEOUL
from eeum.storage import Table

ENVIRONMENT = {
    "STAGE": "prod",
    "PROGRAMME": "incheon",
    "LEDGER_TABLE": "ledger-1",
    "PROGRAMME_TABLE": "programme-1",
    "CLOCK_SHIFT_SECONDS": "0",
}


def test_settings_are_read_from_the_environment() -> None:
    settings = Settings.of(ENVIRONMENT | {"DEAD_LETTER_QUEUE_URL": "https://queue"})
    assert (settings.stage, settings.programme) == ("prod", "incheon")
    assert settings.tables == {Table.LEDGER: "ledger-1", Table.PROGRAMME: "programme-1"}
    assert settings.clock_shift == timedelta()
    assert settings.dead_letter_queue_url == "https://queue"
    assert Settings.of(ENVIRONMENT).dead_letter_queue_url is None


@pytest.mark.parametrize("stage", ["dev", "prod", "Local", "local ", "LOCAL", "locally"])
@pytest.mark.parametrize("shift", ["1", "-1", "86400"])
def test_no_stage_but_local_starts_with_a_shifted_clock(stage: str, shift: str) -> None:
    with pytest.raises(SettingsError, match="CLOCK_SHIFT_SECONDS"):
        Settings.of(ENVIRONMENT | {"STAGE": stage, "CLOCK_SHIFT_SECONDS": shift})


@pytest.mark.parametrize("shift", ["", "0", "-0"])
def test_every_stage_starts_without_a_shift(shift: str) -> None:
    for stage in ("dev", "prod", "local"):
        assert Settings.of(ENVIRONMENT | {"STAGE": stage, "CLOCK_SHIFT_SECONDS": shift}).clock_shift == timedelta()


def test_the_local_stage_may_have_a_shifted_clock() -> None:
    settings = Settings.of(ENVIRONMENT | {"STAGE": "local", "CLOCK_SHIFT_SECONDS": "-31536000"})
    assert settings.clock_shift == timedelta(days=-365)


@pytest.mark.parametrize("shift", ["one", "1.5", "1e3", "０x1"])
def test_a_shift_is_a_whole_number_of_seconds(shift: str) -> None:
    with pytest.raises(SettingsError):
        Settings.of(ENVIRONMENT | {"STAGE": "local", "CLOCK_SHIFT_SECONDS": shift})


@pytest.mark.parametrize("name", ["STAGE", "PROGRAMME"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_function_without_its_settings_does_not_start(name: str, value: str | None) -> None:
    environment = {key: each for key, each in ENVIRONMENT.items() if key != name} | (
        {} if value is None else {name: value}
    )
    with pytest.raises(SettingsError, match=name):
        Settings.of(environment)


def test_a_function_without_a_shift_in_its_environment_has_none() -> None:
    environment = {name: value for name, value in ENVIRONMENT.items() if name != "CLOCK_SHIFT_SECONDS"}
    assert Settings.of(environment).clock_shift == timedelta()


@pytest.mark.parametrize("days", [0, -2_000, 400])
def test_the_clock_is_the_machines_shifted_in_seouls_time(days: int) -> None:
    shift = timedelta(days=days)
    before = datetime.now(UTC)
    told = shifted_clock(shift)()
    assert before + shift <= told <= datetime.now(UTC) + shift
    assert told.tzinfo is SEOUL
