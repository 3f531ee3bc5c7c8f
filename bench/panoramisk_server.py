"""panoramisk's FastAGI application with one entry of three commands: what our server is compared with."""

from __future__ import annotations

import asyncio

from panoramisk import fast_agi


async def three_commands(request: fast_agi.Request) -> None:
    """What own_server.py sends, too."""
    for number in range(3):
        await request.send_command(f'SET VARIABLE BENCH_{number} "1"')


async def serve() -> None:
    application = fast_agi.Application(loop=asyncio.get_running_loop())
    application.add_route("bench", three_commands)
    server = await asyncio.start_server(application.handler, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    asyncio.run(serve())


if __name__ == "__main__":
    main()
