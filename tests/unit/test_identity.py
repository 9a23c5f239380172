"""The caller's identity: the scope, and the person or group where something belongs to them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eeum.aws.identity import ACQUIRER, BANK, MEMBER, MERCHANT, OPERATOR, Caller, caller_of
from eeum.errors import Forbidden

COGNITO = st.characters(categories=("L", "M", "S", "N", "P"))


def _event(**claims: Any) -> dict[str, Any]:
    given = {"sub": "payer", "client_id": "app", "token_use": "access", "scope": "openid eeum/wallet", **claims}
    return {"requestContext": {"authorizer": {"jwt": {"claims": {k: v for k, v in given.items() if v is not None}}}}}


def test_a_caller_is_what_the_claims_say() -> None:
    caller = caller_of(_event())
    assert (caller.subject, caller.client) == ("payer", "app")
    assert caller.scopes == {"openid", "eeum/wallet"}
    assert caller.groups == frozenset()
    assert caller.person(MEMBER) == "payer"
    assert caller.has(MEMBER)


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        ("[operators]", {"operators"}),
        ("[operators auditors]", {"operators", "auditors"}),
        # Lists in another form than HTTP APIs write: names cannot be separated safely.
        ("[operators, auditors]", {"operators,", "auditors"}),
        ("operators", set()),
        ("[operators", set()),
        ('["operators"]', {'"operators"'}),
        (7, set()),
        ([7, "operators"], {"operators"}),
        (["operators", "auditors"], {"operators", "auditors"}),
        ("[]", set()),
        ("", set()),
        (None, set()),
    ],
)
def test_groups_are_read_as_http_apis_write_them(claim: Any, groups: set[str]) -> None:
    assert caller_of(_event(**{"cognito:groups": claim})).groups == groups


HOSTILE = (
    "x,operators",
    "operators,",
    ",operators",
    "[operators]",
    "]operators[",
    "[operators",
    "operators]",
    "operators\u00a0",
    "x\u00a0operators",
    "x\u2003operators",
    "x\u3000operators",
    "x\toperators",
    "x\noperators",
    "x\x1foperators",
    "x\x85operators",
    "x\u2028operators",
    "operators\u200b",
    "\u202eoperators",
    "ｏｐｅｒａｔｏｒｓ",
    "оperators",
    "x;operators",
    '"operators"',
)
"""Group names that a person might create who may name groups but not appoint operators."""


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("others", [(), ("auditors",)])
def test_no_name_of_a_group_makes_an_operator(name: str, others: tuple[str, ...]) -> None:
    for groups in ([name, *others], [*others, name]):
        for claim in (groups, f"[{' '.join(groups)}]"):
            with pytest.raises(Forbidden):
                caller_of(_event(scope=OPERATOR, **{"cognito:groups": claim})).operator()


@given(st.lists(st.text(COGNITO, min_size=1).filter(lambda name: name != "operators"), max_size=4), st.booleans())
def test_no_group_name_that_cognito_accepts_forges_another(names: list[str], operates: bool) -> None:
    """Cognito accepts letters, marks, symbols, numbers and punctuation, and no separators."""
    groups = [*names, *(["operators"] if operates else [])]
    assert caller_of(_event(**{"cognito:groups": f"[{' '.join(groups)}]"})).groups == frozenset(groups)


@pytest.mark.parametrize("divider", [",", "\t", "\n", "\u00a0", "\u2003", "\x1f", "+", ", "])
def test_nothing_but_a_space_divides_scopes(divider: str) -> None:
    caller = caller_of(_event(scope=f"openid{divider}{OPERATOR}{divider}x"))
    assert not caller.has(OPERATOR)


@pytest.mark.parametrize("scope", [None, 7, ["eeum/wallet"], {"eeum/wallet": True}])
def test_scopes_that_are_no_text_open_nothing(scope: Any) -> None:
    assert caller_of(_event(scope=scope)).scopes == frozenset()


@pytest.mark.parametrize("claim", ["[operators-of-parking]", "[notoperators]", "[Operators]", "[]", None])
def test_an_operator_is_in_the_operators_group_and_no_other(claim: str | None) -> None:
    with pytest.raises(Forbidden):
        caller_of(_event(scope=OPERATOR, **{"cognito:groups": claim})).operator()


def test_an_operator_needs_scope_and_group() -> None:
    assert caller_of(_event(scope=OPERATOR, **{"cognito:groups": "[operators]"})).operator() == "payer"
    with pytest.raises(Forbidden):
        caller_of(_event(scope=MEMBER, **{"cognito:groups": "[operators]"})).operator()


@pytest.mark.parametrize("scope", [MEMBER, MERCHANT, ACQUIRER, BANK])
def test_a_scope_opens_what_it_names_and_nothing_else(scope: str) -> None:
    caller = caller_of(_event(scope=f"{scope} {scope}s x{scope}"))
    assert caller.person(scope) == "payer"
    for other in {MEMBER, MERCHANT, ACQUIRER, BANK, OPERATOR} - {scope}:
        assert not caller.has(other)
        with pytest.raises(Forbidden):
            caller.person(other)
        with pytest.raises(Forbidden):
            caller.partner("bank", other)


def test_a_partner_is_named_by_kind_and_client() -> None:
    caller = Caller("client-sub", "client-7", frozenset({ACQUIRER}), frozenset())
    assert caller.partner("acquirer", ACQUIRER) == "acquirer/client-7"


def test_a_partner_without_a_client_is_refused() -> None:
    with pytest.raises(Forbidden):
        caller_of(_event(scope=ACQUIRER, client_id=None)).partner("acquirer", ACQUIRER)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"requestContext": {}},
        {"requestContext": {"authorizer": None}},
        {"requestContext": {"authorizer": {"jwt": None}}},
        {"requestContext": {"authorizer": {"jwt": {"claims": {}}}}},
        {"requestContext": {"authorizer": {"lambda": {"sub": "payer"}}}},
        _event(token_use="id"),
        _event(token_use=None),
        _event(sub=None),
    ],
)
def test_without_a_verified_access_token_there_is_no_caller(event: dict[str, Any]) -> None:
    with pytest.raises(Forbidden):
        caller_of(event)


def test_a_token_without_scopes_opens_nothing() -> None:
    with pytest.raises(Forbidden):
        caller_of(_event(scope=None)).person(MEMBER)
