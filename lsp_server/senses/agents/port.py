"""The port of the loopback address where agents are heard: who comes, how many at once, who has it."""

from __future__ import annotations

import asyncio
import errno
import socket

from lsp_server.senses.agents.connection import Miss, OtlpConnection, Take

#: Nowhere but on this machine.
_ADDRESSES = (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6))
CONNECTIONS_MAX = 8


class OtlpPort:
    """Open from `open` to `close`."""

    def __init__(self, number: int, take: Take, miss: Miss) -> None:
        """`take` and `miss` as a connection has them."""
        self._number = number
        self._take, self._miss = take, miss
        self._servers: list[asyncio.Server] = []
        self._connections: set[OtlpConnection] = set()
        self._inside = 0

    async def open(self) -> None:
        """Listen on each loopback address that this machine has. Raises OSError where the port is taken."""
        try:
            for address, family in _ADDRESSES:
                await self._listen(address, family)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Nobody is heard any more."""
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            connection.close()
        self._servers = []

    async def _listen(self, address: str, family: socket.AddressFamily) -> None:
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                self._connection, address, self._number, family=family, backlog=2 * CONNECTIONS_MAX
            )
        except OSError as error:
            if family == socket.AF_INET6 and error.errno != errno.EADDRINUSE:
                # A machine without this kind of addresses.
                return
            raise
        self._servers.append(server)

    def _connection(self) -> OtlpConnection:
        def enter() -> bool:
            if self._inside >= CONNECTIONS_MAX:
                return False
            self._inside += 1
            self._connections.add(connection)
            return True

        def leave() -> None:
            self._inside -= 1
            self._connections.discard(connection)

        connection = OtlpConnection(self._number, self._take, self._miss, enter, leave)
        return connection
