"""One request on a connection of its own, from an address of one's own."""

import asyncio
import re
import socket

PATIENCE_S = 15.0  # as long as the carrier waits
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
ANYWHERE = "127.0.0.1"


def is_whole(heard: bytes) -> bool:
    head, end, body = heard.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


def ask(port: int, request: bytes, patience_s: float = PATIENCE_S) -> bytes:
    """Raises TimeoutError."""
    heard = b""
    with socket.create_connection((ANYWHERE, port), patience_s) as line:
        line.sendall(request)
        while not is_whole(heard) and (packet := line.recv(65536)):
            heard += packet
    return heard


async def asked(port: int, request: bytes, source: str = ANYWHERE) -> bytes:
    """The answer; what there is of it, or nothing, where the server fails."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await _exchange(port, request, source)
    except (OSError, TimeoutError):
        return b""


async def _exchange(port: int, request: bytes, source: str) -> bytes:
    reader, writer = await asyncio.open_connection(ANYWHERE, port, local_addr=(source, 0))
    heard = b""
    try:
        writer.write(request)
        while not is_whole(heard) and (packet := await reader.read(65536)):
            heard += packet
    finally:
        writer.close()
    return heard
