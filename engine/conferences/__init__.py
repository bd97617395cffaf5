"""Conferences: rooms of an account in which any number of callers talk."""

from engine.conferences.attendance import EndReason
from engine.conferences.conference import Conference
from engine.conferences.participant import Participant
from engine.conferences.register import Conferences

__all__ = ["Conference", "Conferences", "EndReason", "Participant"]
