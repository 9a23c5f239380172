"""The failure that commands report to their user."""


class OperationFailed(Exception):
    """A failure that one sentence explains; commands print it and exit with status 2."""
