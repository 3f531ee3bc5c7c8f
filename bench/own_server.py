"""Our FastAGI server with one entry of three commands and no journal: to be compared with panoramisk's."""

from __future__ import annotations

from agi.protocol import Session
from agi.server import Server


def three_commands(session: Session) -> None:
    """What panoramisk_server.py sends, too."""
    for number in range(3):
        session.set_variable(f"BENCH_{number}", "1")


def main() -> None:
    server = Server("127.0.0.1", 0, {"bench": three_commands})
    print(server.port, flush=True)
    server.serve()


if __name__ == "__main__":
    main()
