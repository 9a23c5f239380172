"""Merchants as the API returns them: to everyone, to their owners, and to operators."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from pydantic.config import JsonDict

from eeum.aws.http import Body, Line
from eeum.bodies import AnswerBody
from eeum.calendar import INSTANT, parse_instant, text_of
from eeum.merchants.rules import Merchant, Shop, parse_business_registration_number
from eeum.money import LARGEST_AMOUNT
from eeum.policy.document_values import Name

HIGHEST_OWN_RATE = 2_000
NAMED: JsonDict = {"pattern": "^[a-z0-9]+([_-][a-z0-9]+)*$"}
"""Names that the policy does not know are refused with a separate code and the known names."""
AN_INSTANT: JsonDict = {"pattern": f"^{INSTANT.pattern}$".replace(r"\d", "[0-9]")}
MOST_FLAGS = 20


class ApplicationRequest(Body):
    """The owner's description of the shop; `annual_revenue` in won, `own_rate_basis_points` funded by the merchant."""

    business_registration_number: str = Field(
        max_length=20,
        description="Ten digits, with or without hyphens; the last is a check digit.",
        json_schema_extra={"pattern": "^[0-9]{3}-?[0-9]{2}-?[0-9]{5}$"},
    )
    name: Line = Field(max_length=80)
    district: str = Field(min_length=1, max_length=40, json_schema_extra=NAMED, description="A district in the policy.")
    category: str = Field(min_length=1, max_length=40, json_schema_extra=NAMED, description="A category in the policy.")
    annual_revenue: int = Field(strict=True, ge=0, le=100 * LARGEST_AMOUNT)
    flags: list[Name] = Field(
        default=[], max_length=MOST_FLAGS, description="Flags in the policy, which its conditions use."
    )
    own_rate_basis_points: int = Field(default=0, strict=True, ge=0, le=HIGHEST_OWN_RATE)

    def shop(self) -> Shop:
        """The shop. Raises `Invalid` for a malformed number or a wrong check digit."""
        return Shop(
            business_registration_number=parse_business_registration_number(self.business_registration_number),
            name=self.name,
            district=self.district,
            category=self.category,
            annual_revenue=self.annual_revenue,
            flags=frozenset(self.flags),
            own_rate=self.own_rate_basis_points,
        )


class DecisionRequest(Body):
    """The application to decide: the one made at `applied_at`, and no other under the same id."""

    applied_at: Annotated[str, Field(max_length=40, json_schema_extra=AN_INSTANT)] | None = Field(
        default=None,
        description="The `applied_at` of the reviewed application; required if an earlier one was rejected.",
    )

    def reviewed(self) -> datetime | None:
        """When the reviewed application was made. Raises `Invalid` for text that is not an instant."""
        return parse_instant(self.applied_at, "applied_at") if self.applied_at is not None else None


class ApprovalRequest(DecisionRequest):
    """An approval; the reason is optional, unlike that of a rejection."""

    reason: Annotated[Line, Field(max_length=200)] | None = None


class RejectionRequest(DecisionRequest):
    reason: Annotated[Line, Field(max_length=200)]


class MerchantBody(AnswerBody):
    """A merchant as everyone may see it."""

    id: str
    name: str
    district: str
    category: str
    flags: list[str]
    own_rate_basis_points: int
    status: str
    payable_from: str | None


class MerchantsBody(AnswerBody):
    """A page of merchants, and the cursor of the next page."""

    merchants: list[MerchantBody]
    cursor: str | None


class DecisionBody(AnswerBody):
    status: str
    operator: str
    decided_at: str
    reason: str


class ApplicationBody(MerchantBody):
    """An application as its owner sees it."""

    business_registration_number: str
    annual_revenue: int
    applied_at: str


class ReviewedApplicationBody(ApplicationBody):
    """An application as operators see it, with all decisions on its registration number, also on earlier owners' applications."""

    decisions: list[DecisionBody]


class ApplicationsBody(AnswerBody):
    """A page of applications, and the cursor of the next page."""

    applications: list[ReviewedApplicationBody]
    cursor: str | None


def merchant_body(merchant: Merchant) -> MerchantBody:
    shop = merchant.shop
    return MerchantBody(
        id=merchant.id,
        name=shop.name,
        district=shop.district,
        category=shop.category,
        flags=sorted(shop.flags),
        own_rate_basis_points=shop.own_rate,
        status=merchant.status.value,
        payable_from=text_of(merchant.payable_from) if merchant.payable_from else None,
    )


def application_body(merchant: Merchant) -> ApplicationBody:
    return ApplicationBody(
        **merchant_body(merchant).model_dump(),
        business_registration_number=merchant.shop.business_registration_number,
        annual_revenue=merchant.shop.annual_revenue,
        applied_at=text_of(merchant.applied_at),
    )


def reviewed_application_body(merchant: Merchant) -> ReviewedApplicationBody:
    return ReviewedApplicationBody(
        **application_body(merchant).model_dump(),
        decisions=[
            DecisionBody(
                status=decision.status.value,
                operator=decision.operator,
                decided_at=text_of(decision.decided_at),
                reason=decision.reason,
            )
            for decision in merchant.decisions
        ],
    )
