"""`make bootstrap-operators STAGE=… EMAILS="… …"`: make the accounts of a stage's first two operators.

Two, since one drafts and another approves. Cognito sends each a password that is valid for a day; at the first sign-in they choose their
own and register a second factor. The command may be repeated after a failure. It makes no third operator, and changes none.

Exit status: 0 when both are operators, 2 when the command failed or was refused.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operations.failure import OperationFailed
from operations.stack import Stack

GROUP = "operators"
ADDRESS = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s.,]+")


def bootstrap(client: Any, pool: str, emails: Sequence[str]) -> list[str]:
    """Make what is missing of the two accounts in the staff's pool; return the addresses that are operators now and were not before.

    Raises `OperationFailed` for anything but two different addresses, and if the pool has other operators.
    """
    wanted = _addresses(emails)
    present = set(_operators(client, pool))
    if present - set(wanted):
        raise OperationFailed(
            f"the stage has {len(present)} operators already, others than these: this command makes the first two."
        )
    missing = [email for email in wanted if email not in present]
    for email in missing:
        _make(client, pool, email)
        client.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=GROUP)
    return missing


def _addresses(emails: Sequence[str]) -> list[str]:
    wanted = [email.lower() for email in emails]
    for email in wanted:
        if not ADDRESS.fullmatch(email) or email.endswith(".example"):
            raise OperationFailed(f"{email} is no address that a person reads.")
    if len(wanted) != 2 or len(set(wanted)) != 2:
        raise OperationFailed('two different addresses are needed: EMAILS="first@city.kr second@city.kr".')
    return wanted


def _operators(client: Any, pool: str) -> Iterator[str]:
    pages = client.get_paginator("list_users_in_group").paginate(UserPoolId=pool, GroupName=GROUP)
    for user in (user for page in pages for user in page["Users"]):
        attributes = {each["Name"]: each["Value"] for each in user["Attributes"]}
        yield attributes.get("email", user["Username"]).lower()


def _make(client: Any, pool: str, email: str) -> None:
    """Make the account, unless an interrupted run has made it."""
    attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    try:
        client.admin_create_user(
            UserPoolId=pool, Username=email, UserAttributes=attributes, DesiredDeliveryMediums=["EMAIL"]
        )
    except client.exceptions.UsernameExistsException:
        return


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m operations.bootstrap_operators", description=__doc__)
    parser.add_argument("stage")
    parser.add_argument("emails", nargs="*")
    arguments = parser.parse_args()
    try:
        stack = Stack.of_stage(arguments.stage)
        made = bootstrap(stack.client("cognito-idp"), stack.resources["StaffPool"], arguments.emails)
    except (OperationFailed, BotoCoreError, ClientError) as problem:
        print(f"make bootstrap-operators: {problem}", file=sys.stderr)
        return 2
    for email in made:
        print(f"· {email} is an operator of {stack.name}, and gets a password by e-mail that is valid for a day.")
    if not made:
        print("· Both are operators already.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
