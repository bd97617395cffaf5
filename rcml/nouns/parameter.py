"""The noun Parameter."""

from __future__ import annotations

from rcml.schema import Element, attr, noun


@noun()
class Parameter(Element):
    """A name and a value that go along.

    The application of a `Stream` finds them in `customParameters` of `start`, an `Application` as the
    parameter `Param_name` of its first request, a `Client` as the SIP header `X-name` of the INVITE.
    """

    name: str = attr("Its name.", default="")
    value: str = attr("Its value.", default="")
