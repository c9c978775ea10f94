"""A VNC client of the tests' own that comes from the network: VeNCrypt 0.2 with X509Plain, TLS by OpenSSL."""

import socket
import ssl
import struct

from rfb_client import RfbClient

X509_PLAIN = 262


class Refused(Exception):
    """What the server answered to the login."""


class VencryptClient(RfbClient):
    def __init__(self, where, certificate=None, least=ssl.TLSVersion.TLSv1_2, most=ssl.TLSVersion.TLSv1_3, source="127.0.0.1", ciphers=None):
        self.raw_socket = socket.create_connection(where, timeout=60, source_address=(source, 0))
        self.socket = self.raw_socket
        self.begin_decoding()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if ciphers:
            self.context.set_ciphers(ciphers)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_REQUIRED if certificate else ssl.CERT_NONE
        if certificate:
            self.context.load_verify_locations(certificate)
        self.context.minimum_version, self.context.maximum_version = least, most

    def close(self):
        self.socket.close()
        self.raw_socket.close()

    def choose(self, version=b"RFB 003.008\n", kind=19, vencrypt=b"\0\2", subtype=X509_PLAIN):
        """Up to TLS. As far as the server lets it."""
        assert self.read(12) == b"RFB 003.008\n"
        self.send(version)
        [count] = self.read(1)
        assert self.read(count) == b"\x13", "VeNCrypt, and nothing else"
        self.send(bytes([kind]))
        assert self.read(2) == b"\0\2"
        self.send(vencrypt)
        assert self.read(1) == b"\0"
        [count] = self.read(1)
        assert struct.unpack(f">{count}I", self.read(4 * count)) == (X509_PLAIN,), "X509Plain, and nothing else"
        self.send(struct.pack(">I", subtype))
        assert self.read(1) == b"\1"
        return self

    def begin_tls(self):
        self.socket = self.context.wrap_socket(self.socket)
        # Where the server has hung up already, Python makes no handshake and says nothing.
        if self.socket.version() is None:
            raise ConnectionResetError("the server hung up before TLS")
        return self

    def log_in(self, name, password):
        name, password = name.encode(), password.encode()
        self.send(struct.pack(">II", len(name), len(password)) + name + password)
        if self.unpack(">I") != (0,):
            raise Refused(self.read(self.unpack(">I")[0]).decode())
        return self

    def begin(self):
        self.send(b"\1")
        self.width, self.height = self.unpack(">HH BBBB HHH BBB xxx")[:2]
        self.name = self.read(self.unpack(">I")[0]).decode()
        self.pixels = bytearray(self.width * self.height * 4)
        return self

    def shake_hands(self, name, password):
        return self.choose().begin_tls().log_in(name, password).begin()

