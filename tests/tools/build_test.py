"""The options of the build."""

import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import unittest

from private_daemon import PROGRAMS, SOURCE, read_png, run

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


MODULES = {"sdbus-c++", "pixman-1", "libdrm", "libudev", "libtsm", "libseccomp", "libvncserver", "gnutls", "pam", "xkbcommon"}
PACKAGES = {"spdlog", "CLI11", "nlohmann_json", "PNG", "GTest", "benchmark", "ZLIB", "Freetype"}
# What each part can do without; libsystemd is what all of them need.
UNNEEDED = {
    "LIBRARY": MODULES | PACKAGES,
    "DAEMON": {"libtsm", "libseccomp", "libvncserver", "gnutls", "pam", "xkbcommon", "PNG", "GTest", "benchmark", "ZLIB", "Freetype"},
    "TOOLS": {"libudev", "spdlog", "GTest", "benchmark", "Freetype"},
}


class Parts(unittest.TestCase):
    """The build is configured and not run: CMake says what it would install."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        pkg_config = self.root / "pkg-config"
        pkg_config.write_text('#!/bin/sh\nfor word; do case " $MISSING " in *" ${word%%[<>=]*} "*) exit 1 ;; esac; done\n'
                              'exec /usr/bin/pkg-config "$@"\n')
        pkg_config.chmod(0o755)

    def configure(self, *options, missing=()):
        build = self.root / "build"
        query = build / ".cmake/api/v1/query/codemodel-v2"
        query.parent.mkdir(parents=True, exist_ok=True)
        query.touch()
        environment = {**os.environ, "PKG_CONFIG": str(self.root / "pkg-config"), "MISSING": " ".join(missing)}
        without = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in PACKAGES & set(missing)]
        return build, run("cmake", "--fresh", "-G", "Ninja", "-S", SOURCE, "-B", build, "-DCMAKE_INSTALL_PREFIX=/usr", *options, *without,
                          env=environment, timeout=300)

    def installed(self, *options, missing=()):
        """The files that would be installed, by their names and where they would be."""
        build, done = self.configure(*options, missing=missing)
        self.assertEqual(done.returncode, 0, done.stderr)
        # A library that is no target of this part would be asked of the linker.
        self.assertEqual(re.findall(r" -l(?:hv|tools|common)\w*", (build / "build.ninja").read_text()), [])
        folders, found = set(), [build]
        while found:
            folders.add(found[-1])
            script = (found.pop() / "cmake_install.cmake").read_text()
            found += map(pathlib.Path, re.findall(r'include\("(.*)/cmake_install.cmake"\)', script))
        files = set()
        for reply in (build / ".cmake/api/v1/reply").glob("directory-*.json"):
            folder = json.loads(reply.read_text())
            # What is left out of the whole is not installed.
            if build / folder["paths"]["build"] not in folders:
                continue
            for installer in folder.get("installers", ()):
                for path in installer.get("paths", ()):
                    source = path if isinstance(path, str) else path["from"]
                    files.add(f'{installer["destination"]}/{pathlib.Path(source).name}')
        return files

    def test_need_nothing_of_each_other_and_together_are_the_whole(self):
        alone = {part: self.installed(*(f"-DHVFBD_{other}=OFF" for other in UNNEEDED if other != part), missing=missing)
                 for part, missing in UNNEEDED.items()}
        self.assertEqual([name for name in alone["LIBRARY"] if "lib" not in name and "include" not in name and "man" not in name], [])
        self.assertLessEqual({"include/hvfb", "share/man/man3/hvfb.3"}, alone["LIBRARY"])
        self.assertLessEqual({"libexec/hvfbd", "libexec/hvfbd-bind", "lib/hvfbd/hvfbd.conf", "share/man/man8/hvfbd.8"}, alone["DAEMON"])
        self.assertEqual({re.sub(r"^lib(/[^/]*-linux-gnu[^/]*)?/hvfbd/", "LIB/hvfbd/", name) for name in alone["TOOLS"]}, {"bin/hvfbctl", "bin/hvhost", "bin/hvfb-console", "share/man/man1/hvfbctl.1", "share/man/man1/hvhost.1",
                                          "share/bash-completion/completions/hvfbctl.bash", "share/zsh/site-functions/_hvfbctl",
                                          "share/bash-completion/completions/hvhost.bash",
                                          "share/bash-completion/completions/hvfb-console.bash", "share/man/man8/hvfb-console.8",
                                          "lib/systemd/system/hvfb-console.service", "lib/systemd/system/hvfb-console-failed.service",
                                          "lib/systemd/system/hvfb-console-scroll.service", "lib/systemd/system/hvfb-console-scroll.target",
                                          "lib/sysusers.d/hvfb-console.sysusers", "bin/hvfb-run", "lib/systemd/system/hvfb-run@.service",
                                          "lib/sysusers.d/hvfb-run.sysusers", "LIB/hvfbd/libhvfb-fbdev.so",
                                          "share/bash-completion/completions/hvfb-run.bash", "share/man/man1/hvfb-run.1",
                                          "bin/hvfb-inputd", "lib/systemd/system/hvfb-inputd.service", "lib/systemd/system/hvfb-inputd.socket",
                                          "lib/sysusers.d/hvfb-inputd.sysusers", "lib/tmpfiles.d/hvfb-inputd.tmpfiles", "lib/udev/rules.d/70-hvfb-inputd.rules",
                                          "share/bash-completion/completions/hvfb-inputd.bash", "share/man/man8/hvfb-inputd.8",
                                          "bin/hvfb-vnc", "libexec/hvfb-vnc-auth", "lib/systemd/system/hvfb-vnc-auth.socket", "lib/systemd/system/hvfb-vnc-auth@.service",
                                          "lib/pam.d/hvfb-vnc.pam", "lib/systemd/system/hvfb-vnc.service", "lib/systemd/system/hvfb-vnc.socket",
                                          "lib/sysusers.d/hvfb-vnc.sysusers", "share/bash-completion/completions/hvfb-vnc.bash", "share/man/man8/hvfb-vnc.8", "share/hvfbd/web"})
        whole = self.installed()
        self.assertEqual(set().union(*alone.values()), whole)
        self.assertEqual(sum(map(len, alone.values())), len(whole))
        with self.subTest("without a preset warnings are no errors"):
            self.assertNotIn("-Werror", (self.root / "build/compile_commands.json").read_text())

    def test_find_their_headers_where_each_file_is_compiled_alone(self):
        """Several files that are compiled as one, as a preset does, find by each other what one of them lacks."""
        _, done = self.configure()
        self.assertEqual(done.returncode, 0, done.stderr)
        source = pathlib.Path(SOURCE)
        headers = [str(path.relative_to(source)) for path in source.rglob("*.h") if path.relative_to(source).parts[0] != "build"]
        of_a_file = {}

        def included(path):
            if path not in of_a_file:
                of_a_file[path] = re.findall(r'(?m)^ *# *include "([^"]+)"', path.read_text())
            return of_a_file[path]

        lacking = set()
        for command in json.loads((self.root / "build/compile_commands.json").read_text()):
            folders = [pathlib.Path(folder) for folder in re.findall(r"(?:-I|-isystem) ?(\S+)", command["command"])]
            seen, left = set(), [pathlib.Path(command["file"])]
            while left:
                path = left.pop()
                if path in seen or not path.is_relative_to(source) or not path.exists():
                    continue
                seen.add(path)
                for name in included(path):
                    found = next((folder / name for folder in (path.parent, *folders) if (folder / name).exists()), None)
                    if found:
                        left.append(found.resolve())
                    elif any(header == name or header.endswith("/" + name) for header in headers):
                        lacking.add((str(path.relative_to(source)), name))
        self.assertEqual(lacking, set())

    def test_that_the_tests_need_are_named_where_they_are_left_out(self):
        _, done = self.configure("-DHVFBD_TOOLS=OFF", "-DHVFBD_TESTS=ON")
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(" ".join(done.stderr.split()), "tests and the bench need all parts: give -DHVFBD_TESTS=OFF")

    def test_of_the_library_need_the_library_alone(self):
        _, done = self.configure("-DHVFBD_DAEMON=OFF", "-DHVFBD_TOOLS=OFF", "-DHVFBD_TESTS=library", missing=UNNEEDED["LIBRARY"] - {"GTest"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((self.root / "build/tests/client").is_dir())
        self.assertFalse((self.root / "build/tests/unit").exists())
        _, done = self.configure("-DHVFBD_LIBRARY=OFF", "-DHVFBD_TESTS=library")
        self.assertNotEqual(done.returncode, 0)


DRAW = """
import hvfb, pathlib, subprocess
with hvfb.Surface("prefix") as surface:
    surface.fill((255, 128, 0))
    assert surface.present(20)
    subprocess.run(["hvfbctl", "screenshot", "screen.png"], check=True)
print(pathlib.Path(hvfb.__file__).parent)
"""


class Elsewhere(unittest.TestCase):
    """What is installed in a folder of one's own."""

    AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups") if os.geteuid() == 0 else ()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hvfbd-elsewhere-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.root.chmod(0o777)

    def start(self, *command, **options):
        """As another user than root."""
        process = subprocess.Popen([*self.AS_NOBODY, "setpriv", "--pdeathsig=TERM", *map(str, command)], cwd=self.root, **options)
        self.addCleanup(process.wait, 20)
        self.addCleanup(process.terminate)
        return process

    def install(self):
        """What the release builds, which was configured for /usr, in a folder."""
        prefix = self.root / "prefix"
        done = run("cmake", "--install", PROGRAMS.parent, "--prefix", prefix, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        [library] = prefix.glob("lib/**/libhvfb.so")
        return prefix, library.parent

    def start_daemon(self, prefix, configuration):
        """Its address, when it is ready."""
        (self.root / "bus.conf").write_text(configuration)
        bus = self.start("dbus-daemon", "--nofork", "--print-address=1", f"--config-file={self.root}/bus.conf", stdout=subprocess.PIPE, text=True)
        self.addCleanup(bus.stdout.close)
        address = bus.stdout.readline().strip()
        self.assertNotEqual(address, "")
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(notify.close)
        notify.bind(str(self.root / "notify"))
        (self.root / "notify").chmod(0o777)
        notify.settimeout(20)
        daemon = self.start(prefix / "libexec/hvfbd", f"--bus={address}", f"--config-root={self.root}/none", "--mode=640x480",
                            env={**os.environ, "NOTIFY_SOCKET": str(self.root / "notify")})
        while b"READY=1" not in notify.recv(4096):
            pass
        return daemon, address

    def test_runs_for_any_user_on_a_private_bus(self):
        prefix, library = self.install()
        daemon, address = self.start_daemon(prefix, (SOURCE / "tools/private-bus.conf").read_text())
        environment = {**os.environ, "HVFB_BUS": address, "LD_LIBRARY_PATH": str(library), "PYTHONPATH": str(prefix / "lib/python3/dist-packages"),
                       "PKG_CONFIG_PATH": str(library / "pkgconfig"), "PATH": f"{prefix}/bin:{os.environ['PATH']}"}
        flags = run("pkg-config", "--cflags", "--libs", "hvfb", env=environment)
        self.assertEqual(flags.stdout.split(), [f"-I{prefix}/include", f"-L{library}", "-lhvfb"], flags.stderr)
        done = run("cc", "-std=c11", "-D_GNU_SOURCE", SOURCE / "client/examples/hello.c", *flags.stdout.split(), "-o", self.root / "hello")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = run(*self.AS_NOBODY, self.root / "hello", env=environment)
        self.assertEqual((done.returncode, done.stdout), (0, "It is on the screen.\n"), done.stderr)
        # The Python package of the same prefix draws, and a screenshot has it.
        done = run(*self.AS_NOBODY, "/usr/bin/python3", "-c", DRAW, env=environment, cwd=self.root)
        self.assertEqual((done.returncode, done.stdout), (0, f"{prefix}/lib/python3/dist-packages/hvfb\n"), done.stderr)
        self.assertEqual(read_png((self.root / "screen.png").read_bytes()), (640, 480, [[(255, 128, 0)] * 640] * 480))
        done = run(*self.AS_NOBODY, "hvfbctl", "set", "RefreshLimit", "33", env=environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        daemon.terminate()
        self.assertEqual(daemon.wait(20), 0)

    def test_is_found_by_cmake_in_the_folder_that_it_is_moved_to(self):
        prefix, _ = self.install()
        prefix = prefix.rename(self.root / "moved")
        (self.root / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.22)\nproject(draw C)\nfind_package(hvfb 0.1 REQUIRED)\n"
                                                  f"add_executable(draw {SOURCE}/client/examples/hello.c)\ntarget_link_libraries(draw hvfb::hvfb)\n"
                                                  "set_property(TARGET draw PROPERTY C_STANDARD 11)\n")
        for command in (("-S", self.root, "-B", self.root / "build", f"-DCMAKE_PREFIX_PATH={prefix}"), ("--build", self.root / "build")):
            done = run("cmake", *command, timeout=300)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_names_the_prefix_that_it_is_installed_into(self):
        prefix, library = self.install()
        self.assertIn(f"prefix={prefix}\n", (library / "pkgconfig/hvfb.pc").read_text())
        units = [path for path in (prefix / "lib/systemd/system").iterdir() if path.suffix == ".service"]
        self.assertGreaterEqual(len(units), 3)
        # One of them only starts and stops others.
        programs = {unit.name: re.findall(r"(?m)^Exec\w+=(/\S*/hvfb\S+)", unit.read_text()) for unit in units}
        self.assertEqual([name for name, named in programs.items() if not named], ["hvfb-console-failed.service"])
        for named in programs.values():
            for program in named:
                self.assertTrue(program.startswith(f"{prefix}/") and os.access(program, os.X_OK), program)

    def test_names_the_prefix_that_it_was_configured_for(self):
        build, prefix = self.root / "build", self.root / "prefix"
        done = run("cmake", "-G", "Ninja", "-S", SOURCE, "-B", build, f"-DCMAKE_INSTALL_PREFIX={prefix}", "-DHVFBD_TESTS=OFF", timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"ExecStart={prefix}/libexec/hvfbd\n", (build / "packaging/hvfbd.service").read_text())
        self.assertIn(f"{prefix}/libexec/hvfbd-bind", (build / "packaging/hvfbd-bind.service").read_text())
        self.assertIn(f"prefix={prefix}\n", (build / "client/hvfb.pc").read_text())
        outside = set()
        for script in build.rglob("cmake_install.cmake"):
            outside |= {path for path in re.findall(r'DESTINATION "([^"]+)"', script.read_text()) if not path.startswith("${CMAKE_INSTALL_PREFIX}/")}
        self.assertEqual(outside, set())


if __name__ == "__main__":
    unittest.main()
