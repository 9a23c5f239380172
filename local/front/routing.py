"""Which part of the local city a request is for.

One port serves both the city's pages and an AWS endpoint. A program that calls AWS signs its requests, names its operation in a
header, or uses a path of the emulator's own; the rest comes from browsers.
"""

from __future__ import annotations

import ipaddress
from email.message import Message
from enum import Enum, auto

HOME = "/"
CONSOLE_API = "/local/api/"
#: Where the pools sign people in. On AWS these are on the pools' own domains.
SIGN_IN = "/oauth2/"
SIGN_IN_PAGES = ("/login", "/logout")
#: Names that browsers use for this machine. Containers use the last one, and only to call AWS.
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
CONTAINERS = "host.docker.internal"
#: Names that only AWS's own clients use: buckets and APIs as parts of the host.
AWS_NAMES = (".localhost", ".amazonaws.com", ".cloudfront.net")
_AWS_QUERY = ("X-Amz-Algorithm=", "X-Amz-Signature=", "AWSAccessKeyId=")


class Target(Enum):
    """A part of the city that answers requests."""

    AWS = auto()
    SIGN_IN = auto()
    HOME = auto()
    CONSOLE = auto()
    WEB = auto()
    FOREIGN = auto()
    """A host name that this machine does not have: a page of another site whose name was made to point here."""


def target_of(method: str, path: str, headers: Message) -> Target:
    """The part that answers a request; `path` with its query, header names in any case."""
    if not _is_ours(headers.get("Host", "")):
        return Target.FOREIGN
    if _is_for_aws(method, path, headers):
        return Target.AWS
    resource = path.partition("?")[0]
    if resource == HOME:
        return Target.HOME
    if resource.startswith(CONSOLE_API):
        return Target.CONSOLE
    if resource.startswith(SIGN_IN) or resource in SIGN_IN_PAGES:
        return Target.SIGN_IN
    return Target.WEB


def is_same_origin(headers: Message, port: int) -> bool:
    """Whether a request comes from a page of this city, or from no page at all.

    Every browser sends `Sec-Fetch-Site` or, with all but plain navigation, `Origin`; a program sends neither.
    """
    if headers.get("Host", "").lower() not in {f"{name}:{port}" for name in LOOPBACK}:
        return False
    if headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = headers.get("Origin")
    return origin is None or origin.lower() == f"http://{headers['Host'].lower()}"


def is_from_elsewhere(headers: Message, port: int) -> bool:
    """Whether a browser says that another site's page sent the request. AWS's own clients never say so."""
    return ("Origin" in headers or "Sec-Fetch-Site" in headers) and not is_same_origin(headers, port)


def _is_for_aws(method: str, path: str, headers: Message) -> bool:
    resource, _, query = path.partition("?")
    return (
        headers.get("Authorization", "").startswith("AWS4-")
        or "X-Amz-Target" in headers
        or resource.startswith("/_")
        or "/.well-known/" in resource
        or any(sign in query for sign in _AWS_QUERY)
        or _name_in(headers.get("Host", "")) not in LOOPBACK
        # Operations of the older protocols are forms sent to the root.
        or (resource == HOME and method not in {"GET", "HEAD"})
    )


def _is_ours(host: str) -> bool:
    name = _name_in(host)
    return name in {*LOOPBACK, CONTAINERS} or name.endswith(AWS_NAMES) or _is_address(name)


def _name_in(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
