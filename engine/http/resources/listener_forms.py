"""What a request may say to let somebody listen to a live call, by a stream or as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from engine.http.forms import Form, HttpUrl, Method
from rcml.call import Callback
from rcml.errors import InvalidUrl, RcmlError
from rcml.nouns.stream import MAX_PARAMETERS
from rcml.spoken import HINTS, LANGUAGE
from rcml.streaming import StreamRequest, StreamTrack
from rcml.transcribing import TranscriptionRequest
from rcml.values import HttpMethod, Kind, NotAllowed, Place, WebSocketUrl

_PARAMETER = re.compile(r"Parameter([1-9][0-9]?)\.(Name|Value)")


def _web_socket(text: str) -> str:
    try:
        return WebSocketUrl(text).absolute()
    except InvalidUrl as error:
        raise ValueError(error.message) from None


def _value_of(kind: Kind) -> Callable[[Any], Any]:
    """Return a reader of what documents write in the same way."""

    def read(given: Any) -> Any:
        if not isinstance(given, str):
            return given
        try:
            return kind.read(given, Place())
        except NotAllowed:
            raise ValueError(f"it must be a {kind.allowed}") from None
        except RcmlError as error:
            raise ValueError(error.message) from None

    return read


def _whole(parameters: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in parameters if name)


def _describe_parameters(schema: dict[str, Any]) -> None:
    """Describe what is sent in the place of the field, which is made of it."""
    del schema["properties"]["Parameters"]
    text = {"type": "string"}
    about = "Told to the application, as are those of other numbers."
    schema["properties"] |= {"Parameter1.Name": {**text, "description": about}, "Parameter1.Value": text}
    schema["patternProperties"] = {f"^{_PARAMETER.pattern}$": text}


class StreamCreation(Form):
    """A request to let an application listen to a live call."""

    model_config = ConfigDict(json_schema_extra=_describe_parameters)

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
        (), alias="Parameters", max_length=MAX_PARAMETERS
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

    def request(self, callback_url: str) -> StreamRequest:
        """Return what is asked for; ``callback_url`` is `StatusCallback`, written in full."""
        method = HttpMethod(self.status_callback_method)
        return StreamRequest(
            url=self.url,
            name=self.name,
            track=self.track,
            parameters=self.parameters,
            status_callback=Callback(url=callback_url, method=method) if callback_url else None,
        )


class TranscriptionCreation(Form):
    """A request to tell as text what is said in a live call."""

    name: str = Field("", alias="Name", max_length=255, description="What the transcription is called.")
    track: StreamTrack = Field(StreamTrack.BOTH, alias="Track", description="Whose words are told.")
    status_callback: HttpUrl = Field(alias="StatusCallbackUrl", description="Told what is said.")
    status_callback_method: Method = Field("POST", alias="StatusCallbackMethod")
    language_code: Annotated[str, AfterValidator(_value_of(LANGUAGE))] = Field(
        "en-US", alias="LanguageCode", description="The language spoken."
    )
    hints: Annotated[tuple[str, ...], BeforeValidator(_value_of(HINTS))] = Field(
        (), alias="Hints", description="Phrases that are likely, separated by commas."
    )
    partial_results: bool = Field(
        False, alias="PartialResults", description="Whether what is not certain yet is told too."
    )
    transcription_engine: str | None = Field(
        None, alias="TranscriptionEngine", description="Who listens: the name of a `[[recognisers]]` table."
    )
    inbound_track_label: str = Field("", alias="InboundTrackLabel")
    outbound_track_label: str = Field("", alias="OutboundTrackLabel")

    def request(self, callback_url: str) -> TranscriptionRequest:
        """Return what is asked for; ``callback_url`` is `StatusCallbackUrl`, written in full."""
        return TranscriptionRequest(
            name=self.name,
            track=self.track,
            language=self.language_code,
            hints=self.hints,
            partial_results=self.partial_results,
            provider=self.transcription_engine,
            inbound_label=self.inbound_track_label,
            outbound_label=self.outbound_track_label,
            status_callback=Callback(url=callback_url, method=HttpMethod(self.status_callback_method)),
        )


class ListenerChange(Form):
    """A request to stop a stream or a transcription."""

    status: Literal["stopped"] = Field(alias="Status", description="`stopped` ends it.")
