"""Routes of the programme: its policies, which anyone may read, and its months."""

from typing import Annotated

from eeum.aws.http import Query, Response, answered, created, lambda_handler
from eeum.calendar import parse_month, parse_queried_instant
from eeum.months.use_cases import month_record
from eeum.policy.documents import PolicyDocument, canonical_document, stored_document
from eeum.policy.use_cases import load_history, version_in_force, version_named
from programme_policy import amendments, budgets, door, drafts, explanations
from programme_policy.bodies import (
    HistoryRequest,
    LoadedBody,
    MonthBody,
    MonthsBody,
    PoliciesBody,
    month_body,
)
from programme_policy.door import api

ROUTES = (amendments, budgets, drafts, explanations)
"""Modules whose routes are made when they are imported."""
PAGE = 24
POLICIES_A_PAGE = 30


@api.get("/policies", summary="Policy versions, in the order of their starts", tags=["policies"])
def policies(cursor: str | None = None) -> Response[PoliciesBody]:
    documents, following = door.policy_store().page(POLICIES_A_PAGE, cursor)
    listed = [stored_document(document) for document in documents]
    return answered(PoliciesBody(policies=listed, cursor=following))


@api.get("/policies/in_force", summary="The policy in force at an instant", tags=["policies"])
def policy_in_force(
    at: Annotated[str | None, Query(description="RFC 3339 with offset (`+` may be `%2B`); now if not given.")] = None,
) -> Response[PolicyDocument]:
    instant = parse_queried_instant(at, "at") if at is not None else door.city.clock()
    return answered(stored_document(version_in_force(door.policy_store(), instant)))


@api.get("/policies/<version>", summary="One policy version", tags=["policies"])
def policy(version: str) -> Response[PolicyDocument]:
    return answered(stored_document(version_named(door.policy_store(), version)))


@api.post("/policies/history", summary="Load the policies of an empty programme, from the past on", tags=["policies"])
def load_past(body: HistoryRequest) -> Response[LoadedBody]:
    operator = api.caller().operator()
    documents = [_canonical(document) for document in body.policies]
    load_history(door.policy_store(), door.city.settings.programme, documents, operator, door.city.clock())
    return created(LoadedBody(loaded=[document["version"] for document in documents]), "/policies")


@api.get("/months", summary="The programme's months, the newest first", tags=["months"])
def months(cursor: str | None = None) -> Response[MonthsBody]:
    records, following = door.city.months(api.lambda_context).latest(PAGE, cursor)
    return answered(MonthsBody(months=[month_body(record) for record in records], cursor=following))


@api.get("/months/<month>", summary="One month", tags=["months"])
def month(month: str) -> Response[MonthBody]:
    return answered(month_body(month_record(door.city.months(api.lambda_context), parse_month(month))))


def _canonical(document: PolicyDocument) -> dict[str, object]:
    return canonical_document(document.model_dump(mode="json", by_alias=True))


handler = lambda_handler(api)
