"""tools/check mutants, in a tree of one small file and its test."""

import pathlib
import subprocess
import tempfile
import unittest

from private_daemon import SOURCE, run

CODE = """#include "small.h"
{reason}
bool is_small(int value) {{ return value < 10; }}{beside}
"""
COMPUTED = """#include "small.h"
consteval int limit() { return 3 + 4; }
consteval auto less() { return [](int a, int b) { return a < b; }; }
bool is_small(int value) { return less()(value, limit()); }
"""
TEST = """#include "small.h"
int main() {{ return is_small(3) && {tested} !is_small(12) ? 0 : 1; }}
"""


class Mutants(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        run("git", "init", "-q", self.root)
        self.write("CMakeLists.txt", "cmake_minimum_required(VERSION 3.22)\nproject(small LANGUAGES CXX)\n"
                   "set(CMAKE_CXX_STANDARD 20)\n"
                   "set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)\nadd_executable(small_test small.cpp test.cpp)\n")
        self.write("small.h", "bool is_small(int value);\n")
        self.write("tools/mutants/tests", "# a comment\nsmall.cpp: small_test\n")

    def write(self, name, text):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def mutants(self, *names, tested="", reason="", beside="", code=CODE):
        self.write("small.cpp", code.format(reason=reason, beside=beside) if code is CODE else code)
        self.write("test.cpp", TEST.format(tested=tested))
        return self.run_tool(*names)

    def run_tool(self, *names):
        return subprocess.run([SOURCE / "tools/mutants/run", *names], cwd=self.root, capture_output=True, text=True, timeout=90,
                              check=False)

    def test_what_no_test_notices_is_named_and_what_one_notices_is_counted(self):
        done = self.mutants()
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        counts, *survived = done.stdout.splitlines()[1:]
        self.assertEqual(counts, "small.cpp: 4 changes, 2 noticed, 2 survived, 0 of them with a reason; 0 do not compile")
        self.assertEqual(survived, ["small.cpp:3: survived: value < 10  ->  value <= 10", "small.cpp:3: survived: 10  ->  11"])

        with self.subTest("a reason, above the line or at its end, is enough"):
            for place in ("reason", "beside"):
                done = self.mutants("small.cpp", **{place: "  // mutants: nobody minds"})
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertIn("2 survived, 2 of them with a reason", done.stdout)

        with self.subTest("a reason where nothing survives is named"):
            done = self.mutants(tested="!is_small(10) &&", reason="// mutants: nobody minds")
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stdout.splitlines()[-1], "small.cpp:2: a reason where no change survives")

    def test_what_the_compiler_computes_is_not_changed_but_the_functions_that_it_makes_are(self):
        done = self.mutants(code=COMPUTED)
        self.assertEqual(done.stdout.splitlines()[1:], [
            "small.cpp: 4 changes, 3 noticed, 1 survived, 0 of them with a reason; 0 do not compile",
            "small.cpp:3: survived: a < b  ->  a <= b"])

    def test_a_test_that_fails_by_itself_notices_nothing(self):
        done = self.mutants(tested="is_small(10) &&")
        self.assertEqual(done.returncode, 1)
        self.assertIn("small_test fails without a change", done.stderr)

    def test_a_file_is_read_with_its_header_as_it_is_now_where_both_have_changed_since_the_run_before(self):
        self.write("tools/mutants/tests", "small.h: small_test\nsmall.cpp: small_test\n")
        self.mutants("small.h", "small.cpp")
        self.write("small.h", "int is_small(int value);\n")
        self.write("small.cpp", CODE.format(reason="", beside="").replace("bool", "int"))
        done = self.run_tool("small.h", "small.cpp")
        self.assertEqual(done.stderr, "")
        self.assertIn("small.cpp: 4 changes, 2 noticed, 2 survived", done.stdout)

    def test_a_file_that_no_program_is_said_to_test_is_refused(self):
        done = self.mutants("test.cpp")
        self.assertEqual(done.returncode, 1)
        self.assertIn("does not say which programs test test.cpp", done.stderr)


if __name__ == "__main__":
    unittest.main()
