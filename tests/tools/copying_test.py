"""What the documents and the manual pages show can be copied: commands are run or their options looked up, configurations are read by
the program that they are for, C is compiled. What cannot be run here is listed, with the reason."""

import functools
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

from private_daemon import PROGRAMS, SOURCE, Bus, OnPrivateBus, read_png, run
from snippets import commands, manual_pages, phrases, prose, shown, snippets

PACKAGING = PROGRAMS.parent / "packaging"
# Only read by bash, because:
NOT_RUN = {
    "apt": "installs packages: tests/system/packages_test.py does",
    "dpkg-buildpackage": "takes minutes: tools/package does it",
    "autopkgtest": "installs the packages: tests/system/packages_test.py runs its script",
    "groupadd": "changes the machine's groups: tests/system/vnc_test.py does",
    "usermod": "changes the machine's users",
    "mkdir": "makes a folder of the machine's",
    "install": "copies into a folder of the machine's; tests/tools/documents_test.py knows the file",
    "systemd-sysusers": "changes the machine's users: tests/tools/units_test.py does elsewhere",
    "udevadm": "no udevd runs here: tests/system/udev_test.py has one",
    "openssl": "reads a certificate that only the service makes, or prints a random number",
    "modprobe": "loads a module into the machine's kernel",
    "chgrp": "group hvfbd is made by the package; the recipe is run below with a stand-in",
    "chmod": "run below, with the recipe",
    "rm": "run below, with the recipe",
    "cc": "the program is compiled with the library of the build instead",
    "pkg-config": "hvfb.pc is where the package puts it: debian/tests does",
    "./a.out": "the program is run with the library of the build instead",
    "display": "somebody else's: any program that shows a PNG file from its standard input",
    "loadkeys": "changes the keymap of the machine's terminals",
    "sed": "changes the machine's sources of packages: tests/system/machine-upgrade upgrades a container",
    "hvfbd": "stays: tests/readme/fresh runs it from a folder",
    "hvfb-console": "stays: tests/tools/console_command_test.py types to one",
    "hvfb-vnc": "stays: tests/tools/vnc_web_test.py and tools/demo --web run it so",
    "umask": "is bash's",
    "python3": "the example is run by tests/tools/python_surface_test.py",
    "hvfb-run": "the programs are somebody else's: tests/programs runs them, tests/tools/run_test.py others",
    "ssh": "another machine's",
    "vncviewer": "somebody else's; tests/tools/vnc_test.py has a viewer that ends by itself",
    "xdg-open": "opens a browser: tests/browser has one that ends",
    "jq": "somebody else's; tests/tools/hvfbctl_test.py reads the same as JSON",
    "qemu-system-x86_64": "has an ellipsis; tests/vm boots guests",
}
# Commands of hvfbctl that end by themselves and need nothing but the daemon.
RUN = {"status", "get", "set", "displays", "surfaces", "screenshot", "refresh", "mode", "reload"}


@functools.cache
def words_of_help(*command):
    return run(*command, "--help").stdout


def wrong_in(words):
    """What is wrong with a command line of a program that is known here, or nothing."""
    if words[0] == "tools/in-suite":
        # It runs another one.
        return wrong_in(words[2:]) if words[2].startswith("tools/") else []
    if words[0] == "tools/in-cross" and len(words) > 1:
        return wrong_in(words[1:]) if words[1].startswith("tools/") else []
    program, arguments = pathlib.Path(words[0]).name, words[1:]
    if words[0].startswith(("tools/", "tests/")):
        text = (SOURCE / words[0]).read_text()
        if words[0] == "tools/bench":
            text += "".join(file.read_text() for file in (SOURCE / "tools/benchmark").rglob("*.cpp"))
        return [word for word in arguments if re.match(r"--?[a-z]|[a-z]+$", word) and re.sub("=.*", "=", word) not in text]
    if program in ("hvfbd", "hvfbctl", "hvhost", "hvfbd-bind", "hvfb-console"):
        if program == "hvfb-console" and "--" in arguments:
            arguments = arguments[:arguments.index("--")]
        text = words_of_help(PROGRAMS / program)
        subcommands = re.findall(r"(?m)^  ([a-z-]+) ", text.partition("Subcommands:")[2])
        if program == "hvhost":
            subcommands = re.findall(r"(?:^|, )\s*([a-z-]+)", re.search(r"command TEXT \.\.\.\s+(.*?)\n\n", text, re.S)[1])
        # What follows an option may be its value.
        given = [word for before, word in zip(["", *arguments], arguments)
                 if re.match(r"[a-z][a-z-]*$", word) and not re.match(r"--[^=]+$", before)]
        known = next((word for word in given if word in subcommands), None)
        if known and program != "hvhost":
            text += words_of_help(PROGRAMS / program, known)
        if given and not known and subcommands:
            return given[:1]
    elif program in ("systemctl", "journalctl"):
        text = words_of_help(program) + " --property"
        if program == "systemctl":
            verb, *units = [word for word in arguments if not word.startswith("-")] or [""]
            ours = {name.name.split(".")[0] for name in (SOURCE / "units").glob("hvfb*")} | {"dbus", "multi-user.target"}
            # Units that a page shows whole.
            ours |= set(re.findall(r"/etc/systemd/system/([\w-]+)\.(?:service|timer)`:",
                                   "".join((SOURCE / "docs" / page).read_text() for page in ("monitoring.md", "console.md"))))
            # An instance is one of its template.
            units = [re.sub(r"@[\w.-]+$", "@", unit) for unit in units]
            wrong = [unit for unit in units if not ours & {unit, re.sub(r"\.(service|socket|timer|target)$", "", unit)}]
            if wrong or not re.search(rf"(?m)^  {verb}\b", text):
                return wrong or [verb]
        else:
            events = (SOURCE / "daemon/system/events.h").read_text()
            values = [word.split("=") for word in arguments if word.startswith("HVFBD_")]
            wrong = ["=".join(pair) for pair in values if pair[0] == "HVFBD_EVENT" and f'"{pair[1]}"' not in events]
            if wrong:
                return wrong
    elif program == "cmake":
        presets = (SOURCE / "CMakePresets.json").read_text()
        lists = (SOURCE / "CMakeLists.txt").read_text()
        text = words_of_help("cmake") + " --target --prefix"
        wrong = [name for name in re.findall(r"--preset (\S+)", " ".join(words)) if f'"name": "{name}"' not in presets]
        # CMake's own variables are not declared here.
        wrong += [name for name in re.findall(r"-D(\w+)=", " ".join(words)) if name not in lists and not name.startswith("CMAKE_")]
        if wrong:
            return wrong
        arguments = [word for word in arguments if not word.startswith(("--preset", "-D"))]
    else:
        return []
    options = [word.split("=")[0] for word in arguments if re.match(r"--?[a-zA-Z]", word)]
    return [option for option in options if not re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text)]


class ManualPagesAsShown(unittest.TestCase):
    def test_have_no_mark_of_scdoc_left(self):
        left = []
        for page in manual_pages():
            # A name may end with an underscore in no document of ours, and a star is one in a pattern of files.
            for word in re.findall(r"\S*\w_(?!\w)\S*|\S*(?<![\w*])_\w\S*|\S*(?<![/.])\*\S*", prose(page)):
                left.append(f"{page.name}: {word}")
        self.assertEqual([word for word in left if not word.endswith(": _ns;")], [])  # how names of durations end

    def test_break_no_word_with_a_hyphen(self):
        for page in manual_pages():
            self.assertNotRegex(shown(page), r"\u2010", page.name)

    def test_say_a_place_of_the_video_memory_as_the_daemon_takes_it(self):
        [page] = [page for page in manual_pages() if page.name == "hvfbd.conf.5"]
        about = re.search(r"(?s)\n *Framebuffer=\n(.*?)\n *FramebufferSize=", prose(page))[1]
        forms = re.findall(r"(?:pci|uio|mem):[^\s,;]+[^\s,;.]|map[\w*]+", about)
        self.assertGreater(len(forms), 5)
        for form in sorted(set(forms)):
            value = re.sub(r"(?<=map)N|(?<=resource)N", "0", form)
            value = value.replace("mem:ADDRESS", "mem:0xf8000000").replace("ADDRESS", "0000:00:10.0").replace("SIZE", "0x800000")
            with self.subTest(form):
                # A name of a map may be any.
                self.assertNotRegex(value, r"[_*]|[A-Z]{5}")
                said = [check_configuration(f"[Output]\nType={kind}\n{uio}Framebuffer={value}\nMode=640x480\n")
                        for kind, uio in (("hyperv", ""), ("uio", "Uio=/dev/uio0\n"), ("uio", ""))]
                self.assertIn("", said)


def check_configuration(text, root=None):
    """What the daemon says of a drop-in, or of those below a folder."""
    with tempfile.TemporaryDirectory() as folder:
        if root is None:
            root = pathlib.Path(folder)
            (root / "etc/hvfbd/hvfbd.conf.d").mkdir(parents=True)
            (root / "etc/hvfbd/hvfbd.conf.d/copied.conf").write_text(text)
        done = run(PROGRAMS / "hvfbd", f"--config-root={root}", "--check-config")
        return "" if done.returncode == 0 else done.stdout + done.stderr or "refused"


class Snippets(OnPrivateBus):
    maxDiff = None

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.environment = {**os.environ, "HVFB_BUS": self.bus.address, "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
                            "LD_LIBRARY_PATH": str(PROGRAMS.parent / "lib")}

    def of(self, language):
        found = [snippet for snippet in snippets() if snippet.language == language]
        self.assertTrue(found, language)
        return found

    def run_as_written(self, words):
        return subprocess.run([str(word) for word in words], cwd=self.folder, env=self.environment, capture_output=True, timeout=30, check=False)

    def test_in_sh_are_commands_that_there_are(self):
        reasons = dict(NOT_RUN)
        for snippet in self.of("sh"):
            with self.subTest(snippet.where, text=snippet.text):
                read = run("bash", "-n", "-c", snippet.text)
                self.assertEqual((read.returncode, read.stderr), (0, ""))
                self.assertTrue(snippet.text.isascii())
                self.check_files(snippet.text)
                for words, _ in commands(snippet.text):
                    # Root runs these tests, or else they cannot do what needs it.
                    words = words[1:] if words[0] == "sudo" else words
                    with self.subTest(" ".join(words)):
                        if not self.check(words):
                            self.assertIn(words[0], NOT_RUN, "neither known nor listed as what cannot be run")
                            reasons.pop(words[0], None)
        self.assertEqual(reasons, {}, "no document has these")

    def check(self, words):
        """False: unknown here."""
        if words[0] in ("printf", "echo", "export"):
            return True
        if words[0] == "busctl":
            self.check_members(words)
            done = self.run_as_written(["busctl", f"--address={self.bus.address}", *(word for word in words[1:] if word != "--system")])
            self.assertEqual(done.returncode, 0, done.stderr)
            return True
        if not words[0].startswith(("tools/", "tests/", "/usr/libexec/")) and words[0] not in ("hvfbctl", "hvhost", "systemctl",
                                                                                               "journalctl", "cmake"):
            return False
        self.assertEqual(wrong_in(words), [])
        if words[0] == "hvfbctl" and words[1] in RUN:
            done = self.run_as_written(words)
            self.assertEqual(done.returncode, 0, done.stderr)
        return True

    def check_members(self, words):
        interfaces = {interface.get("name"): {member.get("name") for member in interface} for file in (SOURCE / "dbus").glob("*.xml")
                      for interface in xml.etree.ElementTree.parse(file).getroot()}
        for interface, member in zip(words, words[1:]):
            if interface in interfaces:
                self.assertIn(member, interfaces[interface])

    def check_files(self, text):
        """Lines that write a configuration are run, below a folder, and the daemon reads what they wrote."""
        root = self.folder / "root"
        (root / "etc/hvfbd/hvfbd.conf.d").mkdir(parents=True, exist_ok=True)
        for line in text.splitlines():
            if re.search(r">\s*/etc/hvfbd/", line):
                done = run("bash", "-euc", re.sub(r"(>\s*)/etc/", rf"\g<1>{root}/etc/", line))
                self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(check_configuration("", root), "")
        for file in (root / "etc/hvfbd/hvfbd.conf.d").iterdir():
            file.unlink()

    def test_of_configuration_are_what_their_reader_takes(self):
        for snippet in self.of("ini"):
            with self.subTest(snippet.where, text=snippet.text):
                if re.search(r"(?m)^\[(Display|Output|Clients|Log)\]$", snippet.text):
                    self.assertEqual(check_configuration(snippet.text), "")
                else:
                    self.assertEqual(self.verify_unit(snippet.text), "")

    def verify_unit(self, drop_in):
        """What systemd says of it. A unit says what it is; a drop-in is the binding's, or says in a comment which unit's."""
        if "\nDescription=" in drop_in:
            (self.folder / "copied.service").write_text("[Service]\nExecStart=/bin/true\n")
            unit = self.folder / ("copied.timer" if "[Timer]" in drop_in else "copied.service")
            unit.write_text(drop_in.replace("=/usr/bin/hvfb-console ", f"={PROGRAMS}/hvfb-console "))
            done = run("systemd-analyze", "verify", "--man=no", unit, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{self.folder}:"})
            return done.stdout + done.stderr
        unit = (re.findall(r"/etc/systemd/system/([\w@-]+\.(?:service|socket))\.d/", drop_in) or ["hvfbd-bind.service"])[0]
        # A service that a socket starts is read with it.
        companions = ["hvfb-vnc.socket", "hvfb-vnc-auth.socket", "hvfb-vnc-auth@.service"] if "hvfb-vnc" in unit else ["hvfb-inputd.socket"] if "hvfb-inputd" in unit else []
        for name in {unit, unit.replace(".socket", ".service"), *companions}:
            made = PACKAGING / name
            text = (made if made.exists() else SOURCE / "units" / name).read_text()
            (self.folder / name).write_text(re.sub(r"(?<=[=-])/\S*/(?:libexec|bin)/(hvfb\S+)", rf"{PROGRAMS}/\1", text))
        (self.folder / f"{unit}.d").mkdir(exist_ok=True)
        (self.folder / f"{unit}.d/copied.conf").write_text(drop_in)
        done = run("systemd-analyze", "verify", "--man=no", self.folder / unit,
                   env={**os.environ, "SYSTEMD_UNIT_PATH": f"{self.folder}:"})
        return done.stdout + done.stderr

    def test_in_c_are_compiled_and_a_program_draws(self):
        self.hvfbctl("set", "WhenHidden", "ignore")
        for number, snippet in enumerate(self.of("c")):
            with self.subTest(snippet.where):
                program = self.folder / f"program{number}"
                whole = "main(" in snippet.text
                text = snippet.text
                if not text.startswith("#include"):
                    text = "#include <hvfb/hvfb.h>\n#include <stdio.h>\n" \
                           "void part(hvfb_surface *surface, hvfb_viewer *viewer);\n" \
                           f"void part(hvfb_surface *surface, hvfb_viewer *viewer) {{\n{text}(void)surface;\n(void)viewer;\n}}\n"
                (self.folder / "client.c").write_text(text)
                compiled = run("cc", "-Wall", "-Wextra", "-Werror", f"-I{SOURCE}/client/include", self.folder / "client.c",
                               *(["-o", program, f"-L{PROGRAMS.parent}/lib", "-lhvfb"] if whole else ["-fsyntax-only"]))
                self.assertEqual((compiled.returncode, compiled.stderr), (0, ""))
                if whole:
                    self.assert_draws(program)

    def test_in_python_run_and_draw_or_look(self):
        self.hvfbctl("set", "WhenHidden", "ignore")
        environment = {**self.environment, "PYTHONPATH": str(SOURCE / "client/python"), "PYTHONDONTWRITEBYTECODE": "1"}
        for snippet in self.of("python"):
            with self.subTest(snippet.where, text=snippet.text):
                done = run("/usr/bin/python3", "-X", "dev", "-W", "error", "-c", snippet.text, env=environment, cwd=self.folder)
                # asyncio says of a step that it took long, on a machine that has much to do.
                said = re.sub(r"(?m)^Executing <.*> took [0-9.]+ seconds\n", "", done.stderr)
                self.assertEqual((done.returncode, said), (0, ""))
        self.assertEqual(read_png((self.folder / "screen.png").read_bytes())[:2], (640, 480))

    def assert_draws(self, program):
        with subprocess.Popen([program], env=self.environment, stdin=subprocess.PIPE, cwd=self.folder) as drawing:
            for _ in range(100):
                self.hvfbctl("screenshot", self.folder / "screen.png")
                _, _, rows = read_png((self.folder / "screen.png").read_bytes())
                if rows[-1][-1] != (0, 0, 0):
                    break
            drawing.communicate(b"\n")
        self.assertNotEqual(rows[-1][-1], (0, 0, 0))
        self.assertEqual(drawing.returncode, 0)

    def test_in_lines_of_text_name_commands_and_options_that_there_are(self):
        known = re.compile(r"(/usr/libexec/)?(hvfbctl|hvhost|hvfbd|hvfbd-bind)|systemctl|journalctl|cmake|tools/\w+|tests/system/[\w-]+")
        wrong, seen = [], 0
        for where, phrase in phrases():
            # Sentences that a program says, and shells' own words, are no commands.
            words = phrase.split()
            if not known.fullmatch(words[0] if words else "") or phrase.startswith(("hvfbd is", "hvfbd has", "hvfbd fails")):
                continue
            for line, _ in commands(re.sub(r"[\[\]]|\.\.\.", "", phrase)):
                seen += 1
                wrong += [f"{where}: {phrase}: {word}" for word in wrong_in(line)]
        self.assertGreater(seen, 80)
        self.assertEqual(wrong, [])


STAND_INS = {
    # The group is made by the package.
    "chgrp": 'test -e "$2"',
    # The daemon is ready when systemctl returns, as with the unit, and has not painted yet.
    "systemctl": """test "$1 $2" = "restart hvfbd"
if [ -e pid ]; then kill "$(cat pid)"; while grep -sq '^State:.[^Z]' "/proc/$(cat pid)/status"; do sleep 0.02; done; fi
hvhost --control run/hvhost stall >/dev/null
hvfbd --bus="$HVFB_BUS" --config-root="$PWD" >>hvfbd.log 2>&1 & echo $! >pid
until hvfbctl get Output >/dev/null 2>&1; do sleep 0.02; done
(sleep 0.3; hvhost --control run/hvhost continue) >/dev/null 2>&1 &""",
}


class Recipe(unittest.TestCase):
    """What shows on a simulated host is run as a script, with another /run and /etc, and a bus of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name in ("run", "etc/hvfbd/hvfbd.conf.d", "stand-ins"):
            (self.folder / name).mkdir(parents=True)
        for name, script in STAND_INS.items():
            (self.folder / "stand-ins" / name).write_text(f"#!/bin/bash\nset -eu\ncd {self.folder}\n{script}\n")
            (self.folder / "stand-ins" / name).chmod(0o755)
        self.bus = Bus()
        self.addCleanup(self.bus.stop)

    def run_script(self, text):
        text = re.sub(r"/(?=run/|etc/)", f"{self.folder}/", text)
        path = f"{self.folder}/stand-ins:{PROGRAMS}:{os.environ['PATH']}"
        return run("bash", "-euc", text, cwd=self.folder, env={**os.environ, "HVFB_BUS": self.bus.address, "PATH": path})

    def test_shows_on_a_simulated_host_when_it_is_run_as_a_script(self):
        recipes = [snippet for snippet in snippets() if "hvhost" in snippet.text and "simulated.conf" in snippet.text]
        self.assertGreater(len(recipes), 3)
        for snippet in recipes:
            with self.subTest(snippet.where, text=snippet.text):
                done = self.run_script(snippet.text)
                log = self.folder / "hvfbd.log"
                self.assertEqual((done.returncode, done.stderr), (0, ""), log.read_text() if log.exists() else "")
            if "quit" not in snippet.text:
                self.assertIn("width=1024 height=768", self.run_script("hvhost --control /run/hvhost status").stdout)
            else:
                self.assertFalse(list((self.folder / "etc/hvfbd/hvfbd.conf.d").iterdir()))
        [picture] = self.folder.glob("*.png")
        self.assertEqual(read_png(picture.read_bytes())[:2], (1024, 768))

    def tearDown(self):
        self.run_script("[ ! -e pid ] || kill $(cat pid); hvhost --control /run/hvhost quit || true")


if __name__ == "__main__":
    unittest.main()
