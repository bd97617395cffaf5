from engine.peers.clients import ClientDirectory
from tests.testkit.sip_clients import client


def test_a_client_is_found_by_its_whole_login_only():
    directory = ClientDirectory([client("alice"), client("bob", status=0)])
    found = directory.find("alice")
    assert found is not None
    assert found.login == "alice"
    assert directory.find("Alice") is None
    assert len(directory) == 2


def test_a_closed_client_is_known_but_not_enabled():
    directory = ClientDirectory([client("alice"), client("bob", status=0)])
    assert [directory.enabled(login) for login in ("alice", "bob", "carol")] == [True, False, False]
