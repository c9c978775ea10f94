"""What a client draws, computed once more outside the guest."""


def scribble_numbers(seed):
    """The numbers that painter's `scribble` draws by."""
    state = seed
    while True:
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        yield state >> 8


class Picture:
    """Three bytes a pixel: red, green, blue. Black at first."""

    def __init__(self, width, height):
        self.width, self.height = width, height
        self.pixels = bytearray(width * height * 3)

    def fill(self, x, y, width, height, color):
        right, bottom = min(x + width, self.width), min(y + height, self.height)
        row = bytes.fromhex(color) * max(right - x, 0)
        for line in range(y, bottom):
            at = (line * self.width + x) * 3
            self.pixels[at:at + len(row)] = row

    def pattern(self, seed):
        """Every pixel unlike its neighbours."""
        def repeated(values):
            return bytes(values) * (self.width // 256 + 2)

        red, blue = repeated(x * 7 & 255 for x in range(256)), repeated(range(256))
        row = bytearray(self.width * 3)
        for y in range(self.height):
            # Every row is one of 256 values that repeat, begun elsewhere; 183 is the inverse of 7.
            begin = (y * 3 + seed) * 183 & 255
            row[0::3] = red[begin:begin + self.width]
            row[1::3] = repeated(x ^ y & 255 for x in range(256))[:self.width]
            begin = y * 5 + seed * 11 & 255
            row[2::3] = blue[begin:begin + self.width]
            at = y * self.width * 3
            self.pixels[at:at + len(row)] = row

    def scribble(self, count, seed):
        numbers = scribble_numbers(seed)
        for _ in range(count):
            x, y = next(numbers) % self.width, next(numbers) % self.height
            width, height = 1 + next(numbers) % 100, 1 + next(numbers) % 100
            self.fill(x, y, width, height, f"{next(numbers):06x}")

    def difference(self, width, height, pixels):
        """Nothing, or how another picture differs."""
        if (width, height) != (self.width, self.height):
            return f"{width}x{height} instead of {self.width}x{self.height}"
        if pixels == self.pixels:
            return None
        row = self.width * 3
        rows = [y for y in range(height) if pixels[y * row:(y + 1) * row] != self.pixels[y * row:(y + 1) * row]]
        wrong = [at // 3 for y in rows[:1] for at in range(y * row, (y + 1) * row) if pixels[at] != self.pixels[at]]
        at = wrong[0]
        return (f"{len(rows)} rows differ, from {rows[0]} to {rows[-1]}; the first pixel is {at % width},{at // width}: "
                f"{pixels[at * 3:at * 3 + 3].hex()} instead of {self.pixels[at * 3:at * 3 + 3].hex()}")
