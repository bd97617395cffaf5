"""Queues in virtual time: callers, a media plane and an application that are values."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from engine.config import Settings
from engine.conversations.bystander import Bystander
from engine.conversations.conversation import Conversation
from engine.errors import Cause, FetchError, StoreUnavailable
from engine.queues import Queues
from engine.reporting.metrics import Metrics
from engine.requests.http_request import Answer
from engine.store import CallRow, CallStatus, QueueRow
from media.errors import MediaMisuse
from media.prompts import Prompt
from media.sdp import Direction
from rcml.dialling import Dialled
from rcml.queueing import Dequeued, EnqueueRequest, TakeRequest
from tests.testkit.virtual_conference import ACCOUNT, Heard, Player, Sounds, prompt
from tests.testkit.virtual_loop import run_virtual


def now() -> float:
    return round(asyncio.get_running_loop().time(), 3)


class RingingSounds(Sounds):
    """The sounds of a conference, a ring tone, and texts for one who waits."""

    def ring_tone(self, country: str | None) -> Prompt:
        return prompt("ring tone", 5.0)

    async def say(self, speech: Any, leg: Any, tell: Any) -> None:
        await leg.play(await self.speech(speech), speech.loops)


class Media(Player):
    """A leg's sound."""

    def __init__(self) -> None:
        super().__init__()
        self.pressed: list[str] = []
        self.broken = False

    async def send_digits(self, digits: str) -> None:
        self.pressed.append(digits)


class QueueCaller(Bystander, Conversation):
    """An answered caller, named by their CallSid."""

    def __init__(self, sid: str, scene: QueueScene) -> None:
        row = CallRow(
            sid=sid, account_sid=ACCOUNT, instance_sid="ID" + "3" * 32, from_=sid, to="1111",
            direction="inbound", status="in-progress",
        )  # fmt: skip
        phone: Any = SimpleNamespace(
            media=Media(), on_digit=None, has_media=True, on_hold=False, on_offer=None,
            direction=Direction.SENDRECV, offer_direction=lambda direction: None,
            ended=asyncio.get_running_loop().create_future(), gone=False, payer="", trunk="",
        )  # fmt: skip
        self.notified: list[int] = []
        journal: Any = SimpleNamespace(
            media_lost=lambda seconds: None,
            path_lost=lambda why: None,
            row=row, dialled=None, refusal=None, parameters=lambda: {"CallSid": sid},
            notify=lambda code, *_, **__: self.notified.append(code),
        )  # fmt: skip
        super().__init__(journal, phone, scene.services)
        self.phone = phone
        self.steerable = True
        self.talked_to: list[Any] = []
        """Those on the line already whom they were connected to."""
        self.stopped = False
        self.result: Dequeued | Dialled | None = None
        self.done_at: float | None = None

    @property
    def heard(self) -> Heard:
        """What this caller alone heard."""
        return self.phone.media.heard  # type: ignore[no-any-return]

    def status_when_gone(self) -> CallStatus:
        return CallStatus.COMPLETED

    async def answer(self) -> None:
        """Nothing: they are answered."""

    async def hang_up(self, reason: str | None = None) -> None:
        """End the call from our side: the other one says goodbye too a little later."""
        asyncio.get_running_loop().call_later(0.1, self.leave)

    def leave(self) -> None:
        """Hang up."""
        if not self.phone.gone:
            self.phone.gone = True
            self.phone.ended.set_result(None)

    def stop(self) -> None:
        """Be hung up by who transferred them away."""
        self.stopped = True
        self.leave()

    async def talk_to(self, party: Any, request: Any) -> None:
        self.talked_to.append(party)

    def press(self, key: str) -> None:
        self.phone.on_digit(key)


class QueueScene:
    """A server with nothing but queues."""

    def __init__(
        self, documents: Mapping[str, str], *, fetch_takes: float, store_fails: bool, **settings: Any
    ) -> None:
        self.documents = documents
        self.rows: list[QueueRow] = []
        self.queues = Queues(self._store(), Metrics())
        self.callers: dict[str, QueueCaller] = {}
        self.requests: list[tuple[float, str, dict[str, str]]] = []
        """When, which path and with what."""
        self.talks: list[str] = []
        """Who talks to whom from when to when."""
        self.events: list[tuple[float, str, dict[str, str]]] = []
        self.counted: list[tuple[int, int]] = []
        """Members and agents who wait, as :meth:`count` found them."""
        self.tasks_left = 0
        self._fetch_takes = fetch_takes
        self._store_fails = store_fails
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.services: Any = SimpleNamespace(
            settings=Settings.embedded(queues=settings),
            plane=SimpleNamespace(bridge=self._bridge),
            sounds=RingingSounds(),
            fetcher=SimpleNamespace(document=self._document),
            queues=self.queues,
            outbox=SimpleNamespace(post=lambda url, told, **_: self.events.append((now(), url, told))),
        )

    def enter(self, sid: str, queue: str = "support", **request: Any) -> QueueCaller:
        """Let a caller wait."""
        asked = EnqueueRequest(queue=queue, **request)
        return self._start(sid, lambda call: self.queues.stay(call, asked, self.services))

    def take(self, sid: str, queue: str = "support", **request: Any) -> QueueCaller:
        """Let an agent take somebody."""
        asked = TakeRequest(queue=queue, **request)
        return self._start(sid, lambda call: self.queues.take(call, asked, self.services, call.talk_to))

    def move(self, sid: str) -> None:
        """Take a caller to another document: the task that awaits the queue is cancelled."""
        self._tasks[sid].cancel()

    def count(self) -> None:
        """Note how many wait."""
        self.counted.append((self.queues.members, self.queues.agents))

    def parameters(self, path: str) -> list[dict[str, str]]:
        """Return what the requests of a document told, but which call it was."""
        told = [sent for _, url, sent in self.requests if url.endswith(path)]
        return [{name: value for name, value in sent.items() if name != "CallSid"} for sent in told]

    async def over(self) -> None:
        """Return when nobody waits or talks any more; raises what broke."""
        while any(not task.done() for task in self._tasks.values()):
            await asyncio.wait(self._tasks.values())
        for task in self._tasks.values():
            if not task.cancelled():
                task.result()

    def _start(self, sid: str, work: Callable[[Any], Any]) -> QueueCaller:
        caller = self.callers[sid] = QueueCaller(sid, self)

        async def run() -> None:
            try:
                caller.result = await work(caller)
            finally:
                caller.done_at = now()

        self._tasks[sid] = asyncio.get_running_loop().create_task(run())
        return caller

    def _bridge(self, one: Any, other: Any) -> Any:
        if one.broken or other.broken:
            raise MediaMisuse("one of the legs is closed")
        names = {caller.phone.media: sid for sid, caller in self.callers.items()}
        begun = now()
        return SimpleNamespace(
            close=lambda: self.talks.append(f"{names[one]} {names[other]} {begun:g}-{now():g}")
        )

    async def _document(self, url: str, method: str, sent: dict[str, str], **options: Any) -> Answer:
        self.requests.append((now(), url, sent))
        await asyncio.sleep(self._fetch_takes)
        if url not in self.documents:
            raise FetchError(Cause.STATUS, "answered 404", url, status=404)
        body = f"<Response>{self.documents[url]}</Response>".encode()
        return Answer(200, "text/xml", body, url)

    def _store(self) -> Any:
        async def find(kind: Any, *where: Any, limit: int) -> list[QueueRow]:
            await asyncio.sleep(0.01)
            wanted = {clause.right.value for clause in where}
            return [row for row in self.rows if {row.account_sid, row.friendly_name} == wanted]

        async def commit(row: QueueRow) -> None:
            if self._store_fails:
                raise StoreUnavailable("the disk is full")
            self.rows.append(row)

        return SimpleNamespace(find=find, commit=commit)


def queues(
    at: dict[float, Callable[[QueueScene], Any]],
    *,
    documents: Mapping[str, str] | None = None,
    fetch_takes: float = 0.0,
    store_fails: bool = False,
    **settings: Any,
) -> QueueScene:
    """Do something to a scene at each time, wait until everybody has left, and return it."""

    async def main() -> QueueScene:
        scene = QueueScene(documents or {}, fetch_takes=fetch_takes, store_fails=store_fails, **settings)
        loop = asyncio.get_running_loop()
        for when, act in at.items():
            loop.call_later(when, act, scene)
        await asyncio.sleep(max(at) + 0.001)
        await scene.over()
        scene.count()
        scene.tasks_left = len(asyncio.all_tasks() - {asyncio.current_task()})
        return scene

    return run_virtual(main())
