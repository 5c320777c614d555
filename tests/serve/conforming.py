"""The backends that the MCP conformance suite expects behind `ts serve`: `conforming.py test|json`.

The suite calls tools such as `test_simple_text`: that is what the tool `simple_text` of the server `test` is
called once it is served.
"""

from __future__ import annotations

import base64
import sys
from typing import Any, Final

import anyio
from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
)

JSON = dict[str, Any]
Context = ServerRequestContext[Any, Any]
Page = PaginatedRequestParams | None
PIXEL: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
)
SOUND: Final = base64.b64encode(b"RIFF\x24\x00\x00\x00WAVEfmt ").decode()
IMAGE: Final = {"type": "image", "data": PIXEL, "mimeType": "image/png"}
HELD: Final = {"uri": "test://embedded-resource", "mimeType": "text/plain", "text": "This is embedded."}
EMBEDDED: Final = {"type": "resource", "resource": HELD}
ADDRESS: Final = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def text(said: str) -> JSON:
    return {"type": "text", "text": said}


ANSWERS: Final[dict[str, JSON]] = {
    "simple_text": {"content": [text("This is a simple text response for testing.")]},
    "image_content": {"content": [IMAGE]},
    "audio_content": {"content": [{"type": "audio", "data": SOUND, "mimeType": "audio/wav"}]},
    "embedded_resource": {"content": [EMBEDDED]},
    "multiple_content_types": {"content": [text("Multiple content types test:"), IMAGE, EMBEDDED]},
    "error_handling": {"content": [text("This tool intentionally returns an error")], "isError": True},
    "tool_with_progress": {"content": [text("Done.")]},
}
ARGUMENTS: Final = [
    {"name": name, "description": f"The {name}.", "required": True} for name in ("arg1", "arg2")
]
PROMPTS: Final[list[JSON]] = [
    {"name": "simple_prompt", "description": "A prompt."},
    {"name": "prompt_with_arguments", "description": "A prompt.", "arguments": ARGUMENTS},
    {
        "name": "prompt_with_embedded_resource",
        "description": "A prompt.",
        "arguments": [{"name": "resourceUri", "description": "Which.", "required": True}],
    },
    {"name": "prompt_with_image", "description": "A prompt."},
]
RESOURCES: Final[list[JSON]] = [
    {"uri": "test://static-text", "name": "Static text", "mimeType": "text/plain", "description": "Text."},
    {
        "uri": "test://static-binary",
        "name": "Static binary",
        "mimeType": "image/png",
        "description": "An image.",
    },
]
TEMPLATE: Final = {
    "uriTemplate": "test://template/{id}/data", "name": "Template", "mimeType": "application/json",
    "description": "Data.",
}  # fmt: skip


async def tools(_: Context, __: Page) -> ListToolsResult:
    listed: list[JSON] = [{"name": "schema_2020_12_tool", "description": "A schema.", "inputSchema": ADDRESS}]
    if sys.argv[1] == "test":
        empty = {"type": "object", "properties": {}}
        listed = [{"name": name, "description": "A tool.", "inputSchema": empty} for name in ANSWERS]
    return ListToolsResult.model_validate({"tools": listed})


async def call(context: Context, params: CallToolRequestParams) -> CallToolResult:
    if params.name == "tool_with_progress":
        for step in (0, 50, 100):
            await context.session.report_progress(step, 100, f"Completed step {step} of 100")
    return CallToolResult.model_validate(ANSWERS.get(params.name, {"content": [text("Well.")]}))


async def resources(_: Context, __: Page) -> ListResourcesResult:
    return ListResourcesResult.model_validate({"resources": RESOURCES})


async def templates(_: Context, __: Page) -> ListResourceTemplatesResult:
    return ListResourceTemplatesResult.model_validate({"resourceTemplates": [TEMPLATE]})


async def read(_: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
    uri = str(params.uri)
    if uri == "test://static-binary":
        held: JSON = {"uri": uri, "mimeType": "image/png", "blob": PIXEL}
    elif uri == "test://static-text":
        held = {
            "uri": uri,
            "mimeType": "text/plain",
            "text": "The content of the static text resource.",
        }
    elif uri.startswith("test://template/"):
        number = uri.removeprefix("test://template/").partition("/")[0]
        said = f'{{"id": "{number}", "templateTest": true, "data": "Data for ID: {number}"}}'
        held = {"uri": uri, "mimeType": "application/json", "text": said}
    else:
        raise MCPError(INVALID_PARAMS, f"there is no resource {uri}")
    return ReadResourceResult.model_validate({"contents": [held]})


async def prompts(_: Context, __: Page) -> ListPromptsResult:
    return ListPromptsResult.model_validate({"prompts": PROMPTS})


async def prompt(_: Context, params: GetPromptRequestParams) -> GetPromptResult:
    given = params.arguments or {}
    contents: dict[str, list[JSON]] = {
        "simple_prompt": [text("This is a simple prompt for testing.")],
        "prompt_with_arguments": [
            text(f"Prompt with arguments: arg1='{given.get('arg1')}', arg2='{given.get('arg2')}'")
        ],
        "prompt_with_embedded_resource": [
            {"type": "resource", "resource": {**HELD, "uri": given.get("resourceUri", HELD["uri"])}},
            text("Please process the embedded resource above."),
        ],
        "prompt_with_image": [IMAGE, text("Please analyze the image above.")],
    }
    said = [{"role": "user", "content": each} for each in contents[params.name]]
    return GetPromptResult.model_validate({"messages": said})


async def main() -> None:
    """Serve the one client at standard input and output."""
    server: Server[JSON] = Server("conforming", on_list_tools=tools, on_call_tool=call)
    if sys.argv[1] == "test":
        server = Server(
            "conforming",
            on_list_tools=tools,
            on_call_tool=call,
            on_list_resources=resources,
            on_list_resource_templates=templates,
            on_read_resource=read,
            on_list_prompts=prompts,
            on_get_prompt=prompt,
        )
    async with stdio_server() as (reader, writer):
        await server.run(reader, writer, server.create_initialization_options())


if __name__ == "__main__":
    anyio.run(main)
