"""Messages that wait for a slow application."""

from engine.streams.core import Send
from engine.streams.outgoing import OutgoingMessages


def taken(queue: OutgoingMessages) -> list[str]:
    frames = []
    while (message := queue.take()) is not None:
        frames.append(str(message.frame))
    return frames


def test_messages_leave_in_their_order():
    queue = OutgoingMessages()
    for frame in "abc":
        queue.append(Send(frame))
    assert taken(queue) == ["a", "b", "c"]


def test_the_oldest_sound_gives_way_and_is_counted():
    queue = OutgoingMessages(most=3)
    queue.append(Send("start"))
    for number in range(5):
        queue.append(Send(str(number), is_sound=True))
    assert queue.dropped == 3
    assert taken(queue) == ["start", "3", "4"]


def test_a_message_that_is_no_sound_is_never_dropped():
    queue = OutgoingMessages(most=2)
    for number in range(5):
        queue.append(Send(str(number)))
    queue.append(Send("sound", is_sound=True))
    assert (queue.dropped, taken(queue)) == (0, ["0", "1", "2", "3", "4", "sound"])


def test_an_application_that_never_reads_its_answers_is_hopeless():
    queue = OutgoingMessages(most=2)
    for number in range(5):
        assert not queue.hopeless
        queue.append(Send(str(number)))
    assert queue.hopeless
