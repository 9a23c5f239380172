"""Uploading the pages: scripts come before pages, and each file has its own headers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deployment import web

OUTPUTS = {
    "ResidentSignInUrl": "https://residents.example",
    "StaffSignInUrl": "https://staff.example",
    "ResidentAppClient": "r1",
    "MerchantAppClient": "m1",
    "StaffConsoleClient": "s1",
}
CONFIGURED = web.configuration(OUTPUTS, "dev")


class Bucket:
    """A bucket that keeps objects and the order of uploads."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.puts: list[str] = []

    def put_object(self, *, Bucket: str, Key: str, **settings: Any) -> None:  # noqa: N803  # as boto3 names them
        self.objects[Key] = settings
        self.puts.append(Key)

    def get_paginator(self, operation: str) -> Bucket:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str) -> Iterator[dict[str, Any]]:  # noqa: N803  # as boto3 names it
        for key, kept in self.objects.items():
            digest = hashlib.md5(kept["Body"], usedforsecurity=False).hexdigest()
            yield {"Contents": [{"Key": key, "ETag": f'"{digest}"'}]}
        yield {}


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    files = {
        "resident/index.html": "<script src=/assets/main-1.js>",
        "local/index.html": "the local city's",
        "resident/worker.js": "worker",
        "resident/manifest.webmanifest": "{}",
        "assets/main-1.js": "main",
        "assets/font-1.woff2": "font",
        "icons/wallet.svg": "<svg/>",
    }
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def test_assets_come_first_and_pages_last(pages: Path) -> None:
    bucket = Bucket()
    web.upload(bucket, "web", pages, CONFIGURED)

    kinds = [
        "assets" if key.startswith("assets/") else "page" if key.endswith(".html") else "other" for key in bucket.puts
    ]
    assert kinds == ["assets"] * 2 + ["other"] * 4 + ["page"]


def test_files_with_a_digest_in_their_name_are_kept_and_others_asked_for(pages: Path) -> None:
    bucket = Bucket()
    web.upload(bucket, "web", pages, CONFIGURED)

    kept = {key for key, each in bucket.objects.items() if "immutable" in each["CacheControl"]}
    assert kept == {"assets/main-1.js", "assets/font-1.woff2"}
    assert {bucket.objects[key]["CacheControl"] for key in set(bucket.objects) - kept} == {"no-cache"}
    types = {key: each["ContentType"] for key, each in bucket.objects.items()}
    assert types == {
        "assets/main-1.js": "text/javascript; charset=utf-8",
        "assets/font-1.woff2": "font/woff2",
        "config.json": "application/json",
        "icons/wallet.svg": "image/svg+xml",
        "resident/index.html": "text/html; charset=utf-8",
        "resident/manifest.webmanifest": "application/manifest+json",
        "resident/worker.js": "text/javascript; charset=utf-8",
    }


def test_the_local_city_s_page_is_in_no_other_city(pages: Path) -> None:
    bucket = Bucket()
    web.upload(bucket, "web", pages, CONFIGURED)
    assert not [key for key in bucket.objects if key.startswith("local/")]

    web.upload(bucket, "web", pages, CONFIGURED, leave_out=())
    assert "local/index.html" in bucket.objects


def test_what_is_there_is_not_put_again_and_what_was_there_stays(pages: Path) -> None:
    bucket = Bucket()
    web.upload(bucket, "web", pages, CONFIGURED)
    assert web.upload(bucket, "web", pages, CONFIGURED) == []

    (pages / "assets" / "main-1.js").rename(pages / "assets" / "main-2.js")
    (pages / "resident" / "index.html").write_text("<script src=/assets/main-2.js>")
    assert web.upload(bucket, "web", pages, CONFIGURED) == ["assets/main-2.js", "resident/index.html"]
    assert "assets/main-1.js" in bucket.objects, "an open tab may still ask for it"


def test_the_configuration_names_the_pools_and_clients_of_the_stack() -> None:
    bucket = Bucket()
    web.upload(bucket, "web", Path("/nowhere"), CONFIGURED)
    written = json.loads(bucket.objects["config.json"]["Body"])

    assert written["clients"] == {"resident": "r1", "shop": "m1", "city": "s1"}
    assert written["authorize"] == "https://residents.example/oauth2/authorize"
    assert written["staff"]["token"] == "https://staff.example/oauth2/token"
    assert written["stage"] == "dev"


def test_a_checkout_without_pages_says_so(tmp_path: Path) -> None:
    with pytest.raises(web.NotBuilt, match="no pages"):
        web.build(tmp_path)
