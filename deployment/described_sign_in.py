"""Authorisation in the API's description: OAuth flows and scopes, from the template's pools and authorizers."""

from typing import Any

from deployment.template_routes import Route

Document = dict[str, Any]

# The address of the city `eeum` in production; another city has its own prefix, stage and region (docs/sign-in.md).
_PAGES = "https://{domain}.auth.ap-northeast-2.amazoncognito.com/oauth2"
_FLOWS = {"code": "authorizationCode", "client_credentials": "clientCredentials"}
_ABOUT = {
    "ResidentAuthorizer": "An access token of the residents' pool. Apps of members and merchants get it by authorization code with PKCE "
    "(S256), acquirers and banks by client credentials. The addresses are those of the city `eeum` in production; sign-in.md says how "
    "to find another city's.",
    "StaffAuthorizer": "An access token of the staff's pool, by authorization code with PKCE (S256) and a second factor, of a person in "
    "the group `operators`. The addresses are those of the city `eeum` in production; sign-in.md says how to find another city's.",
}
_DOMAINS = {"ResidentAuthorizer": "eeum-prod", "StaffAuthorizer": "eeum-staff-prod"}


def security_schemes(template: Document) -> Document:
    """The OAuth 2 flows of each authorizer, with the scopes that app clients may ask for."""
    authorizers = template["Resources"]["Api"]["Properties"]["Auth"]["Authorizers"]
    return {name: _scheme(template, name, authorizer) for name, authorizer in authorizers.items()}


def security_of(route: Route) -> list[Document]:
    """Alternatives, one for each scope, since any of them opens the route; none for a public route."""
    return [{route.authorizer: [scope]} for scope in route.scopes] if route.authorizer else []


def _scheme(template: Document, name: str, authorizer: Document) -> Document:
    resources = template["Resources"]
    pages = _PAGES.format(domain=_DOMAINS[name])
    descriptions = _scopes(resources)
    flows: Document = {}
    for client in _clients(authorizer["JwtConfiguration"]["audience"]):
        properties = resources[client["Ref"]]["Properties"]
        for allowed in properties["AllowedOAuthFlows"]:
            flow = flows.setdefault(_FLOWS[allowed], {"tokenUrl": f"{pages}/token", "scopes": {}})
            if allowed == "code":
                flow["authorizationUrl"] = f"{pages}/authorize"
                flow["refreshUrl"] = f"{pages}/token"
            flow["scopes"] |= {
                scope: descriptions[scope] for scope in properties["AllowedOAuthScopes"] if scope in descriptions
            }
    return {"type": "oauth2", "description": _ABOUT[name], "flows": flows}


def _clients(audience: Any) -> list[dict[str, str]]:
    """The pool's app clients; a city's own identity provider, the condition's first case, has clients of its own."""
    clients: list[dict[str, str]] = audience["Fn::If"][2] if isinstance(audience, dict) else audience
    return clients


def _scopes(resources: Document) -> dict[str, str]:
    """The description of each scope, from the template."""
    servers = [
        each["Properties"] for each in resources.values() if each["Type"] == "AWS::Cognito::UserPoolResourceServer"
    ]
    return {
        f"{server['Identifier']}/{scope['ScopeName']}": scope["ScopeDescription"]
        for server in servers
        for scope in server["Scopes"]
    }
