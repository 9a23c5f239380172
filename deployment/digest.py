"""One digest over what was built and configured, written into the built template, so that every change is published.

Under `AutoPublishAlias` SAM publishes a new version of a function when the address of its own code changes. A layer, a line of
the template or a parameter that changes alone would leave the alias on the old version, with the old layer. So each function's
`AutoPublishCodeSha256` is this digest: of the functions, the layers, the template and the parameters it is deployed with.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

TEMPLATE = "template.yaml"
_PROPERTY = re.compile(r"^(\s*AutoPublishCodeSha256: ).*$", re.MULTILINE)


class NothingToStamp(Exception):
    """The built template has no function with a digest."""


def stamp(build: Path, parameters: Iterable[str] = ()) -> str:
    """Write the digest of a build, and of the parameters it is deployed with, into its template; return the digest."""
    value = digest(build, parameters)
    template = build / TEMPLATE
    text, functions = _PROPERTY.subn(rf"\g<1>{value}", template.read_text())
    if not functions:
        raise NothingToStamp(f"No function in {template} carries AutoPublishCodeSha256.")
    template.write_text(text)
    return value


def digest(build: Path, parameters: Iterable[str] = ()) -> str:
    """The digest, hexadecimal. It depends on the contents alone, not on the folder or on an earlier stamp."""
    total = hashlib.sha256()
    for path in sorted(part for part in build.rglob("*") if part.is_file()):
        contents = path.read_bytes()
        name = path.relative_to(build).as_posix()
        if name == TEMPLATE:
            contents = _PROPERTY.sub(r"\g<1>", contents.decode()).encode()
        total.update(f"{name}\0{hashlib.sha256(contents).hexdigest()}\n".encode())
    for parameter in sorted(parameters):
        total.update(f"{parameter}\n".encode())
    return total.hexdigest()
