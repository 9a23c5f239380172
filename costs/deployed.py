"""What the template deploys and costs money: memory of functions, snapshots, alarms, routes, windows."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from deployment.versions import KEPT

ROOT = Path(__file__).resolve().parents[1]
STAGE = "prod"
PUBLISHED_METRICS = 4
"""Of the audit, of months, and two of budgets."""


@dataclass(frozen=True)
class Deployed:
    """The template, with the parameters that samconfig.toml gives the stage."""

    memory: dict[str, int]
    """MB by function."""
    snapshots: tuple[str, ...]
    """Functions that Lambda keeps a snapshot of."""
    versions: int
    """Versions of a function that are kept, each with its snapshot."""
    alarm_metrics: int
    own_metrics: int
    """Metrics that the code publishes, and those that are counted in logs."""
    routes: int
    detailed_routes: int
    """Routes with metrics of their own."""
    tables: int
    roles: int
    cashback_window: float
    """Seconds."""
    balance_window: float
    architecture: str
    log_days: int
    logs_each_call: bool
    """Whether Lambda writes its own lines for calls that succeed."""


def deployed(root: Path = ROOT) -> Deployed:
    """Read the template and the stage's parameters."""
    template: dict[str, Any] = yaml_parse((root / "template.yaml").read_text(encoding="utf-8"))
    settings = tomllib.loads((root / "samconfig.toml").read_text(encoding="utf-8"))
    given = dict(each.split("=", 1) for each in settings[STAGE]["deploy"]["parameters"]["parameter_overrides"])
    parameters = {name: given.get(name, each.get("Default")) for name, each in template["Parameters"].items()}
    of_type: dict[str, dict[str, Any]] = {}
    for name, resource in template["Resources"].items():
        of_type.setdefault(resource["Type"], {})[name] = resource.get("Properties", {})
    functions = of_type["AWS::Serverless::Function"]
    shared = template["Globals"]["Function"]
    api = of_type["AWS::Serverless::HttpApi"]["Api"]
    routes = sum(len(methods) for methods in api["DefinitionBody"]["paths"].values())
    return Deployed(
        memory={name: int(each.get("MemorySize", shared["MemorySize"])) for name, each in functions.items()},
        snapshots=tuple(name for name, each in functions.items() if "SnapStart" in each),
        versions=KEPT if shared["VersionDeletionPolicy"] == "Retain" else 1,
        own_metrics=PUBLISHED_METRICS + len(of_type.get("AWS::Logs::MetricFilter", {})),
        alarm_metrics=sum(_metrics(each) for each in of_type["AWS::CloudWatch::Alarm"].values()),
        routes=routes,
        detailed_routes=routes if api["DefaultRouteSettings"].get("DetailedMetricsEnabled") else len(_detailed(api)),
        tables=len(of_type["AWS::DynamoDB::Table"]),
        roles=len(of_type["AWS::IAM::Role"]),
        cashback_window=_window(functions["CashbackCalculationFunction"], parameters),
        balance_window=_window(functions["BalanceProjectionFunction"], parameters),
        architecture=str(parameters["Architecture"]),
        log_days=int(parameters["LogRetentionDays"]),
        logs_each_call=shared.get("LoggingConfig", {}).get("SystemLogLevel", "INFO") != "WARN",
    )


def _detailed(api: dict[str, Any]) -> list[str]:
    return [route for route, each in api.get("RouteSettings", {}).items() if each.get("DetailedMetricsEnabled")]


def _metrics(alarm: dict[str, Any]) -> int:
    """The metrics that an alarm is billed for: one, or those that its expression reads."""
    return sum("MetricStat" in each for each in alarm["Metrics"]) if "Metrics" in alarm else 1


def _window(function: dict[str, Any], parameters: dict[str, Any]) -> float:
    """Seconds that the reader of the function's stream gathers records outside the local stage."""
    (source,) = (each["Properties"] for each in function["Events"].values() if each["Type"] == "DynamoDB")
    window = source.get("MaximumBatchingWindowInSeconds", 0)
    if isinstance(window, dict) and "Fn::If" in window:
        window = window["Fn::If"][2]
    return float(parameters[window["Ref"]] if isinstance(window, dict) else window)
