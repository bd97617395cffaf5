"""Where compiled kernels lie on disk: in a folder named after all their sources together.

Numba keys a cached function by its own source file only, so that a kernel changed in another file would go
unnoticed. Nothing here needs the compiler.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import llvmlite

CHOSEN = "MEDIA_PLANE_KERNELS"
"""The variable that names the folder for another process."""

_MEDIA = Path(__file__).parents[1]
_BESIDE = _MEDIA / "plane" / "__pycache__"
_PLANE = (
    *("arrays", "compiled", "entries", "layout", "legs", "libc", "tick"),
    *(f"kernels/{path.stem}" for path in sorted((_MEDIA / "plane" / "kernels").glob("*.py"))),
)
_CODECS = ("g722", "bands", "opus")
_RECORDING = ("track", "judging", "writing", "rounds")


def sources() -> list[Path]:
    """Return every file that compiled code is made of."""
    names = (
        *(f"plane/{name}" for name in _PLANE),
        "dtmf_detector",
        *(f"codecs/{name}" for name in _CODECS),
        *(f"recording/{name}" for name in _RECORDING),
    )
    return [_MEDIA / f"{name}.py" for name in names]


def _digest() -> str:
    # A release of numba needs one of llvmlite, which unlike numba tells its version at once.
    digest = hashlib.sha256(llvmlite.__version__.encode())
    for source in sources():
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


@cache
def folder() -> Path:
    """Return the folder of this version's kernels: beside their sources, else in the user's cache.

    Where neither can be written it is a new one, of which the next process knows nothing.
    """
    if chosen := os.environ.get(CHOSEN):
        return Path(chosen)
    name = f"kernels-{_digest()}"
    for parent in (_BESIDE, _user_cache() / "dialplane"):
        if _can_be_used(parent / name):
            _forget_others(parent / name)
            return parent / name
    return Path(mkdtemp(prefix="dialplane-kernels-"))


def _user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))


def _can_be_used(place: Path) -> bool:
    """Tell whether there are kernels, or can be."""
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(place, os.W_OK) or any(place.glob("entries-*"))


def _forget_others(current: Path) -> None:
    """Remove the kernels of other versions; of a read-only folder they stay."""
    for old in current.parent.glob("kernels-*"):
        if old != current:
            rmtree(old, ignore_errors=True)
