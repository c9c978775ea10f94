#!/usr/bin/python3
"""Draws a rectangle without libhvfb: over the bus, and with the messages of hvfb/protocol.h. Needs python3-dbus.

With tracking=none no store is noticed by itself: this program says what it drew. It ends when that is on the screen, or
with --stay when its standard input does; the surface closes with it."""
import argparse
import mmap
import os
import socket
import struct
import sys

import dbus
import dbus.bus

HELLO, DAMAGED, FRAME, PRESENTED, REVOKED = 1, 2, 7, 8, 14
VERSION, RECTANGLES, NOT_SHOWN = 1, 1, 1


def connect():
    address = os.environ.get("HVFB_BUS")
    if address == "session":
        return dbus.SessionBus()
    return dbus.bus.BusConnection(address) if address not in (None, "", "system") else dbus.SystemBus()


def send(channel, kind, body):
    channel.send(struct.pack("<II", kind, 8 + len(body)) + body)


def receive(channel):
    packet = channel.recv(4608)
    if not packet:
        sys.exit("The daemon closed the channel.")
    kind, size = struct.unpack_from("<II", packet)
    assert size == len(packet)
    return kind, packet[8:]


def main(stay):
    display = connect().get_object("org.hvfbd.Framebuffer1", "/org/hvfbd/Framebuffer1/display0")
    options = dbus.Dictionary({"name": "damage.py", "tracking": "none"}, signature="sv")
    _, buffer, channel, layout = display.OpenSurface(
        options, dbus_interface="org.hvfbd.Framebuffer1.Display")
    # Closing the channel closes the surface.
    channel = socket.socket(fileno=channel.take())
    buffer = buffer.take()
    pixels = mmap.mmap(buffer, int(layout["size"]), mmap.MAP_SHARED)
    send(channel, HELLO, struct.pack("<II", VERSION, 0))

    x, y, width, height = 20, 30, min(200, layout["width"] - 20), min(100, layout["height"] - 30)
    for row in range(y, y + height):
        start = row * layout["stride"] + x * 4
        pixels[start:start + width * 4] = struct.pack("<I", 0x0080FF) * width
    send(channel, DAMAGED, struct.pack("<IIIIII", RECTANGLES, 1, x, y, width, height))
    send(channel, FRAME, struct.pack("<Q", 1))

    while True:
        kind, body = receive(channel)
        if kind == REVOKED:
            sys.exit("The surface was closed from outside.")
        if kind == PRESENTED:
            frame, when, flags, _ = struct.unpack("<QQII", body)
            print(f"Frame {frame}:", "nobody is looking." if flags & NOT_SHOWN else f"on the screen at {when} ns.")
            break
    if stay:
        sys.stdin.read()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--stay", action="store_true", help="keep the surface until standard input ends")
    main(arguments.parse_args().stay)
