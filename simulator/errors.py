"""Faults of a simulation's payments, policies and arguments, each with a class and a code of its own.

A simulation checks all of its input before it writes anything.
"""


class SimulationRefused(Exception):
    """A simulation cannot run. `code` is stable; the text says in a sentence what is wrong."""

    code = "refused"


class NoPayments(SimulationRefused):
    """The folder has no Parquet file, or the files have no payment."""

    code = "no_payments"


class MonthsNotPublished(SimulationRefused):
    """The city's bucket has no payments for months that a request names."""

    code = "months_not_published"


class PaymentsTooLarge(SimulationRefused):
    """The payments are larger than the disk of the function that simulates."""

    code = "payments_too_large"


class UnreadableParquet(SimulationRefused):
    """A file is not Parquet, or is damaged."""

    code = "unreadable_parquet"


class MissingColumn(SimulationRefused):
    """A required column of payments is missing."""

    code = "missing_column"


class MistypedColumn(SimulationRefused):
    """A column has values of a wrong type."""

    code = "mistyped_column"


class NotWholeWon(SimulationRefused):
    """A column of won has a floating or decimal type, and so may hold fractions."""

    code = "not_whole_won"


class MissingValue(SimulationRefused):
    """A required value of a payment is null."""

    code = "missing_value"


class AmountOutOfRange(SimulationRefused):
    """An amount is negative or above the largest amount, or a rate is outside 0 to 10,000 basis points."""

    code = "amount_out_of_range"


class InstantOutOfRange(SimulationRefused):
    """An instant is outside this century, usually because it is in seconds or microseconds instead of milliseconds."""

    code = "instant_out_of_range"


class RepeatedPayment(SimulationRefused):
    """Two payments of one member have the same key and instant, so that their order is undefined."""

    code = "repeated_payment"


class PolicyUnusable(SimulationRefused):
    """A policy file is not valid, or the versions do not agree."""

    code = "policy_unusable"


class NoPolicyInForce(SimulationRefused):
    """A payment is older than the first version."""

    code = "no_policy_in_force"


class BadBudget(SimulationRefused):
    """A budget is not of the form FUNDER=WON."""

    code = "bad_budget"


class BadCity(SimulationRefused):
    """A city cannot be generated: a share is out of range, or the folder holds something else."""

    code = "bad_city"


class ExportUnusable(SimulationRefused):
    """The folder does not hold exactly one full export in DynamoDB JSON."""

    code = "export_unusable"


class ExportIncomplete(SimulationRefused):
    """The export lacks files, items, or entries that a cancellation or a capture refers to."""

    code = "export_incomplete"


class ExportDamaged(SimulationRefused):
    """A file of the export does not match its checksum, or cannot be read."""

    code = "export_damaged"


class UnreadableEntry(SimulationRefused):
    """An entry of the ledger does not have the shape that its key promises."""

    code = "unreadable_entry"


class FolderTaken(SimulationRefused):
    """The folder to write already holds something."""

    code = "folder_taken"
