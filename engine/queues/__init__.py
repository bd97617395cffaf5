"""Queues: who waits in them, who takes them, and how the two are connected."""

from engine.queues.place import Place
from engine.queues.queue import Queue
from engine.queues.register import Queues

__all__ = ["Place", "Queue", "Queues"]
