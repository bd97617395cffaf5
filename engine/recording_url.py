"""Where an application gets the sound of a recording, and its text."""

from __future__ import annotations

from rcml.api_version import API_VERSION


def recording_url(public_url: str, account_sid: str, sid: str) -> str:
    """Return the URL of a recording's sound: what RecordingUrl says, served without authentication."""
    return f"{public_url}/{API_VERSION}/Accounts/{account_sid}/Recordings/{sid}.wav"


def transcription_url(public_url: str, account_sid: str, sid: str) -> str:
    """Return the URL of a transcription: what TranscriptionUrl says."""
    return f"{public_url}/{API_VERSION}/Accounts/{account_sid}/Transcriptions/{sid}"
