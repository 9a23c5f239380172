"""Policies and months, which anyone may read. They have their own function, so that its role can only read."""

import os
from typing import Annotated

from eeum.aws.http import Api, Cursor, Limit, Query, Response, answered, lambda_handler
from eeum.calendar import parse_month, parse_queried_instant, text_of
from eeum.composition import City
from eeum.months.use_cases import month_record
from eeum.policy.amendments import end_of, suspensions_of
from eeum.policy.announcements import announced, changes_of, for_members, status_of
from eeum.policy.comparison import explained
from eeum.policy.document_models import PolicyDocument, stored_document
from eeum.policy.reading import period_of
from eeum.policy.use_cases import named, version_in_force, version_named
from programme_policy.bodies import (
    ComingBody,
    ExplanationBody,
    MonthBody,
    MonthsBody,
    PoliciesBody,
    SaysBody,
    SuspendedBody,
    announced_body,
    change_body,
    month_body,
    plain_body,
)

PAGE = 24
POLICIES_A_PAGE = 30

api = Api()
city = City.of(os.environ)


@api.get("/policies", summary="Policy versions, in the order of their starts", tags=["policies"])
def policies(
    limit: Annotated[int, Query(ge=1, le=POLICIES_A_PAGE, description="How many versions a page has at most.")] = (
        POLICIES_A_PAGE
    ),
    cursor: Cursor = None,
) -> Response[PoliciesBody]:
    """Lists all versions of the programme's policy, past, in force and scheduled, without those that were withdrawn."""
    documents, following = city.policy_store(api.lambda_context).page(limit, cursor)
    listed = [stored_document(document) for document in documents]
    return answered(PoliciesBody(policies=listed, cursor=following))


@api.get("/policies/in_force", summary="The policy in force at an instant", tags=["policies"])
def policy_in_force(
    at: Annotated[str | None, Query(description="RFC 3339 with offset (`+` may be `%2B`); defaults to now.")] = None,
) -> Response[PolicyDocument]:
    """Shows the policy document in force at an instant, or now."""
    instant = parse_queried_instant(at, "at") if at is not None else city.clock()
    return answered(stored_document(version_in_force(city.policy_store(api.lambda_context), instant)))


@api.get("/policies/<version>", summary="One policy version", tags=["policies"])
def policy(version: str) -> Response[PolicyDocument]:
    """Shows the policy document of one version."""
    return answered(stored_document(version_named(city.policy_store(api.lambda_context), version)))


@api.get("/policies/coming", summary="Announced changes, in plain words", tags=["policies"])
def coming() -> Response[ComingBody]:
    """Lists what will change: scheduled versions, ends and suspensions, each in plain Korean and English."""
    stored = city.policy_store(api.lambda_context).stored()
    found = announced(stored.documents, stored.amendments, city.clock())
    return answered(ComingBody(coming=[announced_body(each) for each in found]))


@api.get(
    "/policies/<version>/explanation",
    summary="One version in plain words, and what it changes against the one before",
    tags=["policies"],
)
def explanation(version: str) -> Response[ExplanationBody]:
    """Explains a version in plain Korean and English, and what it changes against the version before it."""
    stored = city.policy_store(api.lambda_context).stored()
    document = named(stored.documents, version)
    starts_at, _ = period_of(document)
    ends_at = end_of(document, stored.amendments)
    follows, changes = changes_of(document, stored.documents)
    own = {layer["id"] for layer in document["layers"]}
    return answered(
        ExplanationBody(
            version=document["version"],
            status=status_of(document["version"], stored.documents, city.clock()).value,
            starts_at=text_of(starts_at),
            ends_at=text_of(ends_at) if ends_at is not None else None,
            suspensions=[
                SuspendedBody(
                    layers=list(each.layers),
                    start=text_of(each.start),
                    until=text_of(each.until) if each.until is not None else None,
                )
                for each in suspensions_of(stored.amendments)
                if not each.layers or own & set(each.layers)
            ],
            says=[
                SaysBody(about=each.about, subject=plain_body(each.subject), ko=each.says.ko, en=each.says.en)
                for each in explained(document)
            ],
            follows=follows,
            changes=[change_body(change) for change in for_members(changes)],
        )
    )


@api.get("/months", summary="The programme's months, the newest first", tags=["months"])
def months(limit: Limit = PAGE, cursor: Cursor = None) -> Response[MonthsBody]:
    """Lists the programme's months, the newest first, with when each was opened, closed and frozen."""
    records, following = city.months(api.lambda_context).latest(limit, cursor)
    return answered(MonthsBody(months=[month_body(record) for record in records], cursor=following))


@api.get("/months/<month>", summary="One month", tags=["months"])
def month(month: str) -> Response[MonthBody]:
    """Shows one month: when it was opened, closed and frozen."""
    return answered(month_body(month_record(city.months(api.lambda_context), parse_month(month))))


handler = lambda_handler(api, lambda: city)
