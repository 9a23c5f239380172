"""The pages: building them, and uploading them to the bucket of the template's distribution."""

from __future__ import annotations

import fcntl
import hashlib
import json
import mimetypes
import os
import shutil
import subprocess
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from deployment.own_issuer import endpoints_of

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"
PAGES = WEB / "dist"
#: Outside Vite's own folder, which Vite empties.
BUILDS = ROOT / ".aws-sam"
#: The sources of the pages, and the API's description, from which their types are generated.
SOURCES = (WEB, ROOT / "docs" / "openapi.json")
_IGNORED = {"node_modules", "dist", "coverage"}

#: The page of the local city itself, with an administrator's view.
LOCAL_ONLY = frozenset({"local"})
ASSETS = "assets/"
KEPT = "public, max-age=31536000, immutable"
ASKED_FOR = "no-cache"
CONFIGURATION = "config.json"
#: Content types that Python does not know on every machine.
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


class NotBuilt(Exception):
    """The pages could not be built; the message says why."""


def build(web: Path = WEB) -> Path:
    """Build the pages if a source has changed since the last build; return their folder. Raises `NotBuilt`."""
    if not (web / "package.json").exists():
        raise NotBuilt("There are no pages in this checkout.")
    BUILDS.mkdir(exist_ok=True)
    with (BUILDS / "web.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a city and a test run may build at once
        mark = BUILDS / "web.sha256"
        sources = _digest()
        if not (web / "dist").exists() or not mark.exists() or mark.read_text() != sources:
            _build(web)
            mark.write_text(sources)
    return web / "dist"


def _build(web: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NotBuilt("npm is missing, which builds the pages; install Node.js 20.19 or later.")
    installed = web / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < (web / "package-lock.json").stat().st_mtime:
        _run([npm, "ci", "--no-audit", "--no-fund"], web)
    _run([npm, "run", "build"], web)


def _run(command: list[str], folder: Path) -> None:
    finished = subprocess.run(
        command, cwd=folder, env={**os.environ, "CI": "1"}, capture_output=True, text=True, check=False
    )
    if finished.returncode:
        output = [line for line in (finished.stdout + finished.stderr).splitlines() if line.strip()]
        raise NotBuilt("`npm " + " ".join(command[1:]) + "` failed: " + " / ".join(output[-5:]))


def _digest() -> str:
    total = hashlib.sha256()
    for path in _sources():
        total.update(f"{path.relative_to(ROOT)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _sources() -> Iterator[Path]:
    for source in SOURCES:
        if source.is_file():
            yield source
            continue
        for folder, folders, files in os.walk(source):
            folders[:] = sorted(name for name in folders if name not in _IGNORED)
            # The build itself generates types from the API's description.
            yield from (Path(folder, name) for name in sorted(files) if name != "schema.ts")


def configuration(outputs: Mapping[str, str], stage: str) -> dict[str, Any]:
    """`/config.json`: settings that are known only after a deployment, from the stack's outputs. Raises `BadProvider`."""
    staff = outputs["StaffSignInUrl"]
    residents = _own_sign_in(outputs) if "ResidentIssuer" in outputs else _sign_in(outputs["ResidentSignInUrl"])
    return {
        "stage": stage,
        "languages": ["ko", "en"],
        "clients": {
            "resident": outputs["ResidentAppClient"],
            "shop": outputs["MerchantAppClient"],
            "city": outputs["StaffConsoleClient"],
        },
        **residents,
        "staff": _sign_in(staff),
    }


def _own_sign_in(outputs: Mapping[str, str]) -> dict[str, Any]:
    """Sign-in by the city's own provider, which has its own names for scopes. Raises `BadProvider`."""
    endpoints = endpoints_of(outputs["ResidentIssuer"])
    return {
        "authorize": endpoints.authorize,
        "token": endpoints.token,
        "logout": endpoints.logout,
        "logoutReturn": "post_logout_redirect_uri",
        "scopes": {"eeum/wallet": outputs["WalletScope"], "eeum/merchant": outputs["MerchantScope"]},
    }


def _sign_in(domain: str) -> dict[str, str]:
    return {
        "authorize": f"{domain}/oauth2/authorize",
        "token": f"{domain}/oauth2/token",
        "logout": f"{domain}/logout",
    }


def upload(
    storage: Any,
    bucket: str,
    pages: Path,
    configured: Mapping[str, Any],
    leave_out: Collection[str] = LOCAL_ONLY,
) -> list[str]:
    """Upload changed files to the bucket; return their keys in the order of the upload.

    Pages come last, so that no page is served before its scripts. Files of earlier deployments stay, since an open tab may still load
    them.
    """
    objects = {key: file.read_bytes() for key, file in _files(pages) if key.partition("/")[0] not in leave_out}
    objects[CONFIGURATION] = (json.dumps(configured, indent=2) + "\n").encode()
    there = _digests(storage, bucket)
    changed = [key for key in sorted(objects, key=_order) if there.get(key) != _md5(objects[key])]
    for key in changed:
        storage.put_object(
            Bucket=bucket,
            Key=key,
            Body=objects[key],
            ContentType=_type(key),
            CacheControl=KEPT if key.startswith(ASSETS) else ASKED_FOR,
        )
    return changed


def _files(pages: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(pages.rglob("*")):
        if file.is_file():
            yield file.relative_to(pages).as_posix(), file


def _order(key: str) -> tuple[int, str]:
    """The order of uploads: assets, then other files, then pages."""
    return (0 if key.startswith(ASSETS) else 2 if key.endswith(".html") else 1, key)


def _digests(storage: Any, bucket: str) -> dict[str, str]:
    listed = storage.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {each["Key"]: each["ETag"].strip('"') for page in listed for each in page.get("Contents", [])}


def _md5(contents: bytes) -> str:
    """The ETag of S3 for an object that was uploaded whole, under its own key."""
    return hashlib.md5(contents, usedforsecurity=False).hexdigest()


def _type(key: str) -> str:
    suffix = Path(key).suffix
    return _TYPES.get(suffix) or mimetypes.guess_type(key)[0] or "application/octet-stream"
