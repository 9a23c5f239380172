"""What can be wrong with payments, policies and arguments that a simulation is given, each by a name of its own.

Nothing is written before all of it is checked.
"""


class SimulationRefused(Exception):
    """A simulation that cannot be run; `code` is stable, the text says what is wrong in a sentence."""

    code = "refused"


class NoPayments(SimulationRefused):
    """There is no Parquet file in the folder, or no payment in the files."""

    code = "no_payments"


class MonthsNotPublished(SimulationRefused):
    """Months that are asked about over the API, and of which the city's bucket has no payments."""

    code = "months_not_published"


class PaymentsTooLarge(SimulationRefused):
    """More bytes of payments than the function that works simulations out has room for."""

    code = "payments_too_large"


class UnreadableParquet(SimulationRefused):
    """A file that is not Parquet, or is damaged."""

    code = "unreadable_parquet"


class MissingColumn(SimulationRefused):
    """A column that payments must have is not there."""

    code = "missing_column"


class MistypedColumn(SimulationRefused):
    """A column holds values of another type."""

    code = "mistyped_column"


class NotWholeWon(SimulationRefused):
    """A column of won holds fractions, or could: its type is floating or decimal."""

    code = "not_whole_won"


class MissingValue(SimulationRefused):
    """A value that every payment has is null."""

    code = "missing_value"


class AmountOutOfRange(SimulationRefused):
    """An amount below zero or beyond the largest there is, or a rate outside 0 to 10,000 basis points."""

    code = "amount_out_of_range"


class InstantOutOfRange(SimulationRefused):
    """An instant outside this century: seconds or microseconds, as it mostly turns out, in place of milliseconds."""

    code = "instant_out_of_range"


class RepeatedPayment(SimulationRefused):
    """Two payments of one member have the same key at the same instant, so that nothing says which came first."""

    code = "repeated_payment"


class PolicyUnusable(SimulationRefused):
    """A policy file that is not valid, or versions that do not fit together."""

    code = "policy_unusable"


class NoPolicyInForce(SimulationRefused):
    """Payments from before the first version of the history."""

    code = "no_policy_in_force"


class BadBudget(SimulationRefused):
    """A budget that is not FUNDER=WON."""

    code = "bad_budget"


class BadCity(SimulationRefused):
    """A city that cannot be generated: a share out of range, or a folder that holds something else."""

    code = "bad_city"


class ExportUnusable(SimulationRefused):
    """A folder without one export of a whole table in DynamoDB JSON."""

    code = "export_unusable"


class ExportIncomplete(SimulationRefused):
    """An export with files, items or entries missing: what a cancellation or a capture speaks of is not there."""

    code = "export_incomplete"


class ExportDamaged(SimulationRefused):
    """A file of an export that is not as its checksum says, or cannot be read as what it is."""

    code = "export_damaged"


class UnreadableEntry(SimulationRefused):
    """An entry of the ledger that has not the shape of a payment, a capture or a cancellation."""

    code = "unreadable_entry"


class FolderTaken(SimulationRefused):
    """A folder to be written that holds something else."""

    code = "folder_taken"
