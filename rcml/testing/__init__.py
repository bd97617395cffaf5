"""The kit to test an application without a telephone: a scripted caller, virtual time, no network.

    from rcml.testing import dial

    def test_the_hours_are_told():
        caller = dial({"/": MENU, "/choice": HOURS})
        caller.expect_said("press 1 for our hours")
        caller.press("1")
        caller.expect_said("nine to five")
        caller.expect_hung_up()

The document runs in the interpreter that real calls run in; what the engine does with SIP and sound is
played by a clock. Expectations that fail print the whole call.
"""

from rcml.testing.application import Answer, Application, ApplicationDown, Documents, Request
from rcml.testing.caller import Callee, CallerPhone, dial
from rcml.testing.phone import Phone
from rcml.testing.relays import StagedRelay
from rcml.testing.room import Room
from rcml.testing.streams import StagedStream
from rcml.testing.transfer import Transfer

__all__ = [
    "Answer",
    "Application",
    "ApplicationDown",
    "Callee",
    "CallerPhone",
    "Documents",
    "Phone",
    "Request",
    "Room",
    "StagedRelay",
    "StagedStream",
    "Transfer",
    "dial",
]
