"""The descriptions of AWS that the layer has: smaller than botocore's, with the same requests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.awsrequest import AWSResponse

from deployment import descriptions
from eeum.aws import clients

SOURCE = Path(botocore.__file__).parent / "data"
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "dynamodb": ("batch_get_item", {"RequestItems": {"ledger": {"Keys": [{"pk": {"S": "a"}, "sk": {"S": "b"}}]}}}),
    "sqs": ("send_message", {"QueueUrl": "https://queue.example/1/letters", "MessageBody": "letter"}),
    "s3": ("put_object", {"Bucket": "roots", "Key": "2021-01-05.json", "Body": b"{}"}),
    "events": ("put_events", {"Entries": [{"Source": "eeum", "DetailType": "payment.v1", "Detail": "{}"}]}),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target: Path = tmp_path_factory.mktemp("descriptions")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "argv", ["descriptions.py", str(SOURCE), str(target), *CALLS])
        descriptions.main()
    return target


@pytest.mark.parametrize("service", CALLS)
def test_a_client_sends_the_same_with_the_layers_descriptions(
    service: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-2")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    sent = []
    for descriptions_at in (folder / "nothing", folder):
        monkeypatch.setattr(clients, "DESCRIPTIONS", descriptions_at)
        sent.append(_request(clients.aws_client(service), *CALLS[service]))
    assert sent[0] == sent[1]


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        (None, "https://results.s3.ap-northeast-2.amazonaws.com/a.csv"),
        ("http://localhost:4566", "http://localhost:4566/results/a.csv"),
    ],
)
def test_a_link_is_signed_with_the_address_where_its_bucket_is(
    endpoint: str | None, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-2")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    place = {"Bucket": "results", "Key": "a.csv"}
    link = clients.aws_client("s3").generate_presigned_url("get_object", Params=place, ExpiresIn=900)
    assert link.partition("?")[0] == address


def test_descriptions_have_no_documentation_and_all_operations(folder: Path) -> None:
    path = "dynamodb/2012-08-10/service-2.json"
    written, full = descriptions._read(folder / path), descriptions._read(SOURCE / f"{path}.gz")
    assert written["operations"].keys() == full["operations"].keys()
    assert written["shapes"].keys() == full["shapes"].keys()
    assert (folder / path).stat().st_size < len(str(full)) / 3
    assert written == descriptions.brief(full) != full


def test_a_member_that_is_called_documentation_stays() -> None:
    shape = {"members": {"documentation": {"shape": "Text", "documentation": "<p>The text.</p>"}}}
    assert descriptions.without_documentation(shape) == {"members": {"documentation": {"shape": "Text"}}}


def _request(client: Any, operation: str, parameters: dict[str, Any]) -> tuple[Any, ...]:
    """What the client would send, without what its time and its number of calls decide."""
    requests = []

    def taken(request: Any, **_: Any) -> AWSResponse:
        requests.append(request)
        return AWSResponse(request.url, 200, {}, _Empty())

    client.meta.events.register("before-send", taken)
    getattr(client, operation)(**parameters)
    (request,) = requests
    kept = ("X-Amz-Target", "Content-Type")
    body = request.body.read() if hasattr(request.body, "read") else request.body
    return request.method, request.url, body, [request.headers.get(name) for name in kept]


class _Empty:
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield b""
