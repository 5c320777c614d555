"""The shape of `[mcp.NAME]` and `[a2a.NAME]`, the two kinds of table that teams write most."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from router.config.kinds import AgentUrl, Amount, Mode, OptionalUrl, Seconds, Secret
from router.core.settings import Breaker, Server
from router.toml.shape import Table


class ToolsTable(Table, title="Tools"):
    """Which tools of a server are offered, and under which names."""

    allow: list[str] | None = Field(
        None, description="Shell-style patterns of the server's own names; [] allows no tool."
    )
    deny: list[str] = Field(default_factory=list, description="Shell-style patterns; they win over `allow`.")
    rename: dict[str, str] = Field(
        default_factory=dict, description="The server's own name = the name that rules use."
    )


class AuthTable(Table, title="Sign-in"):
    """auth = { type = … }; which keys go with which type is checked where settings are made."""

    type: Literal["bearer", "header", "oauth2", "login"] = Field(
        description="A token, a header of its own, OAuth 2.0 client credentials, or OAuth 2.0 as a person."
    )
    token: Secret = Field("", description="Where the token is (bearer); by default under the name here.")
    name: str = Field("", description="The header's name (header).")
    value: Secret = Field("", description="Where the header's value is (header).")
    client_id: str = Field("", description="Who we are (oauth2, login).")
    client_secret: Secret = Field("", description="Where the client's secret is (oauth2, login).")
    token_url: OptionalUrl = Field("", description="Where tokens are given (oauth2).")
    issuer: OptionalUrl = Field("", description="The authorization server (oauth2, login).")
    scope: str = Field("", description="Scopes, separated by spaces (oauth2, login).")


class TlsTable(Table, title="Certificates"):
    """tls = { … }: PEM files, relative to the project."""

    ca: str = Field("", description="Authorities that are trusted in place of the system's.")
    cert: str = Field("", description="Our own certificate, for servers that ask for one.")
    key: str = Field("", description="The certificate's key, where its file does not hold it.")


class BreakerTable(Table, title="Circuit breaker"):
    """breaker = { … }: when a target is left alone."""

    failures: Annotated[int, Field(ge=0)] = Field(
        Breaker().failures, description="In a row, after which it is not called; 0 switches it off."
    )
    seconds: Seconds = Field(Breaker().seconds, description="After which one call may try it again.")


class PeerTable(Table):
    """What servers and agents have in common."""

    modes: list[Mode] = Field(default_factory=list, description="The only modes in which it is used.")
    tags: list[str] = Field(
        default_factory=list, description="What -w filters on, beside names and the description."
    )
    description: str = Field("", description="What it is for; -w filters on its words.")
    retries: Annotated[int, Field(ge=0)] = Field(
        0, description="Further attempts, of what is safe to repeat alone."
    )
    delay: Amount = Field(1.0, description="Seconds before the second attempt; later ones wait longer.")
    timeout: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        60.0, description="Seconds for a whole call, connecting included."
    )
    connect: Seconds = Field(10.0, description="Seconds for a connection over HTTP to come about.")
    first_byte: Amount = Field(
        0.0, description="Seconds for an answer over HTTP to begin; 0 for as long as the call may take."
    )
    concurrency: Annotated[int, Field(ge=0)] = Field(
        0, description="The most calls at a time; 0 for any number."
    )
    rate: Amount = Field(0.0, description="The most calls a second; 0 for any number.")
    breaker: BreakerTable = Field(default_factory=BreakerTable)
    limit: Annotated[int, Field(gt=0)] = Field(
        10_000_000, description="Bytes of the largest result accepted."
    )
    output: Annotated[int, Field(ge=0)] = Field(
        0, description="The most characters of text that a result hands on; the rest is cut; 0 for all."
    )
    auth: AuthTable | None = None
    headers: dict[str, str] = Field(
        default_factory=dict, description="Sent along over HTTP; ${keyring:NAME} stands for a secret."
    )
    tls: TlsTable = Field(default_factory=TlsTable)


class McpTable(PeerTable, title="MCP server"):
    """[mcp.NAME]: a server over stdio (command) or at a url."""

    command: str = Field("", description="The program of a server over stdio, looked up on PATH.")
    args: list[str] = Field(default_factory=list, description="Arguments of the program.")
    env: dict[str, str] = Field(
        default_factory=dict, description="Variables added to the inherited environment, an allow-list."
    )
    cwd: str = Field("", description="Working directory, relative to the project; by default where you are.")
    url: OptionalUrl = Field("", description="The address of a server that is not started here.")
    transport: Literal["stdio", "http", "sse"] | None = Field(
        None, description="How it speaks: stdio with a command, http or sse with a url."
    )
    tools: ToolsTable = Field(default_factory=ToolsTable)
    prefix: str = Field("", description="Before the names that rules use, of tools that are not renamed.")
    roots: list[str] = Field(
        default_factory=list, description="Directories that it is told of, relative to the project."
    )
    sampling: bool = Field(
        Server("").sampling, description="Whether it may have a model of [planner] write text, on the budget."
    )


class A2aTable(PeerTable, title="A2A agent"):
    """[a2a.NAME]: an agent at a url."""

    url: Annotated[
        AgentUrl,
        Field(description="The agent, whose card is at the well-known path, or the card, or a list."),
    ]
    card: str = Field("", description="The agent's name in the list of cards that is at the url.")
