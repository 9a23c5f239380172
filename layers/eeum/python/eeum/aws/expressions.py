"""Conditions and changes, written as DynamoDB expressions."""

from collections.abc import Sequence
from typing import Any

from eeum.aws.attribute_values import attribute_value
from eeum.storage import Absent, Add, AtLeast, AtMost, Change, Condition, Equals, Path, Remove, SetTo


class Expressions:
    """Collects the names and values that the expressions of one request share."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self._placeholders: dict[str, str] = {}
        self.values: dict[str, Any] = {}

    def path(self, path: Path) -> str:
        # Every name gets a placeholder: many are reserved words, and ids are not valid names.
        return ".".join([self._name(part) for part in path])

    def _name(self, part: str) -> str:
        placeholder = self._placeholders.get(part)
        if placeholder is None:
            placeholder = self._placeholders[part] = f"#n{len(self._placeholders)}"
            self.names[placeholder] = part
        return placeholder

    def value(self, value: Any) -> str:
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = attribute_value(value)
        return placeholder

    def conditions(self, conditions: Sequence[Condition]) -> str:
        return " AND ".join([self._condition(condition) for condition in conditions])

    def _condition(self, condition: Condition) -> str:
        path = self.path(condition.path)
        match condition:
            case Absent():
                return f"attribute_not_exists({path})"
            case Equals(_, value):
                return f"{path} = {self.value(value)}"
            case AtLeast(_, value):
                return f"{path} >= {self.value(value)}"
            case AtMost(_, value):
                return f"{path} <= {self.value(value)}"

    def changes(self, changes: Sequence[Change]) -> str:
        sets = [self._set(change) for change in changes if not isinstance(change, Remove)]
        removes = [self.path(change.path) for change in changes if isinstance(change, Remove)]
        clauses = [("SET ", sets), ("REMOVE ", removes)]
        return " ".join(word + ", ".join(parts) for word, parts in clauses if parts)

    def _set(self, change: SetTo | Add) -> str:
        path = self.path(change.path)
        match change:
            case SetTo(_, value):
                return f"{path} = {self.value(value)}"
            case Add(_, amount):
                return f"{path} = {path} + {self.value(amount)}"

    def parameters(self) -> dict[str, Any]:
        """The shared names and values as request parameters, without empty ones, which DynamoDB refuses."""
        parameters: dict[str, Any] = {}
        if self.names:
            parameters["ExpressionAttributeNames"] = self.names
        if self.values:
            parameters["ExpressionAttributeValues"] = self.values
        return parameters
