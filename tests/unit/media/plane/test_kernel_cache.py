"""The kernels lie where they can be written, and who cannot write where they are reads them there."""

import os

import pytest

from media.plane import kernel_cache


@pytest.fixture(autouse=True)
def anew(monkeypatch):
    monkeypatch.delenv(kernel_cache.CHOSEN, raising=False)
    kernel_cache.folder.cache_clear()
    yield
    kernel_cache.folder.cache_clear()


@pytest.fixture
def beside(tmp_path, monkeypatch):
    monkeypatch.setattr(kernel_cache, "_BESIDE", tmp_path / "plane" / "__pycache__")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "plane" / "__pycache__"


def _cannot_be_written(place):
    """Put a file where the folder would be: what root may not do either."""
    place.parent.mkdir(parents=True)
    place.write_text("")


def test_kernels_lie_beside_their_sources(beside):
    assert kernel_cache.folder().parent == beside
    assert kernel_cache.folder().is_dir()


def test_the_kernels_of_other_versions_are_removed(beside):
    (beside / "kernels-of-before").mkdir(parents=True)
    (beside / "no kernels").mkdir()
    kernel_cache.folder()
    assert sorted(path.name for path in beside.iterdir()) == [kernel_cache.folder().name, "no kernels"]


def test_who_cannot_write_there_keeps_them_in_the_cache_of_the_user(beside, tmp_path):
    _cannot_be_written(beside)
    assert kernel_cache.folder().parent == tmp_path / "cache" / "dialplane"


def test_who_can_write_nowhere_has_a_folder_of_the_process(beside, tmp_path, monkeypatch):
    _cannot_be_written(beside)
    monkeypatch.setenv("XDG_CACHE_HOME", str(beside))
    monkeypatch.setattr(kernel_cache, "mkdtemp", lambda prefix: str(tmp_path / f"{prefix}drawn"))
    assert kernel_cache.folder() == tmp_path / "dialplane-kernels-drawn"


@pytest.mark.parametrize("there", [True, False])
def test_kernels_that_can_only_be_read_are_used_when_they_are_there(beside, tmp_path, monkeypatch, there):
    kept = kernel_cache.folder()
    if there:
        (kept / "entries-of-a-processor").touch()
    kernel_cache.folder.cache_clear()
    monkeypatch.setattr(os, "access", lambda place, mode: place != kept)
    assert kernel_cache.folder().parent == (beside if there else tmp_path / "cache" / "dialplane")


def test_another_process_is_told_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv(kernel_cache.CHOSEN, str(tmp_path))
    assert kernel_cache.folder() == tmp_path


def test_every_source_of_a_kernel_counts():
    names = {path.name for path in kernel_cache.sources()}
    assert {"tick.py", "arrays.py", "speak.py", "bands.py", "writing.py", "dtmf_detector.py"} <= names
    assert all(path.is_file() for path in kernel_cache.sources())
