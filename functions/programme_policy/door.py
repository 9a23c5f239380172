"""The function's API and city, which all modules of its routes share."""

import os

from eeum.aws.city import City
from eeum.aws.http import Api
from programme_policy.bodies import LARGEST_HISTORY_BYTES

api = Api(largest_body=LARGEST_HISTORY_BYTES)
city = City.of(os.environ)
