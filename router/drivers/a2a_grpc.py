"""A gRPC channel to an A2A agent that signs in, and what its failures mean; the only file that needs grpcio.

It stands for a channel where the SDK's transports of 1.x and 0.3 make their calls. gRPC has no connection of
its own to one call, so that whether one came about is asked of the channel first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, NoReturn, TypeVar
from urllib.parse import urlsplit

import anyio
import grpc  # type: ignore[import-untyped]
from a2a.types import MethodNotFoundError
from a2a.utils.grpc_status import status_from_call
from google.protobuf.message import Message  # type: ignore[import-untyped]

from router.core.settings import Agent
from router.drivers.a2a_signin import SignIn, origin_of
from router.drivers.a2a_wire import let_nobody_in, too_large, wire_bytes
from router.drivers.addresses import is_this_machine
from router.drivers.quoting import brief
from router.errors import ResultTooLarge, SignInFailed, TargetUnavailable

Answer = TypeVar("Answer")
Metadata = list[tuple[str, str]]

_PAUSE_MILLISECONDS: Final = 200
"""Between two tries of one channel to connect; how often a call is tried is not for gRPC to say."""
_NOBODY: Final = (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)
_BUSY: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)


class SignedChannel:
    """A channel whose calls carry the sign-in, are bounded, and fail as `CallError` where that is known."""

    def __init__(
        self, agent: Agent, sign_in: SignIn, channel: grpc.aio.Channel, place: str, asks: str
    ) -> None:
        """Take an open channel; `asks` are the ways of signing in that the agent's card names."""
        self._agent = agent
        self._target = f"a2a:{agent.name}"
        self._sign_in = sign_in
        self._channel = channel
        self._place = place
        self._asks = asks

    def unary_unary(self, path: str, *args: object, **kinds: object) -> Callable[..., Awaitable[Message]]:
        """Return what makes one call and returns its answer, for the SDK's generated code."""
        method = self._channel.unary_unary(path, *args, **kinds)

        async def call(request: Message, *, metadata: Metadata, **how: float | None) -> Message:
            async def send(signed: Metadata) -> Message:
                return await method(request, metadata=[*metadata, *signed], **how)

            return self.bounded(await self.signed(send))

        return call

    def unary_stream(self, path: str, *args: object, **kinds: object) -> Callable[..., _Stream]:
        """Return what makes one call whose answers are read one by one, for the SDK's generated code."""
        method = self._channel.unary_stream(path, *args, **kinds)

        def call(request: Message, *, metadata: Metadata, **how: float | None) -> _Stream:
            def begin(signed: Metadata) -> grpc.aio.UnaryStreamCall:
                return method(request, metadata=[*metadata, *signed], **how)

            return _Stream(self, begin)

        return call

    async def close(self) -> None:
        """Close the channel and end the calls over it."""
        await self._channel.close()

    async def signed(self, send: Callable[[Metadata], Awaitable[Answer]]) -> Answer:
        """Send once a connection stands, and once more where the token is refused."""
        await self._connected()
        headers, token = await self._sign_in.with_token()
        try:
            return await send(_metadata(headers))
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAUTHENTICATED or not token:
                self.tell(error)
        headers, _ = await self._sign_in.with_token(token)
        try:
            return await send(_metadata(headers))
        except grpc.aio.AioRpcError as error:
            self.tell(error)

    def bounded(self, answer: Message, before: int = 0) -> Message:
        """Return the answer. Raises ResultTooLarge where it and the bytes before it are too many."""
        if before + answer.ByteSize() > wire_bytes(self._agent):
            raise too_large(self._target, self._agent.limit_bytes)
        return answer

    def tell(self, error: grpc.aio.AioRpcError) -> NoReturn:
        """Raise what a failure means, or the failure itself where the SDK knows better."""
        code, details = error.code(), brief(error.details() or "")
        said = f"gRPC {code.name}" + (f": {details}" if details else "")
        if code in _NOBODY:
            raise let_nobody_in(self._target, self._agent, said, self._asks) from error
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED and "larger than max" in details:
            raise too_large(self._target, self._agent.limit_bytes) from error
        if code in _BUSY:
            raise TargetUnavailable(self._target, f"it answers {said}") from error
        if code is grpc.StatusCode.UNIMPLEMENTED and status_from_call(error) is None:
            raise MethodNotFoundError(details) from error
        raise error

    async def _connected(self) -> None:
        """Return once there is a connection. Raises TargetUnavailable; nothing was sent then."""
        failed, tried = grpc.ChannelConnectivity.TRANSIENT_FAILURE, False
        with anyio.move_on_after(self._agent.connect_seconds):
            while True:
                state = self._channel.get_state(try_to_connect=True)
                if state is grpc.ChannelConnectivity.READY:
                    return
                if state is failed and tried:
                    raise TargetUnavailable(
                        self._target, f"no connection to {self._place} by gRPC", sent=False
                    )
                tried = tried or state is not failed
                await self._channel.wait_for_state_change(state)
        seconds = f"within {self._agent.connect_seconds:g} seconds"
        raise TargetUnavailable(self._target, f"no connection to {self._place} by gRPC {seconds}", sent=False)


class _Stream:
    """The answers to one call, read one by one; over the limit together they are refused."""

    def __init__(self, channel: SignedChannel, begin: Callable[[Metadata], grpc.aio.UnaryStreamCall]) -> None:
        self._channel = channel
        self._begin = begin
        self._call: grpc.aio.UnaryStreamCall = None
        self._bytes = 0

    async def read(self) -> Message:
        """Return the next answer, or the mark for the end of them."""
        if self._call is None:
            return self._counted(await self._channel.signed(self._first))
        try:
            return self._counted(await self._call.read())
        except grpc.aio.AioRpcError as error:
            self._channel.tell(error)

    async def _first(self, signed: Metadata) -> Message:
        self._call = self._begin(signed)
        return await self._call.read()

    def _counted(self, answer: Message) -> Message:
        if answer == grpc.aio.EOF:
            return answer
        try:
            return self._channel.bounded(answer, self._bytes)
        except ResultTooLarge:
            self._call.cancel()
            raise
        finally:
            self._bytes += answer.ByteSize()


async def open_channel(agent: Agent, sign_in: SignIn, address: str, asks: str) -> SignedChannel:
    """Return a channel to an http or https address, not connected yet. Raises SignInFailed."""
    scheme, host, port = origin_of(address)
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    options = [
        ("grpc.max_receive_message_length", wire_bytes(agent)),
        ("grpc.max_send_message_length", -1),
        ("grpc.enable_http_proxy", int(not is_this_machine(urlsplit(agent.url).hostname or ""))),
        ("grpc.primary_user_agent", "ts-router"),
        ("grpc.min_reconnect_backoff_ms", int(agent.connect_seconds * 1_000)),
        ("grpc.initial_reconnect_backoff_ms", _PAUSE_MILLISECONDS),
        ("grpc.max_reconnect_backoff_ms", _PAUSE_MILLISECONDS),
    ]
    if scheme == "http":
        channel = grpc.aio.insecure_channel(place, options=options)
    else:
        credentials = await anyio.to_thread.run_sync(_credentials, agent)
        channel = grpc.aio.secure_channel(place, credentials, options=options)
    return SignedChannel(agent, sign_in, channel, place, asks)


def _credentials(agent: Agent) -> grpc.ChannelCredentials:
    """Return the certificates of the settings; without any gRPC trusts the authorities that it knows."""
    tls = agent.tls
    try:
        ca, cert, key = (Path(each).read_bytes() if each else None for each in (tls.ca, tls.cert, tls.key))
    except OSError as error:
        raise SignInFailed(f"a2a:{agent.name}", f"tls: {error.filename}: {error.strerror}") from error
    return grpc.ssl_channel_credentials(ca, (key or cert) if cert else None, cert)


def _metadata(headers: dict[str, str]) -> Metadata:
    return [(name.lower(), value) for name, value in headers.items()]
