"""hvfbctl record: a video has each picture that was shown, at its time. ffmpeg makes it, and reads it here."""

import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import tempfile
import time
import unittest

from private_daemon import PROGRAMS, OnPrivateBus, for_caller

WIDTH, HEIGHT = 640, 480
COLOURS = (0x102030, 0xFF8000, 0x00FF01)
WITHIN = 60


def decoded(path, shape="rgb24", words=()):
    """Each frame of a video, three bytes a pixel."""
    done = subprocess.run(["ffmpeg", "-loglevel", "error", *words, "-i", path, "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", shape, "-"],
                          capture_output=True, timeout=WITHIN)
    assert done.returncode == 0, done.stderr
    size = WIDTH * HEIGHT * 3
    assert len(done.stdout) % size == 0
    return [done.stdout[at:at + size] for at in range(0, len(done.stdout), size)]


def probed(path):
    done = subprocess.run(["ffprobe", "-loglevel", "error", "-show_streams", "-show_packets", "-of", "json", path], capture_output=True, timeout=WITHIN)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def shown(frames):
    """The colours of those that have one, each once in a row: of a large change a part may be shown before the rest."""
    colours = [int.from_bytes(frame[:3], "big") for frame in frames if frame == frame[:3] * (WIDTH * HEIGHT)]
    return [colour for at, colour in enumerate(colours) if at == 0 or colours[at - 1] != colour]


def times(path):
    return sorted(float(packet["pts_time"]) for packet in probed(path)["packets"])


class OnRecording(OnPrivateBus):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.drawing = self.painter("drawing")
        self.fill(COLOURS[0])

    def fill(self, colour):
        self.drawing.tell(f"fill 0 0 {WIDTH} {HEIGHT} {colour:06x}")
        self.assertIn(self.drawing.ask("frame"), ("shown", "not shown"))

    def begin(self, *words, **options):
        """Returns when it has its first picture, where it writes a file."""
        process = subprocess.Popen([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "record", *map(str, words)],
                                   **{"stderr": subprocess.PIPE, **options})
        self.addCleanup(self.end_of, process)
        self.await_viewers(1)
        deadline = time.monotonic() + WITHIN
        while not all(word.exists() for word in words if isinstance(word, pathlib.Path)):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        return process

    @staticmethod
    def end_of(process):
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()

    def await_viewers(self, count):
        deadline = time.monotonic() + WITHIN
        while self.hvfbctl("get", "Viewers").split()[-1] != str(count):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def finish(self, process, number=signal.SIGINT, code=0):
        process.send_signal(number)
        self.assertEqual(process.wait(timeout=WITHIN), code, process.stderr.read() if process.stderr else "")


class Record(OnRecording):
    def test_a_lossless_video_has_each_picture_to_the_bit_from_its_time_on(self):
        path = self.folder / "screen.mkv"
        process = self.begin("--lossless", path)
        time.sleep(1)
        for colour in COLOURS[1:]:
            self.fill(colour)
            time.sleep(1)
        self.finish(process)
        frames, at = decoded(path), times(path)
        self.assertEqual(shown(frames), list(COLOURS))
        self.assertEqual((len(at), at[0]), (len(frames), 0))
        # From a picture until the next one began, or the recording ended, a second passed: part of it where the machine is busy.
        last = [max(number for number, frame in enumerate(frames) if shown([frame]) == [colour]) for colour in COLOURS[1:]]
        first = [min(number for number, frame in enumerate(frames) if shown([frame]) == [colour]) for colour in COLOURS[1:]]
        self.assertGreater(at[first[1]] - at[first[0]], 0.5)
        self.assertGreater(at[last[1]] - at[first[1]], 0.5)

    def test_what_does_not_change_is_written_once_and_at_the_end(self):
        path = self.folder / "screen.mkv"
        self.hvfbctl("record", "--lossless", "--seconds=3", path)
        frames = decoded(path)
        self.assertEqual((len(frames), shown(frames)), (2, [COLOURS[0]]))
        first, last = times(path)
        self.assertGreater(last - first, 1.5)

    def test_no_more_pictures_a_second_are_written_than_were_asked_for(self):
        path = self.folder / "screen.mkv"
        process = self.begin("--lossless", "--rate=2", path)
        began = time.monotonic()
        for step in range(60):
            self.fill(step)
            time.sleep(0.05)
        self.finish(process)
        took = time.monotonic() - began
        frames = decoded(path)
        self.assertLessEqual(len(frames), 2 * (took + 1) + 2)
        self.assertGreater(len(frames), 3)
        self.assertEqual(shown(frames[-1:]), [59])

    def test_another_mode_is_shown_in_the_size_of_the_first_one(self):
        path = self.folder / "screen.mkv"
        process = self.begin("--lossless", path)
        self.hvfbctl("mode", "320x240")
        self.assertEqual(self.drawing.ask("configure"), "320x240")
        self.fill(COLOURS[1])
        time.sleep(1)
        self.finish(process)
        row = COLOURS[1].to_bytes(3, "big") * 320 + bytes(320 * 3)
        self.assertTrue(decoded(path)[-1] == row * 240 + bytes(WIDTH * 3 * 240))


class RecordFormats(OnRecording):
    def test_each_player_can_show_a_video_of_any_name_it_takes(self):
        for name, codec in (("a.mkv", "h264"), ("b.mp4", "h264"), ("c.webm", "vp9"), ("http:d.mkv", "h264"), ("-e.mp4", "h264")):
            with self.subTest(name):
                path = self.folder / name
                self.hvfbctl("record", "--seconds=0.5", "--", name, cwd=self.folder)
                [stream] = probed(path)["streams"]
                self.assertEqual((stream["codec_name"], stream["pix_fmt"], stream["width"], stream["height"]), (codec, "yuv420p", WIDTH, HEIGHT))
                for red, green, blue in zip(*[iter(decoded(path)[0][:3000])] * 3):
                    for got, wanted in zip((red, green, blue), COLOURS[0].to_bytes(3, "big")):
                        self.assertLess(abs(got - wanted), 8)


class RecordEnds(OnRecording):
    def test_a_signal_ends_it_and_the_file_is_whole(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                path = self.folder / f"{number.name}.mp4"
                self.finish(self.begin(path), number)
                self.await_viewers(0)
                self.assertGreaterEqual(len(decoded(path)), 1)

    def test_what_was_recorded_is_kept_where_the_daemon_goes(self):
        path = self.folder / "screen.mkv"
        process = self.begin("--lossless", path)
        self.daemon.process.kill()
        self.daemon.process.wait()
        self.assertEqual(process.wait(timeout=WITHIN), 1)
        self.assertIn(b"hvfbd closed the view; what was recorded before is kept", process.stderr.read())
        self.assertEqual(shown(decoded(path)), [COLOURS[0]])
        self.daemon.stop = lambda: 0

    def test_says_what_mends_it_where_there_is_no_ffmpeg(self):
        said = self.hvfbctl("record", self.folder / "screen.mkv", code=1, env={**os.environ, "PATH": str(self.folder)})
        self.assertIn("ffmpeg, which makes videos, is not installed: " + for_caller("sudo apt install ffmpeg"), said)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_says_that_ffmpeg_failed_where_it_cannot_write(self):
        said = self.hvfbctl("record", "--seconds=1", "/nowhere/at/all.mkv", code=1)
        self.assertIn("/nowhere/at/all.mkv: No such file or directory", said)
        self.assertIn("hvfbctl: record /nowhere/at/all.mkv: ffmpeg failed", said)

    def test_names_that_are_no_video_are_refused(self):
        for words, sentence in ((["a.avi"], "end the name in .mkv, .mp4 or .webm"), (["a"], '"a" names no video'),
                                (["--lossless", "a.mp4"], "a lossless video is a .mkv file"), (["--lossless", "-"], "a stream is never lossless"),
                                (["--rate=0", "a.mkv"], "--rate"), ([], "VIDEO")):
            with self.subTest(words):
                self.assertIn(sentence, self.hvfbctl("record", *words, code=2))

    def test_a_terminal_is_told_how_far_it_is(self):
        ours, terminal = pty.openpty()
        self.addCleanup(os.close, ours)
        process = self.begin(self.folder / "screen.mp4", "--seconds=3", stderr=terminal)
        os.close(terminal)
        said, deadline = b"", time.monotonic() + WITHIN
        while not said.endswith(b"\n"):
            self.assertTrue(select.select([ours], [], [], deadline - time.monotonic())[0], said)
            said += os.read(ours, 1000)
        self.assertEqual(process.wait(timeout=WITHIN), 0)
        self.assertRegex(said, rb"^\r[12]\.\d s, 1 frames")
        self.assertRegex(said, rb"\r\d\.\d s, 2 frames, \d+\.\d MB\x1b\[K\r\n$")


class RecordStream(OnRecording):
    def stream(self, *words):
        done = subprocess.run([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "record", *words, "-"], capture_output=True, timeout=WITHIN)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_has_so_many_frames_a_second_as_were_asked_for(self):
        data = self.stream("--seconds=2", "--rate=10")
        header, frames = data.split(b"\n", 1)
        self.assertEqual(header, b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C444")
        size = len(b"FRAME\n") + WIDTH * HEIGHT * 3
        self.assertEqual(len(frames) % size, 0)
        self.assertEqual(len(frames) // size, 20)

    def test_has_as_many_as_the_display_is_limited_to_where_nothing_was_said(self):
        self.hvfbctl("set", "RefreshLimit", "12")
        self.assertIn(b" F12:1 ", self.stream("--seconds=0.2").split(b"\n", 1)[0])
        self.hvfbctl("set", "RefreshLimit", "0")
        self.assertIn(b" F60:1 ", self.stream("--seconds=0.2").split(b"\n", 1)[0])

    def test_another_program_reads_the_colours_that_were_drawn(self):
        for name, colour in (("red", 0xFF0000), ("green", 0x00FF00), ("blue", 0x0000FF), ("white", 0xFFFFFF), ("black", 0), ("grey", 0x808080)):
            with self.subTest(name):
                self.fill(colour)
                path = self.folder / f"{name}.y4m"
                path.write_bytes(self.stream("--seconds=0.2"))
                last = decoded(path)[-1]
                for got, wanted in zip(last[:3], colour.to_bytes(3, "big")):
                    self.assertLessEqual(abs(got - wanted), 3)
                self.assertEqual(len(shown([last])), 1)

    def test_what_changes_is_seen_while_it_runs(self):
        path = self.folder / "screen.y4m"
        with open(path, "wb") as file:
            process = self.begin("--rate=20", "-", stdout=file)
            deadline = time.monotonic() + WITHIN
            while path.stat().st_size == 0:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.05)
            self.fill(0xFFFFFF)
            time.sleep(1)
            self.finish(process)
        frames = decoded(path)
        self.assertFalse(frames[0] == frames[-1])
        self.assertEqual(shown(frames[-1:]), [0xFFFFFF])

    def test_a_second_signal_ends_it_where_nobody_reads(self):
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        process = self.begin("-", stdout=writing)
        os.close(writing)
        # The pipe is full: it writes.
        deadline = time.monotonic() + WITHIN
        while not re.search(r"pipe_write|pipe_wait|anon_pipe_write", pathlib.Path(f"/proc/{process.pid}/wchan").read_text()):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + WITHIN
        while process.poll() is None:
            self.assertLess(time.monotonic(), deadline)
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        self.assertEqual(process.wait(), -signal.SIGINT)

    def test_is_for_no_terminal(self):
        ours, terminal = pty.openpty()
        self.addCleanup(os.close, ours)
        done = subprocess.run([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "record", "-"], stdout=terminal, stderr=subprocess.PIPE, timeout=WITHIN)
        os.close(terminal)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"a terminal cannot show a video", done.stderr)


if __name__ == "__main__":
    unittest.main()
