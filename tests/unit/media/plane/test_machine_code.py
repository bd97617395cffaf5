"""What was compiled is called without the compiler; what cannot be compiled is an error with its words."""

import sys

import numpy as np
import pytest

from media.errors import NotCompiled
from media.plane import kernel_cache, machine_code
from media.plane import layout as c
from media.plane.machine_code import Entry


def test_a_ring_gives_back_what_was_put_in_until_it_is_empty():
    ring, ends = np.zeros((2, 3), np.int64), np.zeros(c.END_WORDS, np.int64)
    words = np.zeros(3, np.int64)
    arguments = (ring.ctypes.data, 2, 3, ends.ctypes.data, words.ctypes.data)
    push, pull = Entry("push"), Entry("pull")
    for number in (1, -2):
        words[:] = number
        assert push(*arguments) == 1
    assert push(*arguments) == 0
    taken = []
    while pull(*arguments):
        taken.append(words.tolist())
    assert taken == [[1, 1, 1], [-2, -2, -2]]


def test_each_has_memory_of_its_own_for_what_it_returns():
    ring, ends, words = np.zeros((2, 1), np.int64), np.zeros(c.END_WORDS, np.int64), np.zeros(1, np.int64)
    arguments = (ring.ctypes.data, 2, 1, ends.ctypes.data, words.ctypes.data)
    one, other = Entry("pull"), Entry("push")
    assert (one(*arguments), other(*arguments), one(*arguments)) == (0, 1, 1)


def test_what_was_saved_is_what_is_loaded(tmp_path, monkeypatch):
    whole = machine_code.path().read_bytes()
    monkeypatch.setattr(kernel_cache, "folder", lambda: tmp_path)
    assert not machine_code.is_compiled()
    machine_code.save({"one": ("_Z3one", 2, b"\n\0code"), "other": ("_Z5other", 0, b"more")})
    assert machine_code.is_compiled()
    head, _, code = machine_code.path().read_bytes().partition(b"\n")
    assert (head, code) == (b'[["one", "_Z3one", 2, 6], ["other", "_Z5other", 0, 4]]', b"\n\0codemore")
    assert [path.name for path in tmp_path.iterdir()] == [machine_code.path().name]
    assert whole.startswith(b'[["run", "_Z')


def test_the_compilers_last_words_are_told(tmp_path, monkeypatch):
    compiler = tmp_path / "python"
    compiler.write_text("#!/bin/sh\necho one >&2\necho 'no space left' >&2\nexit 3\n")
    compiler.chmod(0o755)
    monkeypatch.setattr(kernel_cache, "folder", lambda: tmp_path)
    monkeypatch.setattr(sys, "executable", str(compiler))
    with pytest.raises(NotCompiled, match="could not be compiled: one no space left"):
        machine_code.compile_apart()
