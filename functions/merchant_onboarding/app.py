"""Routes of merchants and their applications. Each parses, calls one use case, and returns its result."""

import os
from datetime import datetime
from typing import Annotated, Literal

from eeum.aws.http import Api, Cursor, Limit, Query, Response, answered, created, lambda_handler
from eeum.aws.identity import MEMBER, MERCHANT
from eeum.composition import City
from eeum.errors import Forbidden, Invalid
from eeum.merchants.rules import Decision, MerchantStatus
from eeum.merchants.use_cases import (
    ApplyForMerchant,
    DecideApplication,
    application,
    apply_for_merchant,
    decide_application,
    visible_merchant,
)
from merchant_onboarding.bodies import (
    ApplicationBody,
    ApplicationRequest,
    ApplicationsBody,
    ApprovalRequest,
    MerchantBody,
    MerchantsBody,
    RejectionRequest,
    ReviewedApplicationBody,
    application_body,
    merchant_body,
    reviewed_application_body,
)

PAGE = 50
NAME = r"^([a-z0-9]+([_-][a-z0-9]+)*)?$"
"""A name in the form that policies use; an empty one counts as missing."""

api = Api()
city = City.of(os.environ)


@api.post("/merchants", summary="Apply to become a merchant", tags=["merchants"])
def apply(body: ApplicationRequest) -> Response[ApplicationBody]:
    """Applies for the caller's shop.

    An operator decides; an approved merchant accepts payments from the next day. The same application again gives the one that is
    there.
    """
    owner = api.caller().person(MERCHANT)
    command = ApplyForMerchant(body.shop(), owner)
    merchant = apply_for_merchant(command, city.merchant_dependencies(api.lambda_context))
    return created(application_body(merchant), f"/merchants/{merchant.id}")


@api.get("/merchants", summary="Find the merchants of a district, or your own", tags=["merchants"])
def find(
    district: Annotated[
        str | None, Query(max_length=40, pattern=NAME, description="Approved merchants of this district of the city.")
    ] = None,
    category: Annotated[
        str | None, Query(max_length=40, pattern=NAME, description="Of these, those of one category of the policy.")
    ] = None,
    owner: Annotated[Literal["me"] | None, Query(description="`me`: the caller's own, whatever their status.")] = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> Response[MerchantsBody]:
    """Lists approved merchants of a district by category and name, or with `owner=me` the caller's own ones whatever their status.

    One of `district` and `owner` is needed.
    """
    caller = _resident()
    store = city.merchants(api.lambda_context)
    if owner is not None:
        page = store.owned_by(caller, limit, cursor)
    elif district:
        page = store.listed(district, category, limit, cursor)
    else:
        raise Invalid("district", "is missing: give a district, or owner=me", "missing")
    return answered(MerchantsBody(merchants=[merchant_body(each) for each in page.merchants], cursor=page.cursor))


@api.get("/merchants/<merchant_id>", summary="One merchant", tags=["merchants"])
def merchant(merchant_id: str) -> Response[MerchantBody]:
    """Shows a merchant: everybody sees approved ones, owners also their own that wait or were rejected."""
    return answered(merchant_body(visible_merchant(city.merchants(api.lambda_context), merchant_id, _resident())))


@api.get("/merchant_applications", summary="Applications that wait for a decision", tags=["merchants"])
def applications(limit: Limit = PAGE, cursor: Cursor = None) -> Response[ApplicationsBody]:
    """Lists the applications that wait for an operator, the oldest first."""
    api.caller().operator()
    page = city.merchants(api.lambda_context).waiting(limit, cursor)
    return answered(
        ApplicationsBody(applications=[reviewed_application_body(each) for each in page.merchants], cursor=page.cursor)
    )


@api.get("/merchant_applications/<merchant_id>", summary="One application", tags=["merchants"])
def one_application(merchant_id: str) -> Response[ReviewedApplicationBody]:
    """Shows an application with every decision on its registration number."""
    api.caller().operator()
    return answered(reviewed_application_body(application(city.merchants(api.lambda_context), merchant_id)))


@api.post("/merchant_applications/<merchant_id>/approval", summary="Approve an application", tags=["merchants"])
def approve(merchant_id: str, body: ApprovalRequest) -> Response[ReviewedApplicationBody]:
    """Approves an application, so that the merchant accepts payments from the next day.

    Name `applied_at` once an earlier application was rejected.
    """
    return _decide(merchant_id, MerchantStatus.APPROVED, body.reason or "", body.reviewed())


@api.post("/merchant_applications/<merchant_id>/rejection", summary="Reject an application", tags=["merchants"])
def reject(merchant_id: str, body: RejectionRequest) -> Response[ReviewedApplicationBody]:
    """Rejects an application with a reason. The owner may apply again."""
    return _decide(merchant_id, MerchantStatus.REJECTED, body.reason, body.reviewed())


def _decide(
    merchant_id: str, status: MerchantStatus, reason: str, reviewed: datetime | None
) -> Response[ReviewedApplicationBody]:
    decision = Decision(status, api.caller().operator(), city.clock(), reason)
    command = DecideApplication(merchant_id, decision, reviewed)
    decided = decide_application(command, city.merchant_dependencies(api.lambda_context))
    return answered(reviewed_application_body(decided))


def _resident() -> str:
    """The subject of a resident, signed in as a member or as a merchant. Raises `Forbidden`."""
    caller = api.caller()
    if not (caller.has(MEMBER) or caller.has(MERCHANT)):
        raise Forbidden(f"The token lacks the scope {MEMBER} or {MERCHANT}.")
    return caller.subject


handler = lambda_handler(api, lambda: city)
