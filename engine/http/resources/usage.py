"""What an account used: ``…/Usage/Records`` (rest-api.md section 13)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, WithJsonSchema

from engine.http.forms import Form
from engine.http.resources.declaration import ApiVersion, Rfc2822, Shown
from engine.http.resources.views import View
from engine.http.usage_periods import DIVIDED, WHOLE
from engine.store import utc_now
from engine.store.usage import CATEGORIES

_FURTHEST_DAYS = 36_600
_FIRST_YEAR, _LAST_YEAR = 1900, 9000
"""Beyond these the day after, or the month, has no date any more."""


def _category(text: str) -> str:
    key = text.lower()
    if key not in CATEGORIES:
        raise ValueError(f"it must be one of {', '.join(CATEGORIES)}")
    return key


def _asked_day(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    # A plus sign that nobody escaped arrives as a blank.
    text = given.replace(" ", "+").strip()
    if relative := re.fullmatch(r"([+-])([0-9]{1,5})days", text):
        days = min(int(relative[2]), _FURTHEST_DAYS)
        return utc_now().date() + timedelta(days=-days if relative[1] == "-" else days)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("write a day as YYYY-MM-DD, or one from today, as -30days") from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(f"write a year from {_FIRST_YEAR} to {_LAST_YEAR}")
    return day


def _is_true(text: object) -> bool:
    return str(text).lower() == "true"


_Category = Annotated[
    str, AfterValidator(_category), WithJsonSchema({"type": "string", "enum": list(CATEGORIES)})
]
_Day = Annotated[date | None, BeforeValidator(_asked_day), WithJsonSchema({"type": "string"})]


class UsageQuery(Form):
    """Which records are asked for."""

    category: _Category | None = Field(None, alias="Category", description="All of them without it.")
    start_date: _Day = Field(None, alias="StartDate", description="`YYYY-MM-DD`, or as `-30days`.")
    end_date: _Day = Field(None, alias="EndDate", description="The last day; as `StartDate`.")
    with_those_below: Annotated[bool, BeforeValidator(_is_true)] = Field(
        False,
        validation_alias=AliasChoices(
            "IncludeSubaccounts", "SubAccounts", "IncludeSubAccounts", "IncludingSubAccounts"
        ),
        description="Whether what the accounts below used is added.",
    )


class ShownUsage(Shown):
    """The sums of one category over some days."""

    category: str
    description: str
    account_sid: str
    start_date: date
    end_date: date
    usage: str
    usage_unit: str
    count: str
    count_unit: str
    price: str = "0.00"
    price_unit: str = "USD"
    api_version: ApiVersion
    as_of: Rfc2822
    uri: str
    subresource_uris: dict[str, str] = Field({})


USAGE = View(
    "Usage/Records",
    "UsageRecord",
    ShownUsage,
    query=UsageQuery,
    key="usage_records",
    below=(*DIVIDED, *WHOLE),
)
