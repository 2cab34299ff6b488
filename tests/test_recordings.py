"""Every file of recordings is read by some test, so that none is forgotten."""

from __future__ import annotations

from pathlib import Path

from aws_recorded import DIRECTORY, needs_recordings

TESTS = Path(__file__).parent
SERVICES = {f"envelopes_{it}.json" for it in ("sns", "s3", "eventbridge", "apigateway")}


@needs_recordings
def test_every_recording_is_held_against_the_model():
    sources = "".join(
        path.read_text(encoding="utf-8") for path in sorted(TESTS.glob("*/test_*.py"))
    )
    files = {path.name for path in DIRECTORY.glob("*.json")}
    assert files >= SERVICES
    assert {name for name in files - SERVICES if f'"{name}"' not in sources} == set()
    assert 'f"envelopes_{service}.json"' in sources
