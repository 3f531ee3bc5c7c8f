"""A Vosk server for tests: the vosk-server protocol over WebSocket, with a model in this process."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vosk import KaldiRecognizer, Model
from websockets.sync.server import ServerConnection, serve


@contextmanager
def vosk_server(folder: Path) -> Iterator[str]:
    """Serve the model in `folder`; gives the address."""
    model = Model(str(folder))

    def handle(client: ServerConnection) -> None:
        config = json.loads(client.recv())["config"]
        recogniser = KaldiRecognizer(model, config["sample_rate"])
        recogniser.SetWords(bool(config["words"]))
        for message in client:
            if isinstance(message, str):
                client.send(recogniser.FinalResult())
                return
            ended = recogniser.AcceptWaveform(message)
            client.send(recogniser.Result() if ended else recogniser.PartialResult())

    with serving(handle) as address:
        yield address


@contextmanager
def serving(handle: object) -> Iterator[str]:
    """Serve WebSocket clients with `handle` on a free port; gives the address."""
    with serve(handle, "127.0.0.1", 0) as server:  # type: ignore[arg-type]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join(5)
