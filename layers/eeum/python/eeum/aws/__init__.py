"""The adapters for AWS: settings from the environment, clients, DynamoDB, S3, EventBridge, and the HTTP edge."""

import gc
import os

# Both shorten every cold start. A start makes over a hundred thousand lasting objects and almost no garbage, so that collecting at every
# 700th, the default, gains nothing. And pydantic would search the metadata of every package for plugins.
gc.set_threshold(200_000)
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
