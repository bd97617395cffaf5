"""Registered softphones that speak at their own pitch."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from tests.testkit.baresip import Baresip
from tests.testkit.outside_sound import tone

PASSWORD = "wonderland7"


class Softphones:
    """Makes registered baresips, which answer by themselves unless told not to, and ends them with the test.

    A client registers in one test only: a phone that was killed stays registered until it expires.
    """

    def __init__(self, registrar: tuple[str, int], directory: Path, stack: AsyncExitStack) -> None:
        self._registrar = registrar
        self._directory = directory
        self._stack = stack

    async def add(self, login: str, frequency: float, *, answers: bool = True) -> Baresip:
        host, port = self._registrar
        mode = "auto" if answers else "manual"
        account = (
            f"<sip:{login}@{host}:{port};transport=udp>;auth_user={login};auth_pass={PASSWORD};"
            f"regint=60;answermode={mode}"
        )
        phone = Baresip(self._directory / f"{login}-{mode}", tone(frequency, 20), account=account)
        await self._stack.enter_async_context(phone)
        await phone.registered()
        return phone
