"""Who can sign in where in the local city."""

from __future__ import annotations

from local import inhabitants, sign_in
from local.city import City
from local.front.sign_in_page import People

#: People by the application that they use.
BY_APPLICATION = {
    sign_in.RESIDENT_APP: list(inhabitants.RESIDENTS),
    sign_in.MERCHANT_APP: [inhabitants.SHOPKEEPER],
    sign_in.STAFF_CONSOLE: [inhabitants.OPERATOR, inhabitants.COLLEAGUE],
}


def people_of(city: City) -> People:
    """The people for a client's id; none for an unknown one."""

    def people(client: str) -> list[str]:
        resources = city.stack.resources
        return next((who for app, who in BY_APPLICATION.items() if resources[app.client] == client), [])

    return people
