"""The spool of recordings on their way into S3-compatible storage.

Each is a row from the moment its recording has ended, in the same transaction, so that neither a restart nor
a kill loses one. One that fails is tried again, less and less often, for as long as it takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

import aiohttp

from engine import ids
from engine.config import Settings
from engine.config.s3_section import S3Section
from engine.errors import StoreError
from engine.reporting import log
from engine.reporting.metrics import Metrics
from engine.reporting.notifications import NotificationLog
from engine.s3.bucket import Bucket, BucketError
from engine.stopping import stopped
from engine.store import RecordingFolder, RecordingRow, Store, TranscriptionRow, UploadRow, utc_now

UPLOAD_FAILS = 11020
AT_ONCE = 4
"""Uploads that run at the same time: a line that calls need too is not filled by more."""
FIRST_RETRY, LAST_RETRY = 5.0, 900.0
"""Seconds between attempts, doubled each time."""
TOLD_AFTER = timedelta(minutes=10)
"""How long the storage may fail before it is noted; a refusal is noted at once."""
LOCAL_STAYS = timedelta(minutes=1)
"""How long uploaded sound stays here too: who was just told of it asks soon."""
IDLE = 3600.0
"""Seconds after which the spool looks by itself."""
IN_BUCKET = ("uploaded", "done")
CONTENT_TYPE = "audio/x-wav"


class RecordingUploads:
    """Uploads what has ended, and fetches what is here no more.

    ``section`` returns the configuration that counts now.
    """

    def __init__(
        self,
        store: Store,
        folder: RecordingFolder,
        notifications: NotificationLog,
        metrics: Metrics,
        section: Callable[[], S3Section],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._folder = folder
        self._notifications = notifications
        self._metrics = metrics
        self._section = section
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._held: set[str] = set()
        self._told: set[str] = set()
        self._wake = asyncio.Event()
        self._spool: asyncio.Task[None] | None = None
        self._fetching = folder.path / "fetched"

    def order(self, recording: RecordingRow) -> None:
        """Have a recording uploaded that has ended and has sound: saved with what else this turn saves."""
        section = self._section()
        if not section.endpoint:
            return
        self._store.save(
            UploadRow(
                sid=recording.sid,
                account_sid=recording.account_sid,
                call_sid=recording.call_sid,
                instance_sid=recording.instance_sid,
                key=f"{section.prefix}{recording.account_sid}/{recording.sid}.wav",
                next_attempt=self._clock(),
            )
        )
        self._wake.set()

    def start(self) -> None:
        """Begin, first of all with what an earlier run left."""
        self._fetching.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left_over in self._fetching.iterdir():
            left_over.unlink(missing_ok=True)
        self._spool = asyncio.create_task(self._run(), name="uploads")

    def look(self) -> None:
        """See what is to be done: the configuration has changed."""
        self._wake.set()

    async def stop(self) -> None:
        """End all uploads; what is not done is taken up by the next start."""
        for task in (self._spool, *self._busy.values()):
            if task is not None:
                await stopped(task)
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def opened(
        self, sid: str, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse | None]:
        """Open a recording's sound in the bucket; None when it is not there. Raises :class:`BucketError`."""
        row = await self._store.get(UploadRow, sid) if ids.is_sid(sid, ids.RECORDING) else None
        if row is None or row.state not in IN_BUCKET:
            yield None
            return
        async with self._bucket().opened(row.key, method, headers) as response:
            yield response

    @asynccontextmanager
    async def fetched(self, sid: str) -> AsyncIterator[Path | None]:
        """Fetch a recording's sound into a file that is gone afterwards; None when none is in the bucket."""
        async with self.opened(sid) as response:
            if response is None:
                yield None
                return
            with NamedTemporaryFile(dir=self._fetching) as file:
                try:
                    async for octets in response.content.iter_chunked(1 << 18):
                        await asyncio.to_thread(file.write, octets)
                except (aiohttp.ClientError, TimeoutError) as error:
                    raise BucketError(f"the sound broke off: {error or 'no more came'}") from error
                await asyncio.to_thread(file.flush)
                yield Path(file.name)

    async def forget(self, sid: str) -> None:
        """Take a recording that is being removed out of bucket and spool; raises :class:`BucketError`."""
        with self._taken(sid):
            if (task := self._busy.get(sid)) is not None:
                await stopped(task)
            row = await self._store.get(UploadRow, sid)
            if row is None:
                return
            if row.attempts and self._section().endpoint:
                await self._bucket().delete(row.key)
            await self._store.delete(UploadRow, UploadRow.sid == sid)

    @contextmanager
    def _taken(self, sid: str) -> Iterator[None]:
        self._held.add(sid)
        try:
            yield
        finally:
            self._held.discard(sid)

    def _bucket(self) -> Bucket:
        section = self._section()
        if not section.endpoint:
            raise BucketError("[s3] endpoint is not set any more; set it again")
        if self._session is None:
            self._session = aiohttp.ClientSession(auto_decompress=False)
        return Bucket(section, self._session)

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                pause = await self._begin_due()
            except StoreError as error:
                log.get("uploads").warning("uploads.store_unavailable", error=str(error))
                pause = FIRST_RETRY
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def _begin_due(self) -> float:
        """Begin what is due, as far as there is room, and return the seconds until something else is."""
        open_rows = [
            UploadRow.instance_sid == self._store.instance_sid,
            UploadRow.state.in_(("waiting", "uploaded")),
        ]
        waiting = await self._store.count(UploadRow, *open_rows[:1], UploadRow.state == "waiting")
        self._metrics.uploads_waiting.set(waiting)
        if not self._section().endpoint:
            return IDLE
        unavailable = {*self._busy, *self._held}
        rows = await self._store.find(
            UploadRow,
            *open_rows,
            UploadRow.sid.not_in(unavailable),
            order_by=[UploadRow.next_attempt],
            limit=AT_ONCE + 1,
        )
        for row in rows:
            pause: float = (row.next_attempt - self._clock()).total_seconds()
            if pause > 0:
                return min(pause, IDLE)
            if len(self._busy) == AT_ONCE:
                break
            self._begin(row)
        # The end of one wakes us.
        return IDLE

    def _begin(self, row: UploadRow) -> None:
        work = self._upload(row) if row.state == "waiting" else self._remove_local(row)
        task = asyncio.create_task(work, name=f"upload {row.sid}")
        self._busy[row.sid] = task

        def ended(_task: asyncio.Task[None]) -> None:
            del self._busy[row.sid]
            self._wake.set()

        task.add_done_callback(ended)

    async def _upload(self, row: UploadRow) -> None:
        path = await asyncio.to_thread(self._folder.existing_file, row.sid)
        if path is None:
            self._lost(row)
            return
        row.attempts += 1
        # Before the first octet is sent: whoever removes the recording then looks into the bucket too.
        self._store.save(row)
        try:
            with log.step("upload", sid=row.sid, attempt=row.attempts):
                await self._bucket().put(row.key, path, CONTENT_TYPE)
        except (BucketError, OSError) as error:
            self._failed(row, error)
        except Exception as error:
            # Ours to mend; the others go on, and this one is tried again.
            log.get("uploads").exception("upload.broken", sid=row.sid)
            self._failed(row, error)
        else:
            self._succeeded(row)
        row.date_updated = self._clock()
        self._store.save(row)

    def _succeeded(self, row: UploadRow) -> None:
        self._metrics.uploads.labels("uploaded").inc()
        self._told.clear()
        row.last_error = ""
        row.state = "uploaded" if self._section().delete_local else "done"
        row.next_attempt = self._clock() + LOCAL_STAYS

    def _failed(self, row: UploadRow, error: Exception) -> None:
        self._metrics.uploads.labels("failed").inc()
        row.last_error = str(error)
        delay = min(FIRST_RETRY * 2 ** min(row.attempts - 1, 20), LAST_RETRY)
        row.next_attempt = self._clock() + timedelta(seconds=delay)
        refused = not isinstance(error, BucketError) or error.needs_operator
        long = self._clock() - row.date_created >= TOLD_AFTER
        if (refused or long) and row.account_sid not in self._told:
            # Once for each account and outage: a thousand recordings may wait.
            self._told.add(row.account_sid)
            self._notifications.add(
                UPLOAD_FAILS,
                f"{row.sid} cannot be uploaded, nor may others be: {error}; it stays here and is tried again",
                account_sid=row.account_sid,
                call_sid=row.call_sid or None,
            )

    def _lost(self, row: UploadRow) -> None:
        """Give up what somebody removed from the folder before it was uploaded."""
        self._metrics.uploads.labels("lost").inc()
        row.state, row.last_error, row.date_updated = "lost", "its sound is not here", self._clock()
        self._store.save(row)
        self._notifications.add(
            UPLOAD_FAILS,
            f"{row.sid} was not uploaded: its sound is not in {self._folder.path} any more",
            account_sid=row.account_sid,
            call_sid=row.call_sid or None,
        )

    async def _remove_local(self, row: UploadRow) -> None:
        try:
            transcribing = await self._store.count(
                TranscriptionRow,
                TranscriptionRow.recording_sid == row.sid,
                TranscriptionRow.status == "in-progress",
            )
            if not self._section().delete_local:
                row.state = "done"
            elif transcribing:
                row.next_attempt = self._clock() + LOCAL_STAYS
            else:
                await asyncio.to_thread(self._folder.remove, row.sid)
                row.state = "done"
        except (StoreError, OSError) as error:
            log.get("uploads").warning("upload.local_stays", sid=row.sid, error=str(error))
            row.next_attempt = self._clock() + timedelta(seconds=LAST_RETRY)
        row.date_updated = self._clock()
        self._store.save(row)


def start_uploads(
    store: Store,
    folder: RecordingFolder,
    notifications: NotificationLog,
    metrics: Metrics,
    settings: Callable[[], Settings],
    parts: AsyncExitStack,
) -> RecordingUploads:
    """Bring what has ended to other storage, if there is any, and back, until the daemon stops."""
    uploads = RecordingUploads(store, folder, notifications, metrics, lambda: settings().s3)
    uploads.start()
    parts.push_async_callback(uploads.stop)
    return uploads
