"""Which espeak-ng voice speaks a language code of RCML (rcml.md 5.1) or a BCP 47 tag."""

from __future__ import annotations

RCML_LANGUAGES: dict[str, str] = {
    "bf": "fr-be",
    "bp": "pt-br",
    "en": "en-us",
    "en-gb": "en",
    "cf": "fr",
    "cs": "cs",
    "dan": "da",
    "fi": "fi",
    "es": "es",
    "fr": "fr",
    "de": "de",
    "el": "el",
    "it": "it",
    "nl": "nl",
    "no": "nb",
    "pl": "pl",
    "pt": "pt",
    "ru": "ru",
    "ar": "ar",
    "ca": "ca",
    "sv": "sv",
    "tr": "tr",
}
"""The codes that `<Say language>` takes: Belgian French, Brazilian Portuguese and so on."""

_OTHER_NAMES: dict[str, str] = {
    "en-us": "en-us",
    "en-au": "en",
    "en-nz": "en",
    "en-ie": "en",
    "en-za": "en",
    "en-in": "en",
    "fr-fr": "fr",
    "es-mx": "es-419",
    "es-us": "es-419",
    "es-co": "es-419",
    "es-ar": "es-419",
    "nn": "nb",
    "zh": "cmn",
    "zh-hk": "yue",
    "zh-yue": "yue",
    "iw": "he",
    "in": "id",
    "vi-vn": "vi",
}

_VOICES = (
    "af am ar az be bg bn bs ca cmn cs cy da de el en en-us eo es es-419 et eu fa fi fr fr-be fr-ch ga "
    "gd gu he hi hr hu hy id is it ja ka kk kn ko ku ky la lt lv mk ml mr ms mt my nb ne nl or pa pl pt "
    "pt-br ro ru sd si sk sl sq sr sv sw ta te th tk tr tt ug uk ur uz vi yue"  # codespell:ignore te
)

ESPEAK_VOICES = frozenset(_VOICES.split())
"""The voices of espeak-ng for living languages, by the names it loads them under."""


def espeak_voice(language: str) -> str | None:
    """Return the voice for ``language``, or None when espeak-ng has none.

    The most specific part of the tag that is known decides: ``de-AT`` is spoken as ``de``.
    """
    subtags = language.strip().lower().replace("_", "-").split("-")
    for length in range(len(subtags), 0, -1):
        tag = "-".join(subtags[:length])
        known = RCML_LANGUAGES.get(tag) or _OTHER_NAMES.get(tag) or (tag if tag in ESPEAK_VOICES else None)
        if known is not None:
            return known
    return None
