"""The one kind of failure that the commands report to the person at the keyboard."""


class OperationFailed(Exception):
    """Something is wrong that one clear sentence explains; the commands print it and exit with status 2."""
