import os

import pytest

from engine import ids


def test_identifiers_are_two_letters_and_32_hex_digits_and_differ():
    made = {ids.new_sid(ids.CALL) for _ in range(100)}
    assert len(made) == 100
    assert all(ids.is_sid(sid, ids.CALL) for sid in made)


@pytest.mark.parametrize(
    "text",
    ["", "CA", "CA" + "0" * 31, "CA" + "0" * 33, "CA" + "G" * 32, "ca" + "0" * 32, "CA" + "0" * 32 + "\n"],
)
def test_anything_else_is_no_identifier(text):
    assert not ids.is_sid(text)


def test_an_identifier_of_another_kind_is_told_apart():
    assert not ids.is_sid("RE" + "0" * 32, ids.CALL)


def test_a_call_is_known_by_its_plain_and_by_its_long_form():
    call, instance = "CA" + "1" * 32, "ID" + "2" * 32
    assert ids.call_sid_in(call) == call
    assert ids.call_sid_in(f"{instance}-{call}") == call
    assert ids.call_sid_in(instance) is None
    assert ids.call_sid_in(f"{instance}-{call}/../x") is None


def test_tokens_cannot_be_guessed_from_each_other():
    assert len({ids.new_auth_token() for _ in range(50)} | {ids.new_tag() for _ in range(50)}) == 100
    assert len(ids.new_auth_token()) == 32


def test_identifiers_differ_also_from_one_request_for_bits_to_the_next():
    made = [ids.new_sid(ids.CALL) for _ in range(1000)] + [ids.new_tag() for _ in range(1000)]
    assert len({each[2:20] for each in made}) == 2000


def test_a_process_that_is_forked_off_names_nothing_as_this_one_does():
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, ids.new_sid(ids.CALL).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reading, 100).decode()
    os.close(reading)
    os.close(writing)
    assert ids.is_sid(theirs, ids.CALL)
    assert theirs not in {ids.new_sid(ids.CALL) for _ in range(1000)}
