"""What `dialplane doctor` finds on this machine, made as each test needs it."""

import shutil
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from aioice import stun

from engine import doctor
from engine.cli import run
from engine.config import Settings
from engine.doctor import Finding, Verdict, examine
from tests.testkit.ports import free_port, free_udp_range
from tests.testkit.postgresql import PostgresServer


def settings(folder: Path, **sections: Any) -> Settings:
    """Return settings of free ports; ``sections`` adds keys to sections, and whole tables."""
    first, last = free_udp_range(20)
    usual: dict[str, dict[str, Any]] = {
        "sip": {"listen": [f"udp:127.0.0.1:{free_port()}"]},
        "media": {"rtp_ports": f"{first}-{last}"},
        "http": {"listen": f"127.0.0.1:{free_port()}"},
        "store": {"recordings": str(folder / "recordings")},
        "limits": {"max_calls": 5},
    }
    merged = {name: {**keys, **sections.pop(name, {})} for name, keys in usual.items()}
    return Settings.model_validate({**merged, **sections})


def about(found: Settings, start: str) -> Finding:
    """Return the one finding that begins so."""
    (finding,) = [each for each in examine(found) if each.what.startswith(start)]
    return finding


def test_a_machine_that_is_well_has_no_fault(tmp_path: Path):
    findings = list(examine(settings(tmp_path)))
    assert [each for each in findings if each.verdict is Verdict.FAULT] == []
    assert all(each.cure for each in findings if each.verdict is not Verdict.OK)


@pytest.mark.parametrize(("name", "kind"), [("sip", socket.SOCK_DGRAM), ("http", socket.SOCK_STREAM)])
def test_a_port_that_somebody_has_is_a_fault(tmp_path: Path, name: str, kind: socket.SocketKind):
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        listen: Any = [f"udp:{address}"] if name == "sip" else address
        finding = about(settings(tmp_path, **{name: {"listen": listen}}), f"{name}.listen")
    assert finding.verdict is Verdict.FAULT
    assert address in finding.what


@pytest.mark.parametrize(
    ("address", "verdict"),
    [
        ("127.0.0.1", Verdict.WARNING),
        ("10.1.2.3", Verdict.WARNING),
        ("203.0.113.9", Verdict.WARNING),
        ("8.8.4.4", Verdict.OK),
        ("0.0.0.0", Verdict.FAULT),
    ],
)
def test_an_address_that_callers_cannot_reach_is_told(tmp_path: Path, address: str, verdict: Verdict):
    found = settings(tmp_path, media={"external_address": address})
    assert about(found, "sound is announced").verdict is verdict


@pytest.mark.parametrize(
    ("prefix", "version", "configured", "plainly"),
    [
        ("/home/me/.pyenv/versions/3.11.7", "3.11.7 (main) [GCC 12.2.0]", "'--enable-shared'", True),
        ("/home/me/.pyenv/versions/3.11.7", "3.11.7 (main) [GCC 12.2.0]", "'--enable-optimizations'", False),
        ("/usr", "3.11.2 (main) [GCC 12.2.0]", "'--enable-shared'", False),
        ("/opt/conda", "3.11.9 | packaged by conda-forge | (main)", "'--with-lto'", False),
        ("/opt/python", "3.11.9 (main) [Clang 18.1.8 ]", "", False),
    ],
)
def test_a_python_that_somebody_built_without_optimizations_is_told(prefix, version, configured, plainly):
    assert doctor.is_built_plainly(prefix, version, configured) is plainly


def test_the_python_that_runs_is_named(tmp_path: Path):
    assert about(settings(tmp_path), "Python 3.").verdict is Verdict.OK


def test_a_trunk_whose_name_nobody_knows_is_a_fault(tmp_path: Path):
    trunk = {"name": "far", "uri": "sip:no-such-host.invalid;transport=tcp"}
    found = settings(tmp_path, trunks=[trunk])
    assert about(found, "trunk far: no-such-host.invalid").verdict is Verdict.FAULT


@pytest.mark.parametrize(("days", "verdict"), [(90, Verdict.OK), (3, Verdict.WARNING), (-1, Verdict.FAULT)])
def test_a_certificate_that_ends_is_told_in_time(tmp_path: Path, days: int, verdict: Verdict):
    until = datetime.now(UTC) + timedelta(days=days)
    issued = trustme.CA().issue_cert("sip.test", not_after=until)
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(str(certificate))
    issued.private_key_pem.write_to_path(str(key))
    files = {"tls_certificate": str(certificate), "tls_private_key": str(key)}
    assert about(settings(tmp_path, sip=files), "sip.tls_certificate").verdict is verdict


def test_a_key_of_another_certificate_is_a_fault(tmp_path: Path):
    one, other = (trustme.CA().issue_cert("sip.test") for _ in range(2))
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    one.cert_chain_pems[0].write_to_path(str(certificate))
    other.private_key_pem.write_to_path(str(key))
    files = {"tls_certificate": str(certificate), "tls_private_key": str(key)}
    assert about(settings(tmp_path, sip=files), "sip.tls_certificate").verdict is Verdict.FAULT


@pytest.fixture
def stun_server() -> Iterator[str]:
    """A server that sees whoever asks at 198.51.100.7."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5.0)

        def answer() -> None:
            content, peer = server.recvfrom(2048)
            reply = stun.Message(
                message_method=stun.Method.BINDING,
                message_class=stun.Class.RESPONSE,
                transaction_id=stun.parse_message(content).transaction_id,
            )
            reply.attributes["XOR-MAPPED-ADDRESS"] = ("198.51.100.7", 4000)
            server.sendto(bytes(reply), peer)

        asked = threading.Thread(target=answer)
        asked.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        asked.join()


@pytest.mark.parametrize(
    ("external", "verdict"), [("198.51.100.7", Verdict.OK), ("198.51.100.8", Verdict.WARNING)]
)
def test_where_a_stun_server_sees_us_is_compared(
    tmp_path: Path, stun_server: str, external: str, verdict: Verdict
):
    media = {"stun_servers": [stun_server], "external_address": external}
    finding = about(settings(tmp_path, media=media), f"media.stun_servers {stun_server}")
    assert finding.verdict is verdict
    assert "198.51.100.7" in finding.what


def test_a_stun_server_that_is_silent_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor, "WITHIN", 0.1)
    server = f"127.0.0.1:{free_port()}"
    found = settings(tmp_path, media={"stun_servers": [server]})
    assert about(found, f"media.stun_servers {server}").verdict is Verdict.FAULT


@pytest.mark.parametrize("what", ["store.url", "store.recordings"])
def test_a_disk_that_is_nearly_full_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str):
    nearly_full = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr("engine.doctor.shutil.disk_usage", lambda _folder: nearly_full)
    found = settings(tmp_path, store={"url": f"sqlite:///{tmp_path}/new/d.db"})
    assert about(found, what).verdict is Verdict.WARNING


def test_a_database_that_is_somebody_elses_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    database = tmp_path / "d.db"
    database.touch()
    monkeypatch.setattr("engine.doctor.os.access", lambda path, _mode: path != database)
    found = settings(tmp_path, store={"url": f"sqlite:///{database}"})
    assert about(found, f"store.url {database} cannot be written").verdict is Verdict.FAULT


def test_a_database_server_that_is_away_is_a_fault(tmp_path: Path):
    url = f"postgresql://dialplane@127.0.0.1:{free_port()}/dialplane"
    finding = about(
        settings(tmp_path, store={"url": url}), "store.url is not answered: nothing listens there"
    )
    assert finding.verdict is Verdict.FAULT


def test_a_database_server_that_answers_is_named(tmp_path: Path, postgresql: PostgresServer):
    found = settings(tmp_path, store={"url": postgresql.new_database()})
    assert about(found, "store.url is answered by PostgreSQL 1").verdict is Verdict.OK


def test_more_calls_than_files_or_ports_allow_are_told(tmp_path: Path):
    found = settings(tmp_path, limits={"max_calls": 1_000_000})
    assert about(found, "the limit of").verdict is Verdict.WARNING
    assert about(found, "media.rtp_ports has").verdict is Verdict.WARNING


def test_the_command_prints_each_finding_and_fails_for_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        (tmp_path / "dialplane.toml").write_text(f'[http]\nlisten = "{address}"\n')
        monkeypatch.setattr(doctor, "WITHIN", 0.1)
        assert run(["doctor"]) == 1
    assert f"fault    http.listen tcp:{address}" in capsys.readouterr().out
