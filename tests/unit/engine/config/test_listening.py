"""An address that is taken is told with what to write instead."""

import errno

import pytest

from engine.config.listening import cannot_listen


@pytest.mark.parametrize(
    ("key", "where", "variable"),
    [
        ("http.listen", "127.0.0.1:8080", "DIALPLANE_HTTP__LISTEN=127.0.0.1:8081"),
        ("http.listen", "[::1]:8080", "DIALPLANE_HTTP__LISTEN=[::1]:8081"),
        ("sip.listen", "udp:127.0.0.1:5060", "DIALPLANE_SIP__LISTEN=udp:127.0.0.1:5061"),
    ],
)
def test_a_taken_port_is_told_with_another_one(key, where, variable):
    # asyncio has its own words, with the address once more.
    taken = OSError(errno.EADDRINUSE, f"error while attempting to bind on address {where}: in use")
    assert str(cannot_listen(key, where, taken)) == (
        f"{key} = {where!r}: cannot listen there: Address already in use; choose another port: "
        f"listen in [{key.partition('.')[0]}] of dialplane.toml, or {variable} before the command"
    )


def test_an_error_without_a_number_is_told_in_its_own_words():
    assert "there: no such interface; choose" in str(
        cannot_listen("http.listen", "a:1", OSError("no such interface"))
    )
