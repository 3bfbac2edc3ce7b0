"""The verbs as tools of the Model Context Protocol, for agents; one process for each client.

The official SDK speaks both eras of the protocol on stdin and stdout: 2026-07-28, where each
request stands alone, and the handshake of 2025-11-25 and before. Verbs run in threads, each on a
repository opened for that call, so a gc, a moved ref or another writer does no harm between calls.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

import anyio
import anyio.to_thread
import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError

from git_mnemo import __version__, api, refs
from git_mnemo.agents import host
from git_mnemo.agents.host import Host
from git_mnemo.api import Memory
from git_mnemo.errors import MnemoError, of_bug, of_system
from git_mnemo.message import printable
from git_mnemo.resources import RESOURCES
from git_mnemo.tools import TOOLS, Answer, Tool
from git_mnemo.wire import Answering

INSTRUCTIONS = (
    "The memory of this repository: what was found, decided and ruled out before. Recall before you"
    " decide, claim what you find out and why, promote what proves right."
)
ERROR = "git-mnemo/error"
"""Where the `_meta` of a failed call has the error as JSON: code, message, hint."""

PATIENCE = 5.0
"""Seconds to wait for the client's roots before doing without them."""

AT_ONCE = 4
"""Calls that run at the same time; others wait."""

GRACE = 2.0
"""Seconds in which calls under way may come to their end when the server is told to end."""

_ROOTS = "roots"
Context = ServerRequestContext[Any]
Asking = types.CallToolRequestParams | types.ReadResourceRequestParams


class Wanted(NamedTuple):
    """What the command line asked for. `fixed`: the repository is not the client's business."""

    repo: str | None = None
    fixed: bool = False
    session: str | None = None
    agent: str | None = None


class _Who(NamedTuple):
    """Who claims, and the coding agent that the client is."""

    agent: str | None
    host: Host | None


def serve(wanted: Wanted) -> None:
    """Serve the client on stdin and stdout until it closes them."""
    anyio.run(_serve, wanted)


async def _serve(wanted: Wanted) -> None:
    service = _Service(wanted)
    server = _built(service)
    async with anyio.create_task_group() as beside, stdio_server() as (read, write):
        if os.name == "posix":
            beside.start_soon(service.end_when_told)
        options = server.create_initialization_options()
        await server.run(Answering(read, write, service.answered), write, options)
        beside.cancel_scope.cancel()


def build(wanted: Wanted) -> Server[Any]:
    """The server, not yet connected to anybody."""
    return _built(_Service(wanted))


def _built(service: _Service) -> Server[Any]:
    server: Server[Any] = Server(
        "git-mnemo",
        version=__version__,
        title="git mnemo",
        instructions=INSTRUCTIONS,
        on_list_tools=_list_tools,
        on_call_tool=service.call_tool,
        on_list_resources=_list_resources,
        on_read_resource=service.read_resource,
    )
    server.add_notification_handler(
        "notifications/roots/list_changed", types.NotificationParams, service.forget_roots
    )
    return server


# -- what there is -----------------------------------------------------------------------------


async def _list_tools(ctx: Context, params: object) -> types.ListToolsResult:
    return types.ListToolsResult(
        tools=[_described(tool) for tool in TOOLS.values()], ttl_ms=3_600_000, cache_scope="public"
    )


def _described(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema,
        output_schema=tool.output_schema,
        annotations=types.ToolAnnotations(
            read_only_hint=tool.reads_only,
            destructive_hint=None if tool.reads_only else False,
            idempotent_hint=None if tool.reads_only else True,
            open_world_hint=False,
        ),
    )


async def _list_resources(ctx: Context, params: object) -> types.ListResourcesResult:
    listed = [
        types.Resource(
            uri=uri, name=one.name, title=one.title, description=one.description,
            mime_type="text/plain",
        )
        for uri, one in RESOURCES.items()
    ]  # fmt: skip
    return types.ListResourcesResult(resources=listed, ttl_ms=3_600_000, cache_scope="public")


# -- calls -------------------------------------------------------------------------------------


class _Service:
    """One client's server: which repositories it has open, by the folder they were opened at."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._folders: list[str] | None = [] if wanted.fixed else None
        self._memories: dict[tuple[str | None, Host | None], Memory] = {}
        self._hosts: dict[str, Host] = {}
        self._opening = threading.Lock()
        self._limit = anyio.CapacityLimiter(AT_ONCE)

    async def call_tool(
        self, ctx: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        tool = TOOLS.get(params.name)
        if tool is None:
            known = ", ".join(TOOLS)
            raise MCPError(types.INVALID_PARAMS, f"no tool {params.name[:40]!r}: there are {known}")
        if await self._must_ask(ctx, params):
            return _ask_for_roots()
        who, given = self._who(ctx, params), params.arguments or {}
        done = await self._in_thread(lambda: tool.call(self._memory(who), given))
        if isinstance(done, MnemoError):
            return _failed(done)
        return types.CallToolResult(content=[_text(done.text)], structured_content=done.json)

    async def read_resource(
        self, ctx: Context, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult | types.InputRequiredResult:
        found = RESOURCES.get(params.uri)
        if found is None:
            known = ", ".join(RESOURCES)
            raise MCPError(types.INVALID_PARAMS, f"no resource {params.uri[:80]!r}: {known}")
        if await self._must_ask(ctx, params):
            return _ask_for_roots()
        who = self._who(ctx, params)
        done = await self._in_thread(lambda: Answer(found.read(self._memory(who)), {}))
        if isinstance(done, MnemoError):
            raise MCPError(types.INTERNAL_ERROR, _told(done), _error_json(done))
        contents = types.TextResourceContents(
            uri=params.uri, mime_type="text/plain", text=done.text
        )
        return types.ReadResourceResult(contents=[contents], ttl_ms=0, cache_scope="private")

    async def _in_thread(self, act: Callable[[], Answer]) -> Answer | MnemoError:
        done = await anyio.to_thread.run_sync(_guarded, act, limiter=self._limit)
        if isinstance(done, MnemoError) and done.code == "not-a-repository":
            self._look_anew()
        return done

    async def end_when_told(self) -> None:
        """End the process on SIGINT or SIGTERM, once the calls under way are answered.

        It cannot end by itself: the thread that reads stdin waits for the client's next line.
        """
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as told:
            async for number in told:
                with anyio.move_on_after(GRACE):
                    await self.answered(is_reading=True)
                os._exit(128 + number)

    async def answered(self, *, is_reading: bool = False) -> None:
        """Wait until the calls under way are answered, and what was answered is written.

        The SDK writes in a thread for which it waits, and, as long as there is a client, reads in
        another.
        """
        await anyio.wait_all_tasks_blocked()
        for _ in range(AT_ONCE):
            await self._limit.acquire_on_behalf_of(object())
        threads = anyio.to_thread.current_default_thread_limiter()
        await anyio.wait_all_tasks_blocked()
        while threads.borrowed_tokens > is_reading:
            await anyio.sleep(0.01)
            await anyio.wait_all_tasks_blocked()

    def _who(self, ctx: Context, params: Asking) -> _Who:
        """Who claims, as the command line or the environment says, else the client's name; and the
        coding agent that the client is, if it is one."""
        client = ctx.session.client_params
        try:
            name = refs.agent_slug(client.client_info.name) if client is not None else None
        except MnemoError:
            name = None  # a name without a letter
        found = host.of(name, os.environ, params.meta or {}) if name is not None else None
        if found is not None and not found.sessions:
            found = self._hosts.get(found.agent, found)
        if found is not None:
            self._hosts[found.agent] = found
        return _Who(self._wanted.agent or name, found)

    # -- which repository ----------------------------------------------------------------------

    async def _must_ask(self, ctx: Context, params: Asking) -> bool:
        """Whether the client has to be asked for its roots before this request can be served.

        In the handshake era it is asked here; since then a request is answered with the question,
        and comes again with the answer.
        """
        if self._folders is not None:
            return False
        able = ctx.session.client_capabilities
        if able is None or able.roots is None:
            self._folders = []
        elif params.input_responses is not None:
            self._folders = _folders(params.input_responses.get(_ROOTS))
        elif not ctx.session.can_send_request:
            return True
        else:
            self._folders = await _roots(ctx)
        return False

    async def forget_roots(self, ctx: Context, params: object) -> None:
        """Ask again: the client has opened or left a folder."""
        self._look_anew()

    def _look_anew(self) -> None:
        if not self._wanted.fixed:
            self._folders = None

    def _memory(self, who: _Who) -> Memory:
        """The memory to use, opened once and kept: with it goes the session that is claimed to."""
        with self._opening:
            for folder in self._candidates():
                known = self._memories.get((folder, who.host))
                if known is not None:
                    return known
                try:
                    opened = self._open(folder, who)
                except MnemoError as error:
                    failure = error
                    continue
                self._memories[folder, who.host] = opened
                return opened
        raise failure

    def _candidates(self) -> list[str | None]:
        """The folders to look in: the current one where it lies in a root, else root by root."""
        if self._wanted.repo is not None:
            return [self._wanted.repo]
        folders = self._folders or []
        here = os.path.realpath(os.getcwd())
        inside = any(
            here == root or here.startswith(root.rstrip(os.sep) + os.sep)
            for root in map(os.path.realpath, folders)
        )
        return [None, *folders] if inside or not folders else [*folders]

    def _open(self, folder: str | None, who: _Who) -> Memory:
        session = self._wanted.session or api.NEW
        return api.open(folder, session=session, agent=who.agent, host=who.host)


def _guarded(act: Callable[[], Answer]) -> Answer | MnemoError:
    """The one place where an exception of a verb becomes an answer."""
    try:
        return act()
    except MnemoError as error:
        return error
    except OSError as error:
        return of_system(error)
    except Exception as error:  # noqa: BLE001  # a bug is told as one, and the server lives on
        if os.environ.get("GIT_MNEMO_TRACE") == "1":
            traceback.print_exc(file=sys.stderr)
        return of_bug(error)


# -- roots -------------------------------------------------------------------------------------


def _ask_for_roots() -> types.InputRequiredResult:
    return types.InputRequiredResult(input_requests={_ROOTS: types.ListRootsRequest()})


async def _roots(ctx: Context) -> list[str]:
    """The client's folders; none where it does not tell in time."""
    try:
        answer = await ctx.session.send_request(
            types.ListRootsRequest(), types.ListRootsResult, request_read_timeout_seconds=PATIENCE
        )
    except MCPError:
        return []
    return _folders(answer)


def _folders(answer: object) -> list[str]:
    if not isinstance(answer, types.ListRootsResult):
        return []
    return [url2pathname(urlsplit(str(root.uri)).path) for root in answer.roots]


# -- answers -----------------------------------------------------------------------------------


def _text(text: str) -> types.TextContent:
    return types.TextContent(text=text)


def _failed(error: MnemoError) -> types.CallToolResult:
    return types.CallToolResult(
        content=[_text(_told(error))], is_error=True, _meta={ERROR: _error_json(error)}
    )


def _told(error: MnemoError) -> str:
    """The two lines of the command line."""
    hint = [f"hint: {error.hint}"] if error.hint else []
    return "\n".join(map(printable, [f"error: {error.message}", *hint]))


def _error_json(error: MnemoError) -> dict[str, Any]:
    return {"code": error.code, "message": error.message, "hint": error.hint} | error.details
