"""What a virtual terminal looks like, computed from what /dev/vcsa and /dev/vcsu of the guest hold. None of hvfb-console's code
and data is used here but the font's file: the fonts are read, and the widths of characters come from, Python."""

import gzip
import struct
import unicodedata

from picture import Picture

# The colours of the kernel's terminals, in the order of the bits of VGA.
VGA = [bytes.fromhex(colour) for colour in (
    "000000 0000aa 00aa00 00aaaa aa0000 aa00aa aa5500 aaaaaa 555555 5555ff 55ff55 55ffff ff5555 ff55ff ffff55 ffffff".split())]


class PsfFont:
    """A console font of either version, as /usr/share/consolefonts has them."""

    def __init__(self, data):
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        self.glyphs = {}
        if data[:2] == b"\x36\x04":
            mode, self.height = data[2:4]
            count, self.width, size, at = 512 if mode & 1 else 256, 8, self.height, 4
            entries = [struct.unpack(f"<{len(entry) // 2}H", entry) for entry in self.entries_of_two(data[at + count * size:])]
        else:
            magic, _, at, _, count, size, self.height, self.width = struct.unpack("<8I", data[:32])
            assert magic == 0x864AB572, "no PSF font"
            entries = [[ord(one) for one in entry.split(b"\xfe")[0].decode()] for entry in data[at + count * size:].split(b"\xff")]
        row = (self.width + 7) // 8
        for number, codes in enumerate(entries[:count]):
            glyph = data[at + number * size:at + (number + 1) * size]
            bits = [[glyph[y * row + x // 8] >> (7 - x % 8) & 1 for x in range(self.width)] for y in range(self.height)]
            for code in codes:
                self.glyphs.setdefault(code, bits)

    @staticmethod
    def entries_of_two(table):
        """Of each glyph its code points: what comes before 0xffff, without sequences, which begin with 0xfffe."""
        entry, sequence = b"", False
        for at in range(0, len(table) - 1, 2):
            pair = table[at:at + 2]
            if pair == b"\xff\xff":
                yield entry
                entry, sequence = b"", False
            elif pair == b"\xfe\xff":
                sequence = True
            elif not sequence:
                entry += pair

    def find(self, code):
        return self.glyphs.get(code)


class HexFont:
    """GNU Unifont: 16 rows of 8 or 16 pixels."""

    def __init__(self, text):
        self.lines = dict(line.split(":") for line in text.splitlines())

    def find(self, code):
        digits = self.lines.get(f"{code:04X}")
        if digits is None:
            return None
        step = len(digits) // 16
        return [[int(bit) for bit in f"{int(digits[at:at + step], 16):0{step * 4}b}"] for at in range(0, len(digits), step)]


def is_blank(code):
    return code in (0, 0x20, 0xA0) or 0x2000 <= code <= 0x200B


def is_wide(code):
    return unicodedata.east_asian_width(chr(code)) in "WF"


class TextPicture(Picture):
    """Of a terminal in UTF-8."""

    VGA = VGA

    def __init__(self, width, height, fonts, palette=VGA):
        super().__init__(width, height)
        self.fonts, self.palette = fonts, palette
        self.cell_width, self.cell_height = fonts[0].width, fonts[0].height
        self.columns, self.rows = width // self.cell_width, height // self.cell_height

    def glyph(self, code):
        for font in self.fonts:
            found = font.find(code)
            if found:
                return found, font
        return self.glyph(0xFFFD)

    def fitted(self, glyph, cells):
        """In the middle of its cells, as large as they have room for. What is larger than they are is drawn together: each pixel that is
        set is seen."""
        room, high, wide = (self.cell_width * cells, self.cell_height), len(glyph), len(glyph[0])
        factor = min(room[0] // wide, room[1] // high)
        width, height = (factor * wide, factor * high) if factor else (min(room[0], wide), min(room[1], high))
        left, top = (room[0] - width) // 2, (room[1] - height) // 2
        made = [[0] * room[0] for _ in range(room[1])]
        for y in range(max(height, high)):
            for x in range(max(width, wide)):
                if glyph[y // factor if factor else y][x // factor if factor else x]:
                    made[top + (y if factor else y * height // high)][left + (x if factor else x * width // wide)] = 1
        return made

    def draw(self, vcsa, vcsu, size, cursor=True):
        """`size`: rows and columns of the terminal, for the header of /dev/vcsa has one byte for each."""
        rows, columns = size
        assert len(vcsa) == 4 + 2 * rows * columns and len(vcsu) == 4 * rows * columns, (size, len(vcsa), len(vcsu))
        codes = struct.unpack(f"={rows * columns}I", vcsu)
        cursor_at = (vcsa[2], vcsa[3]) if cursor else None
        made, images = {}, {}
        black = [bytes(self.cell_width * 3)] * self.cell_height
        grid = [[black] * self.columns for _ in range(self.rows)]
        for y in range(min(rows, self.rows)):
            x, shown = 0, min(columns, self.columns)
            while x < shown:
                code = codes[y * columns + x]
                cells = 1
                if is_blank(code):
                    glyph = None
                else:
                    glyph, font = self.glyph(code)
                    room = x + 1 < shown and is_blank(codes[y * columns + x + 1])
                    wide = is_wide(code) or (font is not self.fonts[0] and len(glyph[0]) > 8)
                    cells = 2 if wide and room else 1
                    if (code, cells) not in made:
                        made[code, cells] = self.fitted(glyph, cells)
                    glyph = made[code, cells]
                # The console's font has none of it: the kernel has swapped the colours.
                lacking = code > 127 and vcsa[4 + 2 * (y * columns + x)] == ord("?")
                colours = vcsa[4 + 2 * (y * columns + x) + 1]
                for part in range(cells):
                    attribute = vcsa[4 + 2 * (y * columns + x) + 1]
                    behind = vcsa[4 + 2 * (y * columns + x + part) + 1] >> 4
                    # So it has of the space behind a wide one.
                    if lacking and (part == 0 or is_wide(code) and vcsa[4 + 2 * (y * columns + x + part) + 1] == colours):
                        behind = colours & 7
                    if lacking:
                        attribute = colours & 0x88 | colours >> 4 & 7 | (colours & 7) << 4
                    # Most cells are alike: each is made once.
                    kind = (None if glyph is None else code, cells, part, attribute & 15, behind, (x + part, y) == cursor_at)
                    if kind not in images:
                        images[kind] = self.cell(glyph, part, self.palette[attribute & 15], self.palette[behind], kind[-1])
                    grid[y][x + part] = images[kind]
                x += cells
        beside = bytes((self.width - self.columns * self.cell_width) * 3)
        below = bytes((self.height - self.rows * self.cell_height) * self.width * 3)
        self.pixels = bytearray(b"".join(b"".join(cell[line] for cell in row) + beside for row in grid for line in range(self.cell_height)) + below)
        return self

    def cell(self, glyph, part, foreground, background, cursor):
        """Its rows of pixels."""
        rows = []
        for y in range(self.cell_height):
            if cursor and y >= self.cell_height - self.cell_height // 8:
                rows.append(foreground * self.cell_width)
            elif glyph is None:
                rows.append(background * self.cell_width)
            else:
                bits = glyph[y][part * self.cell_width:(part + 1) * self.cell_width]
                rows.append(b"".join(foreground if bit else background for bit in bits))
        return rows
