"""What comes in over an MCP server's stdin, so that a line that is no message is answered, too.

The SDK drops such a line, and a client that sent a request in it would wait until it gives up: for
a lone surrogate, as JavaScript writes one, or for arguments nested too deep.
"""

from __future__ import annotations

import json
from types import TracebackType
from typing import TYPE_CHECKING, Self

import anyio
import mcp_types as types
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mcp.shared._stream_protocols import ReadStream, WriteStream

_SHOWN = 200


class Answering:
    """A stream of messages. Lines that are none are answered with JSON-RPC's parse error.

    It ends when `answered` comes back: the SDK cancels what is under way at its end, and who pipes
    a few lines in waits for the answers.
    """

    def __init__(
        self,
        read: ReadStream[SessionMessage | Exception],
        write: WriteStream[SessionMessage],
        answered: Callable[[], Awaitable[None]],
    ) -> None:
        self._read = read
        self._write = write
        self._answered = answered

    async def receive(self) -> SessionMessage | Exception:
        """The next message."""
        while isinstance(item := await self._read.receive(), Exception):
            answer = refusal(item)
            if answer is not None:
                await self._write.send(SessionMessage(answer))
        return item

    async def aclose(self) -> None:
        """Take no more."""
        await self._read.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            await self._answered()
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        await self.aclose()


def refusal(error: Exception) -> types.JSONRPCError | None:
    """The answer to a line that could not be read, to its request where its id can be made out.

    None for an empty line.
    """
    told = error.errors()[0] if isinstance(error, ValidationError) else {"msg": str(error)}
    line = told.get("input")
    if isinstance(line, str) and not line.strip():
        return None
    said = f"this is no JSON-RPC message: {told['msg'][:_SHOWN]}"
    return types.JSONRPCError(
        jsonrpc="2.0",
        id=_id(line) if isinstance(line, str) else None,
        error=types.ErrorData(code=types.PARSE_ERROR, message=said),
    )


def _id(line: str) -> str | int | None:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    found = message.get("id") if isinstance(message, dict) else None
    return found if isinstance(found, str | int) else None
