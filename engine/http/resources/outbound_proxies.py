"""Restcomm's OutboundProxy: which of two carriers is tried first (rest-api.md section 17)."""

from __future__ import annotations

from pydantic import ConfigDict
from pydantic.alias_generators import to_pascal

from engine.http.dialect import RESTCOMM
from engine.http.resources.declaration import Shown
from engine.http.resources.views import View


class ShownActiveProxy(Shown):
    """The carrier that is tried first now, as ``host`` or ``host:port``; empty where there is none."""

    model_config = ConfigDict(serialize_by_alias=True, alias_generator=to_pascal, populate_by_name=True)

    active_proxy: str


class ShownProxies(ShownActiveProxy):
    """The carriers of the numbers that no longer prefix takes."""

    using_fall_back_proxy: bool
    allow_fallback: bool
    """Whether the other one is tried when the first fails: wherever there are two."""
    allow_fallback_to_primary: bool
    primary_proxy: str
    fallback_proxy: str


PROXIES = View("OutboundProxy", "OutboundProxy", ShownProxies, dialects=(RESTCOMM,), wrapped=False)
ACTIVE_PROXY = View(
    "OutboundProxy/getActiveProxy", "ActiveProxy", ShownActiveProxy, dialects=(RESTCOMM,), wrapped=False
)
SWITCHED_PROXY = View(
    "OutboundProxy/switchProxy",
    "SwitchedProxy",
    ShownActiveProxy,
    dialects=(RESTCOMM,),
    wrapped=False,
    refusals={"409": "One trunk alone takes the numbers that no longer prefix takes."},
)
