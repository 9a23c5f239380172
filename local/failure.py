"""The one kind of failure that the local city reports to the person at the keyboard."""


class CityFailure(Exception):
    """Something is wrong that one clear sentence explains; the commands print it and exit with status 1."""
