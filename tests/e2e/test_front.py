"""The city's address as browsers and programs use it: the front before the deployed distribution, pools and API."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import httpx
import pytest

from local import inhabitants, sign_in
from local.api import Api
from local.city import City
from local.emulator import ACCESS_KEY, SECRET_KEY
from local.places import REGION
from local.roles import Tokens
from tests.e2e.callers import claims_of
from tests.e2e.members import Member

VERIFIER = "a-verifier-of-at-least-forty-three-characters-0"


@pytest.fixture(scope="module")
def browser(city: City) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://localhost:{city.port}", trust_env=False, timeout=60) as client:
        yield client


def test_pages_are_those_of_the_distribution(browser: httpx.Client) -> None:
    home = browser.get("/", headers={"Accept": "text/html"})
    assert home.status_code == 200
    assert "script-src 'self'" in home.headers["Content-Security-Policy"]
    assert home.headers["X-Frame-Options"] == "DENY"

    assert browser.get("/resident").headers["Location"] == "/resident/"
    assert browser.get("/assets/missing.js").status_code == 404
    assert browser.get("/nothing/of/the/kind").status_code == 404
    assert browser.post("/resident/").status_code == 403


def test_the_api_is_on_the_same_origin(
    browser: httpx.Client, tokens: Tokens, new_member: Callable[..., Member]
) -> None:
    member = new_member(charged=30_000)
    at_api = browser.get("/api/policies/in_force")
    assert at_api.status_code == 200

    token = member.api._token
    wallet = browser.get(f"/api/wallets/{member.wallet}", headers={"Authorization": f"Bearer {token}"})
    assert wallet.json()["purses"]["charged"] == 30_000
    assert browser.get(f"/api/wallets/{member.wallet}").status_code == 401
    # A `+` in a query is kept as it is written.
    assert browser.get("/api/policies/in_force?at=2021-01-05T09:00:00%2B09:00").status_code == 200
    assert browser.get("/api/nothing").status_code == 404


def test_the_configuration_names_the_pools_clients(city: City, browser: httpx.Client) -> None:
    answer = browser.get("/config.json")
    assert answer.headers["Cache-Control"] == "no-cache"
    configured = answer.json()
    assert configured["clients"]["resident"] == city.stack.resources["ResidentAppClient"]
    assert configured["authorize"] == "/oauth2/authorize"


def authorise(browser: httpx.Client, client: str, **cookies: str) -> httpx.Response:
    request = {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": f"{browser.base_url}/resident/signed-in".replace("//resident", "/resident"),
        "scope": "openid eeum/wallet",
        "state": "s1",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}
    return browser.get("/oauth2/authorize", params=request, headers={"Accept": "text/html", **headers})


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def exchanged(browser: httpx.Client, client: str, answer: httpx.Response, verifier: str = VERIFIER) -> httpx.Response:
    assert answer.status_code == 302, answer.text
    returned = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert returned["state"] == ["s1"]
    return browser.post(
        "/oauth2/token",
        data={
            "grant_type": "authorization_code",
            "client_id": client,
            "redirect_uri": answer.headers["Location"].partition("?")[0],
            "code": returned["code"][0],
            "code_verifier": verifier,
        },
    )


def test_a_person_signs_in_by_one_click_on_the_pool_s_page(city: City, browser: httpx.Client) -> None:
    client = browser.get("/config.json").json()["clients"]["resident"]
    page = authorise(browser, client)
    assert inhabitants.RESIDENTS[0] in page.text

    form = sign_in.form_fields(page.text) | {"username": sign_in.address(inhabitants.RESIDENTS[0])}
    answer = browser.post("/login", data=form)
    tokens = exchanged(browser, client, answer).json()
    assert claims_of(tokens["access_token"])["client_id"] == client
    wallet = browser.post("/api/wallets", json={}, headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert wallet.json()["id"] == (city.opened and city.opened.wallet)


def test_a_wrong_password_shows_the_page_again(browser: httpx.Client) -> None:
    client = browser.get("/config.json").json()["clients"]["resident"]
    form = sign_in.form_fields(authorise(browser, client).text) | {
        "username": "unknown@eeum.example",
        "password": "wrong",
    }
    again = browser.post("/login", data=form)
    assert again.status_code == 200
    assert 'role="alert"' in again.text
    assert inhabitants.RESIDENTS[0] in again.text


def test_the_page_at_the_root_signs_a_person_in_without_asking(browser: httpx.Client) -> None:
    client = browser.get("/config.json").json()["clients"]["resident"]
    answer = authorise(browser, client, **{"local-sign-in-as": inhabitants.RESIDENTS[1]})
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert exchanged(browser, client, answer).status_code == 200

    stranger = authorise(browser, client, **{"local-sign-in-as": inhabitants.OPERATOR})
    assert stranger.status_code == 200, "an operator is unknown in the residents' pool, and is asked to sign in"


def test_a_code_is_of_no_use_without_its_verifier(browser: httpx.Client) -> None:
    client = browser.get("/config.json").json()["clients"]["resident"]
    answer = authorise(browser, client, **{"local-sign-in-as": inhabitants.RESIDENTS[1]})
    assert exchanged(browser, client, answer, verifier=VERIFIER + "x").status_code == 400


def test_aws_is_called_at_the_same_address(city: City) -> None:
    session = boto3.session.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION)
    endpoint = f"http://127.0.0.1:{city.port}"

    storage = session.client("s3", endpoint_url=endpoint)
    storage.create_bucket(Bucket="through-the-front", CreateBucketConfiguration={"LocationConstraint": REGION})
    contents = bytes(range(256)) * 20_000
    storage.put_object(Bucket="through-the-front", Key="a key/with + signs", Body=contents)
    assert storage.get_object(Bucket="through-the-front", Key="a key/with + signs")["Body"].read() == contents

    queues = session.client("sqs", endpoint_url=endpoint)
    address = city.stack.resources["CashbackDeadLetterQueue"]
    assert queues.get_queue_attributes(QueueUrl=address, AttributeNames=["All"])["Attributes"]
    tables = session.client("dynamodb", endpoint_url=endpoint)
    assert tables.describe_table(TableName=city.stack.resources["LedgerTable"])["Table"]["ItemCount"] >= 0
    function = session.client("lambda", endpoint_url=endpoint).invoke(
        FunctionName=city.stack.resources["ProgrammeQueryFunction"], Payload=json.dumps({"version": "2.0"}).encode()
    )
    assert function["StatusCode"] == 200


def test_the_console_shows_the_running_city(
    city: City, browser: httpx.Client, new_member: Callable[..., Member]
) -> None:
    member = new_member(charged=40_000)
    shown = browser.get("/local/api/city").json()
    assert "PaymentAuthorisationFunction" in shown["functions"]
    assert "MonthClosingSchedule" in [each["name"] for each in shown["schedules"]]

    wallets = browser.get("/local/api/wallets").json()["wallets"]
    (shown_wallet,) = [wallet for wallet in wallets if wallet["id"] == member.wallet]
    assert (shown_wallet["member"], shown_wallet["status"]) == (member.name, "active")
    assert shown_wallet["purses"]["charged"] == 40_000
    entries = browser.get(f"/local/api/wallets/{member.wallet}/journal").json()["entries"]
    assert [entry["kind"] for entry in entries] == ["top_up"]
    assert sum(posting["amount"] for posting in entries[0]["postings"]) == 0

    assert {queue["waiting"] for queue in browser.get("/local/api/dead_letters").json()["queues"]} >= {0}
    lines = browser.get("/local/api/logs/MemberWalletFunction").json()["lines"]
    assert lines
    token = browser.post("/local/api/tokens", json={"role": "operator"}).json()["token"]
    applications = browser.get("/api/merchant_applications", headers={"Authorization": f"Bearer {token}"})
    assert applications.status_code == 200


def test_the_console_moves_the_clock(city: City, browser: httpx.Client, api: Api) -> None:
    at = city.clock.now().replace(microsecond=0).timestamp() + 60
    instant = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    begun = browser.post("/local/api/clock", json={"at": instant})
    assert begun.status_code == 200, begun.text
    assert browser.post("/local/api/days", json={}).status_code == 409

    work: dict[str, Any] = {"status": "running"}
    steps = set()
    while work["status"] == "running":
        time.sleep(0.2)
        work = browser.get("/local/api/work").json()
        steps |= {step["done"] for step in work["steps"]}
    assert work["status"] == "done", work
    assert len(steps) > 1, "its progress was seen"
    assert city.clock.now().timestamp() >= at
