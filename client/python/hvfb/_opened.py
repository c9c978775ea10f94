"""What a surface and a viewer have in common."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from ._handle import Handle

if TYPE_CHECKING:
    from types import TracebackType
    from typing import TypeVar

    from ._values import Layout, Mode

    Self = TypeVar("Self", bound="Opened")


class Opened:
    """Pixels of a display that are open, until they are closed or nothing refers to this any more."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._finalizer = weakref.finalize(self, handle.close)

    def close(self) -> None:
        self._handle.close()

    @property
    def closed(self) -> bool:
        return self._handle.closed

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<hvfb.{type(self).__name__} {self.width}x{self.height}{', closed' if self.closed else ''}>"

    @property
    def layout(self) -> Layout:
        """How the pixels lie in memory; the last one if it is closed."""
        return self._handle.layout

    @property
    def mode(self) -> Mode:
        return self.layout.mode

    @property
    def width(self) -> int:
        return self.layout.width

    @property
    def height(self) -> int:
        return self.layout.height

    @property
    def stride(self) -> int:
        """Bytes from one row to the next."""
        return self.layout.stride
