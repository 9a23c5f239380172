"""Simulations as the API receives and returns them."""

from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic.config import JsonDict

from eeum.aws.http import Body
from eeum.bodies import AnswerBody
from eeum.calendar import MONTH_PATTERN, text_of
from eeum.policy.document_models import PolicyDocument
from eeum.simulations.differences import as_of_the_policy
from eeum.simulations.rules import Simulation

LARGEST_BODY = 524_288
"""Two documents, each several times as large as the largest known."""

Month = Annotated[str, Field(pattern=rf"^{MONTH_PATTERN}$", description="A calendar month in Seoul.")]
Source = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$", description="The name under which the payments were published.")
]
Budget = Annotated[
    str,
    Field(
        pattern=r"^(national|city|district|merchant|all)(/[a-z0-9+_-]{1,200})?=[0-9]{1,15}$",
        description="Won by funder, or by funder and layers: `city=101000000000`, `all=1`, `city/base+market=5`.",
    ),
]


NAMED: JsonDict = {"pattern": "^[a-z0-9]+([_-][a-z0-9]+)*$"}
"""A name that no version has is answered as a version that does not exist."""


class PolicyAsked(Body):
    """A policy: a document, or the name of a stored version."""

    document: PolicyDocument | None = None
    version: Annotated[str, Field(max_length=40, json_schema_extra=NAMED)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "PolicyAsked":
        if (self.document is None) == (self.version is None):
            raise ValueError("must have either a document or the name of a version")
        return self


class PaymentsAsked(Body):
    """Payments published to the city's bucket, from the first day of `from` to the last day of `until`."""

    source: Source = "city"
    first: Month = Field(alias="from")
    last: Month = Field(alias="until")


class PolicySimulationRequest(Body):
    """What `policy` would have cost if it had always been in force, compared with `against`."""

    policy: PolicyAsked
    against: PolicyAsked | None = None
    payments: PaymentsAsked
    budgets: list[Budget] = Field(default=[], max_length=20)


class SimulatedPaymentsBody(AnswerBody):
    source: str
    first: str = Field(serialization_alias="from")
    last: str = Field(serialization_alias="until")


class SimulationFaultBody(AnswerBody):
    """Why there is no answer; docs/simulator.md explains the codes."""

    code: str
    detail: str


class SimulationTableBody(AnswerBody):
    """A table of the report, as CSV; the address is valid for some minutes."""

    name: str
    url: str


class PolicySimulationBody(AnswerBody):
    """A simulation: `requested`, `running`, `finished`, `refused` (it has no answer) or `failed` (another attempt may follow)."""

    id: str
    state: str
    version: str
    digest: str
    against: str | None
    payments: SimulatedPaymentsBody
    budgets: list[str]
    asked_by: str
    asked_at: str
    started_at: str | None
    finished_at: str | None
    summary: dict[str, Any] | None
    tables: list[SimulationTableBody]
    fault: SimulationFaultBody | None


class PolicySimulationsBody(AnswerBody):
    """Simulations without their tables, and the cursor of the next page."""

    simulations: list[PolicySimulationBody]
    cursor: str | None


def simulation_body(simulation: Simulation, tables: list[SimulationTableBody]) -> PolicySimulationBody:
    question, fault = simulation.question, simulation.fault
    return PolicySimulationBody(
        id=simulation.id,
        state=simulation.state.value,
        version=question.document["version"],
        digest=question.digest,
        against=question.against["version"] if question.against else None,
        payments=SimulatedPaymentsBody(
            source=question.payments.source, first=question.payments.first, last=question.payments.last
        ),
        budgets=list(question.budgets),
        asked_by=simulation.asked_by,
        asked_at=text_of(simulation.asked_at),
        started_at=text_of(simulation.started_at) if simulation.started_at else None,
        finished_at=text_of(simulation.finished_at) if simulation.finished_at else None,
        summary=as_of_the_policy(simulation.summary) if simulation.summary is not None else None,
        tables=tables,
        fault=SimulationFaultBody(code=fault.code, detail=fault.detail) if fault else None,
    )
