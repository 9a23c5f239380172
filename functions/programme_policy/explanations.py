"""Routes for members: the policy in plain Korean and English, and the change that is announced."""

from eeum.aws.http import Response, answered
from eeum.calendar import text_of
from eeum.policy.amendments import end_of, suspensions_of
from eeum.policy.announcements import announced, changes_of, for_members, standing_of
from eeum.policy.comparison import explained
from eeum.policy.reading import period_of
from eeum.policy.use_cases import named
from programme_policy import door
from programme_policy.door import api
from programme_policy.lifecycle_bodies import (
    ComingBody,
    ExplanationBody,
    SaysBody,
    SuspendedBody,
    announced_body,
    change_body,
    plain_body,
)


@api.get("/policies/coming", summary="What is announced, in plain words", tags=["policies"])
def coming() -> Response[ComingBody]:
    stored = door.policy_store().stored()
    found = announced(stored.documents, stored.amendments, door.city.clock())
    return answered(ComingBody(coming=[announced_body(each) for each in found]))


@api.get(
    "/policies/<version>/explanation",
    summary="One version in plain words, and what it changes against the one before",
    tags=["policies"],
)
def explanation(version: str) -> Response[ExplanationBody]:
    stored = door.policy_store().stored()
    document = named(stored.documents, version)
    starts_at, _ = period_of(document)
    ends_at = end_of(document, stored.amendments)
    follows, changes = changes_of(document, stored.documents)
    own = {layer["id"] for layer in document["layers"]}
    return answered(
        ExplanationBody(
            version=document["version"],
            status=standing_of(document["version"], stored.documents, door.city.clock()).value,
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
