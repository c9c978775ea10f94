"""The script tools/package, with stand-ins for what makes packages."""

import os
import pathlib
import re
import shutil
import tempfile
import unittest

from private_daemon import SOURCE, run

STAND_INS = {
    "dpkg-buildpackage": """case " $* " in *" --rules-target=build "*) echo '[7/7] Linking'; exit ;; esac
echo "$@" "$DEB_BUILD_PROFILES" >>../../words
[ ! -e ../../../fails ] || { echo 'no room'; exit 2; }
touch ../hvfbd_1_all.deb ../hvfbd_1.changes""",
    "lintian": "echo 'E: hvfbd: untidy'; [ ! -e ../../untidy ]",
}


class PackageScript(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name in ("tools", "packaging/debian", "stand-ins"):
            (self.root / name).mkdir(parents=True)
        for name in ("package", "common.sh", "progress.sh"):
            shutil.copy(SOURCE / "tools" / name, self.root / "tools" / name)
        shutil.copy(SOURCE / "packaging/debian/changelog", self.root / "packaging/debian")
        (self.root / "packaging/build-depends").write_text("")
        for name, script in STAND_INS.items():
            (self.root / "stand-ins" / name).write_text(f"#!/bin/sh\n{script}\n")
            (self.root / "stand-ins" / name).chmod(0o755)

    def package(self, *words):
        environment = {**os.environ, "PATH": f"{self.root}/stand-ins:{os.environ['PATH']}"}
        return run(self.root / "tools/package", *words, env=environment)

    def test_leaves_out_no_file_that_the_unit_tests_include(self):
        [left_out] = re.findall(r"--exclude=\./tests/\{([\w,]+)\}", (SOURCE / "tools/package").read_text())
        left_out, wrong = left_out.split(","), []
        for folder in ("unit", "client", "fuzz"):
            for file in (SOURCE / "tests" / folder).rglob("*.[ch]*"):
                for name in re.findall(r'(?m)^#include "((?:\w+/)+\w+\.h)"', file.read_text()):
                    if name.split("/")[0] in left_out and (SOURCE / "tests" / name).exists():
                        wrong.append(f"{file.relative_to(SOURCE)}: {name}")
        self.assertEqual(wrong, [])

    def test_says_which_part_runs_and_where_its_log_is(self):
        done = self.package("--no-symbols")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr.splitlines(), [
            "== 1 of 3: the packages are compiled and tested (build/logs/package.log)",
            "== 2 of 3: the packages are packed (build/logs/package.log)",
            "== 3 of 3: lintian looks at them (build/logs/lintian.log)"])
        self.assertEqual(done.stdout, "build/packages/hvfbd_1_all.deb\n")
        again = self.package("--no-symbols")
        self.assertEqual((again.stderr, again.stdout), ("", done.stdout))

    def test_says_what_went_wrong_and_where_the_rest_is(self):
        (self.root / "fails").touch()
        done = self.package("--no-check")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.splitlines()[1:], ["== 2 of 2: the packages are packed (build/logs/package.log)", "no room",
                                                        "package: could not build; all of it: build/logs/package.log"])
        (self.root / "fails").unlink()
        (self.root / "untidy").touch()
        done = self.package("--no-symbols")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.splitlines()[3:], ["E: hvfbd: untidy", "package: lintian has something to say"])

    def test_makes_those_of_arm64_beside_the_others(self):
        self.package("--no-check")
        done = self.package("--arm64")
        self.assertEqual((done.returncode, done.stdout), (0, "build/packages-arm64/hvfbd_1_all.deb\n"), done.stderr)
        here, there = [line for line in (self.root / "build/words").read_text().splitlines() if "--build=" in line]
        self.assertNotIn("arm64", here)
        self.assertIn("--build=any", there)
        self.assertIn("--host-arch=arm64", there)
        self.assertIn("pkg.hvfbd.noview", there)
        self.assertEqual(self.package("--no-check").stdout, "build/packages/hvfbd_1_all.deb\n")


if __name__ == "__main__":
    unittest.main()
