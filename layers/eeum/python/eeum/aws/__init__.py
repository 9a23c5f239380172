"""What is AWS's: settings from the environment, DynamoDB, the HTTP edge, and the one place where everything is put together."""

import gc

# A start makes over a hundred thousand objects that stay, and next to no garbage; looked through at every 700th, as is the
# default, they cost each cold start a tenth of its time. `City.of` then takes what is there out of the collector's sight.
gc.set_threshold(200_000)
