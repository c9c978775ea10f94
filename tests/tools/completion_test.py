"""Completion in the shells, asked as the shells ask."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

from private_daemon import PROGRAMS, SOURCE, OnPrivateBus, run

# The build writes them.
FILES = {program: PROGRAMS.parent / f"tools/completion/{program}.bash" for program in ("hvfbctl", "hvfb-console", "hvfb-inputd", "hvfb-run", "hvfb-vnc", "hvhost")}
# COMP_WORDS as readline makes it: broken at blanks, and at = and : as words of their own.
SCRIPT = r"""
set -u
source /usr/share/bash-completion/bash_completion
source "$1"
PATH=$2:$PATH
COMP_LINE=$3
COMP_POINT=${#COMP_LINE} COMP_TYPE=9 COMP_KEY=9
mapfile -t COMP_WORDS < <(grep -oE '[=:]+|[^ =:]+' <<<"$COMP_LINE")
[ "${COMP_LINE: -1}" != " " ] || COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
compopt() { :; }
set +u
"_${COMP_WORDS[0]//-/_}"
printf '%s\n' "${COMPREPLY[@]}"
"""


def bash(line, **options):
    """What bash offers at the end of this line."""
    program = line.split()[0]
    done = subprocess.run(["bash", "--norc", "-c", SCRIPT, "bash", FILES[program], PROGRAMS, line],
                          capture_output=True, text=True, timeout=30, check=False, **options)
    assert done.stderr == "", done.stderr
    return set(done.stdout.split())


def subcommands(text):
    return set(re.findall(r"^  ([a-z]+) ", text[text.index("Subcommands:"):], re.M))


def long_options(*command):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", run(*command, "--help").stdout))


def properties(access):
    interfaces = [xml.etree.ElementTree.parse(SOURCE / f"dbus/org.hvfbd.Framebuffer1.{name}.xml") for name in ("Display", "Manager")]
    return {p.get("name") for i in interfaces for p in i.getroot().iter("property") if access in p.get("access")}


class Completion(unittest.TestCase):
    def test_offers_every_command_and_what_begins_like_the_word(self):
        commands = subcommands(run(PROGRAMS / "hvfbctl", "--help").stdout)
        self.assertEqual(bash("hvfbctl "), commands)
        self.assertEqual(bash("hvfbctl --bus system s"), {c for c in commands if c.startswith("s")})
        self.assertEqual(bash("hvfbctl --bus=unix:path=/nowhere s"), {c for c in commands if c.startswith("s")})

    def test_offers_every_option_of_each_command(self):
        self.assertEqual(bash("hvfbctl -"), long_options(PROGRAMS / "hvfbctl"))
        for command in bash("hvfbctl "):
            own = long_options(PROGRAMS / "hvfbctl", command)
            self.assertEqual(bash(f"hvfbctl {command} -"), own | {"--bus", "--display", "--color"}, command)

    def test_offers_the_properties_and_their_values(self):
        self.assertEqual(bash("hvfbctl set "), properties("write"))
        self.assertEqual(bash("hvfbctl get "), properties("read"))
        self.assertEqual(bash("hvfbctl set WhenHidden "), {"pause", "ignore"})
        self.assertEqual(bash("hvfbctl set Tracking s"), {"scan"})
        self.assertEqual(bash("hvfbctl set LogLevel d"), {"debug"})
        self.assertEqual(bash("hvfbctl set RefreshLimit "), set())

    def test_offers_what_stands_at_each_place_of_console(self):
        self.assertEqual(bash("hvfbctl console "), {"scroll", "forget"})
        self.assertEqual(bash("hvfbctl console scroll "), {"up", "down", "top", "end"})
        self.assertEqual(bash("hvfbctl console scroll up "), set())

    def test_offers_what_else_an_option_takes(self):
        self.assertEqual(bash("hvfbctl --color a"), {"auto", "always"})
        self.assertEqual(bash("hvfbctl status --color=n"), {"never"})

    def test_offers_buses_after_a_blank_and_after_a_sign(self):
        self.assertEqual(bash("hvfbctl --bus "), {"system", "session"})
        self.assertEqual(bash("hvfbctl --bus=se"), {"session"})

    def test_offers_pictures_and_folders_for_a_screenshot(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("a.png", "a.txt"):
                (pathlib.Path(folder) / name).touch()
            (pathlib.Path(folder) / "album").mkdir()
            self.assertEqual(bash("hvfbctl screenshot a", cwd=folder), {"a.png", "album"})

    def test_offers_videos_and_folders_for_a_recording(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("a.mkv", "a.mp4", "a.webm", "a.png"):
                (pathlib.Path(folder) / name).touch()
            (pathlib.Path(folder) / "album").mkdir()
            self.assertEqual(bash("hvfbctl record a", cwd=folder), {"a.mkv", "a.mp4", "a.webm", "album"})

    def test_offers_what_hvfb_console_takes(self):
        self.assertEqual(bash("hvfb-console "), long_options(PROGRAMS / "hvfb-console"))
        self.assertEqual(bash("hvfb-console --rotate "), {"0", "90", "180", "270"})
        self.assertEqual(bash("hvfb-console --cursor=b"), {"block"})
        self.assertEqual(bash("hvfb-console --scale "), set())
        self.assertIn("/etc/passwd", bash("hvfb-console --scale=2 -- cat /etc/passw"))
        self.assertNotIn("--rotate", bash("hvfb-console -- cat --"))

    def test_of_hvfb_run_ends_where_the_program_begins(self):
        self.assertEqual(bash("hvfb-run -"), long_options(PROGRAMS / "hvfb-run"))
        self.assertEqual(bash("hvfb-inputd "), long_options(PROGRAMS / "hvfb-inputd"))
        self.assertEqual(bash("hvfb-vnc --"), long_options(PROGRAMS / "hvfb-vnc"))
        self.assertEqual(bash("hvfb-vnc --insecure="), {"no", "yes"})
        self.assertIn("/etc/passwd", bash("hvfb-vnc --listen /etc/passw"))
        self.assertEqual(bash("hvfb-run --vt "), {"auto", "none", "fake", "real"})
        self.assertEqual(bash("hvfb-run --depth=1"), {"16"})
        self.assertIn("hvfb-run", bash("hvfb-run hvfb-r"))
        self.assertIn("/etc/passwd", bash("hvfb-run --display display0 -- cat /etc/passw"))
        self.assertNotIn("--geometry", bash("hvfb-run cat --"))

    def test_offers_what_hvhost_takes(self):
        self.assertEqual(bash("hvhost -"), {o.replace("--no-no-", "--no-") for o in long_options(PROGRAMS / "hvhost")})
        self.assertEqual(bash("hvhost --like "), {"windows", "openvmm"})
        self.assertEqual(bash("hvhost --max-version "), {"3.5", "3.2"})
        self.assertEqual(bash("hvhost --hostile "), set())
        self.assertEqual(bash("hvhost --control /tmp/host sc"), {"screenshot"})

    def test_offers_the_commands_of_hvhost_and_their_files(self):
        listed = run(PROGRAMS / "hvhost", "--help").stdout.split("command TEXT ...")[1].split("\n\n")[0]
        self.assertEqual(bash("hvhost "), {c.split()[0] for c in listed.split(", ")})
        with tempfile.TemporaryDirectory() as folder:
            for name in ("a.png", "a.txt"):
                (pathlib.Path(folder) / name).touch()
            self.assertEqual(bash("hvhost --control c screenshot a", cwd=folder), {"a.png"})
            for words in ("--control c raw", "--socket", "--ivshmem", "--control"):
                self.assertEqual(bash(f"hvhost {words} a", cwd=folder), {"a.png", "a.txt"}, words)
            self.assertEqual(bash("hvhost --control c resolutions a", cwd=folder), set())

    def test_the_one_for_zsh_knows_the_same(self):
        text = (PROGRAMS.parent / "tools/completion/_hvfbctl").read_text()
        self.assertTrue(text.startswith("#compdef hvfbctl\n"))
        commands = re.search(r"commands=\((.*?)\n    \)", text, re.S).group(1)
        self.assertEqual(set(re.findall(r"'([a-z]+):", commands)), bash("hvfbctl "))
        tunable = set(re.search(r"tunable=\((.*?)\)", text).group(1).split())
        readable = set(re.search(r"readable=\(\$tunable (.*?)\)", text).group(1).split())
        self.assertEqual((tunable, tunable | readable), (properties("write"), properties("read")))
        options = {option for command in bash("hvfbctl ") for option in bash(f"hvfbctl {command} -")} | bash("hvfbctl -")
        missing = [o for o in options if o not in text and o[2:] not in re.findall(r"--\{?([\w,-]+)|--help", text) and o != "--help"]
        self.assertEqual(missing, [])


class CompletionAsks(OnPrivateBus):
    displays = 2

    def setUp(self):
        super().setUp()
        self.painter("drawing")

    def test_offers_the_surfaces_there_are(self):
        self.painter("another")
        self.assertEqual(bash(f"hvfbctl --bus={self.bus.address} activate "), {"1", "2"})
        self.assertEqual(bash("hvfbctl close ", env={**os.environ, "HVFB_BUS": self.bus.address}), {"1", "2"})

    def test_offers_the_displays_there_are(self):
        self.assertEqual(bash(f"hvfbctl --bus={self.bus.address} --display "), {"display0", "display1"})


class CompletionAsksNobody(unittest.TestCase):
    def test_starts_no_daemon(self):
        # A bus where the name can be had by starting a service, which would leave a mark.
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "services").mkdir()
            (folder / "services/org.hvfbd.Framebuffer1.service").write_text(
                f"[D-BUS Service]\nName=org.hvfbd.Framebuffer1\n"
                f"Exec=/bin/sh -c 'touch {folder}/started; exit 1'\n")
            configuration = (SOURCE / "tools/private-bus.conf").read_text()
            (folder / "bus.conf").write_text(
                configuration.replace("<auth>", f"<servicedir>{folder}/services</servicedir><auth>"))
            with subprocess.Popen(["setpriv", "--pdeathsig=TERM", "dbus-daemon", "--nofork", "--print-address=1",
                                   f"--config-file={folder}/bus.conf"], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True) as bus:
                address = bus.stdout.readline().strip()
                self.assertEqual(bash(f"hvfbctl --bus={address} activate "), set())
                self.assertFalse((folder / "started").exists())
                # It can leave its mark.
                run("busctl", f"--address={address}", "introspect", "org.hvfbd.Framebuffer1", "/")
                self.assertTrue((folder / "started").exists())
                bus.terminate()


if __name__ == "__main__":
    unittest.main()
