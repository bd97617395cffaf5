"""What a request to start or stop a stream of a call may say, and how the stream is shown."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from engine.http.forms import Form, HttpUrl, Method
from engine.http.resources.declaration import Rfc2822, Shown
from rcml.errors import InvalidUrl
from rcml.nouns.stream import MAX_PARAMETERS
from rcml.streaming import StreamTrack
from rcml.values import WebSocketUrl

_PARAMETER = re.compile(r"Parameter([1-9][0-9]?)\.(Name|Value)")


def _web_socket(text: str) -> str:
    try:
        return WebSocketUrl(text).absolute()
    except InvalidUrl as error:
        raise ValueError(error.message) from None


def _whole(parameters: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in parameters if name)


class StreamCreation(Form):
    """A request to let an application listen to a live call."""

    url: Annotated[str, AfterValidator(_web_socket)] = Field(
        alias="Url", description="`wss:` or `ws:` URL where the application listens."
    )
    name: str = Field("", alias="Name", max_length=255, description="What the stream is called.")
    track: StreamTrack = Field(StreamTrack.INBOUND, alias="Track", description="Whose sound is sent.")
    status_callback: HttpUrl | None = Field(
        None, alias="StatusCallback", description="Told that the stream started, stopped or failed."
    )
    status_callback_method: Method = Field("POST", alias="StatusCallbackMethod")
    parameters: Annotated[tuple[tuple[str, str], ...], AfterValidator(_whole)] = Field(
        (),
        alias="Parameters",
        description="Told to the application: `Parameter1.Name`, `Parameter1.Value`, and so on.",
        max_length=MAX_PARAMETERS,
    )

    @model_validator(mode="before")
    @classmethod
    def _collect(cls, given: Any) -> Any:
        """Put `Parameter1.Name` and `Parameter1.Value` together."""
        pairs: dict[int, dict[str, str]] = {}
        for key, value in given.items():
            if (found := _PARAMETER.fullmatch(key)) is not None:
                pairs.setdefault(int(found[1]), {})[found[2]] = value
        parameters = tuple((pairs[at].get("Name", ""), pairs[at].get("Value", "")) for at in sorted(pairs))
        return {**given, "Parameters": parameters}


class StreamChange(Form):
    """A request to stop a stream."""

    status: Literal["stopped"] = Field(alias="Status", description="`stopped` ends it.")


class ShownStream(Shown):
    """One stream that was started, or stopped, just now; nothing is kept of it."""

    sid: str
    account_sid: str
    call_sid: str
    name: str | None
    status: str
    date_updated: Rfc2822
    uri: str
