"""One MCP server that is spoken to through the SDK's client, whatever carries the messages.

No error or type of the SDK leaves this file and the transports beside it. Of what a server may ask of a
client, questions to a person are answered where one is there, roots are told where the settings name some,
and a model writes text where they allow that.
"""

from __future__ import annotations

import json
import logging
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from functools import partial
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar, cast

import anyio
import httpx2
from mcp import Client, MCPError
from mcp.client.context import ClientRequestContext
from mcp_types import (
    INVALID_PARAMS,
    URL_ELICITATION_REQUIRED,
    CallToolResult,
    CreateMessageResult,
    ElicitResult,
    ErrorData,
    GetPromptResult,
    Implementation,
    InputRequiredResult,
    InputResponses,
    ListRootsResult,
    LoggingMessageNotificationParams,
    PromptListChangedNotification,
    ReadResourceResult,
    ResourceListChangedNotification,
    Root,
    TextContent,
    ToolListChangedNotification,
)

from router.core.outcome import Result
from router.core.plan import JSON
from router.core.settings import Server
from router.drivers.mcp_beyond import GET, LIST, READ, got, listed, read
from router.drivers.mcp_content import failure_of, prompted_of, question_of, result_of, size_bytes
from router.drivers.mcp_heard import Heard
from router.drivers.mcp_held import Held
from router.drivers.mcp_lines import Lines, Unreadable
from router.drivers.mcp_lists import Lists, Named, as_json, told
from router.drivers.mcp_program import TooLong
from router.drivers.mcp_tools import Wire
from router.errors import CallError, PlannerError, ProtocolBroken, ResultTooLarge, ToolFailed
from router.ports import Host, Offer, Progress, Question, Write

if TYPE_CHECKING:
    from mcp.client import IncomingMessage, Transport
    from mcp.client.session import ElicitationFnT, ListRootsFnT, SamplingFnT
    from mcp_types import CreateMessageRequestParams, ElicitRequestParams, InputRequest

_T = TypeVar("_T")
_Answer = CallToolResult | ReadResourceResult | GetPromptResult
_Send = Callable[..., Awaitable[_Answer | InputRequiredResult]]
_READERS: Final[Mapping[type, Callable[[Wire], Result]]] = {
    CallToolResult: result_of,
    ReadResourceResult: read,
    GetPromptResult: got,
}
_REFUSED: Final = -1
"""With which a client tells that a text was not written."""
_AGAIN_SECONDS: Final = 0.25
_LAST_WORDS_SECONDS: Final = 2.0
_ENVELOPE_BYTES: Final = 1_048_576
_OWN_VERSION: Final = next((each.version for each in distributions(name="ts-router")), "0")
_WE: Final = Implementation(name="ts", version=_OWN_VERSION)
FOREIGN: Final = (
    MCPError,
    OSError,
    httpx2.HTTPError,
    anyio.BrokenResourceError,
    anyio.ClosedResourceError,
    anyio.EndOfStream,
)
_LIST_CHANGED: Final = (
    ToolListChangedNotification,
    ResourceListChangedNotification,
    PromptListChangedNotification,
)
CONFUSED: Final = (AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What a library raises on what it did not expect a server to write; pydantic's error is a ValueError."""

# The SDK logs what it cannot read, under both names. Where an application has set up no logging, Python's
# handler of last resort would print that between the answers.
for _name in ("mcp", "client"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


class Session(Held):
    """A server that is spoken to; its kinds say over what."""

    def __init__(self, server: Server, host: Host) -> None:
        super().__init__()
        self.heard = Heard()
        self.lines = Lines(self.heard)
        self._server = server
        self._seen = host.seen
        self._ask_person = host.ask
        self._write = host.write if server.sampling else None
        self._lost = anyio.Event()
        self._listing = anyio.Lock()
        self._named = Named(Offer("mcp", server.name, ()), {}, {})
        self._is_listed = False
        self._changed = anyio.Event()
        self._listeners: list[Progress] = []

    @property
    def is_over(self) -> bool:
        """Whether it takes no more calls."""
        return self._lost.is_set() or super().is_over

    @property
    def _limit_bytes(self) -> int:
        """Of one message: JSON may need three times the bytes of a text, and base64 four thirds."""
        return 3 * self._server.limit_bytes + _ENVELOPE_BYTES

    async def _hold(self) -> None:
        failure: BaseExceptionGroup[Exception] | None = None
        try:
            async with self._carried() as transport, self._speaking(transport) as client:
                self._session = client.session
                self._lists = Lists(self._server, client.session, self._ask)
                self.lines.version = client.session.protocol_version or self.lines.version
                self._agreed()
                self._opened()
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._listen)
                    await self._lost.wait()
                    tasks.cancel_scope.cancel()
        except* (*FOREIGN, *CONFUSED, CallError) as errors:
            failure = errors
        if failure is not None:
            first = _first(failure)
            raise self._no_start(f"mcp:{self._server.name}", first) from failure

    @abstractmethod
    def _carried(self) -> AbstractAsyncContextManager[Transport]:
        """Open what carries the messages."""

    @abstractmethod
    def _agreed(self) -> None:
        """Take note that the server can be spoken to. Raises CallError where it must not be."""

    @abstractmethod
    def _no_start(self, target: str, error: BaseException) -> CallError:
        """Return why the server could not be spoken to."""

    def _fault(self, _target: str, _error: MCPError) -> CallError | None:
        """Return the failure of the transport that an error stands for, or None where there is none."""
        return None

    def _speaking(self, transport: Transport) -> Client:
        return Client(
            transport,
            mode="auto",
            cache=None,
            client_info=_WE,
            log_level="info",
            sampling_callback=cast("SamplingFnT", self._sampled) if self._write else None,
            elicitation_callback=cast("ElicitationFnT", self._elicited) if self._ask_person else None,
            list_roots_callback=cast("ListRootsFnT", self._roots) if self._server.roots else None,
            logging_callback=self._pass_on,
            message_handler=self._notice,
        )

    async def _elicited(self, _: object, params: ElicitRequestParams) -> ElicitResult:
        """Put a question of the server to a person."""
        told = as_json(params)
        question = Question(
            f"mcp:{self._server.name}", told["message"], told.get("requestedSchema"), told.get("url", "")
        )
        answer = await self._ask_person(question) if self._ask_person else None
        if answer is None:
            return ElicitResult(action="decline")
        return ElicitResult.model_validate({"action": "accept", "content": None if question.url else answer})

    async def _sampled(
        self, _: object, params: CreateMessageRequestParams
    ) -> CreateMessageResult | ErrorData:
        """Have a model write what the server asks for."""
        try:
            prompted = prompted_of(f"mcp:{self._server.name}", as_json(params))
        except ValueError as error:
            return ErrorData(code=INVALID_PARAMS, message=str(error))
        for progress in tuple(self._listeners):
            progress("it has a model write text")
        try:
            written = await cast("Write", self._write)(prompted)
        except PlannerError as error:
            return ErrorData(code=_REFUSED, message=str(error))
        return CreateMessageResult(
            role="assistant",
            content=TextContent(text=written.text),
            model=written.model,
            stop_reason="maxTokens" if written.is_cut else "endTurn",
        )

    async def _roots(self, _: object) -> ListRootsResult:
        roots = [Root.model_validate({"uri": Path(each).as_uri()}) for each in self._server.roots]
        return ListRootsResult(roots=roots)

    async def _listen(self) -> None:
        """Ask anew for the lists as often as the server says that they changed, for whoever keeps them."""
        while True:
            await self._changed.wait()
            self._changed = anyio.Event()
            with suppress(CallError):
                await self.listed(f"mcp:{self._server.name}")
            await anyio.sleep(_AGAIN_SECONDS)

    async def listed(self, target: str, *, fresh: bool = False) -> Offer:
        """Return what the server offers, asked again where that is not known or `fresh` is asked for."""
        async with self._listing:
            if not self._is_listed or fresh:
                self._named = await self._lists.asked(target)
                self._is_listed = True
                self._seen(self._named.offer)
            return self._named.offer

    async def call(self, target: str, tool: str, args: dict[str, JSON], progress: Progress) -> Result:
        """Call a tool that was listed and return its result; `progress` is told what comes before."""
        self._listeners.append(progress)
        try:
            if self._named.methods.get(tool) == LIST:
                return self._within(target, listed(await self._lists.pages(target, "resources")))
            return await self._rounds(target, self._sending(tool, args, progress))
        except MCPError as error:
            if error.code == URL_ELICITATION_REQUIRED and isinstance(error.data, dict):
                return question_of({"params": each} for each in error.data.get("elicitations", ()))
            raise ToolFailed(target, told(error)) from error
        finally:
            self._listeners.remove(progress)

    def _sending(self, tool: str, args: dict[str, JSON], listener: Progress) -> _Send:
        """Return what sends a call; it takes what the server wanted to know, and its state."""

        async def tell(progress: float, total: float | None, message: str | None) -> None:
            listener(message or (f"{progress:g}/{total:g}" if total else f"{progress:g}"))

        method = self._named.methods.get(tool)
        if method == READ:
            return partial(self._session.read_resource, args["uri"])
        if method == GET:
            return partial(self._session.get_prompt, args["name"], args.get("arguments"))
        own_name = self._named.own_names.get(tool, tool)
        return partial(self._session.call_tool, own_name, args, progress_callback=tell)

    async def _rounds(self, target: str, send: _Send) -> Result:
        """Send until there is a result or a question; a server may want to be called again with its state."""
        state: str | None = None
        given: InputResponses | None = None
        while True:
            answering = send(input_responses=given, request_state=state, allow_input_required=True)
            answer = await self._ask(target, answering)
            if not isinstance(answer, InputRequiredResult):
                return self._result(target, answer)
            wanted = answer.input_requests or {}
            state, given = answer.request_state, await self._given(wanted)
            if given is None:
                return question_of(map(as_json, wanted.values()))
            if not given:
                await anyio.sleep(_AGAIN_SECONDS)

    async def _given(self, requests: Mapping[str, InputRequest]) -> InputResponses | None:
        """Return what the server wants of us; None where nobody here can tell it."""
        given: InputResponses = {}
        for key, each in requests.items():
            context = ClientRequestContext(session=self._session, request_id=key, meta=None)
            answer = await self._session.dispatch_input_request(context, each)
            if isinstance(answer, ErrorData):
                return None
            given[key] = answer
        return given

    def _result(self, target: str, answer: _Answer) -> Result:
        wire = as_json(answer)
        if isinstance(answer, CallToolResult):
            wire["structuredContent"] = answer.structured_content  # as JSON, NaN would be null
        try:
            result = self._within(target, _READERS[type(answer)](wire))
        except ValueError as error:
            raise ProtocolBroken(target, f"the result holds {error}") from error
        if isinstance(answer, CallToolResult) and answer.is_error:
            raise ToolFailed(target, failure_of(result))
        return replace(result, wire=wire)

    def _within(self, target: str, result: Result) -> Result:
        """Return a result that is within the limit. Raises ResultTooLarge."""
        size = size_bytes(result)
        if size > self._server.limit_bytes:
            raise self._too_large(target, f"{size:,} bytes")
        return result

    async def _ask(self, target: str, answering: Awaitable[_T]) -> _T:
        """Await the SDK. Raises CallError, but MCPError where the server itself answers with an error."""
        try:
            return await answering
        except MCPError as error:
            if isinstance(error.data, TooLong):
                raise self._too_large(target, "more bytes than are read") from error
            if isinstance(error.data, Unreadable):
                raise ProtocolBroken(target, error.data.reason) from error
            if fault := self._fault(target, error):
                raise fault from error
            if not self.is_over:
                raise
            with anyio.move_on_after(_LAST_WORDS_SECONDS):
                await self.ended.wait()
            raise self.heard.went_away(target, is_lost=self._lost.is_set()) from error
        except CONFUSED as error:
            raise ProtocolBroken(target, f"the answer is not what was agreed: {told(error)}") from error

    def _too_large(self, target: str, size: str) -> ResultTooLarge:
        limit = f"{self._server.limit_bytes:,}"
        return ResultTooLarge(
            target, f"the result has {size}, the limit of [mcp.{self._server.name}] is {limit}"
        )

    async def _pass_on(self, params: LoggingMessageNotificationParams) -> None:
        """Hand a log message to every call that is under way, since it does not say which it belongs to."""
        text = params.data if isinstance(params.data, str) else json.dumps(params.data, ensure_ascii=False)
        for progress in tuple(self._listeners):
            progress(text)

    async def _notice(self, message: IncomingMessage) -> None:
        if isinstance(message, _LIST_CHANGED):
            self._is_listed = False
            self._changed.set()


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
