"""What surfaces and viewers wait for in an event loop of asyncio."""

from __future__ import annotations

import asyncio
import os

from ._handle import Handle


async def readable(handle: Handle) -> None:
    """Returns when the descriptor is readable. ValueError: it was closed."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not future.done():
            future.set_result(None)

    def wake_from_any_thread() -> None:
        try:
            loop.call_soon_threadsafe(wake)
        except RuntimeError:  # the loop is closed, and nobody waits
            pass

    # A number of our own: whoever closes the handle does not take one away that the loop watches, and several may wait.
    number = os.dup(handle.fileno())
    try:
        with handle.woken_by_close(wake_from_any_thread):
            loop.add_reader(number, wake)
            try:
                await future
            finally:
                loop.remove_reader(number)
    finally:
        os.close(number)
