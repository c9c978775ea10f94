"""Somebody on the bus, in a process of its own, as any user: obeys lines of JSON. Keeps the descriptors it is given."""

import array
import ctypes
import json
import mmap
import os
import select
import socket
import struct
import sys

import dbus
import dbus.lowlevel

NAME = "org.hvfbd.Framebuffer1"


def plain(value):
    if isinstance(value, dbus.types.UnixFd):
        held.append(value.take())
        return {"fd": len(held) - 1}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dbus.Boolean):
        return bool(value)
    if isinstance(value, int):
        return int(value)
    return str(value)


def options(values):
    """Of a{sv}. One in the other has numbers without a sign."""
    def variant(key, value):
        if isinstance(value, dict):
            return dbus.Dictionary({k: dbus.UInt64(v) if k == "size" else dbus.UInt32(v) if isinstance(v, int) else v
                                    for k, v in value.items()}, signature="sv")
        return dbus.Boolean(value) if isinstance(value, bool) else value
    return dbus.Dictionary({key: variant(key, value) for key, value in values.items()}, signature="sv")


class Listener:
    """Counts the signals of an interface, on a connection of its own. dbus-python would want a main loop for it."""

    HANDLER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)

    def __init__(self, address, interface):
        self.library = ctypes.CDLL("libsystemd.so.0")
        self.bus = ctypes.c_void_p()
        self.count = 0
        self.handler = self.HANDLER(self.on_signal)
        self.do("sd_bus_new", ctypes.byref(self.bus))
        self.do("sd_bus_set_address", self.bus, address.encode())
        self.do("sd_bus_set_bus_client", self.bus, 1)
        self.do("sd_bus_start", self.bus)
        self.do("sd_bus_add_match", self.bus, None, f"type='signal',interface='{interface}'".encode(), self.handler, None)

    def do(self, function, *arguments):
        result = getattr(self.library, function)(*arguments)
        assert result >= 0, (function, result)
        return result

    def on_signal(self, _message, _context, _error):
        self.count += 1
        return 0

    def heard(self):
        """Those that were on their way are there before the answer of the bus."""
        self.do("sd_bus_call_method", self.bus, b"org.freedesktop.DBus", b"/", b"org.freedesktop.DBus.Peer", b"Ping", None, None, b"")
        while self.do("sd_bus_process", self.bus, None) > 0:
            pass
        return self.count


def signal_to_owner():
    message = dbus.lowlevel.SignalMessage("/", NAME, "Anything")
    message.set_destination(bus.get_name_owner(NAME))
    return message


held = []
bus = dbus.bus.BusConnection(sys.argv[1])
print(json.dumps(bus.get_unique_name()), flush=True)
for line in sys.stdin:
    command = json.loads(line)
    try:
        if command["do"] == "call":
            arguments = [options(a) if isinstance(a, dict) else
                         dbus.UInt32(a) if isinstance(a, int) and "v" in command["signature"] else a for a in command["arguments"]]
            result = bus.call_blocking(NAME, command["path"], command["interface"], command["method"],
                                       command["signature"], arguments)
        elif command["do"] == "send":
            message = dbus.lowlevel.MethodCallMessage(NAME, command["path"], command["interface"], command["method"])
            bus.send_message(message)
            bus.flush()
            result = None
        elif command["do"] == "send_descriptor":
            reading, writing = os.pipe()
            descriptor = dbus.types.UnixFd(writing)
            os.close(writing)
            if command["kind"] == "call":
                result = bus.call_blocking(NAME, command["path"], command["interface"], command["method"], "a{sv}",
                                           [dbus.Dictionary({"name": descriptor}, signature="sv")])
            else:
                message = signal_to_owner()
                message.append(descriptor, signature="h")
                del descriptor
                bus.send_message(message)
                del message
                # Whether the bus has let it fall.
                bus.get_name_owner(NAME)
                hang_up = select.poll()
                hang_up.register(reading, 0)
                result = bool(hang_up.poll(500))
        elif command["do"] == "send_signals":
            for _ in range(command["count"]):
                bus.send_message(signal_to_owner())
            bus.get_name_owner(NAME)  # all of them have reached the bus
            result = None
        elif command["do"] == "flood":
            for _ in range(command["count"]):
                message = dbus.lowlevel.MethodCallMessage(NAME, command["path"], command["interface"], command["method"])
                if command["method"].startswith("Open"):
                    message.append(dbus.Dictionary({}, signature="sv"), signature="a{sv}")
                message.set_no_reply(True)
                bus.send_message(message)
            bus.flush()
            result = None
        elif command["do"] == "set_without_waiting":
            for value in command["values"]:
                message = dbus.lowlevel.MethodCallMessage(NAME, command["path"], "org.freedesktop.DBus.Properties", "Set")
                message.append(command["interface"], command["property"], dbus.UInt32(value), signature="ssv")
                message.set_no_reply(True)
                bus.send_message(message)
            bus.flush()
            result = None
        elif command["do"] == "view_again_and_again":
            count = 0
            while count < command["count"]:
                try:
                    _, *descriptors, _ = bus.call_blocking(NAME, command["path"], NAME + ".Display", "OpenViewer", "a{sv}",
                                                           [dbus.Dictionary({}, signature="sv")])
                except dbus.DBusException as error:
                    # Those before are closed already, but it may not have heard of it.
                    if "8 viewers" not in error.get_dbus_message():
                        raise
                    continue
                count += 1
                for descriptor in descriptors:
                    os.close(descriptor.take())
            result = None
        elif command["do"] == "listen":
            listener = Listener(sys.argv[1], command["interface"])
            result = None
        elif command["do"] == "heard":
            result = listener.heard()
        elif command["do"] == "attach":
            message = dbus.lowlevel.MethodCallMessage(NAME, command["path"], command["interface"], command["method"])
            for _ in range(command["count"]):
                message.append(dbus.types.UnixFd(0), signature="h")
            result = bus.send_message_with_reply_and_block(message).get_args_list()
        elif command["do"] == "close":
            os.close(held[command["fd"]])
            result = None
        elif command["do"] == "hello":
            channel = socket.socket(fileno=os.dup(held[command["fd"]]))
            channel.send(struct.pack("<IIII", 1, 16, 1, 0))
            result = None
        elif command["do"] == "paint":
            with mmap.mmap(held[command["fd"]], 0) as buffer:
                struct.pack_into("<I", buffer, command["at"], command["pixel"])
            result = None
        elif command["do"] == "see":
            result = struct.unpack("<I", os.pread(held[command["fd"]], 4, command["at"]))[0] & 0xffffff
        answer = {"result": plain(result) if result is not None else None}
    except dbus.DBusException as error:
        answer = {"error": error.get_dbus_name(), "message": error.get_dbus_message()}
    print(json.dumps(answer), flush=True)
