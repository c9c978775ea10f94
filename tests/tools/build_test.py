"""The options of the build."""

import json
import unittest

from private_daemon import SOURCE

PRESETS = {preset["name"]: preset for preset in json.loads((SOURCE / "CMakePresets.json").read_text())["configurePresets"]}


def variables(name):
    """What a preset sets, with what it inherits."""
    preset = PRESETS[name]
    inherited = variables(preset["inherits"]) if "inherits" in preset else {}
    return {**inherited, **preset.get("cacheVariables", {})}


class Presets(unittest.TestCase):
    def test_make_errors_of_warnings(self):
        for name in PRESETS:
            with self.subTest(name):
                self.assertEqual(variables(name).get("HVFBD_WERROR"), "ON")

    def test_with_sanitizers_or_for_the_debugger_have_the_assertions_of_the_standard_library(self):
        # CMakeLists.txt defines them for these; tests/unit/assertions_test.cpp sees them at work.
        for name in ("debug", "asan-ubsan", "tsan"):
            with self.subTest(name):
                self.assertTrue(variables(name)["CMAKE_BUILD_TYPE"] == "Debug" or variables(name).get("HVFBD_SANITIZE"))


if __name__ == "__main__":
    unittest.main()
