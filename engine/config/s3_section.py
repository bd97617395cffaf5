"""The ``[s3]`` section: where recordings are uploaded to."""

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from engine.config.section import Section


class S3Section(Section):
    """S3-compatible storage that recordings are uploaded to once they have ended."""

    endpoint: str = Field(
        "",
        description="URL of the storage, such as `https://s3.eu-central-1.amazonaws.com` or "
        "`http://minio:9000`; it may lie in a private network. Empty: recordings stay on this machine alone.",
    )
    bucket: str = Field("", description="The bucket; it must be there.")
    region: str = Field("us-east-1", description="Its region.", min_length=1)
    prefix: str = Field(
        "",
        description="What names of objects begin with, such as `dialplane/`; `AC…/RE….wav` follows.",
    )
    access_key: str = Field("", description="Access key that may put, get and delete objects.")
    secret_key: SecretStr = Field(SecretStr(""), description="Its secret.")
    addressing: Literal["path", "virtual"] = Field(
        "path", description="Where the bucket stands in URLs: in the `path`, or before the host (`virtual`)."
    )
    delete_local: bool = Field(
        False,
        description="Whether the sound is removed from `[store] recordings` once it is uploaded; it is then "
        "fetched from the storage whenever somebody asks for it.",
    )
    timeout: float = Field(
        30.0, description="Seconds that the storage may be silent before a request has failed.", gt=0, le=600
    )

    @field_validator("endpoint")
    @classmethod
    def _is_url(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if value and (not usable or parts.path not in ("", "/") or parts.query or parts.username):
            raise ValueError("write http:// or https:// and a host, such as https://s3.example.com")
        return value.rstrip("/")

    @field_validator("prefix")
    @classmethod
    def _is_below(cls, value: str) -> str:
        if value.startswith("/") or "//" in value or ".." in value.split("/"):
            raise ValueError("write names divided by /, without one at the beginning, such as dialplane/")
        return value

    @model_validator(mode="after")
    def _all_or_nothing(self) -> Self:
        needed = {"bucket": self.bucket, "access_key": self.access_key}
        needed["secret_key"] = self.secret_key.get_secret_value()
        missing = [name for name, value in needed.items() if not value]
        if self.endpoint and missing:
            raise ValueError(f"with an endpoint, {', '.join(missing)} must be set too")
        return self
