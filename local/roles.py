"""The roles for trying the API, a ready token for each, and the file that a shell can source."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from local import inhabitants, sign_in
from local.sign_in import SignIn

#: The emulator's tokens are valid for an hour; the runner replaces them well before.
REFRESH_SECONDS = 45 * 60


@dataclass(frozen=True)
class Tokens:
    """An access token of each role."""

    resident: str
    merchant: str
    operator: str
    colleague: str
    acquirer: str
    bank: str


def enrol_everyone(signing: SignIn) -> None:
    for resident in inhabitants.RESIDENTS:
        signing.enrol(resident, sign_in.RESIDENT_APP)
    signing.enrol(inhabitants.SHOPKEEPER, sign_in.MERCHANT_APP)
    for operator in (inhabitants.OPERATOR, inhabitants.COLLEAGUE):
        signing.enrol(operator, sign_in.STAFF_CONSOLE, (sign_in.OPERATORS_GROUP,))


def sign_everyone_in(signing: SignIn) -> Tokens:
    return Tokens(
        resident=signing.token(inhabitants.RESIDENTS[0], sign_in.RESIDENT_APP),
        merchant=signing.token(inhabitants.SHOPKEEPER, sign_in.MERCHANT_APP),
        operator=signing.token(inhabitants.OPERATOR, sign_in.STAFF_CONSOLE),
        colleague=signing.token(inhabitants.COLLEAGUE, sign_in.STAFF_CONSOLE),
        acquirer=signing.partner_token(sign_in.ACQUIRER),
        bank=signing.partner_token(sign_in.BANK),
    )


def write(file: Path, api: str, tokens: Tokens, names: dict[str, str]) -> None:
    """Write a file for `source`: the API's address, the tokens, and the wallet, card and shop of the `curl` lines."""
    values = {
        "API": api,
        "RESIDENT": tokens.resident,
        "MERCHANT": tokens.merchant,
        "OPERATOR": tokens.operator,
        "COLLEAGUE": tokens.colleague,
        "ACQUIRER": tokens.acquirer,
        "BANK": tokens.bank,
        **names,
    }
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in values.items()]
    partial = file.with_suffix(".partial")
    partial.touch(mode=0o600)
    partial.write_text("".join(lines))
    partial.replace(file)
