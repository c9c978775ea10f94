"""hvfb-run@.service as docs/run.md has it: a program of Debian, without rights, on the display, from the boot on."""

import os
import pathlib
import re
import struct
import unittest
import zlib

from service import WithClients, of_service, run, wait_until

PAGE = pathlib.Path("/mnt/source/docs/run.md")
UNIT = "hvfb-run@picture.service"
SETTINGS = pathlib.Path("/etc/hvfb-run/picture.env")


def png(width, height, pixel):
    def part(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + b"".join(bytes(pixel(x, y)) for x in range(width)) for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b""))


class Kiosk(WithClients):
    def setUp(self):
        run("systemctl", "start", "hvfbd.service", check=True)
        self.addCleanup(run, "systemctl", "stop", "hvfbd.service")
        self.addCleanup(run, "systemctl", "disable", "--now", UNIT)
        SETTINGS.parent.mkdir(exist_ok=True)
        # Of the size of the display: shown as it is, pixel by pixel.
        width, height = self.screenshot()[:2]
        pathlib.Path("/srv/picture.png").write_bytes(png(width, height, lambda x, y: (x & 255, y & 255, 77)))

    def settings_of_the_page(self):
        [text] = re.findall(r"(?s)`/etc/hvfb-run/picture.env`:\n\n```text\n(.*?)```", PAGE.read_text())
        return text

    def processes(self):
        group = pathlib.Path("/sys/fs/cgroup" + of_service("ControlGroup", UNIT), "cgroup.procs")
        return {pathlib.Path(f"/proc/{pid}/comm").read_text().strip(): pid for pid in group.read_text().split()}

    def is_shown(self):
        """Its second row, which tells it from most pictures."""
        width, _, rows = self.screenshot()
        return self.unfiltered(rows, width)[1][:2] == [(0, 1, 77), (1, 1, 77)]

    @staticmethod
    def unfiltered(rows, width):
        """The first two rows, whatever filters the PNG has."""
        before, result = bytes(width * 3), []
        for y in range(2):
            kind, line = rows[y * (width * 3 + 1)], bytearray(rows[y * (width * 3 + 1) + 1:][:width * 3])
            for i, value in enumerate(line):
                left, up, corner = (line[i - 3] if i > 2 else 0), before[i], (before[i - 3] if i > 2 else 0)
                best = left + up - corner
                paeth = min((abs(best - left), 0, left), (abs(best - up), 1, up), (abs(best - corner), 2, corner))[2]
                line[i] = (value + (0, left, up, (left + up) // 2, paeth)[kind]) & 255
            before = bytes(line)
            result.append([tuple(line[x * 3:x * 3 + 3]) for x in range(width)])
        return result

    def test_a_program_of_debian_draws_without_rights_and_comes_back_when_it_ends(self):
        SETTINGS.write_text(self.settings_of_the_page())
        done = run("systemctl", "enable", "--now", UNIT)
        self.assertEqual(done.returncode, 0, run("journalctl", "-b", "-u", UNIT).stdout)
        self.assertTrue(os.path.islink(f"/etc/systemd/system/multi-user.target.wants/{UNIT}"))
        wait_until(self.is_shown, "the picture")
        processes = self.processes()
        self.assertEqual(processes.keys(), {"sh", "sleep", "fbi", "hvfb-run-keys"})
        for pid in processes.values():
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            self.assertNotRegex(status, r"(?m)^Uid:\s+0\s")
            self.assertRegex(status, r"(?m)^CapEff:\s+0+$")
            self.assertRegex(status, r"(?m)^NoNewPrivs:\s+1$")
        video = run("getent", "group", "video").stdout.split(":")[2]
        self.assertRegex(pathlib.Path(f"/proc/{processes['fbi']}/status").read_text(), rf"(?m)^Groups:.*\b{video}\b")

        run("kill", "-KILL", processes["fbi"], processes["sleep"], check=True)
        wait_until(lambda: of_service("NRestarts", UNIT) == "1" and self.surfaces() != [], "another start")
        wait_until(self.is_shown, "the picture once more")
        processes = self.processes()
        run("systemctl", "stop", UNIT, check=True)
        self.assertEqual(self.surfaces(), [])
        self.assertEqual([pid for pid in processes.values() if pathlib.Path(f"/proc/{pid}").exists()], [])
        self.assertEqual(of_service("Result", UNIT), "success")

    def test_one_that_is_not_there_is_said_once_and_not_tried_again(self):
        SETTINGS.write_text("RUN_PROGRAM=no-such-program --at-all\n")
        run("systemctl", "start", UNIT)
        wait_until(lambda: of_service("ActiveState", UNIT) == "failed", "its end")
        self.assertEqual(of_service("NRestarts", UNIT), "0")
        self.assertIn('no program "no-such-program" was found', run("journalctl", "-b", "-u", UNIT, "-o", "cat").stdout)


if __name__ == "__main__":
    unittest.main()
