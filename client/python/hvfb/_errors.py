"""Errors of libhvfb, in its own words."""

from __future__ import annotations

import errno

from ._library import lib


class Error(OSError):
    """libhvfb could not do what was asked of it. ``errno`` is as <hvfb/hvfb.h> says for the function, and ``strerror`` the
    daemon's own sentence where it refused, else libhvfb's."""


def strerror(number: int) -> str:
    return bytes(lib.hvfb_strerror(number)).decode(errors="replace")


def error_of(result: int, sentence: str = "") -> Error:
    """For a function that returned this negative errno."""
    return Error(-result, sentence or strerror(result))


def checked(result: int) -> int:
    if result < 0:
        raise error_of(result)
    return result


def drawn(result: int) -> None:
    """For what draws and sends. While the daemon is gone the stores are made all the same, and shown when it is back."""
    if result != -errno.ENOTCONN:
        checked(result)
