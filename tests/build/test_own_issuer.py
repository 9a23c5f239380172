"""A city's own identity provider is checked before a deployment, and described to the pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deployment import own_issuer, web
from deployment.own_issuer import BadProvider
from tests.build.test_web import OUTPUTS
from tests.second_issuer import SecondIssuer, second_issuer


@pytest.fixture(scope="module")
def provider() -> Iterator[SecondIssuer]:
    with second_issuer() as running:
        yield running


def parameters(provider: SecondIssuer, **changes: str) -> dict[str, str]:
    return {
        "Stage": "dev",
        "ResidentIssuer": provider.url,
        "ResidentAudience": "city-currency",
        "ResidentTokenOrigin": provider.url,
        "OwnResidentClient": "resident-page",
        "OwnMerchantClient": "shop-page",
    } | changes


def test_a_stage_without_a_provider_needs_no_check() -> None:
    own_issuer.check({"Stage": "prod"})


def test_a_provider_that_fits_its_parameters_may_be_deployed(provider: SecondIssuer) -> None:
    own_issuer.check(parameters(provider, WalletScope="pay.use", ResidentClientClaim="azp"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ResidentAudience": ""}, "ResidentAudience is empty"),
        ({"OwnResidentClient": ""}, "OwnResidentClient is empty"),
        ({"ResidentTokenOrigin": ""}, "ResidentTokenOrigin is empty; the token endpoint"),
        ({"ResidentTokenOrigin": "https://elsewhere.kr"}, "ResidentTokenOrigin is https://elsewhere.kr"),
        ({"TopUpsScope": "eeum/wallet"}, "eeum/top_ups is for partner systems"),
        ({"WalletScope": "openid"}, "eeum/wallet is mapped to openid"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(provider: SecondIssuer, changes: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadProvider, match=sentence):
        own_issuer.check(parameters(provider, **changes))


def test_a_provider_under_another_name_is_refused(provider: SecondIssuer) -> None:
    """Authorizers compare issuers letter by letter."""
    with pytest.raises(BadProvider, match="and not http"):
        own_issuer.endpoints_of(f"{provider.url}/")


def test_an_address_without_a_provider_is_refused(provider: SecondIssuer) -> None:
    with pytest.raises(BadProvider, match="cannot be read"):
        own_issuer.endpoints_of(f"{provider.url}/realms/none")


def test_the_pages_sign_in_at_the_provider(provider: SecondIssuer) -> None:
    outputs = OUTPUTS | {"ResidentIssuer": provider.url, "WalletScope": "pay.use", "MerchantScope": "pay.shop"}
    configured = web.configuration(outputs, "prod")

    assert configured["authorize"] == f"{provider.url}/authorize"
    assert configured["token"] == f"{provider.url}/token"
    assert (configured["logout"], configured["logoutReturn"]) == (f"{provider.url}/logout", "post_logout_redirect_uri")
    assert configured["scopes"] == {"eeum/wallet": "pay.use", "eeum/merchant": "pay.shop"}
    # Staff stay in their pool.
    assert configured["staff"]["authorize"] == "https://staff.example/oauth2/authorize"
