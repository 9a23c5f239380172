"""The function writes the page of the latest release into the bucket of the pages, and what never changes once."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from eeum.aws.files import ASKED_FOR, KEPT, FileBucket


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="pages")
        yield client


def test_a_file_that_is_not_there_reads_as_none(bucket) -> None:
    assert FileBucket(bucket, "pages").read("public/latest.json") is None


def test_what_is_written_once_stays_as_it_is(bucket) -> None:
    files = FileBucket(bucket, "pages")
    assert files.write("data/1/a.csv", b"first", "text/csv", once=True)
    assert not files.write("data/1/a.csv", b"second", "text/csv", once=True)
    assert files.read("data/1/a.csv") == b"first"
    assert bucket.head_object(Bucket="pages", Key="data/1/a.csv")["CacheControl"] == KEPT


def test_a_page_is_written_again(bucket) -> None:
    files = FileBucket(bucket, "pages")
    assert files.write("ko/index.html", b"first", "text/html")
    assert files.write("ko/index.html", b"second", "text/html")
    assert files.read("ko/index.html") == b"second"
    assert bucket.head_object(Bucket="pages", Key="ko/index.html")["CacheControl"] == ASKED_FOR
