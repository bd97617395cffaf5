import pytest

from engine.config import toml_source
from engine.errors import ConfigurationError

TEXT = """\
# a comment = not a key
[sip]
listen = [
  "udp:127.0.0.1:5060",
]
realm = "x"  # why

[[numbers]]
number = "1"
[[numbers]]
  number = "2"
"voice_url" = "http://a/"
[http]
listen = "127.0.0.1:80"
"""


def test_each_key_and_table_knows_its_line():
    assert toml_source.lines_of_keys(TEXT) == {
        "sip": 2,
        "sip.listen": 3,
        "sip.realm": 6,
        "numbers[0]": 8,
        "numbers[0].number": 9,
        "numbers[1]": 10,
        "numbers[1].number": 11,
        "numbers[1].voice_url": 12,
        "http": 13,
        "http.listen": 14,
    }


def test_dotted_keys_are_found_where_they_stand():
    assert toml_source.lines_of_keys('sip.realm = "x"\n')["sip.realm"] == 1


def test_a_file_is_read_with_the_places_of_its_keys(tmp_path):
    path = tmp_path / "d.toml"
    path.write_text(TEXT)
    tree, origins = toml_source.read(path)
    assert tree["numbers"][1] == {"number": "2", "voice_url": "http://a/"}
    assert origins["numbers[1].voice_url"] == f"{path}:12"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[sip]\nlisten = = 1\n", r"d\.toml:2: Invalid value in column 10; this is not TOML"),
        (b"[sip]\nlisten = [", r"d\.toml: .*; this is not TOML"),
        (b"a = " + b"9" * 5000, r"d\.toml: a number is too long"),
        (b"a = " + b"[" * 5000, r"d\.toml: brackets lie too deep in one another"),
        (b"[sip]\nrealm = '\xff'\n", r"d\.toml: byte 15 is not UTF-8"),
    ],
)
def test_what_is_not_toml_is_refused_with_its_place(tmp_path, content, message):
    path = tmp_path / "d.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=message):
        toml_source.read(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"none\.toml: there is no such file"):
        toml_source.read(tmp_path / "none.toml")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        toml_source.read(tmp_path)
