import subprocess
import sys

import pytest

from engine import cli, daemon
from engine.config import Sources
from engine.testing import command
from engine.version import version


@pytest.mark.parametrize("asked", ["version", "--version"])
def test_version_prints_name_and_version(capsys, asked):
    assert cli.run([asked]) == 0
    assert capsys.readouterr().out == f"dialplane {version()}\n"


@pytest.mark.parametrize("command", ["dev", "serve", "check", "call", "config", "version"])
def test_every_command_has_help(command, capsys):
    assert cli.run([command, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        *([], ["nonsense"], ["serve", "--nonsense"], ["check"], ["check", "x", "--method", "PUT"]),
        *(["try"], ["try", "x.xml", "--method", "PUT"], ["try", "x.xml", "--api-version", "2008-08-01"]),
        *(["call"], ["call", "+1"], ["call", "+1", "--app", "http://a/", "--rcml", "x.xml"]),
    ],
)
def test_a_wrong_command_line_is_exit_code_2(arguments, capsys):
    assert cli.run(arguments) == 2
    capsys.readouterr()


def test_a_call_is_tried_in_twilios_words(tmp_path, capsys, monkeypatch):
    placed = {}

    def run(target, auth_token, **options):
        placed.update(options)
        return True

    monkeypatch.setattr(command, "run", run)
    assert cli.run(["try", str(tmp_path), "--api-version", "2010-04-01"]) == 0
    assert placed["api_version"] == "2010-04-01"
    assert cli.run(["try", str(tmp_path)]) == 0
    assert placed["api_version"] == "2012-04-24"


def test_config_prints_toml_and_exits_with_0(tmp_path, capsys):
    path = tmp_path / "d.toml"
    path.write_text('[sip]\nrealm = "here"\n')
    assert cli.run(["config", "--config", str(path)]) == 0
    shown = capsys.readouterr().out
    assert 'realm = "here"' in shown
    assert f"# {path}:2" in shown


@pytest.mark.parametrize("command", ["config", "serve", "dev"])
def test_a_wrong_configuration_is_one_line_for_each_mistake_and_no_trace(command, tmp_path, capsys):
    path = tmp_path / "d.toml"
    path.write_text("[sip]\nrealmm = 'x'\n[media]\nthreads = 0\n")
    assert cli.run([command, "--config", str(path)]) == 1
    assert sorted(capsys.readouterr().err.splitlines()) == [
        f"dialplane: {path}:2: there is no key sip.realmm; did you mean realm?",
        f"dialplane: {path}:4: media.threads = '0': it must be greater than or equal to 1",
    ]


def test_check_fails_when_one_of_the_documents_does(tmp_path, capsys):
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_text("<Response/>")
    bad.write_text("<Response><Nonsense/></Response>")
    assert cli.run(["check", str(good)]) == 0
    assert cli.run(["check", str(good), str(bad)]) == 1
    assert f"{bad}:1: error" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["dev", "serve"])
def test_the_daemon_is_run_with_the_sources_and_its_exit_code_is_ours(command, tmp_path, monkeypatch):
    ran: list[tuple[Sources, bool]] = []

    def run(sources: Sources, *, dev: bool) -> int:
        ran.append((sources, dev))
        return 0

    monkeypatch.setattr(daemon, "run", run)
    monkeypatch.chdir(tmp_path)
    assert cli.run([command, "--app", "http://127.0.0.1:9000/"]) == 0
    ((sources, dev),) = ran
    assert (sources.dev, dev) == (command == "dev", command == "dev")
    assert sources.load().rcml.app_url == "http://127.0.0.1:9000/"


def test_checking_imports_nothing_heavy():
    """numba costs a second and SQLAlchemy a quarter; a linter in an editor has time for neither."""
    probe = (
        "import sys; from engine.cli import run; run(['check', '/dev/null']); "
        "heavy = {'numba', 'numpy', 'sqlalchemy', 'aiohttp', 'av', 'alembic'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["engine.call_command", "engine.testing.command"])
def test_commands_that_speak_to_servers_import_neither_the_store_nor_sound(command):
    probe = (
        f"import sys, {command}; sys.exit(' '.join({{'sqlalchemy', 'numpy', 'av'}} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_start_imports_no_compiler_and_no_database_but_sqlite():
    """What it compiled is there: numba would take half a second and 80 MB of every start."""
    probe = (
        "import sys, engine.daemon; "
        "sys.exit(' '.join({'numba', 'asyncpg', 'sqlalchemy.dialects.postgresql'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
