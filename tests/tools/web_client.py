"""A browser's side of hvfb-vnc for tests: requests of HTTP/1.1, and VNC in a WebSocket (RFC 6455), with TLS and without."""

import base64
import hashlib
import os
import socket
import ssl
import struct

from rfb_client import RfbClient
from vencrypt_client import Refused

PLAIN = 256


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


class Connection:
    """`where`: the path of a socket, or an address and a port."""

    def __init__(self, where, tls=False, timeout=60):
        self.raw = socket.socket(socket.AF_UNIX if isinstance(where, str) else socket.AF_INET)
        self.raw.settimeout(timeout)
        self.raw.connect(where)
        self.socket = self.raw
        self.host = "localhost" if isinstance(where, str) else f"{where[0]}:{where[1]}"
        self.scheme = "https" if tls else "http"
        self.left = b""
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.raw)
            # As VencryptClient.begin_tls has it.
            if self.socket.version() is None:
                raise ConnectionResetError("the server hung up before TLS")

    def close(self):
        self.socket.close()
        self.raw.close()

    def read_some(self):
        part = self.socket.recv(65536)
        if not part:
            raise EOFError(f"the server hung up after {self.left[:100]}")
        self.left += part

    def read(self, count):
        while len(self.left) < count:
            self.read_some()
        got, self.left = self.left[:count], self.left[count:]
        return got

    def read_head(self):
        while b"\r\n\r\n" not in self.left:
            self.read_some()
        head, self.left = self.left.split(b"\r\n\r\n", 1)
        first, *lines = head.decode().split("\r\n")
        return int(first.split()[1]), {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}

    def request(self, path, method="GET", host=None, **headers):
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host or self.host}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())

    def get(self, path, **how):
        self.request(path, **how)
        status, headers = self.read_head()
        return Response(status, headers, self.read(int(headers.get("content-length", 0))))

    def upgrade(self, path="/vnc", protocol="binary", origin=None, host=None, **headers):
        key = base64.b64encode(os.urandom(16)).decode()
        if protocol:
            headers["Sec_WebSocket_Protocol"] = protocol
        if origin != "":
            headers["Origin"] = origin or f"{self.scheme}://{self.host}"
        self.request(path, host=host, Upgrade="websocket", Connection="Upgrade", Sec_WebSocket_Key=key, Sec_WebSocket_Version=13, **headers)
        status, answered = self.read_head()
        if status != 101:
            raise Refused(f"{status}")
        proof = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        assert answered["sec-websocket-accept"] == base64.b64encode(proof).decode(), answered
        return self

    def send_frame(self, payload, opcode=2):
        size = len(payload)
        length = bytes([128 | size]) if size < 126 else struct.pack(">BH", 254, size) if size < 65536 else struct.pack(">BQ", 255, size)
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[i & 3] for i, byte in enumerate(payload))
        self.socket.sendall(bytes([128 | opcode]) + length + mask + masked)

    def read_frame(self):
        first, second = self.read(2)
        size = second & 127
        if size > 125:
            [size] = struct.unpack(">H" if size == 126 else ">Q", self.read(2 if size == 126 else 8))
        payload = self.read(size)
        if first & 15 == 8:
            raise EOFError("the server closed the WebSocket")
        return payload


class WebSocketClient(RfbClient):
    """A VNC client in a WebSocket."""

    def __init__(self, where, tls=False, cookie=None, **how):
        self.connection = Connection(where, tls)
        self.received = b""
        self.begin_decoding()
        try:
            self.connection.upgrade(**how, **({"Cookie": cookie} if cookie else {}))
        except BaseException:
            self.close()
            raise

    def close(self):
        self.connection.close()

    def send(self, data):
        self.connection.send_frame(data)

    def read(self, count):
        while len(self.received) < count:
            self.received += self.connection.read_frame()
        got, self.received = self.received[:count], self.received[count:]
        return got

    def log_in(self, name, password):
        """As noVNC does."""
        assert self.read(12) == b"RFB 003.008\n"
        self.send(b"RFB 003.008\n")
        assert self.read(2) == b"\1\x13", "VeNCrypt, and nothing else"
        self.send(b"\x13")
        assert self.read(2) == b"\0\2"
        self.send(b"\0\2")
        assert self.read(2) == b"\0\1"
        assert self.unpack(">I") == (PLAIN,), "Plain, and nothing else"
        self.send(struct.pack(">I", PLAIN))
        name, password = name.encode(), password.encode()
        self.send(struct.pack(">I", len(name)))
        self.send(struct.pack(">I", len(password)))
        self.send(name)
        self.send(password)
        if self.unpack(">I") != (0,):
            raise Refused(self.read(self.unpack(">I")[0]).decode())
        self.send(b"\1")
        self.width, self.height = self.unpack(">HH BBBB HHH BBB xxx")[:2]
        self.name = self.read(self.unpack(">I")[0]).decode()
        self.pixels = bytearray(self.width * self.height * 4)
        return self
