"""The description of a city's own identity provider: what gives no right, or a right to all, is refused at the start."""

import json
from typing import Any

import pytest

from eeum.aws.own_issuer import BadIssuer, OwnIssuer
from eeum.aws.settings import Settings, SettingsError

DESCRIBED = {
    "issuer": "https://login.example.kr/",
    "client_claim": "azp",
    "eeum/wallet": "pay",
    "eeum/merchant": "shop",
    "eeum/payments": "van",
    "eeum/top_ups": "bank",
}


def test_the_template_s_description_is_read() -> None:
    own = OwnIssuer.of(json.dumps(DESCRIBED))

    assert (own.issuer, own.client_claim) == ("https://login.example.kr/", "azp")
    assert own.rights({"scope": "bank pay other"}) == {"eeum/wallet", "eeum/top_ups"}


def test_one_scope_may_open_wallet_and_shops() -> None:
    own = OwnIssuer.of(json.dumps(DESCRIBED | {"eeum/merchant": "pay"}))

    assert own.rights({"scope": "pay"}) == {"eeum/wallet", "eeum/merchant"}


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": ""},
        {"client_claim": ""},
        {"eeum/wallet": ""},
        {"eeum/wallet": "openid"},
        {"eeum/top_ups": "profile"},
        {"eeum/top_ups": "pay"},
        {"eeum/payments": "shop"},
        {"eeum/payments": "bank"},
    ],
)
def test_a_description_that_gives_rights_away_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(BadIssuer):
        OwnIssuer.of(json.dumps(DESCRIBED | changes))


@pytest.mark.parametrize("missing", DESCRIBED)
def test_a_description_that_lacks_something_is_refused(missing: str) -> None:
    with pytest.raises(BadIssuer, match="lacks"):
        OwnIssuer.of(json.dumps({name: value for name, value in DESCRIBED.items() if name != missing}))


@pytest.mark.parametrize("text", ["{", "[]", "7", '"issuer"'])
def test_a_function_does_not_start_with_an_issuer_that_cannot_be_read(text: str) -> None:
    with pytest.raises(SettingsError, match="OWN_ISSUER"):
        Settings.of({"STAGE": "prod", "PROGRAMME": "incheon", "OWN_ISSUER": text})


@pytest.mark.parametrize("environment", [{}, {"OWN_ISSUER": ""}])
def test_without_one_the_pools_give_all_tokens(environment: dict[str, Any]) -> None:
    assert Settings.of({"STAGE": "prod", "PROGRAMME": "incheon", **environment}).own_issuer is None
