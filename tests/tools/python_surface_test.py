"""hvfb.Surface of the Python package: pixels, drawing, frames, events, modes, errors."""

import asyncio
import errno
import json
import math
import pathlib
import subprocess
import sys
import threading
import time
import unittest

import numpy
from PIL import Image, ImageDraw

from private_daemon import SOURCE, Daemon, run
from python_binding import BLUE, GREEN, ORANGE, PACKAGE, RED, WithPython, environment, hvfb


class PythonPixels(WithPython):
    def test_are_bytes_that_are_shown_when_they_are_stored(self):
        surface = self.surface("bytes")
        pixels = surface.pixels()
        self.assertEqual((surface.mode, surface.stride, len(pixels), pixels.readonly),
                         ((640, 480), 664 * 4, 664 * 4 * 480, False))
        at = 3 * surface.stride + 5 * 4
        pixels[at:at + 4] = bytes((0, 128, 255, 0))
        self.assertTrue(surface.present(30).shown)
        rows = self.screen()
        self.assertEqual(rows[3][4:7], [(0, 0, 0), ORANGE, (0, 0, 0)])

    def test_are_a_numpy_array_that_honours_the_stride_and_needs_no_copy(self):
        surface = self.surface()
        array = surface.array()
        self.assertEqual((array.shape, array.strides, array.dtype), ((480, 640, 4), (surface.stride, 4, 1), numpy.uint8))
        rgb = array[..., 2::-1]
        rgb[:, :, 0] = numpy.arange(640) % 256
        rgb[:, :, 1] = numpy.arange(480)[:, None] % 256
        numpy.asarray(surface)[479, 639, :3] = (255, 255, 255)
        self.assertTrue(numpy.shares_memory(numpy.asarray(surface), array))
        self.assertFalse(numpy.shares_memory(numpy.array(surface, copy=True), array))
        self.assertEqual(numpy.asarray(surface, dtype=float).dtype, float)
        surface.present(30)
        shown = numpy.array(self.screen(), numpy.uint8)
        self.assertEqual(tuple(shown[479, 639]), (255, 255, 255))
        numpy.testing.assert_array_equal(shown, rgb)

    def test_are_a_pillow_image_that_is_drawn_in_without_a_copy(self):
        surface = self.surface()
        image = surface.image()
        self.assertEqual((image.size, image.mode), ((640, 480), "RGBX"))
        ImageDraw.Draw(image).rectangle((10, 20, 109, 39), fill=hvfb.ink(ORANGE))
        image.putpixel((639, 479), hvfb.ink("#0000ff"))
        image.paste(hvfb.ink(0x00FF00), (200, 0, 210, 10))
        surface.present(30)
        rows = self.screen()
        for y, row in enumerate(rows):
            expected = [(0, 0, 0)] * 640
            if 20 <= y < 40:
                expected[10:110] = [ORANGE] * 100
            if y < 10:
                expected[200:210] = [GREEN] * 10
            if y == 479:
                expected[639] = BLUE
            self.assertEqual(row, expected, y)

    def test_of_a_picture_of_pillows_have_its_colours(self):
        surface = self.surface()
        picture = Image.linear_gradient("L").convert("RGB")
        picture.paste(RED, (0, 0, 20, 20))
        surface.paste(picture, 100, 50)
        surface.paste(Image.new("RGBA", (30, 30), (0, 0, 255, 7)), -10, 460)
        surface.paste(Image.new("P", (5, 5)), 1000, 0)
        surface.present(30)
        expected = Image.new("RGB", (640, 480))
        expected.paste(picture, (100, 50))
        expected.paste(BLUE, (0, 460, 20, 480))
        numpy.testing.assert_array_equal(numpy.array(self.screen(), numpy.uint8), numpy.asarray(expected))


class PythonDrawing(WithPython):
    def test_clips_at_every_edge(self):
        surface = self.surface()
        array = surface.array()
        expected = numpy.zeros_like(array)

        surface.fill(RED)
        expected[..., 2] = 255
        surface.fill("#0000ff", (-10, -10, 20, 20))
        expected[:10, :10] = (255, 0, 0, 0)
        surface.fill(0x00FF00, (630, 470, 2**40, 2**40))
        expected[470:, 630:] = (0, 255, 0, 0)
        surface.fill(numpy.uint32(0xFF00), numpy.array((630, 470, 20, 20)))
        surface.fill(numpy.array((0, 255, 0)), (numpy.int16(635), 475, 20, 20))
        surface.fill(0, (700, 0, 5, 5))
        surface.fill(0, (0, 0, -5, 5))
        numpy.testing.assert_array_equal(array, expected)

        source = numpy.arange(40 * 30 * 4, dtype=numpy.uint8).reshape(30, 40, 4)
        surface.blit((-7, -9, 40, 30), source)
        expected[:21, :33] = source[9:, 7:]
        surface.blit((620, 465, 40, 30), source.tobytes())
        expected[465:, 620:] = source[:15, :20]
        wide = numpy.zeros((4, 50, 4), numpy.uint8)
        surface.blit((100, 100, 10, 4), wide, 200)
        expected[100:104, 100:110] = 0
        numpy.testing.assert_array_equal(array, expected)

        for source_rect, x, y in (((0, 0, 50, 50), 5, 5), ((-5, -5, 30, 30), 300, 200), ((100, 90, 40, 40), -15, -20),
                                  ((600, 450, 90, 90), 10, 440), ((10, 10, 30, 30), 625, 465), ((0, 0, 10, 10), 700, 700)):
            with self.subTest(source=source_rect, x=x, y=y):
                before = expected.copy()
                for row in range(source_rect[3]):
                    for column in range(source_rect[2]):
                        from_y, from_x = source_rect[1] + row, source_rect[0] + column
                        if 0 <= from_y < 480 and 0 <= from_x < 640 and 0 <= y + row < 480 and 0 <= x + column < 640:
                            expected[y + row, x + column] = before[from_y, from_x]
                surface.copy(source_rect, x, y)
                numpy.testing.assert_array_equal(array, expected)

    def test_takes_integers_of_numpy_however_few_bits_they_have(self):
        surface = self.surface()
        few = numpy.array([200, 100, 250, 90], numpy.uint8)
        surface.fill(tuple(few[:3]), tuple(few))
        surface.copy(few, few[0], few[2])
        surface.blit(few, bytes(int(few[2]) * int(few[3]) * 4), numpy.int16(1000))
        expected = numpy.zeros((480, 640, 3), numpy.uint8)
        expected[250:340, 200:450] = few[:3]
        numpy.testing.assert_array_equal(surface.array()[..., 2::-1], expected)

    def test_reads_nothing_behind_a_source_that_is_too_short(self):
        surface = self.surface()
        for wrong in (lambda: surface.blit((0, 0, 10, 10), bytes(399)), lambda: surface.blit((0, 0, 10, 10), bytes(400), 39),
                      lambda: surface.blit((-100, -100, 2**30, 2**30), bytes(400)),
                      lambda: surface.fill("red"), lambda: surface.fill((1, 2, 256)), lambda: surface.fill(-1)):
            self.assertRaises(ValueError, wrong)
        self.assertRaises((BufferError, ValueError), surface.blit, (0, 0, 2, 2), numpy.zeros((2, 4, 4), numpy.uint8)[:, ::2])
        self.assertFalse(surface.array().any())

    def test_of_a_frame_is_seen_when_it_has_ended(self):
        surface, viewer = self.surface(), self.viewer()
        surface.present(math.inf)
        viewer.wait(math.inf)
        for color in (RED, BLUE) * 5:
            with surface.frame():
                surface.fill(color, (0, 0, 640, 240))
                with surface.frame():
                    surface.fill(color, (0, 240, 640, 240))
            surface.present(30)
            self.assertEqual(viewer.array()[::479, ::639, 2::-1].tolist(), [[list(color)] * 2] * 2)

    def test_of_an_untracked_surface_is_seen_where_it_says_so(self):
        # A viewer that comes makes the daemon compare everything: this one stays.
        surface, viewer = self.surface(untracked=True), self.viewer()
        self.assertEqual(surface.tracking, "none")
        surface.present(30)
        viewer.wait(30)
        shown = viewer.array()[..., 0]
        surface.array()[:10, :10] = 255
        surface.array()[100:110, :10] = 255
        surface.damage((0, 0, 10, 10), (-5, 300, 2, 2))
        surface.present(30)
        self.assertEqual((shown[5, 5], shown[105, 5]), (255, 0))
        with surface.frame():
            pass
        surface.present(30)
        self.assertEqual(shown[105, 5], 255)
        with surface.frame((200, 200, 1, 1)):
            surface.array()[200:400:100, 200] = 255
        surface.present(30)
        self.assertEqual((shown[200, 200], shown[300, 200]), (255, 0))


class PythonEvents(WithPython):
    def test_come_to_who_waits(self):
        self.hvfbctl("set", "WhenHidden", "pause")
        with self.viewer():
            surface = self.surface()
            self.assertTrue(surface.is_shown())
        while surface.is_shown():
            self.collect_until(surface, hvfb.Event.VISIBLE)
        surface.dispatch()
        self.assertEqual(surface.wait(0), hvfb.Event(0))
        self.assertEqual(surface.wait(0.01), hvfb.Event(0))
        frame = surface.request_frame()
        self.assertFalse(surface.wait_frame(frame, 30).shown)
        self.assertTrue(self.collect_until(surface, hvfb.Event.PRESENTED))

    def test_come_to_an_event_loop_and_end_with_close(self):
        surface = self.surface()

        async def main():
            seen = []
            asyncio.get_running_loop().call_later(0.01, surface.request_frame)
            async for events in surface.events():
                seen.append(events)
                if events & hvfb.Event.PRESENTED:
                    threading.Timer(0.01, surface.close).start()
            return seen

        self.assertIn(hvfb.Event.PRESENTED, asyncio.run(asyncio.wait_for(main(), 30))[-1])
        self.assertTrue(surface.closed)

    def test_do_not_wait_for_each_other_in_an_event_loop(self):
        """A frame that is waited for in a thread keeps nobody, nor does an event that is not taken."""
        surface = self.surface()

        async def main():
            frame = surface.request_frame()
            answer = await asyncio.to_thread(surface.wait_frame, frame, 30)
            events = surface.events()
            first = await anext(events)
            surface.request_frame()
            before = time.thread_time()
            await asyncio.sleep(0.1)  # while one is there that nobody takes
            busy = time.thread_time() - before
            second = await anext(events)
            await events.aclose()
            return answer.frame, first & second & hvfb.Event.PRESENTED, busy

        frame, events, busy = asyncio.run(asyncio.wait_for(main(), 30))
        self.assertEqual((frame, events), (1, hvfb.Event.PRESENTED))
        self.assertLess(busy, 0.08)

    def test_of_a_new_mode_bring_other_pixels_and_leave_the_old_ones(self):
        surface, viewer = self.surface(), self.viewer()
        surface.fill(ORANGE, (0, 0, 10, 10))
        surface.present(30)
        viewer.wait(30)
        old = surface.array(), surface.image(), surface.pixels(), viewer.array()
        self.assertFalse(surface.configure())
        self.hvfbctl("mode", "800x600")
        self.collect_until(surface, hvfb.Event.CONFIGURE)
        self.assertEqual(surface.mode, (640, 480))
        self.assertTrue(surface.configure())
        self.assertEqual((surface.mode, surface.array().shape), ((800, 600), (600, 800, 4)))
        self.assertEqual(surface.array()[9, 9].tolist(), [0, 128, 255, 0])
        old[0][:] = 7
        old[1].putpixel((0, 0), (1, 2, 3))
        self.assertEqual(bytes(old[2][:8]), bytes((1, 2, 3, 255, 7, 7, 7, 7)))
        surface.array()[599, 799] = 255
        surface.present(30)
        while not viewer.wait(30).mode_changed:
            pass
        self.assertEqual((viewer.mode, viewer.array()[9, 9].tolist()), ((800, 600), [0, 128, 255, 0]))
        rows = self.screen()
        self.assertEqual((len(rows), rows[599][799], rows[9][9], rows[0][0]), (600, (255,) * 3, ORANGE, ORANGE))
        self.assertEqual((old[3][9, 9].tolist(), old[3].shape), ([0, 128, 255, 0], (480, 640, 4)))

    def test_of_a_daemon_that_goes_and_comes_while_it_is_drawn(self):
        surface = self.surface("lost")
        array, end = surface.array(), threading.Event()

        def draw():
            count = 0
            while not end.is_set():
                count += 1
                with surface.frame():
                    surface.fill(count % 256, (0, 0, 100, 100))
                    array[200:300, :100] = count % 256
                surface.damage()

        drawing = threading.Thread(target=draw)
        drawing.start()
        try:
            self.assertIsNone(surface.error)
            self.assertEqual(self.daemon.stop(), 0)
            self.collect_until(surface, hvfb.Event.LOST)
            self.assertIn(surface.error.errno, (errno.ECONNRESET, errno.EHOSTUNREACH))
            self.assertGreater(len(surface.error.strerror), 10)
            with self.assertRaises(hvfb.Error) as raised:
                surface.present()
            self.assertEqual(raised.exception.errno, errno.ENOTCONN)
            self.daemon = Daemon(self.bus)
            self.collect_until(surface, hvfb.Event.BACK)
            self.assertFalse(surface.reconnect())
        finally:
            end.set()
            drawing.join()
        surface.fill(GREEN)
        array[5, 5] = 255
        surface.present(30)
        rows = self.screen()
        self.assertEqual((rows[5][4], rows[5][5], rows[479][639]), (GREEN, (255,) * 3, GREEN))

    def test_are_no_more_after_it_was_closed_from_outside(self):
        surface = self.surface()
        [listed] = json.loads(self.hvfbctl("surfaces", "--json"))
        run("busctl", f"--address={self.bus.address}", "call", "org.hvfbd.Framebuffer1",
            f"/org/hvfbd/Framebuffer1/display0/surface{listed['Number']}", "org.hvfbd.Framebuffer1.Surface", "Close")
        self.collect_until(surface, hvfb.Event.REVOKED)
        self.assertEqual(surface.error.errno, errno.ECANCELED)
        surface.fill(RED)
        self.assertEqual(surface.array()[0, 0].tolist(), [0, 0, 255, 0])


class PythonExamples(WithPython):
    def test_of_ten_lines_shows_a_picture(self):
        lines = (SOURCE / "client/examples/show_image.py").read_text().splitlines()[2:]
        self.assertLessEqual(len([line for line in lines if line]), 10)
        picture = Image.linear_gradient("L").convert("RGB")
        picture.paste(ORANGE, (0, 0, 128, 20))
        file = self.daemon.folder / "picture.png"
        picture.save(file)
        with subprocess.Popen([sys.executable, SOURCE / "client/examples/show_image.py", file], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, env=environment(self.bus)) as showing:
            showing.stdout.read(1)
            shown = numpy.array(self.screen(), numpy.uint8)
            showing.communicate(b"\n")
        self.assertEqual(showing.returncode, 0)
        numpy.testing.assert_array_equal(shown, numpy.asarray(picture.resize((640, 480))))


    def test_says_in_a_sentence_what_is_wrong_with_what_it_is_given(self):
        (self.daemon.folder / "no.png").write_text("no picture")
        for words, nowhere, sentence in (((), False, "give the name of a picture"), (("/none.png",), False, "No such file or directory: '/none.png'"),
                                         ((self.daemon.folder / "no.png",), False, "cannot identify image file"),
                                         ((SOURCE / "docs/pictures/demo.png",), True, "bus")):
            with self.subTest(words):
                told = environment(self.bus) | ({"HVFB_BUS": "unix:path=/nonexistent/bus"} if nowhere else {})
                done = run(sys.executable, SOURCE / "client/examples/show_image.py", *words, env=told)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertRegex(done.stderr, f"\\Ashow_image.py: .*{sentence}.*\n\\Z")


class PythonErrors(WithPython):
    def test_have_the_sentence_of_who_refused(self):
        with self.assertRaises(hvfb.Error) as raised:
            hvfb.Surface(display="display7")
        self.assertEqual((raised.exception.errno, raised.exception.strerror),
                         (errno.ENOENT, "hvfbd has no display display7: hvfbctl displays lists them"))
        self.assertIsInstance(raised.exception, OSError)
        for number in range(16):
            self.surface(f"surface {number}")
        with self.assertRaisesRegex(hvfb.Error, "this user has 16 surfaces open"):
            hvfb.Surface("one more")
        nowhere = "unix:path=/nonexistent/bus"
        for failing in (lambda: hvfb.Surface(bus=nowhere), lambda: hvfb.Viewer(bus=nowhere), lambda: hvfb.displays(nowhere)):
            with self.assertRaises(hvfb.Error) as raised:
                failing()
            self.assertGreater(len(raised.exception.strerror), 20)
        self.assertRaises(ValueError, hvfb.Surface, "a\0b")
        self.assertRaisesRegex(hvfb.Error, "is not a display's name", hvfb.Surface, display="no such thing")

    def test_of_frames_that_were_never_asked_for(self):
        surface = self.surface()
        with self.assertRaises(hvfb.Error) as raised:
            surface.wait_frame(5)
        self.assertEqual(raised.exception.errno, errno.EINVAL)

    def test_do_not_hide_that_there_is_no_memory_for_the_pixels(self):
        self.run_python("""
import resource, hvfb
with hvfb.Surface(): pass
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**20, -1))
try:
    hvfb.Surface()
except (OSError, MemoryError) as error:
    print(type(error))
else:
    raise SystemExit("opened")
""")


class PythonPackage(WithPython):
    displays = 2

    def test_lists_displays_and_says_its_version_and_constants(self):
        [version] = {line.split('"')[1] for line in (SOURCE / "client/include/hvfb/hvfb.h").read_text().splitlines()
                     if line.startswith("#define HVFB_VERSION \"")}
        self.assertEqual(hvfb.version(), version)
        self.assertEqual(hvfb.displays()[1], hvfb.Display("display1", "memory", hvfb.Mode(640, 480), hvfb.Format.XRGB8888,
                                                          hvfb.displays()[1].visible, ()))
        self.assertEqual([display.name for display in hvfb.displays(bus=self.bus.address)], ["display0", "display1"])
        header = (SOURCE / "client/include/hvfb/hvfb.h").read_text().replace("\\\n", "")
        for event in hvfb.Event:
            self.assertRegex(header, rf"#define HVFB_EVENT_{event.name} +{event.value}u")
        self.assertEqual(header.count("#define HVFB_EVENT_"), len(hvfb.Event))
        self.assertIn(f"#define HVFB_FORMAT_XRGB8888 {hvfb.Format.XRGB8888:#x}u", header)

    def test_opens_on_the_display_it_is_told_with_the_name_it_is_told(self):
        surface = self.surface("picture", display="display1")
        self.assertEqual([listed["Name"] for listed in json.loads(self.hvfbctl("--display", "display1", "surfaces", "--json"))],
                         ["picture"])
        surface.close()
        self.assertEqual(json.loads(self.hvfbctl("--display", "display1", "surfaces", "--json")), [])
        with self.surface("kept", keep=True) as kept:
            kept.fill(RED)
            kept.present(30)
            old = kept.array()
        old[:] = 0
        with self.surface("kept", keep=True) as kept:
            self.assertEqual(kept.array()[0, 0].tolist(), [0, 0, 255, 0])
        program = self.surface("program", display="display1")
        self.surface("console", display="display1", background=True)
        self.assertEqual({listed["Name"]: (listed["Layer"], listed["Active"])
                          for listed in json.loads(self.hvfbctl("--display", "display1", "surfaces", "--json"))},
                         {"program": ("normal", True), "console": ("background", False)})
        program.close()

    def test_is_typed_and_calls_every_function_of_the_library(self):
        checked = run("/usr/bin/mypy", "--cache-dir=/dev/null", f"--config-file={PACKAGE}/mypy.ini", PACKAGE / "hvfb", timeout=80)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""), checked.stdout)
        self.assertTrue((PACKAGE / "hvfb/py.typed").exists())
        text = "".join(file.read_text() for file in (PACKAGE / "hvfb").glob("*.py"))
        symbols = {line.split("@")[0].strip() for line in (SOURCE / "packaging/debian/libhvfb1.symbols").read_text().splitlines()
                   if line.startswith(" hvfb_")}
        self.assertEqual({name for name in symbols if f'"{name}"' not in text}, {"hvfb_surface_error"})

    def test_has_a_docstring_for_all_that_it_offers(self):
        for name in hvfb.__all__:
            thing = getattr(hvfb, name)
            if isinstance(thing, type):
                self.assertTrue(thing.__doc__, name)
                for member, value in vars(thing).items():
                    # What the names of values say needs none.
                    if not member.startswith("_") and (callable(value) or isinstance(value, property)):
                        if member not in ("closed", "mode", "width", "height"):
                            self.assertTrue(value.__doc__, f"{name}.{member}")

    def test_has_structs_as_the_compiler_lays_them_out(self):
        from hvfb import _library

        names = {"Layout": "layout", "Rect": "rect", "Mode": "mode", "OpenOptions": "open_options", "Presentation": "presentation",
                 "Display": "display", "ViewerFrame": "viewer_frame"}
        lines, expected = [], []
        for python, c in names.items():
            struct = getattr(_library, python)
            for member, _ in struct._fields_:
                lines.append(f'printf("%zu\\n", offsetof(struct hvfb_{c}, {member}));')
                expected.append(getattr(struct, member).offset)
            lines.append(f'printf("%zu\\n", sizeof(struct hvfb_{c}));')
            import ctypes

            expected.append(ctypes.sizeof(struct))
        program = pathlib.Path(self.daemon.folder) / "offsets"
        program.with_suffix(".c").write_text("#include <hvfb/hvfb.h>\n#include <stdio.h>\nint main(void) {\n" + "\n".join(lines) + "\n}\n")
        compiled = run("cc", f"-I{SOURCE}/client/include", program.with_suffix(".c"), "-o", program)
        self.assertEqual(compiled.returncode, 0, compiled.stderr)
        self.assertEqual([int(line) for line in run(program).stdout.split()], expected)


if __name__ == "__main__":
    unittest.main()
