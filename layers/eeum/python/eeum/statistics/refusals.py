"""Why statistics are refused. Each refusal names what is missing or wrong; nothing is written after one."""


class StatisticsRefused(Exception):
    """Base of all refusals; `code` is stable."""

    code = "statistics_refused"


class FigureWithoutDenominator(StatisticsRefused):
    code = "figure_without_denominator"


class MonthWithoutData(StatisticsRefused):
    code = "month_without_data"


class DefinitionChanged(StatisticsRefused):
    """A definition means something else than the one that was recorded under its id."""

    code = "definition_changed"


class DefinitionUnusable(StatisticsRefused):
    """A definition lacks a field, or was never recorded."""

    code = "definition_unusable"


class InputWithoutSource(StatisticsRefused):
    code = "input_without_source"


class InputUnusable(StatisticsRefused):
    """An input table lacks a column, or a value cannot be read."""

    code = "input_unusable"


class IncrementNotNext(StatisticsRefused):
    """An increment does not begin where the journal ends, so entries would be missing or counted twice."""

    code = "increment_not_next"


class EntryUnreadable(StatisticsRefused):
    """An item of an export does not have the shape that its kind promises."""

    code = "entry_unreadable"


class ReleaseTaken(StatisticsRefused):
    """A release of this id exists, and releases are never replaced."""

    code = "release_taken"
