"""A Vosk server over WebSocket: a configuration, chunks of samples, each answered, then `eof`."""

from __future__ import annotations

import json
import time

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from transcripts.audio import RATE_HZ, Audio
from transcripts.engine import Transcript
from transcripts.errors import EngineFailed
from transcripts.vosk_results import VoskResults

CHUNK_BYTES = RATE_HZ // 2 * 2
CONNECT_S = 5.0
LEAST_S = 20.0
TIMES_LENGTH = 4.0
"""The whole has to be done within LEAST_S plus TIMES_LENGTH times the audio's length."""


class VoskServerEngine:
    """A Vosk server, which has its model loaded."""

    engine = "vosk-server"

    def __init__(self, address: str, language: str, *, least_s: float = LEAST_S) -> None:
        self.model = address
        self._language = language
        self._least_s = least_s

    def transcribe(self, audio: Audio) -> Transcript:
        """See Recogniser. A server that is away, silent or talks nonsense: EngineFailed."""
        results = VoskResults()
        if not audio.silent:
            deadline = time.monotonic() + self._least_s + TIMES_LENGTH * audio.seconds
            try:
                with connect(self.model, open_timeout=CONNECT_S, close_timeout=1, proxy=None) as server:
                    _converse(server, audio.pcm16(), results, deadline)
            except TimeoutError as error:
                raise EngineFailed("the Vosk server does not answer in time") from error
            except (OSError, WebSocketException) as error:
                raise EngineFailed(f"the Vosk server cannot be used: {error}") from error
        return results.transcript(self, audio, self._language)


def _converse(server: ClientConnection, data: bytes, results: VoskResults, deadline: float) -> None:
    server.send(json.dumps({"config": {"sample_rate": RATE_HZ, "words": 1}}))
    for start in range(0, len(data), CHUNK_BYTES):
        server.send(data[start : start + CHUNK_BYTES])
        results.add(server.recv(timeout=max(0.0, deadline - time.monotonic())))
    server.send(json.dumps({"eof": 1}))
    results.add(server.recv(timeout=max(0.0, deadline - time.monotonic())))
