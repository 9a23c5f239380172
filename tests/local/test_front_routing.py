"""Which part of the local city a request reaches, and which requests pages of other sites cannot make."""

from email.message import Message

import pytest

from local.front.routing import Target, is_from_elsewhere, is_same_origin, target_of

PORT = 4600


def headers(host: str = f"localhost:{PORT}", **more: str) -> Message:
    message = Message()
    message["Host"] = host
    for name, value in more.items():
        message[name.replace("_", "-")] = value
    return message


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/", Target.HOME),
        ("/?language=en", Target.HOME),
        ("/local/api/city", Target.CONSOLE),
        ("/local/reference", Target.WEB),
        ("/resident/history?month=2021-01", Target.WEB),
        ("/assets/main.js", Target.WEB),
        ("/api/policies/in_force", Target.WEB),
        ("/config.json", Target.WEB),
        ("/oauth2/authorize?client_id=1", Target.SIGN_IN),
        ("/login", Target.SIGN_IN),
        ("/logout?client_id=1", Target.SIGN_IN),
        ("/_aws/execute-api/eeum/policies", Target.AWS),
        ("/_ministack/health", Target.AWS),
        ("/pool/.well-known/jwks.json", Target.AWS),
        ("/bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=1", Target.AWS),
    ],
)
def test_a_browser_reaches_pages_and_a_path_of_the_emulator_s_own_reaches_aws(path: str, target: Target) -> None:
    assert target_of("GET", path, headers()) is target


@pytest.mark.parametrize(
    "signed",
    [
        headers(Authorization="AWS4-HMAC-SHA256 Credential=test/20210104/ap-northeast-2/s3/aws4_request"),
        headers(X_Amz_Target="AWSCognitoIdentityProviderService.InitiateAuth"),
        headers(host=f"bucket.s3.localhost:{PORT}"),
        headers(host="host.docker.internal:4566"),
        headers(host="172.17.0.1:4566"),
    ],
)
def test_what_is_signed_or_named_as_aws_s_reaches_aws(signed: Message) -> None:
    assert target_of("GET", "/", signed) is Target.AWS
    assert target_of("GET", "/resident/", signed) is Target.AWS


def test_a_bearer_s_token_is_no_signature_of_aws_s() -> None:
    assert target_of("POST", "/api/payments", headers(Authorization="Bearer ey.J.x")) is Target.WEB


def test_a_form_sent_to_the_root_is_an_operation_of_aws_s() -> None:
    assert target_of("POST", "/", headers()) is Target.AWS


@pytest.mark.parametrize("host", ["rebound.example", f"rebound.example:{PORT}", "localhost.example", ""])
def test_a_name_that_is_none_of_this_machine_s_reaches_nothing(host: str) -> None:
    for path in ("/", "/local/api/city", "/_ministack/reset"):
        assert target_of("POST", path, headers(host)) is Target.FOREIGN


@pytest.mark.parametrize(
    "ours",
    [
        headers(),
        headers(host=f"127.0.0.1:{PORT}"),
        headers(Origin=f"http://localhost:{PORT}", Sec_Fetch_Site="same-origin"),
        headers(Sec_Fetch_Site="none"),
    ],
)
def test_the_city_s_own_page_and_programs_are_of_the_same_origin(ours: Message) -> None:
    assert is_same_origin(ours, PORT)
    assert not is_from_elsewhere(ours, PORT)


@pytest.mark.parametrize(
    "theirs",
    [
        headers(Origin="http://evil.example"),
        headers(Origin="null"),
        headers(Origin=f"http://localhost:{PORT + 1}"),
        headers(Origin=f"https://localhost:{PORT}"),
        headers(Origin=f"http://127.0.0.1:{PORT}"),
        headers(Sec_Fetch_Site="cross-site"),
        headers(Sec_Fetch_Site="same-site"),
        headers(host=f"rebound.example:{PORT}", Origin=f"http://rebound.example:{PORT}"),
        headers(host=f"localhost:{PORT + 1}", Origin=f"http://localhost:{PORT + 1}"),
    ],
)
def test_pages_of_other_origins_are_not(theirs: Message) -> None:
    assert not is_same_origin(theirs, PORT)
    assert is_from_elsewhere(theirs, PORT)
