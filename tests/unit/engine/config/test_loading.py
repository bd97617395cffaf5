from textwrap import dedent

import pytest

from engine.config import Settings, Sources
from engine.config.loading import DEFAULT_FILE
from engine.errors import ConfigurationError


@pytest.fixture
def load(tmp_path):
    path = tmp_path / "d.toml"

    def read(text: str, environ=None, **more) -> Settings:
        path.write_text(dedent(text))
        return Sources(path, environ=environ or {}, **more).load()

    read.path = path  # type: ignore[attr-defined]
    return read


def problems(load, text: str, environ=None) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(text, environ)
    return [problem.replace(f"{load.path}:", "") for problem in caught.value.problems]


def test_nothing_at_all_is_a_complete_configuration(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Sources(environ={}).load()
    assert [str(listener) for listener in settings.sip.listen] == ["udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"]
    assert settings.store.url == "sqlite:///var/dialplane.db"
    assert settings.webhooks.allow_networks == ()
    assert settings.origin("sip.listen") == "default"


def test_the_file_in_the_current_directory_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    DEFAULT_FILE.write_text('[sip]\nrealm = "here"\n')
    assert Sources(environ={}).load().sip.realm == "here"


def test_environment_wins_over_file_and_options_over_both(load):
    settings = load(
        """
        [sip]
        realm = "file"
        [media]
        threads = 2
        [rcml]
        app_url = "http://file/"
        """,
        {"DIALPLANE_SIP__REALM": "environment", "DIALPLANE_RCML__APP_URL": "http://environment/"},
        options={"rcml.app_url": ("http://option/", "--app")},
    )
    assert (settings.sip.realm, settings.media.threads) == ("environment", 2)
    assert settings.rcml.app_url == "http://option/"
    assert settings.origin("sip.realm") == "DIALPLANE_SIP__REALM"
    assert settings.origin("media.threads") == f"{load.path}:5"
    assert settings.origin("rcml.app_url") == "--app"


def test_entries_of_the_environment_replace_those_of_the_file(load):
    settings = load(
        """
        [[numbers]]
        number = "1"
        voice_url = "http://file/"
        """,
        {"DIALPLANE_NUMBERS": '[{"number": "2", "voice_url": "http://environment/"}]'},
    )
    assert [entry.number for entry in settings.numbers] == ["2"]
    assert settings.origin("numbers[0].number") == "DIALPLANE_NUMBERS"


def test_dev_allows_loopback_unless_networks_are_configured(load):
    assert [str(n) for n in load("", dev=True).webhooks.allow_networks] == ["127.0.0.0/8", "::1/128"]
    assert load("", dev=True).origin("webhooks.allow_networks") == "dialplane dev"
    chosen = load('[webhooks]\nallow_networks = ["10.0.0.0/8"]', dev=True)
    assert [str(n) for n in chosen.webhooks.allow_networks] == ["10.0.0.0/8"]


def test_reading_again_gives_what_the_file_says_then(load):
    first = load('[sip]\nrealm = "one"')
    sources = Sources(load.path, environ={})
    load.path.write_text('[sip]\nrealm = "two"')
    assert (first.sip.realm, sources.load().sip.realm) == ("one", "two")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[sip]\nlissen = ["udp:127.0.0.1:1"]', "2: there is no key sip.lissen; did you mean listen?"),
        ("[spi]\n", "1: there is no key spi; did you mean sip?"),
        ('listen = "x"\n', "1: there is no key listen; listen belongs into [sip]"),
        ('[media]\nrealm = "x"\n', "2: there is no key media.realm; realm belongs into [sip]"),
        ("[compat]\nqqqqq = 1\n", "2: there is no key compat.qqqqq; known are restcomm_not_found, "),
        ("[media]\nthreads = 'x'", "2: media.threads = 'x': write a whole number"),
        ("[media]\nthreads = 0", "2: media.threads = '0': it must be greater than or equal to 1"),
        ("[media]\nthreads = 1.5", "2: media.threads = '1.5': write a whole number"),
        ('[media]\nrtp_ports = "9"', "2: media.rtp_ports = '9': write FIRST-LAST, such as 20000-29999"),
        ('[sip]\nlisten = ["udp:1"]', "2: sip.listen[0] = 'udp:1': write HOST:PORT, such as 127.0.0.1:5060"),
        ("[sip]\nlisten = []", "2: sip.listen = '[]': it may not be empty"),
        ('[sip]\nlisten = "udp:127.0.0.1:1"', "2: sip.listen = 'udp:127.0.0.1:1': write a list, such as"),
        ('[sip]\nrealm = "a\\"b"', "2: sip.realm = 'a\"b': a realm is printable text without quotes"),
        ('[sip]\ntls_certificate = "c.pem"', "1: sip: tls_certificate and tls_private_key belong together"),
        (
            "[sip]\ntls_require_client_certificate = true",
            "1: sip: tls_require_client_certificate needs tls_authorities",
        ),
        ('[sip]\nlisten = ["tls:127.0.0.1:5061"]', "1: sip: a tls listener needs tls_certificate and"),
        ("sip = 1", "1: sip = '1': write a table"),
        ('[http]\npublic_url = "/x"', "2: http.public_url = '/x': write a whole URL"),
        ('[store]\nurl = "mysql://x"', "2: store.url = 'mysql://x': write sqlite:///PATH"),
        (f'[account]\nsid = "AC{"0" * 32}"', "1: account: sid and auth_token belong together"),
        ('[account]\nsid = "x"\nauth_token = "t"', "1: account: an account sid is AC and 32 hex digits"),
        ('[limits]\ndrain_timeout = "soon"', "2: limits.drain_timeout = 'soon': write a number"),
        ('[log]\nlevel = "loud"', "2: log.level = 'loud': it must be 'debug', 'info', 'warning' or 'error'"),
        ('[[numbers]]\nvoice_url = "http://a/"', "1: numbers[0]: write either number or regex"),
        ('[[numbers]]\nnumber = "1"', "1: numbers[0].voice_url: this key must be given"),
        ('[[numbers]]\nnumber = "1"\nvoice_url = "ftp://a"', "3: numbers[0].voice_url = 'ftp://a': write an"),
        ('[[numbers]]\nregex = "["\nvoice_url = "/a"', "2: numbers[0].regex = '[': this is not a regular"),
        ('[[clients]]\nlogin = "a b"\npassword = "x"', "2: clients[0].login = 'a b': a login has no spaces"),
        (
            '[[voices]]\nname = "espeak"\nkind = "openai"\nurl = "http://a"',
            "2: voices[0].name = 'espeak': espeak",
        ),
        ('[[voices]]\nname = "v"\nkind = "aws"\nurl = "http://a"', "3: voices[0].kind = 'aws': it must be"),
        ('[[voices]]\nname = "v"\nkind = "openai"\nurl = "/a"', "4: voices[0].url = '/a': write a whole"),
        ('[[trunks]]\nname = "t"\nuri = "http://x"', "3: trunks[0].uri = 'http://x': write a SIP URI"),
    ],
)
def test_a_mistake_names_line_key_value_and_cure(load, text, problem):
    found = problems(load, text)
    assert len(found) == 1
    assert found[0].startswith(problem)


def test_a_mistake_in_the_environment_names_the_variable(load):
    found = problems(load, "", {"DIALPLANE_MEDIA__THREADS": "many"})
    assert found == ["DIALPLANE_MEDIA__THREADS: media.threads = 'many': write a whole number"]


def test_all_mistakes_are_named_at_once(load):
    assert len(problems(load, "[media]\nthreads = 0\nports = 1\n[sip]\nrealm = ''")) == 3


def test_an_entry_declared_twice_is_refused(load):
    entry = '[[numbers]]\nnumber = "1"\nvoice_url = "http://a/"\n'
    assert "[[numbers]] declares '1' 2 times; leave one" in problems(load, entry * 2)[0]


def test_secrets_are_not_shown_in_messages(load):
    text = "[[clients]]\nlogin = 'alice'\npassword = ['hunter2']"
    assert "hunter2" not in str(problems(load, text))


def test_methods_are_read_in_any_case(load):
    settings = load('[[numbers]]\nnumber = "1"\nvoice_url = "http://a/"\nvoice_method = "get"')
    assert settings.numbers[0].voice_method == "GET"


def test_the_example_of_the_contract_is_accepted(load):
    settings = load(
        """
        [sip]
        listen = ["udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"]
        external_address = ""
        realm = "dialplane"
        tls_certificate = ""
        [media]
        address = "127.0.0.1"
        external_address = ""
        rtp_ports = "20000-29999"
        threads = 1
        [http]
        listen = "127.0.0.1:8080"
        public_url = ""
        [store]
        url = "sqlite:///var/dialplane.db"
        recordings = "var/recordings"
        [account]
        sid = "AC00000000000000000000000000000000"
        auth_token = "secret"
        [webhooks]
        connect_timeout = 5.0
        timeout = 15.0
        allow_networks = []
        max_document_bytes = 1048576
        [limits]
        max_calls = 0
        calls_per_second = 0
        drain_timeout = 300
        [[numbers]]
        number = "+15551230001"
        voice_url = "http://127.0.0.1:9000/answer"
        voice_method = "POST"
        voice_fallback_url = ""
        status_callback = ""
        refer_url = ""
        [[clients]]
        login = "alice"
        password = "secret"
        voice_url = ""
        [[trunks]]
        name = "carrier"
        uri = "sip:203.0.113.10:5060;transport=udp"
        username = ""
        password = ""
        register = false
        allow_from = ["203.0.113.10/32"]
        prefixes = ["+"]
        codecs = ["PCMU", "PCMA", "G722", "opus"]
        """
    )
    assert settings.trunks[0].register_ is False
    assert settings.trusted_origins == {("127.0.0.1", 9000), ("127.0.0.1", 8080)}


def test_a_provider_that_is_not_configured_is_an_error(load):
    (problem,) = problems(load, '[speech]\nprovider = "acme"')
    assert "[speech] provider = 'acme': there is no [[voices]] of that name; known are espeak" in problem


def test_the_token_of_a_voice_is_not_shown(load):
    text = '[[voices]]\nname = "v"\nkind = "openai"\nurl = "http://a"\ntoken = 987654'
    (problem,) = problems(load, text)
    assert "token = ********" in problem
    assert "987654" not in problem


def test_recognisers_are_declared_and_chosen_by_name(load):
    settings = load("""
        [speech]
        recogniser = "ours"
        [[recognisers]]
        name = "ours"
        url = "wss://stt.example.com/listen"
        token = "s3cret"
        languages = ["en", "de-DE"]
    """)
    (entry,) = settings.recognisers
    assert settings.speech.recogniser == "ours"
    assert ("stt.example.com", 443) in settings.trusted_origins
    assert [entry.knows(language) for language in ("en-GB", "EN", "de-DE", "de-AT", "eng")] == [
        *(True, True, True, False, False)
    ]
    assert "s3cret" not in str(settings)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[speech]\nrecogniser = "ours"', "there is no [[recognisers]] of that name; known are pocketsphinx"),
        ('[[recognisers]]\nname = "pocketsphinx"\nurl = "ws://a/"', "choose another name"),
        ('[[recognisers]]\nname = "a"\nurl = "https://a/"', "write a whole URL, such as wss://"),
        ('[[recognisers]]\nname = "a"\nurl = "ws://a:0/"', "write a whole URL, such as wss://"),
        ('[[recognisers]]\nname = "a"\nurl = "ws://a/"\nlanguages = ["english!"]', "write a language tag"),
    ],
)
def test_a_recogniser_that_cannot_be_used_is_refused(load, text, problem):
    assert problem in problems(load, text)[0]


def test_a_mask_is_no_secret(load):
    text = '[account]\nauth_token = "********"\n[[clients]]\nlogin = "a"\npassword = "********"'
    cure = "this is how `dialplane config` masks a secret; write the secret itself, or nothing"
    assert problems(load, text) == [
        f"2: account.auth_token = ********: {cure}",
        f"5: clients[0].password = ********: {cure}",
    ]
