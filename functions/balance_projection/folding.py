"""The schedule that folds what the stream brought into the balances of merchants, funders and banks."""

import os
from typing import Any

from aws_lambda_powertools import Logger

from eeum.balances.folding import fold
from eeum.calendar import text_of
from eeum.composition import City

logger = Logger()
city = City.of(os.environ)


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Run a fold; return how many batches went into how many pages, and the balances' instant, null before the first batch."""
    folded = fold(city.folding(context), city.patience(context), city.clock())
    as_of = text_of(folded.as_of) if folded.as_of else None
    logger.info("folded", batches=folded.batches, pages=folded.pages, as_of=as_of)
    return {"batches": folded.batches, "pages": folded.pages, "as_of": as_of}
