"""The old name of `eeum.wallet.budget_draws`, for branches that are not merged yet."""

from eeum.wallet.budget_draws import keep_funded

__all__ = ["keep_funded"]
