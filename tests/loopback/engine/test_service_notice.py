"""What systemd is told."""

from contextlib import closing

import pytest
from structlog.testing import capture_logs

from engine.service_notice import tell_systemd
from tests.testkit.systemd import NoticeBoard


@pytest.mark.parametrize("path", ["", "notify"])
def test_it_hears_what_it_asked_to_hear_by_a_path_or_an_abstract_name(path, tmp_path, monkeypatch):
    # A relative path: that of a test's folder may be longer than such a name can be.
    monkeypatch.chdir(tmp_path)
    with closing(NoticeBoard(path)) as systemd:
        monkeypatch.setenv("NOTIFY_SOCKET", systemd.address)
        tell_systemd("READY=1", "STATUS=takes calls")
        assert systemd.told() == ["READY=1", "STATUS=takes calls"]


def test_nobody_is_told_without_it(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    with capture_logs() as lines:
        tell_systemd("READY=1")
    assert lines == []


def test_a_socket_that_is_gone_is_a_line_in_the_log(tmp_path, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    with capture_logs() as lines:
        tell_systemd("READY=1")
    assert [line["event"] for line in lines] == ["systemd.not_told"]
