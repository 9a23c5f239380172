"""Clients of AWS's services, through botocore alone: boto3's resources, which nobody here uses, cost each cold start 50 ms."""

import gzip
import json
from contextlib import suppress
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.loaders import JSONFileLoader, Loader

from eeum.aws.answers import PlainItemsFactory

CONNECT_SECONDS = 0.5
READ_SECONDS = 1.5
ATTEMPTS = 2


class PlainFileLoader(JSONFileLoader):
    """Reads botocore's descriptions of AWS into plain dicts, which keep their order too; its own ordered ones take far longer."""

    def load_file(self, file_path: str) -> Any:
        for extension, opened in ((".json", open), (".json.gz", gzip.open)):
            with suppress(FileNotFoundError), opened(file_path + extension, "rb") as file:
                return json.loads(file.read())
        return None


def session() -> botocore.session.Session:
    """A session whose clients start fast, and read items as they come."""
    made = botocore.session.get_session()
    made.register_component("data_loader", Loader(file_loader=PlainFileLoader()))
    made.register_component("response_parser_factory", PlainItemsFactory())
    return made


def aws_client(service: str) -> Any:
    """Failed calls are tried again by the client itself, with the same token; a call that hangs is given up in time to try once more."""
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    return session().create_client(service, config=config)
