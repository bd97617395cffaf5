"""What others took from a daemon while something was done to it: its host, and the processes beside it."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.testkit.daemon import Daemon


@dataclass(frozen=True)
class TakenTime:
    """Counters since the daemon began: what came late through them is not the daemon's own doing."""

    waited: float
    """Seconds in which its threads, added up, could run and did not, because others had the processors."""
    stolen: float
    """Seconds in which the host ran something else, on all processors; no priority helps against that."""
    ticks: int
    skipped: int
    """Ticks of the media thread that were left out, since the next was due already."""

    @classmethod
    def of(cls, daemon: Daemon) -> TakenTime:
        """Read the counters of the system and of the daemon."""
        waited = 0
        for thread in Path(f"/proc/{daemon.pid}/task").iterdir():
            with suppress(FileNotFoundError):
                waited += int(thread.joinpath("schedstat").read_text().split()[1])
        of_all = Path("/proc/stat").read_text().partition("\n")[0].split()
        figures = daemon.metrics()
        names = (f"dialplane_media_ticks_{kind}_total" for kind in ("on_time", "late", "skipped"))
        on_time, late, skipped = (int(figures[name]) for name in names)
        return cls(waited / 1e9, int(of_all[8]) / os.sysconf("SC_CLK_TCK"), on_time + late, skipped)

    def since(self, before: TakenTime) -> TakenTime:
        """Return what was taken after ``before``."""
        return TakenTime(
            self.waited - before.waited,
            self.stolen - before.stolen,
            self.ticks - before.ticks,
            self.skipped - before.skipped,
        )

    def __str__(self) -> str:
        return (
            f"{self.skipped} of {self.ticks:,} ticks left out, while its threads waited "
            f"{self.waited * 1000:.0f} ms for a processor and the host took {self.stolen * 1000:.0f} ms"
        )
