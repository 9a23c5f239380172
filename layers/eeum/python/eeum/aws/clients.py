"""Clients of AWS services through botocore alone: boto3's resources, which are not used here, cost each cold start 50 ms."""

import gzip
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.loaders import JSONFileLoader, Loader

from eeum.aws.answers import PlainItemsFactory

DESCRIPTIONS = Path(botocore.session.__file__).parents[1] / "aws_descriptions"
"""The layer's own descriptions of the called services (`deployment/descriptions.py`); where there are none, botocore reads those it has."""

CONNECT_SECONDS = 0.5
READ_SECONDS = 1.5
OBJECT_SECONDS = 20.0
"""For large objects: a bucket answers when it has received a whole part of one."""
ATTEMPTS = 2


class PlainFileLoader(JSONFileLoader):
    """Reads botocore's descriptions of AWS into plain dicts; its ordered dicts take far longer, and plain ones keep the order too."""

    def load_file(self, file_path: str) -> Any:
        for extension, opened in ((".json", open), (".json.gz", gzip.open)):
            with suppress(FileNotFoundError), opened(file_path + extension, "rb") as file:
                return json.loads(file.read())
        return None


def session() -> botocore.session.Session:
    """A session whose clients start fast, and return items without decoding each attribute."""
    made = botocore.session.get_session()
    made.register_component("data_loader", Loader([str(DESCRIPTIONS)], file_loader=PlainFileLoader()))
    made.register_component("response_parser_factory", PlainItemsFactory())
    return made


def aws_client(service: str, read_seconds: float = READ_SECONDS) -> Any:
    """A client that retries failed calls, with the same token, and gives up a hanging call in time for one more.

    Links to objects of S3 are signed with the region's address. The global one redirects for a day after a bucket is made, and a signed
    link is invalid elsewhere. An emulator has one address, which takes the bucket as part of the path.
    """
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        s3=None if "AWS_ENDPOINT_URL" in os.environ else {"addressing_style": "virtual"},
    )
    return session().create_client(service, config=config)
