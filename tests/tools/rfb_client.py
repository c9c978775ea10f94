"""A VNC client for tests: RFC 6143, with the encodings raw, hextile, ZRLE and Tight (without JPEG). It does what it is told, and no
more: it asks for no update by itself."""

import socket
import struct
import zlib

RAW, HEXTILE, TIGHT, ZRLE = 0, 5, 7, 16
DESKTOP_SIZE, EXTENDED_DESKTOP_SIZE, EXTENDED_KEYS, WINDOW_NAME = -223, -308, -258, -307


class RfbClient:
    def __init__(self, path, timeout=20):
        self.socket = socket.socket(socket.AF_UNIX if isinstance(path, str) else socket.AF_INET, socket.SOCK_STREAM)
        try:
            # It waits where many connect at once.
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise
        self.socket.settimeout(timeout)
        self.begin_decoding()

    def begin_decoding(self):
        self.zlib = zlib.decompressobj()
        self.tight = [zlib.decompressobj() for _ in range(4)]
        self.resizes = 0

    def close(self):
        self.socket.close()

    def read(self, count):
        got = b""
        while len(got) < count:
            part = self.socket.recv(count - len(got))
            if not part:
                raise EOFError(f"the server hung up after {len(got)} of {count} bytes")
            got += part
        return got

    def unpack(self, form):
        return struct.unpack(form, self.read(struct.calcsize(form)))

    def send(self, data):
        self.socket.sendall(data)

    def shake_hands(self):
        assert self.read(12) == b"RFB 003.008\n"
        self.send(b"RFB 003.008\n")
        [count] = self.read(1)
        kinds = self.read(count)
        assert kinds == b"\1", f"not without a password: {kinds}"
        self.send(b"\1")
        assert self.unpack(">I") == (0,)
        self.send(b"\1")
        self.width, self.height, *form = self.unpack(">HH BBBB HHH BBB xxx")
        # The fourth says that there is no palette: anything but 0.
        assert form[3] and form[:3] + form[4:] == [32, 24, 0, 255, 255, 255, 16, 8, 0], f"not XRGB8888: {form}"
        self.name = self.read(self.unpack(">I")[0]).decode()
        self.pixels = bytearray(self.width * self.height * 4)
        return self

    def set_encodings(self, *encodings):
        self.send(struct.pack(f">BxH{len(encodings)}i", 2, len(encodings), *encodings))

    def ask(self, incremental=True, area=None):
        self.send(struct.pack(">BBHHHH", 3, incremental, *(area or (0, 0, self.width, self.height))))

    def wish(self, width, height, screens=1):
        """SetDesktopSize."""
        self.send(struct.pack(">BxHHBx", 251, width, height, screens) + struct.pack(">IHHHHI", 1, 0, 0, width, height, 0) * screens)

    def answer_to_wish(self):
        """Status, width, height."""
        while True:
            self.ask()
            for reason, status, width, height, encoding in self.receive():
                if (reason, encoding) == (1, EXTENDED_DESKTOP_SIZE):
                    return status, width, height

    def receive(self):
        """One update. Its rectangles, as (x, y, width, height, encoding)."""
        kind, count = self.unpack(">BxH")
        assert kind == 0, f"message {kind}"
        rectangles = []
        for _ in range(count):
            x, y, width, height, encoding = self.unpack(">HHHHi")
            rectangles.append((x, y, width, height, encoding))
            if encoding in (DESKTOP_SIZE, EXTENDED_DESKTOP_SIZE):
                if encoding == EXTENDED_DESKTOP_SIZE:
                    self.screens = [self.unpack(">IHHHHI") for _ in range(self.unpack(">Bxxx")[0])]
                self.resizes += 1
                self.width, self.height, self.pixels = width, height, bytearray(width * height * 4)
                continue
            if encoding == EXTENDED_KEYS:
                continue
            if encoding == WINDOW_NAME:
                self.name = self.read(self.unpack(">I")[0]).decode()
                continue
            decode = {RAW: self.raw, HEXTILE: self.hextile, ZRLE: self.zrle, TIGHT: self.tight_rectangle}[encoding]
            decode(x, y, width, height)
        return rectangles

    def update(self, incremental=True):
        self.ask(incremental)
        return self.receive()

    def whole(self):
        """Asks for all of it, until it was sent."""
        self.ask(incremental=False)
        while all(encoding < 0 for *_, encoding in self.receive()):
            pass
        return self

    # ---- pixels: rows of 4 bytes, blue first

    def put(self, x, y, width, height, data):
        assert x + width <= self.width and y + height <= self.height, f"outside: {x} {y} {width} {height}"
        for row in range(height):
            at = ((y + row) * self.width + x) * 4
            self.pixels[at:at + width * 4] = data[row * width * 4:(row + 1) * width * 4]

    def rows(self):
        """As read_png has them."""
        line = self.width * 4
        return [[(r, g, b) for b, g, r in zip(row[0::4], row[1::4], row[2::4])]
                for row in (self.pixels[y * line:(y + 1) * line] for y in range(self.height))]

    def pixel(self, x, y):
        at = (y * self.width + x) * 4
        return self.pixels[at + 2], self.pixels[at + 1], self.pixels[at]

    def raw(self, x, y, width, height):
        self.put(x, y, width, height, self.read(width * height * 4))

    def hextile(self, x, y, width, height):
        background = foreground = bytes(4)
        for top in range(y, y + height, 16):
            for left in range(x, x + width, 16):
                w, h = min(16, x + width - left), min(16, y + height - top)
                [kind] = self.read(1)
                if kind & 1:
                    self.put(left, top, w, h, self.read(w * h * 4))
                    continue
                if kind & 2:
                    background = self.read(4)
                if kind & 4:
                    foreground = self.read(4)
                self.put(left, top, w, h, background * (w * h))
                for _ in range(self.read(1)[0] if kind & 8 else 0):
                    colour = self.read(4) if kind & 16 else foreground
                    at, size = self.read(2)
                    w, h = (size >> 4) + 1, (size & 15) + 1
                    self.put(left + (at >> 4), top + (at & 15), w, h, colour * (w * h))

    def zrle(self, x, y, width, height):
        data = self.zlib.decompress(self.read(self.unpack(">I")[0]))
        at = 0

        def take(count):
            nonlocal at
            at += count
            return data[at - count:at]

        def colour():
            return take(3) + b"\0"

        def length():
            total = 1
            while True:
                [byte] = take(1)
                total += byte
                if byte != 255:
                    return total

        for top in range(y, y + height, 64):
            for left in range(x, x + width, 64):
                w, h = min(64, x + width - left), min(64, y + height - top)
                [kind] = take(1)
                palette = [colour() for _ in range(kind & 127)] if kind != 128 else []
                if kind == 0:
                    out = b"".join(colour() for _ in range(w * h))
                elif kind == 1:
                    out = palette[0] * (w * h)
                elif kind < 128:
                    bits = 1 if kind == 2 else 2 if kind <= 4 else 4
                    out = b""
                    for _ in range(h):
                        packed = take((w * bits + 7) // 8)
                        for i in range(w):
                            shift = 8 - bits - i * bits % 8
                            out += palette[packed[i * bits // 8] >> shift & (1 << bits) - 1]
                else:
                    out = b""
                    while len(out) < w * h * 4:
                        if kind == 128:
                            pixel, count = colour(), length()
                        else:
                            [index] = take(1)
                            pixel, count = palette[index & 127], length() if index & 128 else 1
                        out += pixel * count
                self.put(left, top, w, h, out)
        assert at == len(data)

    def tight_rectangle(self, x, y, width, height):
        [control] = self.read(1)
        for stream in range(4):
            if control >> stream & 1:
                self.tight[stream] = zlib.decompressobj()
        kind = control >> 4
        assert kind != 9, "JPEG, which nobody asked for"
        if kind == 8:
            self.put(x, y, width, height, self.tight_colours(self.read(3)) * (width * height))
            return
        stream, wanted, palette = kind & 3, width * height * 3, None
        if kind & 4:
            [filtered] = self.read(1)
            assert filtered in (0, 1), "a gradient, which libvncserver has for nobody with 24 bits"
            if filtered == 1:
                count = self.read(1)[0] + 1
                colours = self.read(count * 3)
                palette = [self.tight_colours(colours[i:i + 3]) for i in range(0, count * 3, 3)]
                wanted = (width + 7) // 8 * height if count == 2 else width * height
        if wanted < 12:
            data = self.read(wanted)
        else:
            size = shift = 0
            while True:
                [byte] = self.read(1)
                size |= (byte & 127 if shift < 14 else byte) << shift
                shift += 7
                if shift > 14 or not byte & 128:
                    break
            data = self.tight[stream].decompress(self.read(size))
        assert len(data) == wanted, f"{len(data)} of {wanted}"
        if palette is None:
            out = self.tight_colours(data)
        elif len(palette) == 2:
            line = (width + 7) // 8
            out = b"".join(palette[data[row * line + i // 8] >> (7 - i % 8) & 1] for row in range(height) for i in range(width))
        else:
            out = b"".join(palette[index] for index in data)
        self.put(x, y, width, height, out)

    @staticmethod
    def tight_colours(data):
        """Red first, three bytes each."""
        out = bytearray(len(data) // 3 * 4)
        out[0::4], out[1::4], out[2::4] = data[2::3], data[1::3], data[0::3]
        return bytes(out)
