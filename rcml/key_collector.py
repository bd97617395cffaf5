"""Which keys belong to an input, and when it ends: Gather's rules without a clock."""

from __future__ import annotations

from rcml.call import CollectRequest


class KeyCollector:
    """Takes keys and time and decides when the caller's input is complete.

    While prompts play no time runs. Time is an argument, in seconds of any monotonic clock.
    """

    def __init__(self, request: CollectRequest) -> None:
        self._request = request
        self.digits = ""
        self.finished = request.at_most == 0
        self.deadline: float | None = None
        """When the input ends by silence; None while prompts play and nothing was pressed."""

    @property
    def started(self) -> bool:
        """Whether a key was accepted, which silences the prompts."""
        return bool(self.digits) or self.finished

    def press(self, key: str, now: float) -> None:
        """Take a key; one that may not start an input, and does not end it, is ignored."""
        request = self._request
        if key in request.finish_on:
            self.finished = True
            return
        if not self.digits and key not in request.start_with:
            return
        self.digits += key
        self.deadline = now + request.next_within
        if request.at_most is not None and len(self.digits) >= request.at_most:
            self.finished = True

    def prompts_ended(self, now: float) -> None:
        """Start the wait for the first key, unless one was already pressed."""
        if not self.started:
            self.deadline = now + self._request.first_within
