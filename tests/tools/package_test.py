"""The Debian packages, as tools/package makes them; lintian has looked at them there."""

import grp
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["HVFBD_SOURCE"])
PACKAGES = SOURCE / "build/packages"
NAMES = ("hvfbd", "hvfbd-console", "hvfbd-input", "hvfbd-run", "hvfbd-tools", "hvfbd-view", "hvfbd-vnc", "libhvfb-dev", "libhvfb1", "python3-hvfb")


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def debian_of_packages():
    """~deb12, ~deb13; nothing where Debian has no number yet."""
    release = dict(line.split("=", 1) for line in pathlib.Path("/etc/os-release").read_text().splitlines() if "=" in line)
    number = release.get("VERSION_ID", "").strip('"')
    return f"~deb{number}" if release["ID"] == "debian" and number else ""


# Where units and udev's rules are: Debian 12 has them in /lib, and lintian of each Debian wants them where that one has them.
LIB = "/lib" if debian_of_packages() == "~deb12" else "/usr/lib"


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Takes a moment where they are made already.
        run(SOURCE / "tools/package", "--no-symbols", timeout=1200)
        cls.files = {name: next(PACKAGES.glob(f"{name}_*.deb")) for name in NAMES}

    def field(self, name, field):
        return run("dpkg-deb", "--field", self.files[name], field).strip()

    def contents(self, name):
        lines = run("dpkg-deb", "--contents", self.files[name]).splitlines()
        return {re.split(r"\s+", line, maxsplit=5)[5].split(" -> ")[0][1:] for line in lines if not line.startswith("d")}

    def script(self, name, which):
        return run("dpkg-deb", "--info", self.files[name], which)

    def test_are_these_and_of_the_version_that_cmake_says(self):
        self.assertEqual(len(list(PACKAGES.glob("*.deb"))), len(NAMES))
        [version] = re.findall(r"project\(hvfbd VERSION (\S+)", (SOURCE / "CMakeLists.txt").read_text())
        for name in NAMES:
            self.assertEqual(self.field(name, "Version"), version + debian_of_packages())

    def test_no_file_is_in_two_of_them(self):
        held = {name: self.contents(name) for name in NAMES}
        self.assertGreater(len(held), 8)
        for one, other in itertools.combinations(held, 2):
            self.assertEqual(held[one] & held[other], set(), f"{one}, {other}")

    def test_of_a_later_debian_are_an_upgrade(self):
        versions = ["0.1.0~deb12", "0.1.0~deb13", "0.1.0", "0.1.1~deb12"]
        for older, newer in zip(versions, versions[1:]):
            run("dpkg", "--compare-versions", older, "lt", newer)
        # Whoever needs libhvfb1 is content with that of each Debian.
        needed = set(re.findall(r"libhvfb1 \(>= ([^)]+)\)", self.script("libhvfb1", "shlibs")))
        needed |= set(re.findall(r"(?m)^ \S+@HVFB_\S+ (\S+)$", self.script("libhvfb1", "symbols")))
        self.assertEqual(needed, {"0.1.0~"})
        run("dpkg", "--compare-versions", versions[0], "ge", "0.1.0~")

    def test_are_made_in_a_clone_by_debians_own_programs(self):
        """They look for a folder debian."""
        self.assertEqual(os.readlink(SOURCE / "debian"), "packaging/debian")
        for name in NAMES:
            self.assertEqual(self.field(name, "Homepage"), "https://hvfbd.org/")

    def test_hold_what_a_user_of_systemd_expects(self):
        doc = "/usr/share/doc/hvfbd"
        for name in (f"{LIB}/systemd/system/hvfbd.service", f"{LIB}/systemd/system/hvfbd-bind.service",
                     f"{LIB}/systemd/system/hvfbd-retry.timer", f"{LIB}/udev/rules.d/70-hvfbd-uio.rules",
                     "/usr/lib/hvfbd/hvfbd.conf", "/usr/lib/sysusers.d/hvfbd.conf",
                     "/usr/lib/systemd/catalog/hvfbd.catalog", "/usr/libexec/hvfbd", "/usr/libexec/hvfbd-bind",
                     "/usr/share/dbus-1/interfaces/org.hvfbd.Framebuffer1.Manager.xml",
                     "/usr/share/dbus-1/interfaces/org.hvfbd.Framebuffer1.Display.xml",
                     "/usr/share/dbus-1/interfaces/org.hvfbd.Framebuffer1.Surface.xml",
                     "/usr/share/dbus-1/system-services/org.hvfbd.Framebuffer1.service",
                     "/usr/share/dbus-1/system.d/org.hvfbd.Framebuffer1.conf", f"{doc}/security.md",
                     f"{doc}/hyperv-generation-1.conf", f"{doc}/hyperv-generation-2.conf",
                     f"{doc}/protocol.md", "/usr/share/man/man8/hvfbd.8.gz", "/usr/share/man/man8/hvfbd-bind.8.gz",
                     "/usr/share/man/man5/hvfbd.conf.5.gz", "/usr/share/man/man5/org.hvfbd.Framebuffer1.5.gz"):
            self.assertIn(name, self.contents("hvfbd"))
        self.assertLessEqual({"/usr/bin/hvfbctl", "/usr/bin/hvhost", "/usr/share/man/man1/hvfbctl.1.gz",
                              "/usr/share/man/man1/hvhost.1.gz", "/usr/share/bash-completion/completions/hvfbctl",
                              "/usr/share/bash-completion/completions/hvhost",
                              "/usr/share/zsh/vendor-completions/_hvfbctl"}, self.contents("hvfbd-tools"))
        self.assertLessEqual({"/usr/bin/hvfb-console", f"{LIB}/systemd/system/hvfb-console.service", "/usr/share/man/man8/hvfb-console.8.gz",
                              f"{LIB}/systemd/system/hvfb-console-failed.service", f"{LIB}/systemd/system/hvfb-console-scroll.service",
                              f"{LIB}/systemd/system/hvfb-console-scroll.target", "/usr/lib/sysusers.d/hvfb-console.conf",
                              "/usr/share/bash-completion/completions/hvfb-console"}, self.contents("hvfbd-console"))
        self.assertLessEqual({"/usr/bin/hvfb-inputd", f"{LIB}/systemd/system/hvfb-inputd.service", f"{LIB}/systemd/system/hvfb-inputd.socket",
                              "/usr/lib/sysusers.d/hvfb-inputd.conf", "/usr/lib/tmpfiles.d/hvfb-inputd.conf", f"{LIB}/udev/rules.d/70-hvfb-inputd.rules",
                              "/usr/share/man/man8/hvfb-inputd.8.gz", "/usr/share/bash-completion/completions/hvfb-inputd"}, self.contents("hvfbd-input"))
        self.assertLessEqual({"/usr/bin/hvfb-vnc", f"{LIB}/systemd/system/hvfb-vnc.service", f"{LIB}/systemd/system/hvfb-vnc.socket",
                              f"{LIB}/systemd/system/hvfb-vnc-auth.socket", f"{LIB}/systemd/system/hvfb-vnc-auth@.service", "/usr/libexec/hvfb-vnc-auth",
                              "/etc/pam.d/hvfb-vnc", "/usr/lib/sysusers.d/hvfb-vnc.conf", "/usr/share/man/man8/hvfb-vnc.8.gz",
                              "/usr/share/bash-completion/completions/hvfb-vnc"}, self.contents("hvfbd-vnc"))
        run_holds = {re.sub(r"/usr/lib/[^/]*-linux-gnu[^/]*/", "", name) for name in self.contents("hvfbd-run")}
        self.assertLessEqual({"/usr/bin/hvfb-run", "hvfbd/libhvfb-fbdev.so", "/usr/share/man/man1/hvfb-run.1.gz",
                              f"{LIB}/systemd/system/hvfb-run@.service", "/usr/lib/sysusers.d/hvfb-run.conf",
                              "/usr/share/bash-completion/completions/hvfb-run"}, run_holds)
        library = {re.sub(r"/usr/lib/[^/]*-linux-gnu[^/]*/", "", name) for name in
                   self.contents("libhvfb1") | self.contents("libhvfb-dev")}
        self.assertLessEqual({"libhvfb.so.1", "libhvfb.so.1.0.0", "libhvfb.so", "pkgconfig/hvfb.pc",
                              "cmake/hvfb/hvfb-config.cmake", "cmake/hvfb/hvfb-config-version.cmake",
                              "/usr/include/hvfb/hvfb.h", "/usr/include/hvfb/protocol.h", "/usr/share/man/man3/hvfb.3.gz",
                              "/usr/share/man/man3/libhvfb.3.gz", "/usr/share/doc/libhvfb-dev/examples/hello.c",
                              "/usr/share/doc/libhvfb-dev/examples/viewer.c", "/usr/share/doc/libhvfb-dev/protocol.md"}, library)

    def test_hold_a_python_package_for_every_architecture_that_needs_the_library_it_was_made_with(self):
        self.assertEqual(self.field("python3-hvfb", "Architecture"), "all")
        files = {path.name for path in (SOURCE / "client/python/hvfb").iterdir() if path.suffix in (".py", ".typed")}
        doc = "/usr/share/doc/python3-hvfb"
        self.assertEqual({name for name in self.contents("python3-hvfb") if not re.search(r"/(copyright|changelog\.gz)$", name)},
                         {f"/usr/lib/python3/dist-packages/hvfb/{name}" for name in files}
                         | {f"{doc}/examples/show_image.py", f"{doc}/python.md"})
        version = self.field("libhvfb1", "Version").split("~")[0]
        # That of each Debian.
        self.assertIn(f"libhvfb1 (>= {version}~)", self.field("python3-hvfb", "Depends"))
        self.assertRegex(self.field("python3-hvfb", "Depends"), "python3:any")

    def test_userfaultfd_is_the_daemons_as_soon_as_it_is_installed_and_nobody_elses(self):
        rules = [name for name in self.contents("hvfbd") if "userfaultfd" in name]
        self.assertEqual(rules, [f"{LIB}/udev/rules.d/70-hvfbd-userfaultfd.rules"])
        self.assertRegex(self.script("hvfbd", "postinst"), "udevadm trigger .*--sysname-match=userfaultfd")
        self.assertRegex(self.script("hvfbd", "postrm"), r"chown root:root /dev/userfaultfd .*\n *chmod 0600 /dev/userfaultfd")

    def test_the_daemon_gets_no_video_memory_that_nobody_opted_to_give(self):
        self.assertEqual({name for name in self.contents("hvfbd") if "hyperv-generation" in name or ".service.d" in name},
                         {f"/usr/share/doc/hvfbd/hyperv-generation-{number}.conf" for number in (1, 2)})

    def test_a_screen_needs_no_package_of_another_name(self):
        own = {name for name in NAMES if not name.startswith("hvfbd")}
        for name in ("hvfbd", "hvfbd-tools"):
            depends = set(re.findall(r"(?:^|[,|] )([a-z0-9.+-]+)", self.field(name, "Depends")))
            self.assertEqual(depends & own, set())
        self.assertRegex(self.field("hvfbd", "Depends"), r"libsdbus-c\+\+[12]\b")
        self.assertRegex(self.field("libhvfb1", "Depends"), r"libsystemd0")
        self.assertNotIn("libstdc++", self.field("libhvfb1", "Depends"))

    def test_a_program_gets_the_library_that_has_its_functions(self):
        self.assertIn("libhvfb 1 libhvfb1", self.script("libhvfb1", "shlibs"))
        symbols = set(re.findall(r"^ (hvfb_\w+)@HVFB_1(?:\.\d+)? ", self.script("libhvfb1", "symbols"), re.M))
        header = (SOURCE / "client/include/hvfb/hvfb.h").read_text()
        functions = set(re.findall(r"^HVFB_API .*?\b(hvfb_\w+)\(", header, re.M))
        self.assertEqual(symbols, functions)
        self.assertLessEqual({f"/usr/share/man/man3/{name}.3.gz" for name in functions}, self.contents("libhvfb-dev"))

    def test_an_upgrade_restarts_the_daemon_and_stops_nothing_before(self):
        after = self.script("hvfbd", "postinst")
        self.assertRegex(after, r"deb-systemd-invoke try-restart 'hvfbd\.service'")
        self.assertNotIn("try-restart 'hvfbd-bind", after)
        self.assertNotRegex(after, r"deb-systemd-invoke (start|restart)")
        self.assertLess(after.index("systemd-sysusers"), after.index("udevadm"))
        self.assertLess(after.index("udevadm"), after.index("try-restart"))
        self.assertRegex(self.script("hvfbd", "prerm"), r'if \[ "\$1" = remove \].*\n.*stop')
        self.assertEqual(self.script("hvfbd", "prerm").count("deb-systemd-invoke"), 1)
        self.assertNotIn("deb-systemd-invoke", self.script("hvfbd", "preinst"))

    def test_the_console_is_restarted_where_it_runs_and_its_user_is_there_before(self):
        after = self.script("hvfbd-console", "postinst")
        self.assertRegex(after, r"deb-systemd-invoke try-restart 'hvfb-console\.service'")
        self.assertNotRegex(after, r"deb-systemd-invoke (start|restart)")
        self.assertLess(after.index("systemd-sysusers"), after.index("try-restart"))
        self.assertRegex(self.script("hvfbd-console", "prerm"), r'if \[ "\$1" = remove \].*\n.*stop hvfb-console.service')

    def test_the_input_daemon_is_restarted_where_it_runs_and_its_socket_stays(self):
        after = self.script("hvfbd-input", "postinst")
        self.assertRegex(after, r"deb-systemd-invoke try-restart 'hvfb-inputd\.service'")
        self.assertNotRegex(after, r"deb-systemd-invoke (start|restart)|try-restart .*socket")
        self.assertLess(after.index("systemd-sysusers"), after.index("systemd-tmpfiles"))
        self.assertRegex(self.script("hvfbd-input", "prerm"), r'if \[ "\$1" = remove \].*\n.*stop hvfb-inputd.socket hvfb-inputd.service')

    def test_the_vnc_server_is_restarted_where_it_runs_and_its_socket_stays(self):
        after = self.script("hvfbd-vnc", "postinst")
        self.assertRegex(after, r"deb-systemd-invoke try-restart 'hvfb-vnc\.service'")
        self.assertNotRegex(after, r"deb-systemd-invoke (start|restart)|try-restart .*socket")
        self.assertLess(after.index("systemd-sysusers"), after.index("try-restart"))
        self.assertRegex(self.script("hvfbd-vnc", "prerm"), r'if \[ "\$1" = remove \].*\n.*stop hvfb-vnc.socket hvfb-vnc.service')

    def test_the_console_needs_the_daemon_and_no_font(self):
        self.assertRegex(self.field("hvfbd-console", "Depends"), r"(^|, )hvfbd \(>= [^)]*~\)")
        self.assertNotRegex(self.field("hvfbd-console", "Depends"), "unifont|console-setup|libhvfb1")
        self.assertRegex(self.field("hvfbd-console", "Recommends"), r"console-setup-linux, hvfbd-tools, unifont\b")

    def test_are_built_from_what_the_one_list_says(self):
        [section] = re.findall(r"(?m)^\[build\]\n((?:.+\n)+)", (SOURCE / "packaging/build-depends").read_text())
        listed = set(re.findall(r"(?m)^([\w+.-]+)", section)) | {"dh-python", "libsdl2-dev", "python3:any"}  # for the packages alone
        control = (SOURCE / "packaging/debian/control").read_text()
        [depends] = re.findall(r"(?m)^Build-Depends:\n((?: .+\n)+)", control)
        named = {line.strip().split(" ")[0].rstrip(",") for line in depends.splitlines()} - {"debhelper-compat"}
        # The compiler is there wherever packages are built; the other tests, the demo and the bench are no part of them.
        self.assertEqual(named, listed - {"g++", "libgmock-dev", "libbenchmark-dev", "libfreetype-dev"})

    def test_are_made_where_the_unit_tests_pass(self):
        said = (SOURCE / "build/logs/package.log").read_text()
        [failed, tests] = re.search(r"100% tests passed, (\d+) tests failed out of (\d+)", said).groups()
        self.assertEqual(failed, "0")
        self.assertGreater(int(tests), 300)
        self.assertNotIn("did not run", said)

    def test_users_are_there_before_the_bus_reads_of_them(self):
        users = (SOURCE / "units/hvfbd.sysusers").read_text()
        self.assertIn(f"systemd-sysusers - <<'END' || true\n{users}END\n", self.script("hvfbd", "preinst"))


def image(program):
    """What of it is loaded, without what names its debugging symbols."""
    with tempfile.NamedTemporaryFile() as made:
        run("objcopy", "-O", "binary", "--remove-section=.note.gnu.build-id", program, made.name)
        return made.read()


class PackagedPrograms(unittest.TestCase):
    def test_are_to_the_byte_those_that_the_tests_run(self):
        run(SOURCE / "tools/package", "--no-symbols", timeout=1200)
        built = pathlib.Path(os.environ["HVFBD_PROGRAMS"])
        with tempfile.TemporaryDirectory() as folder:
            for name in NAMES:
                run("dpkg-deb", "--extract", next(PACKAGES.glob(f"{name}_*.deb")), folder)
            installed = pathlib.Path(folder, "usr")
            [library] = installed.glob("lib/*/libhvfb.so.1.0.0")
            for program in (installed / "libexec/hvfbd", installed / "libexec/hvfbd-bind", installed / "bin/hvfbctl", installed / "libexec/hvfb-view",
                            installed / "bin/hvhost", installed / "bin/hvfb-console", installed / "bin/hvfb-inputd", installed / "bin/hvfb-run", installed / "bin/hvfb-vnc", installed / "libexec/hvfb-vnc-auth", library):
                with self.subTest(program.name):
                    tested = (built.parent / "lib" if program == library else built) / program.name
                    self.assertEqual(hash(image(program)), hash(image(tested)), "other options, or another compiler")


# Installs, removes and purges in an overlay of this machine's files, and prints what is other than before: a line a file
# that is new, changed or gone, and the users.
TRIAL = r"""
set -eu
folder=$1
mount -t tmpfs tmpfs "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root" "$folder/packages"
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
# Nothing of the machine's own runs or is spoken to from in there.
mount -t tmpfs tmpfs "$folder/root/run"
mount -t tmpfs tmpfs "$folder/root/tmp"
# Without what is in here no index is made of all of the machine's manual pages.
mount -t tmpfs tmpfs "$folder/root/var/lib/man-db"
cp "$2"/*.deb "$folder/root/tmp"
mount --bind /dev "$folder/root/dev"
mount -t proc proc "$folder/root/proc"
chroot "$folder/root" sh -euc '
    export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
    dpkg --install /tmp/*.deb >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
    dpkg --verify hvfbd hvfbd-console hvfbd-input hvfbd-run hvfbd-tools hvfbd-view hvfbd-vnc libhvfb1 libhvfb-dev python3-hvfb
    /usr/bin/python3 -c "import hvfb; hvfb.version()"
    /usr/libexec/hvfbd --check-config
    echo "[Display]" >/etc/hvfbd/hvfbd.conf.d/mine.conf
    dpkg --remove hvfbd-vnc hvfbd-input hvfbd-console hvfbd >>/tmp/log 2>&1
    [ -e /etc/hvfbd/hvfbd.conf.d/mine.conf ] || echo "removed: my configuration"
    dpkg --purge hvfbd hvfbd-console hvfbd-input hvfbd-run hvfbd-tools hvfbd-view hvfbd-vnc python3-hvfb libhvfb-dev libhvfb1 >>/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
    grep -i -E "warning|error|unknown" /tmp/log || true
'
cd "$folder/upper"
find . ! -type d -printf '%P\n'
find . -type d | while read -r directory; do [ -d "/$directory" ] || echo "$directory"; done
for file in passwd group; do diff "/etc/$file" "etc/$file" | grep '^[<>]'; done
"""
# What dpkg and the triggers of other packages write for every package.
OTHERS = re.compile(r"(var/lib/dpkg/|var/lib/prometheus/|var/lib/systemd/catalog/|var/cache/(ldconfig|man|debconf)/|var/log/|etc/ld\.so\.cache$"
                    r"|etc/(passwd|group|shadow|gshadow)-?$|etc/\.pwd\.lock$)")


class PackageResidue(unittest.TestCase):
    def test_purged_they_leave_the_locked_user_and_nothing_else(self):
        run(SOURCE / "tools/package", "--no-symbols", timeout=1200)
        folder = tempfile.mkdtemp(prefix="hvfbd-package-")
        self.addCleanup(shutil.rmtree, folder)
        said = run("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private",
                   "sh", "-c", TRIAL, "sh", folder, PACKAGES, timeout=300).splitlines()
        left = [re.sub(r":\d+", ":N", line) for line in said if not OTHERS.match(line)]
        users = {"hvfb-console": "hvfbd text console", "hvfb-inputd": "hvfbd input devices", "hvfb-run": "Programs of hvfb-run", "hvfb-vnc": "hvfbd VNC server", "hvfbd": "hvfbd framebuffer"}
        groups = [*users, "hvfbd-input", "hvfbd-view"]
        # udev's, which a machine without udev has not, and a kiosk's user is in.
        if "input" not in (group.gr_name for group in grp.getgrall()):
            groups.append("input")
        self.assertEqual(sorted(left), sorted([f"> {name}:x:N:N:{of}:/:/usr/sbin/nologin" for name, of in users.items()]
                                              + [f"> {name}:x:N:" for name in groups]))


if __name__ == "__main__":
    unittest.main()
