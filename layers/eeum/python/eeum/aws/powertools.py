"""Powertools' event handler, without the event sources that no function here has.

Two packages of Powertools import a module for each AWS service, and asyncio with them: nearly a tenth of a start. Here both import the
module of a name when it is asked for. A name that is not listed imports the whole package, as Powertools does.
"""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from typing import Any

_EVENTS = "aws_lambda_powertools.utilities.data_classes"
_HANDLER = "aws_lambda_powertools.event_handler"
_MODULES = {
    _EVENTS: {
        "ALBEvent": "alb_event",
        "APIGatewayProxyEvent": "api_gateway_proxy_event",
        "APIGatewayProxyEventV2": "api_gateway_proxy_event",
        "BedrockAgentEvent": "bedrock_agent_event",
        "LambdaFunctionUrlEvent": "lambda_function_url_event",
        "VPCLatticeEvent": "vpc_lattice",
        "VPCLatticeEventV2": "vpc_lattice",
    },
    _HANDLER: {"APIGatewayHttpResolver": "api_gateway", "ApiGatewayResolver": "api_gateway", "Response": "api_gateway"},
}
"""The modules of the names that an HTTP API needs from the two packages."""


def _import_by_name(package: str, modules: dict[str, str]) -> None:
    """Make a package import the module of each name by itself. What is imported already stays as it is."""
    if package in sys.modules:
        return
    spec = find_spec(package)
    if spec is None or spec.loader is None:
        raise ImportError(f"Powertools has no package {package}.")
    loader, module = spec.loader, module_from_spec(spec)

    def attribute(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in modules:
            return getattr(import_module(f"{package}.{modules[name]}"), name)
        if find_spec(f"{package}.{name}"):
            return import_module(f"{package}.{name}")
        del module.__dict__["__getattr__"]
        loader.exec_module(module)
        return getattr(module, name)

    module.__dict__["__getattr__"] = attribute
    sys.modules[package] = module


for _package, _names in _MODULES.items():
    _import_by_name(_package, _names)

from aws_lambda_powertools.event_handler import (  # noqa: E402 — only now is it cheap
    APIGatewayHttpResolver,
    ApiGatewayResolver,
    Response,
)

__all__ = ["APIGatewayHttpResolver", "ApiGatewayResolver", "Response"]
