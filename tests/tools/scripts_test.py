"""The scripts tools/prepare, tools/test, tools/in-suite and tools/in-cross, with stand-ins for the programs that they call."""

import os
import pathlib
import re
import select
import shutil
import tempfile
import unittest

from private_daemon import SOURCE, run

PACKAGES = [line.split("#")[0].strip() for line in (SOURCE / "packaging/build-depends").read_text().splitlines()]
# Of "one | other" the one.
PACKAGES = sorted({name.split("|")[0].strip() for name in PACKAGES if name and not name.startswith("[")})


class InACopy(unittest.TestCase):
    """A tree with the scripts alone, and a folder of stand-ins that comes first in PATH."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        # nobody runs some of it
        self.root.chmod(0o777)
        for name in ("common.sh", "progress.sh", "prepare", "test", "check"):
            (self.root / "tools").mkdir(exist_ok=True)
            shutil.copy(SOURCE / "tools" / name, self.root / "tools" / name)
        (self.root / "packaging").mkdir()
        shutil.copy(SOURCE / "packaging/build-depends", self.root / "packaging")
        (self.root / "tests/vm/image").mkdir(parents=True)
        (self.root / "tests/vm/image/guests").write_text("# a comment\nold always\n1.2 always\nrare by-name\narm64 by-name\narm64-16k by-name\n")
        (self.root / "stand-ins").mkdir()
        self.stand_in("apt-get", 'echo "$@" >>calls; [ ! -e apt-fails ] || { rm apt-fails; exit 100; }')
        self.stand_in("apt-cache", "exit 100")
        self.stand_in("cmake", "exit 0")
        self.installed(PACKAGES)
        # Another Debian, in which everything is well.
        in_suite = self.root / "tools/in-suite"
        in_suite.write_text(f"#!/bin/sh\necho in-suite \"$@\" >>{self.root}/calls\necho 2 passed, 0 failed\n")
        in_suite.chmod(0o755)
        (self.root / "tests/system").mkdir()
        upgrade = self.root / "tests/system/machine-upgrade"
        upgrade.write_text(f"#!/bin/sh\necho machine-upgrade \"$@\" >>{self.root}/calls\n[ ! -e {self.root}/upgrade-fails ]\n")
        upgrade.chmod(0o755)

    def stand_in(self, name, script):
        path = self.root / "stand-ins" / name
        path.write_text(f"#!/bin/bash\ncd {self.root}\n{script}\n")
        path.chmod(0o755)

    def installed(self, packages):
        lines = "".join(f"installed {name}\\n" for name in packages)
        self.stand_in("dpkg-query", f"printf '{lines}'; exit 1")

    def script(self, *words, prefix=()):
        path = f"{self.root}/stand-ins:{os.environ['PATH']}"
        return run(*prefix, f"{self.root}/tools/{words[0]}", *words[1:], env={**os.environ, "PATH": path},
                   stdin=None)

    def calls(self):
        """What the stand-ins were called with; the folder's name, which holds letters at random, is a dot."""
        path = self.root / "calls"
        return path.read_text().replace(str(self.root), ".").splitlines() if path.exists() else []


class Layers(unittest.TestCase):
    """tools/check-layers, in a tree of two folders."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        run("git", "init", "-q", self.root)
        for name in ("tools", "above", "below/inner"):
            (self.root / name).mkdir(parents=True)
        self.layers("above: below", "below:")
        self.write("above/a.h", '#include <vector>\n#include "below/b.h"')
        self.write("below/b.h", '#include "below/inner/c.h"')
        self.write("below/inner/c.h", "")

    def layers(self, *lines):
        self.write("tools/layers", "# a comment\n" + "\n".join(lines) + "\n")

    def write(self, name, text):
        (self.root / name).write_text(text + "\n")

    def check(self):
        done = run(SOURCE / "tools/check-layers", self.root)
        return done.returncode, done.stderr

    def test_are_kept_by_this_tree(self):
        self.assertEqual(run(SOURCE / "tools/check-layers").returncode, 0)

    def test_may_be_used_as_declared(self):
        self.assertEqual(self.check(), (0, ""))

    def test_are_not_used_against_an_arrow(self):
        self.write("below/inner/c.h", '\n#include "above/a.h"')
        status, said = self.check()
        self.assertEqual(status, 1)
        self.assertIn("below/inner/c.h:2: below may not use above (above/a.h)", said)

    def test_are_found_beside_the_file_that_includes(self):
        self.layers("above:", "below:", "below/inner:")
        self.write("above/a.h", "")
        self.write("below/b.h", '  # include "inner/c.h"')
        status, said = self.check()
        self.assertEqual(status, 1)
        self.assertIn("below may not use below/inner (inner/c.h)", said)

    def test_form_no_circle(self):
        self.layers("above: below", "below: above")
        status, said = self.check()
        self.assertEqual(status, 1)
        self.assertIn("circle: above -> below -> above", said)

    def test_are_folders_that_are_there(self):
        for line in ("elsewhere:", "above: elsewhere", "above"):
            self.layers(line)
            self.assertNotEqual(self.check()[0], 0, line)

    def test_have_no_include_that_is_nowhere(self):
        self.write("below/b.h", '#include "gone.h"')
        status, said = self.check()
        self.assertEqual(status, 1)
        self.assertIn("gone.h is in no folder", said)


class Words(unittest.TestCase):
    """tools/check-words, in a tree of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        run("git", "init", "-q", self.root)
        (self.root / "docs/decisions").mkdir(parents=True)

    def check(self, name, text):
        (self.root / name).write_text(text + "\n")
        done = run(SOURCE / "tools/check-words", self.root)
        return done.returncode, done.stderr

    def test_are_those_of_the_glossary_in_this_tree(self):
        done = run(SOURCE / "tools/check-words")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_that_have_another_one_are_named_with_it(self):
        for text, instead in {"Tuning tuning;": "settings", "// A turn of\n// a glance": "sampled compare", "last_words();": "crash handler",
                              "class LastWords": "crash handler", "// each turn of the loop": "dispatch", "Region untold_;": "pending damage",
                              "// where scanout lies behind": "stale", "Reports(Observer& report)": "observer"}.items():
            status, said = self.check("a.cpp", text)
            self.assertEqual(status, 1, text)
            self.assertIn(instead, said)
            self.assertRegex(said, r"^a\.cpp:[12]: ")

    def test_of_plain_english_contracts_and_history_are_left_alone(self):
        self.assertEqual(self.check("a.cpp", 'one("empty_looks"); // somebody looks, and keeps a kept surface in turn'), (0, ""))
        self.assertEqual(self.check("docs/decisions/README.md", "A keepsake."), (0, ""))

    def test_are_wrong_in_the_name_of_a_file_too(self):
        status, said = self.check("last_words.h", "")
        self.assertEqual(status, 1)
        self.assertIn("last_words.h:0:", said)


class Prepare(InACopy):
    def test_asks_nobody_when_everything_is_there(self):
        self.assertEqual(self.script("prepare").returncode, 0)
        self.assertEqual(self.calls(), [])

    def test_installs_what_is_missing_and_nothing_else(self):
        self.installed(set(PACKAGES) - {"cmake", "scdoc"})
        self.assertEqual(self.script("prepare").returncode, 0)
        [call] = self.calls()
        self.assertTrue(call.startswith("install -qq -y "), call)
        self.assertEqual(call.split()[-2:], ["cmake", "scdoc"])

    def test_fetches_the_lists_only_when_installing_fails(self):
        self.installed(set(PACKAGES) - {"cmake"})
        (self.root / "apt-fails").touch()
        self.assertEqual(self.script("prepare").returncode, 0)
        self.assertEqual([call.split()[0] for call in self.calls()], ["install", "update", "install"])

    def test_leaves_out_the_sections_that_are_not_wanted(self):
        self.installed(set(PACKAGES) - {"clang", "scdoc"})
        self.assertEqual(self.script("prepare", "build", "test").returncode, 0)
        [call] = self.calls()
        self.assertEqual(call.split()[-1], "scdoc")
        self.assertNotIn("clang", call)

    def test_leaves_out_the_programs_of_others(self):
        self.installed(set(PACKAGES) - {"mplayer", "fbset"})
        self.assertEqual(self.script("prepare").returncode, 0)
        self.assertEqual(self.calls(), [])
        self.assertEqual(self.script("prepare", "programs").returncode, 0)
        [call] = self.calls()
        self.assertEqual(call.split()[-2:], ["fbset", "mplayer"])

    def test_leaves_out_what_plays_beside_hvfbd_in_a_guest(self):
        self.installed(set(PACKAGES) - {"xserver-xorg-video-fbdev"})
        self.assertEqual(self.script("prepare").returncode, 0)
        self.assertEqual(self.calls(), [])
        self.assertEqual(self.script("prepare", "bench").returncode, 0)
        [call] = self.calls()
        self.assertEqual(call.split()[-1], "xserver-xorg-video-fbdev")

    def test_takes_the_name_that_a_package_has_in_this_debian(self):
        self.installed((set(PACKAGES) - {"libelf1"}) | {"libelf1t64"})
        self.assertEqual(self.script("prepare").returncode, 0)
        self.assertEqual(self.calls(), [])
        self.installed(set(PACKAGES) - {"libelf1"})
        self.stand_in("apt-cache", '[ "${!#}" = libelf1t64 ]')
        self.assertEqual(self.script("prepare").returncode, 0)
        [call] = self.calls()
        self.assertEqual(call.split()[-1], "libelf1t64")

    def test_leaves_nothing_of_its_own_in_the_tree(self):
        self.assertEqual(self.script("prepare").returncode, 0)
        self.assertFalse((self.root / "build").exists(), "root calls it in the tree of somebody else")

    def test_tells_others_than_root_the_command(self):
        self.installed(set(PACKAGES) - {"cmake"})
        done = self.script("prepare", prefix=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("As root: apt-get update && apt-get install -qq -y --no-install-recommends cmake\n", done.stderr)
        self.assertEqual(self.calls(), [])


class Roots(InACopy):
    """tools/in-suite and tools/in-cross, with stand-ins for what makes a root and for what enters it."""

    def setUp(self):
        super().setUp()
        for name in ("root.sh", "in-suite", "in-cross"):
            shutil.copy(SOURCE / "tools" / name, self.root / "tools" / name)
        self.stand_in("mmdebstrap", f"""echo mmdebstrap "$@" >>calls; [ ! -e no-archive ] || {{ echo unreachable; exit 25; }}
for word; do [[ $word != {self.root}/cache/* ]] || mkdir "$word"; done""")
        self.stand_in("unshare", 'echo unshare "${@: -4}" >>calls')
        self.stand_in("ccache", "echo compiled")

    def enter(self, *words):
        path = f"{self.root}/stand-ins:{os.environ['PATH']}"
        return run(f"{self.root}/tools/{words[0]}", *words[1:], env={**os.environ, "PATH": path, "HVFBD_CACHE": str(self.root / "cache")}, stdin=None)

    def kept(self):
        return sorted(path.name.rpartition("-")[0] for path in (self.root / "cache").iterdir() if path.is_dir())

    def made(self):
        return [call for call in self.calls() if call.startswith("mmdebstrap")]

    def test_are_made_once_and_again_when_their_packages_have_changed(self):
        for words in (("in-suite", "trixie"), ("in-suite", "trixie"), ("in-cross",), ("in-cross",)):
            done = self.enter(*words, "make", "it")
            self.assertEqual((done.returncode, done.stderr), (0, ""), words)
        self.assertEqual(self.kept(), ["cross", "trixie"])
        self.assertEqual(len(self.made()), 2)
        self.assertTrue(all(call.endswith(" make it") for call in self.calls() if call.startswith("unshare")), self.calls())
        before = set((self.root / "cache").iterdir())
        locks = {path: path.stat().st_ino for path in before if path.suffix == ".lock"}
        (self.root / "packaging/build-depends").write_text("[build]\nfewer | less\n[suites]\n")
        self.enter("in-suite", "trixie", "make", "it")
        self.assertEqual(self.kept(), ["cross", "trixie"], "that of the other list is gone")
        self.assertNotEqual(set((self.root / "cache").iterdir()), before)
        self.assertIn("--include=?or(?exact-name(fewer),?exact-name(less))", self.made()[-1])
        self.assertEqual({path: path.stat().st_ino for path in locks if path.exists()}, locks, "somebody may wait for them")

    def test_that_cannot_be_had_fail_with_what_was_said_and_leave_nothing(self):
        (self.root / "no-archive").touch()
        done = self.enter("in-suite", "sid", "true")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "unreachable\nin-suite: mmdebstrap could not make a Debian of suite sid from .*: is the archive within reach")
        self.assertEqual(self.kept(), [])

    def test_of_another_command_line_are_not_made(self):
        for words in (("in-suite",), ("in-suite", "woody", "true"), ("in-suite", "trixie"), ("in-cross",), ("in-cross", "--all")):
            self.assertEqual(self.enter(*words).returncode, 2, words)
        self.assertEqual(self.calls(), [])


class TestScript(InACopy):
    def results(self, *statuses, code=0):
        """What ctest writes, for tests that ended so."""
        cases = "".join(f'<testcase name=\\"t{i}\\" status=\\"{status}\\">\\n' for i, status in enumerate(statuses))
        self.stand_in("ctest", f'while [ "$1" != --output-junit ]; do shift; done; printf "{cases}" >"$2"; exit {code}')

    def last_line(self, done):
        return done.stdout.splitlines()[-1]

    def test_counts_what_passed(self):
        self.results("run", "run", "run")
        done = self.script("test", "--quick")
        self.assertEqual((done.returncode, self.last_line(done)), (0, "3 passed, 0 failed"), done.stderr)

    def test_a_failure_fails(self):
        self.results("run", "fail", code=8)
        done = self.script("test", "--quick")
        self.assertEqual((done.returncode, self.last_line(done)), (1, "1 passed, 1 failed"), done.stderr)

    def test_tells_what_a_test_that_failed_said(self):
        said = "\n".join(["    Start 1: good", "1/2 Test #1: good ...   Passed   0.1 sec", "    Start 2: bad",
                          "2/2 Test #2: bad ...***Failed   0.2 sec", *(f"line {number}" for number in range(200)), "AssertionError: 3 != 4", "",
                          "The following tests FAILED:", "\t2 - bad (Failed)"])
        (self.root / "said").write_text(said + "\n")
        self.stand_in("ctest", 'cat said; while [ "$1" != --output-junit ]; do shift; done; echo \'<testcase status="fail">\' >"$2"; exit 8')
        done = self.script("test", "--quick")
        self.assertIn("***Failed", done.stderr)
        self.assertIn("line 199\nAssertionError: 3 != 4", done.stderr)
        self.assertNotIn("line 100\n", done.stderr)
        self.assertNotIn("1: good", done.stderr)
        self.assertNotIn("good ...", done.stderr)
        self.assertEqual(done.stderr.count("2 - bad"), 1)

    def test_a_skipped_test_has_failed(self):
        self.results("run", "notrun", "disabled")
        done = self.script("test", "--quick")
        self.assertEqual((done.returncode, self.last_line(done)), (1, "1 passed, 2 failed"), done.stderr)

    def test_no_results_fail(self):
        self.stand_in("ctest", "exit 1")
        done = self.script("test", "--quick")
        self.assertEqual((done.returncode, self.last_line(done)), (1, "0 passed, 1 failed"), done.stderr)

    def test_what_does_not_compile_fails(self):
        self.results("run")
        self.stand_in("cmake", "case $1 in --build) echo 'no such function'; exit 1 ;; esac")
        done = self.script("test", "--quick")
        self.assertEqual((done.returncode, self.last_line(done)), (1, "0 passed, 1 failed"))
        self.assertIn("no such function", done.stderr)

    def test_what_takes_long_says_how_far_it_is(self):
        """The stand-ins go on when it is said."""
        building, testing = "release is built: 30 of 120 steps, ", "release is tested: 7 of 20 tests, "
        self.stand_in("cmake", f"case $1 in --build) echo '[30/120] Building'; until grep -q '{building}' said; do sleep 0.1; done ;; esac")
        self.stand_in("ctest", f"echo ' 7/20 Test  #7: good ...   Passed   0.1 sec'; until grep -q '{testing}' said; do sleep 0.1; done; "
                      """while [ "$1" != --output-junit ]; do shift; done; echo '<testcase name="1" status="run">' >"$2\"""")
        done = self.script("test", "--quick", prefix=("sh", "-c", 'exec "$@" >"$0"', self.root / "said"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.root / "said").read_text().splitlines()[-1], "1 passed, 0 failed")

    def recorded_results(self):
        self.stand_in("ctest", 'echo ctest "$@" >>calls; while [ "$1" != --output-junit ]; do shift; done; '
                      """printf '<testcase name="1" status="run">' >"$2\"""")
        self.stand_in("cmake", 'echo cmake "$@" >>calls')

    def test_the_guests_are_left_out_of_daily_work(self):
        self.recorded_results()
        self.assertEqual(self.script("test", "--quick").returncode, 0)
        self.assertEqual(self.script("test", "--preset", "release").returncode, 0)
        quick, preset = [call for call in self.calls() if call.startswith("ctest")]
        self.assertNotIn("vm", quick)
        self.assertIn(" -LE ^(vm|programs|browser)$ ", preset)

    def test_the_guests_can_be_run_alone(self):
        self.recorded_results()
        self.assertEqual(self.script("test", "-L", "vm").returncode, 0)
        [tests] = [call for call in self.calls() if call.startswith("ctest")]
        self.assertIn(" --test-dir build/release ", tests)
        self.assertIn(" -L ^(vm)$ ", tests)
        self.assertTrue(any(call.endswith("--target build_vm") for call in self.calls()))

    def test_a_guest_is_chosen_by_its_name_and_the_rare_ones_are_run_so_alone(self):
        self.recorded_results()
        self.stand_in("cmake", 'echo cmake "$@" for $HVFBD_GUESTS >>calls')
        for words, built_for, left_out in ((("-L", "vm"), "", "^(vm[.]rare|vm[.]arm64|vm[.]arm64-16k)$"),
                                           (("--guest=rare", "--guest=old"), " rare old", "^(vm[.]1[.]2|vm[.]arm64|vm[.]arm64-16k)$"),
                                           (("-L", "arm64-guest"), " arm64 arm64-16k", "^(vm[.]old|vm[.]1[.]2|vm[.]rare)$")):
            with self.subTest(words):
                already = len(self.calls())
                self.assertEqual(self.script("test", *words).returncode, 0)
                calls = self.calls()[already:]
                self.assertTrue(any(call.endswith(f"--target build_vm for{built_for}") for call in calls), calls)
                [tests] = [call for call in calls if call.startswith("ctest")]
                self.assertIn(f" -L ^(vm)$ -E {left_out} ", tests)
        done = self.script("test", "--guest=none")
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no guest none; tests/vm/image/guests has old 1.2 rare arm64 arm64-16k", done.stderr)

    def test_other_architectures_are_tested_where_they_are_asked_for_alone(self):
        self.recorded_results()
        # Results are where the tree is there.
        self.stand_in("ctest", 'echo ctest "$@" >>calls; while [ "$1" != --output-junit ]; do shift; done; '
                      """printf '<testcase name="1" status="run">' >"${2/#"/srv/hvfbd/"/./}\"""")
        (self.root / "tools/in-cross").write_text('#!/bin/bash\necho there >>calls\n"$@"\n')
        (self.root / "tools/in-cross").chmod(0o755)
        libraries = ["i386", "i386-time64", "armhf"]
        for words, builds in ((("-L", "arm64"), ["arm64"]), (("-L", "i386"), libraries), (("-L", "i386", "-L", "arm64"), [*libraries, "arm64"])):
            with self.subTest(words):
                already = len(self.calls())
                done = self.script("test", *words)
                self.assertEqual((done.returncode, self.last_line(done)), (0, f"{len(builds)} passed, 0 failed"), done.stdout + done.stderr)
                calls = self.calls()[already:]
                tests = [call for call in calls if call.startswith("ctest")]
                self.assertEqual([re.search(r"--test-dir build/(\S+)", call)[1] for call in tests], builds)
                self.assertEqual(calls.count("there"), 2 * len(builds), "each is built and tested there")
                self.assertFalse(any("--target" in call for call in calls), "all of it is built")
        already = len(self.calls())
        done = self.script("test", "-L", "i386-guest")
        self.assertEqual((done.returncode, self.last_line(done)), (1, "0 passed, 1 failed"), "there is no image in this copy")
        self.assertEqual([call.split()[2] for call in self.calls()[already:] if "--target hvfb build_integration" in call],
                         ["build/i386", "build/i386-time64"])
        already = len(self.calls())
        self.stand_in("nproc", "echo 1")
        self.script("test")
        self.script("test", "-L", "unit")
        self.script("test", "unit")
        self.assertNotIn("there", self.calls()[already:])
        self.assertEqual(self.script("test", "--preset", "clang", "-L", "arm64").returncode, 2)

    def test_programs_of_others_are_run_where_they_are_asked_for_alone(self):
        self.recorded_results()
        self.stand_in("nproc", "echo 1")
        for label in ("programs", "browser"):
            already = len(self.calls())
            done = self.script("test", "-L", label)
            self.assertEqual((done.returncode, self.last_line(done)), (0, "1 passed, 0 failed"), done.stdout + done.stderr)
            calls = self.calls()[already:]
            [tests] = [call for call in calls if call.startswith("ctest")]
            self.assertIn(" --test-dir build/release ", tests)
            self.assertIn(f" -L ^({label})$ ", tests)
            self.assertEqual([call.split("--target ")[1] for call in calls if "--target" in call], [f"build_{label}"])
        already = len(self.calls())
        self.script("test")
        self.assertFalse([call for call in self.calls()[already:] if ("programs" in call or "browser" in call) and "-LE" not in call])

    def test_the_guests_are_a_stage_of_the_whole(self):
        self.recorded_results()
        self.stand_in("nproc", "echo 1")
        self.script("test", "-L", "unit", "-L", "vm")
        tests = [call for call in self.calls() if call.startswith("ctest")]
        self.assertEqual(sum(" -L ^(vm)$ " in call for call in tests), 1, tests)
        self.assertTrue(all("build/release " in call for call in tests if "vm" in call), tests)

    def test_a_build_is_not_asked_for_tests_that_it_has_not(self):
        self.recorded_results()
        self.stand_in("nproc", "echo 1")
        for label, builds in (("tools", ["release"]), ("contract", ["release", "asan-ubsan"]), ("fuzz", ["asan-ubsan"]),
                              ("unit", ["release", "asan-ubsan", "tsan"])):
            with self.subTest(label):
                already = len(self.calls())
                self.script("test", "-L", label)
                tests = [call for call in self.calls()[already:] if call.startswith("ctest")]
                self.assertEqual([re.search(r"--test-dir build/(\S+)", call)[1] for call in tests], builds)

    def test_unit_tests_are_those_of_optimised_code_too(self):
        self.recorded_results()
        self.assertEqual(self.script("test", "--preset", "release", "-L", "unit").returncode, 0)
        [tests] = [call for call in self.calls() if call.startswith("ctest")]
        self.assertIn(" -L ^(unit|optimised)$ ", tests)

    def test_unit_tests_are_a_word_and_need_no_package_but_those_of_the_build(self):
        self.recorded_results()
        sections = re.split(r"(?m)^\[(\w+)\]", (SOURCE / "packaging/build-depends").read_text())
        build = sections[sections.index("build") + 1]
        self.installed(re.findall(r"(?m)^([\w+.-]+)", build))
        done = self.script("test", "unit", prefix=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
        self.assertEqual((done.returncode, self.last_line(done)), (0, "1 passed, 0 failed"), done.stderr)
        self.assertEqual([call.split("--target ")[1] for call in self.calls() if "--target" in call], ["build_unit build_optimised"])
        [tests] = [call for call in self.calls() if call.startswith("ctest")]
        self.assertIn(" --test-dir build/release ", tests)
        self.assertIn(" -L ^(unit|optimised)$ ", tests)

    def test_the_whole_has_pure_code_under_sanitizers_alone(self):
        self.recorded_results()
        self.stand_in("nproc", "echo 1")
        self.script("test")
        tests = [call for call in self.calls() if call.startswith("ctest")]
        self.assertEqual([re.search(r"--test-dir build/(\S+)", call)[1] for call in tests if "(unit|" in call], ["asan-ubsan", "tsan"])
        # But for what an optimiser makes something else of.
        self.assertTrue(any("build/release " in call and "^(optimised|contract|integration|" in call for call in tests), tests)

    def test_another_debian_is_asked_alone_and_its_tests_are_counted(self):
        self.recorded_results()
        done = self.script("test", "--suite=trixie")
        self.assertEqual((done.returncode, self.last_line(done)), (0, "2 passed, 0 failed"), done.stderr)
        tests, clang = self.calls()
        self.assertEqual(tests, "in-suite trixie tools/test contract integration bus tools system")
        self.assertTrue(clang.startswith("in-suite trixie bash ") and clang.endswith(" clang"), clang)
        self.script("test", "--suite", "trixie", "bus")
        self.script("test", "--suite=trixie", "--preset", "clang", "-L", "unit")
        self.assertEqual(self.calls()[2:], ["in-suite trixie tools/test bus", "in-suite trixie tools/test --preset clang -L unit"])

    def test_another_debian_that_cannot_be_had_fails(self):
        (self.root / "tools/in-suite").write_text("#!/bin/sh\necho no archive >&2\nexit 1\n")
        done = self.script("test", "--suite=trixie", "unit")
        self.assertEqual((done.returncode, self.last_line(done)), (1, "0 passed, 1 failed"), done.stderr)
        (self.root / "tools/in-suite").write_text("#!/bin/sh\necho 3 passed, 2 failed\nexit 1\n")
        done = self.script("test", "--suite=trixie", "unit")
        self.assertEqual((done.returncode, self.last_line(done)), (1, "3 passed, 2 failed"), done.stderr)

    def test_sid_is_compiled_and_a_suite_that_is_not_known_is_refused(self):
        done = self.script("test", "--suite=sid")
        self.assertEqual((done.returncode, self.last_line(done)), (0, "0 passed, 0 failed"), done.stderr)
        [call] = self.calls()
        self.assertTrue(call.startswith("in-suite sid bash ") and call.endswith(" release"), call)
        for words in (["--suite=woody"], ["--suite=sid", "unit"], ["--suite"]):
            self.assertEqual(self.script("test", *words).returncode, 2, words)

    def test_debian_13_is_a_stage_of_the_whole_and_of_nothing_less(self):
        self.recorded_results()
        self.stand_in("nproc", "echo 1")
        self.script("test", "--quick")
        self.assertFalse([call for call in self.calls() if call.startswith("in-suite")])
        done = self.script("test")
        self.assertRegex(done.stdout, "Debian 13: release +ok ")
        self.assertIn("in-suite trixie tools/test contract integration bus tools system", self.calls())
        # Compiled before, with what of the processors the stages before it leave.
        self.assertRegex(done.stdout, "Debian 13: compiled +ok ")
        [compiled] = [number for number, call in enumerate(self.calls()) if call.startswith("in-suite trixie bash ")]
        self.assertTrue(self.calls()[compiled].endswith(" release build_contract build_integration build_bus build_tools build_system"))
        self.assertLess(compiled, self.calls().index("in-suite trixie tools/test contract integration bus tools system"))

    def test_the_upgrade_of_a_machine_is_a_stage_of_the_whole_and_can_be_run_alone(self):
        self.recorded_results()
        self.stand_in("nproc", "echo 1")
        done = self.script("test", "-L", "upgrade")
        self.assertEqual((done.returncode, self.last_line(done)), (0, "1 passed, 0 failed"), done.stderr)
        self.assertEqual(self.calls()[-1], "machine-upgrade build/release")
        self.assertFalse([call for call in self.calls() if call.startswith("ctest")])
        (self.root / "upgrade-fails").touch()
        done = self.script("test", "-L", "upgrade")
        self.assertEqual((done.returncode, self.last_line(done)), (1, "0 passed, 1 failed"), done.stderr)
        already = len(self.calls())
        self.script("test", "--quick")
        self.script("test", "-L", "unit")
        self.assertNotIn("machine-upgrade build/release", self.calls()[already:])
        done = self.script("test")
        self.assertRegex(done.stdout, "Debian 12 becomes 13 +FAILED ")

    def test_what_was_begun_ahead_fails_the_stage_that_waits_for_it(self):
        self.recorded_results()
        self.stand_in("cmake", "case $* in *--build*asan-ubsan*) echo 'no such member'; exit 1 ;; esac")
        done = self.script("test", "-L", "unit")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, "release +ok ")
        self.assertRegex(done.stdout, "clang: memory, fuzzing +FAILED ")
        self.assertRegex(done.stdout, "threads +ok ")
        self.assertIn("no such member", done.stderr)
        self.assertFalse(any("asan-ubsan" in call for call in self.calls()), self.calls())

    def test_what_was_begun_ahead_ends_when_the_script_does(self):
        self.recorded_results()
        self.stand_in("cmake", "case $* in *--build*asan-ubsan*) echo $$ >compiling; exec sleep 1000 ;; esac")
        self.stand_in("ctest", "until [ -s compiling ]; do sleep 0.05; done; kill -TERM $PPID")
        self.assertNotEqual(self.script("test", "-L", "unit").returncode, 0)
        try:
            compiling = os.pidfd_open(int((self.root / "compiling").read_text()))
        except ProcessLookupError:
            return
        self.addCleanup(os.close, compiling)
        self.assertTrue(select.select([compiling], [], [], 10)[0], "it still runs")

    def test_wrong_usage_is_refused(self):
        self.assertEqual(self.script("test", "--slow").returncode, 2)


if __name__ == "__main__":
    unittest.main()
