"""What a request to send a text or a mail may say (rest-api.md section 18)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, StringConstraints

from engine.http.forms import Form, HttpUrl, Method, Words

Unchanged = Annotated[str, StringConstraints(strip_whitespace=False)]


class TextCreation(Form):
    """A request to send a text. Parameters that begin with ``X-`` are its SIP headers."""

    model_config = ConfigDict(extra="allow")

    to: str = Field(
        alias="To",
        max_length=1300,
        description="Whom to write to: a number, here or through a trunk, a client's login, or a SIP address;"
        " `?X-Name=value` adds SIP headers.",
    )
    from_: str = Field(alias="From", description="Who writes: a number, or a client's login.")
    body: Unchanged = Field("", alias="Body", description="The text.")
    media_url: Words = Field((), alias="MediaUrl", description="URLs that are sent below the text.")
    status_callback: HttpUrl | None = Field(
        None, alias="StatusCallback", description="Told when the text is sent, delivered or failed."
    )
    status_callback_method: Method = Field(
        "POST", alias="StatusCallbackMethod", description="How it is told."
    )


class TextChange(Form):
    """A request to take the words out of a text that is kept."""

    keeps_blanks: ClassVar[bool] = True

    body: Literal[""] | None = Field(
        None, alias="Body", description="Given empty, the words of the text are forgotten."
    )


class EmailCreation(Form):
    """A request to send a mail."""

    to: str = Field(alias="To", description="Who gets it: addresses separated by commas.")
    from_: str = Field("", alias="From", description="Who sends it; what `[email]` says when absent.")
    cc: str = Field("", alias="Cc", description="Who gets a copy.")
    bcc: str = Field("", alias="Bcc", description="Who gets a copy and is not named.")
    subject: str = Field("", alias="Subject", max_length=998, description="What it is about.")
    body: Unchanged = Field("", alias="Body", description="The text.")
    status_callback: HttpUrl | None = Field(
        None, alias="StatusCallback", description="Told when the mail is sent or failed."
    )
    status_callback_method: Method = Field(
        "POST", alias="StatusCallbackMethod", description="How it is told."
    )
