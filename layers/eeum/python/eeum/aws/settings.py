"""The environment of a function, read once and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from eeum.storage import Table

if TYPE_CHECKING:
    from eeum.aws.own_issuer import OwnIssuer

LOCAL = "local"


class SettingsError(Exception):
    """The function's environment is not the one that the template sets; the function must not start."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`tables` are the names of the tables that the function may use; `clock_shift` is zero outside the stage `local`.

    Passes over all wallets begin `pass_hours` after each other, and read at most `read_units` a second in all segments together.
    `own_issuer` is the city's own identity provider, None where Cognito gives residents their tokens.
    """

    stage: str
    programme: str
    tables: Mapping[Table, str]
    clock_shift: timedelta
    dead_letter_queue_url: str | None
    slow_queue_url: str | None = None
    event_bus: str | None = None
    pass_hours: int = 0
    read_units: int | None = None
    own_issuer: "OwnIssuer | None" = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Settings":
        """The settings. Raises `SettingsError` for a missing name, a bad issuer, or a shifted clock outside the stage `local`."""
        stage = _required(environment, "STAGE")
        shift = _whole_number(environment, "CLOCK_SHIFT_SECONDS", "seconds")
        if shift and stage != LOCAL:
            raise SettingsError(
                f"CLOCK_SHIFT_SECONDS is {shift} in the stage {stage}: only the stage local may shift its clock."
            )
        names = {table: environment.get(f"{table.name}_TABLE", "") for table in Table}
        return cls(
            stage=stage,
            programme=_required(environment, "PROGRAMME"),
            tables={table: name for table, name in names.items() if name},
            clock_shift=timedelta(seconds=shift),
            dead_letter_queue_url=environment.get("DEAD_LETTER_QUEUE_URL") or None,
            slow_queue_url=environment.get("SLOW_QUEUE_URL") or None,
            event_bus=environment.get("EVENT_BUS") or None,
            pass_hours=_whole_number(environment, "PASS_HOURS", "hours"),
            read_units=_whole_number(environment, "READ_UNITS_PER_SECOND", "read units") or None,
            own_issuer=_own_issuer(environment),
        )


def _whole_number(environment: Mapping[str, str], name: str, what: str) -> int:
    """A number of the environment; 0 if it is missing."""
    try:
        return int(environment.get(name) or "0")
    except ValueError as error:
        raise SettingsError(f"{name} is not a whole number of {what}.") from error


def _own_issuer(environment: Mapping[str, str]) -> "OwnIssuer | None":
    described = environment.get("OWN_ISSUER")
    if not described:
        return None
    # Imported here, since most cities have none.
    from eeum.aws.own_issuer import BadIssuer, OwnIssuer

    try:
        return OwnIssuer.of(described)
    except BadIssuer as problem:
        raise SettingsError(f"OWN_ISSUER: {problem}") from problem


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name)
    if not value:
        raise SettingsError(f"The environment variable {name} is missing.")
    return value
