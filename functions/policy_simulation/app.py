"""Routes of simulations: what a policy would cost, requested by operators, computed in the background."""

import json
import os
from http import HTTPStatus
from typing import Any

from eeum.aws.http import Api, Cursor, IdempotencyKey, Limit, Response, answered, lambda_handler
from eeum.composition import City, buckets, queues
from eeum.policy.digest import digest_of
from eeum.policy.documents import canonical_document
from eeum.policy.use_cases import version_named
from eeum.request import Request
from eeum.simulations.rules import Question, Simulation, payments_asked, seen
from eeum.simulations.store import SimulationStore
from eeum.simulations.use_cases import ask, simulation_named
from policy_simulation.bodies import (
    LARGEST_BODY,
    PolicyAsked,
    PolicySimulationBody,
    PolicySimulationRequest,
    PolicySimulationsBody,
    SimulationTableBody,
    simulation_body,
)

PAGE = 20
LINK_SECONDS = 900
SCOPE = "policy_simulations"
"""Idempotency keys are the caller's, within this scope."""

api = Api(largest_body=LARGEST_BODY)
city = City.of(os.environ)


@api.post("/policy_simulations", summary="Request what a policy would have cost", tags=["policies"])
def simulate(body: PolicySimulationRequest, idempotency_key: IdempotencyKey = "") -> Response[PolicySimulationBody]:
    """Starts a simulation of what a policy would have cost over published payments.

    Read it at `Location` until its `state` is `finished` or `refused`.
    """
    operator = api.caller().operator()
    asked = body.model_dump(mode="json", by_alias=True)
    request = Request.of(operator, SCOPE, idempotency_key, asked)
    document = _document(body.policy)
    question = Question(
        digest=digest_of(document),
        document=document,
        against=_document(body.against) if body.against else None,
        payments=payments_asked(body.payments.source, body.payments.first, body.payments.last),
        budgets=tuple(body.budgets),
    )
    found = ask(_store(), _send, request, question, city.clock)
    location = f"/policy_simulations/{found.simulation.id}"
    headers = {"Location": location} | ({"Idempotency-Replayed": "true"} if found.replayed else {})
    return Response(HTTPStatus.ACCEPTED.value, "application/json", _body(found.simulation), headers=headers)


@api.get("/policy_simulations", summary="Simulations, in no order", tags=["policies"])
def simulations(limit: Limit = PAGE, cursor: Cursor = None) -> Response[PolicySimulationsBody]:
    """Lists simulations without their tables, in no particular order."""
    api.caller().operator()
    page, following = _store().page(limit, cursor)
    return answered(PolicySimulationsBody(simulations=[_body(each) for each in page], cursor=following))


@api.get("/policy_simulations/<simulation_id>", summary="One simulation, with its tables", tags=["policies"])
def simulation(simulation_id: str) -> Response[PolicySimulationBody]:
    """Shows a simulation with its summary. Once it is finished it has links to its tables as CSV, which hold for 15 minutes."""
    api.caller().operator()
    found = simulation_named(_store(), simulation_id)
    return answered(_body(found, _links(found)))


def _body(found: Simulation, tables: list[SimulationTableBody] | None = None) -> PolicySimulationBody:
    return simulation_body(seen(found, city.clock()), tables or [])


def _document(asked: PolicyAsked) -> dict[str, Any]:
    """The policy's document with its defaults. Raises `PolicyRefused` and `NotFound`."""
    if asked.document is not None:
        return canonical_document(asked.document.model_dump(mode="json", by_alias=True))
    return version_named(city.policy_store(api.lambda_context), str(asked.version))


def _store() -> SimulationStore:
    return city.simulations(city.patience(api.lambda_context))


def _send(request: str) -> None:
    """Send the request to the worker's queue."""
    queues().send_message(QueueUrl=os.environ["SIMULATIONS_QUEUE_URL"], MessageBody=json.dumps({"simulation": request}))


def _links(found: Simulation) -> list[SimulationTableBody]:
    if not found.tables:
        return []
    client = buckets()
    return [
        SimulationTableBody(
            name=name,
            url=client.generate_presigned_url(
                "get_object",
                Params={"Bucket": os.environ["SIMULATIONS_BUCKET"], "Key": f"results/{found.id}/{name}.csv"},
                ExpiresIn=LINK_SECONDS,
            ),
        )
        for name in found.tables
    ]


handler = lambda_handler(api, lambda: city)
