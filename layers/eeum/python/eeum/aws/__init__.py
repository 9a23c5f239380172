"""What is AWS's: settings from the environment, DynamoDB, the HTTP edge, and the one place where everything is put together."""

import gc
import os

# Both count in every cold start. A start makes over a hundred thousand objects that stay, and next to no garbage: there is nothing to
# gain by looking through them at every 700th, as is the default. And pydantic would read the metadata of every package for plugins.
gc.set_threshold(200_000)
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
