"""`make partner-secret`: the secret of an acquirer's or bank's client in the residents' pool, into a file, and its replacement.

A replacement has two steps, and the partner's payments continue between them: `begin` adds a second secret, `finish` deletes the first.
A secret is never printed, since terminals and logs keep what they show. Exit status: 0, or 2 when the command refused or failed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operations.failure import OperationFailed
from operations.stack import Stack, add_arguments, stack_of

POOL = "ResidentPool"
CLIENTS = {"acquirer": ("AcquirerClient", "eeum/payments"), "bank": ("BankClient", "eeum/top_ups")}
"""By partner: the client's logical id, and its scope."""
FETCH, BEGIN, FINISH = "fetch", "begin", "finish"


def fetch(pools: Any, names: dict[str, str]) -> str:
    """The client's one secret. Raises `OperationFailed` while a replacement is under way."""
    if len(_secrets(pools, names)) > 1:
        raise OperationFailed("a replacement is under way; its file has the new secret, and `finish` ends it")
    secret: str = pools.describe_user_pool_client(**names)["UserPoolClient"]["ClientSecret"]
    return secret


def begin(pools: Any, names: dict[str, str]) -> str:
    """Add a second secret and return it; both are valid until `finish`. Raises `OperationFailed` if there are two already."""
    if len(_secrets(pools, names)) > 1:
        raise OperationFailed(
            "the client has two secrets already: let the partner change to the new one, then `finish`"
        )
    secret: str = pools.add_user_pool_client_secret(**names)["ClientSecretDescriptor"]["ClientSecretValue"]
    return secret


def finish(pools: Any, names: dict[str, str]) -> None:
    """Delete the older secret; from then on it opens nothing. Raises `OperationFailed` if there is only one."""
    secrets = _secrets(pools, names)
    if len(secrets) < 2:
        raise OperationFailed("the client has one secret only, so that no replacement has begun")
    oldest = min(secrets, key=lambda secret: secret["ClientSecretCreateDate"])
    pools.delete_user_pool_client_secret(**names, ClientSecretId=oldest["ClientSecretId"])


def _secrets(pools: Any, names: dict[str, str]) -> list[dict[str, Any]]:
    secrets: list[dict[str, Any]] = pools.list_user_pool_client_secrets(**names)["ClientSecrets"]
    return secrets


def reserve(file: Path) -> None:
    """Make the file, empty and for its owner only, before a secret is drawn. Raises `OperationFailed` if it exists or cannot be made."""
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as problem:
        raise OperationFailed(f"{file} cannot be made: {problem.strerror}") from problem


def run(stack: Stack, partner: str, step: str, file: Path | None) -> str:
    """Do one step, and return what to print. Raises `OperationFailed`."""
    client, scope = CLIENTS[partner]
    names = {"UserPoolId": stack.resources[POOL], "ClientId": stack.resources[client]}
    pools = stack.client("cognito-idp")
    if step == FINISH:
        finish(pools, names)
        return f"The older secret of the {partner} is deleted."
    if file is None:
        raise OperationFailed("a secret goes into a file: name a new one with OUTPUT=")
    reserve(file)
    try:
        secret = (begin if step == BEGIN else fetch)(pools, names)
    except BaseException:
        file.unlink()
        raise
    file.write_text(
        json.dumps({"client_id": names["ClientId"], "client_secret": secret, "scope": scope}, indent=2) + "\n"
    )
    return (
        f"{file} has the {partner}'s client id and secret. Hand it over by a way that keeps it secret, then delete it."
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m operations.partner_secret", description=__doc__)
    parser.add_argument("partner", choices=sorted(CLIENTS))
    parser.add_argument("step", choices=(FETCH, BEGIN, FINISH))
    parser.add_argument("--output", type=Path, help="a new file, which only its owner may read")
    add_arguments(parser)
    given = parser.parse_args()
    try:
        print(f"· {run(stack_of(given), given.partner, given.step, given.output)}")
    except (OperationFailed, BotoCoreError, ClientError) as problem:
        print(f"make partner-secret: {problem}.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
