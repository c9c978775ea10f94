"""README's commands as a reader types them, in order, in a fresh Debian: tests/readme/fresh. What cannot be typed as it stands is in
CHANGED, with what is typed instead."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import unittest

SOURCE = pathlib.Path(os.environ["HVFBD_SOURCE"])
INSIDE = os.environ["HVFBD_FETCHING"].split()
ROOT = pathlib.Path(os.environ["HVFBD_ROOT"])
sys.path.insert(0, str(SOURCE / "tests/tools"))
from private_daemon import read_png  # noqa: E402

CLONE = "/home/reader/hvfbd"
CHANGED = {
    # All of it takes half an hour, and boots guests.
    "tools/test": "tools/test unit",
    "usermod -aG video NAME": "usermod -aG video reader",
    # Nobody looks: SDL has a screen for that.
    "apt install ./build/packages/hvfbd-view_*.deb && hvfbctl view":
        "apt install ./build/packages/hvfbd-view_*.deb && (SDL_VIDEODRIVER=dummy timeout --preserve-status 5 hvfbctl view)",
}


def typed(page, section):
    """The command lines of a section's blocks, without their comments."""
    [text] = re.findall(rf"(?ms)^## {section}\n(.*?)(?=^## |\Z)", (SOURCE / page).read_text())
    return [[line for line in (re.sub(r"\s+#.*", "", line).strip() for line in block.splitlines()) if line]
            for block in re.findall(r"(?ms)^```sh\n(.*?)^```$", text)]


class Fresh(unittest.TestCase):
    def setUp(self):
        subprocess.run([*INSIDE, "useradd", "--create-home", "--shell", "/bin/bash", "reader"], check=True)
        self.clone(CLONE, "reader")

    def clone(self, folder, user):
        files = subprocess.run(["git", "-C", str(SOURCE), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                               stdout=subprocess.PIPE, check=True, text=True).stdout.split("\0")
        for name in filter(None, files):
            if os.path.lexists(SOURCE / name):
                (ROOT / folder[1:] / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(SOURCE / name, ROOT / folder[1:] / name, follow_symlinks=False)
        subprocess.run([*INSIDE, "chown", "-R", f"{user}:", folder], check=True)

    def command(self, line, user, folder=CLONE):
        variables = [f"{name}={value}" for name, value in os.environ.items() if name.startswith("CCACHE_")]
        words = ["env", f"HOME={'/root' if user == 'root' else '/home/reader'}", *variables]
        if user != "root":
            # With the groups that it has as of the next login.
            words = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *words]
        return [*INSIDE, *words, "bash", "-c", f"cd {folder}\n{line}"]

    def type(self, line, user="root", fails=False, **where):
        start = time.monotonic()
        print(f"{'#' if user == 'root' else '$'} {line}", flush=True)
        # Whoever is asked says yes.
        done = subprocess.run(self.command(line, user, **where), input="y\n" * 20, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
        lines = done.stdout.rstrip("\n").splitlines()
        for said in lines if len(lines) < 30 else [*lines[:10], "...", *lines[-15:]]:
            print(f"    | {said[:160]}")
        print(f"    {time.monotonic() - start:.0f} s, status {done.returncode}", flush=True)
        self.assertEqual(done.returncode != 0, fails, f"{line}:\n{done.stdout[-5000:]}")
        return done.stdout

    def type_and_what_it_says(self, line):
        """As the reader, who is told what root types first if packages are missing."""
        said = self.type(line, "reader", fails=True)
        found = re.search(r"(?m)^Packages are missing\. As root: (.*)$", said)
        self.assertTrue(found, "it says what is missing")
        self.type(found[1])
        return self.type(line, "reader")

    def file(self, name):
        return ROOT / CLONE[1:] / name

    def write(self, name, text):
        self.file(name).write_text(text)
        self.file(name).chmod(0o644)

    def assert_shows_the_client(self, png):
        width, height, rows = read_png(self.file(png).read_bytes())
        self.assertEqual(rows, [[(x * 255 // width, 0, y * 255 // height) for x in range(width)] for y in range(height)])


[CLIENT] = re.findall(r"(?ms)^```c\n(.*?)^```$", (SOURCE / "README.md").read_text())


class Try(Fresh):
    def test_shows_a_demo_and_passes_the_tests(self):
        [try_it] = typed("README.md", "Try it")
        self.assertEqual(try_it, ["tools/demo", "tools/test"])
        self.assertIn("shows what the client drew, to the pixel", self.type_and_what_it_says("tools/demo"))
        self.assertTrue(self.file("demo-out/host.png").exists())
        self.assertRegex(self.type(CHANGED["tools/test"], "reader"), r"(?m)^\d+ passed, 0 failed$")


class Install(Fresh):
    """One test, for each line needs those before it."""

    def test_makes_packages_and_starts_the_service_and_a_client_draws(self):
        install, _ = typed("README.md", "Install")
        self.assertEqual(install[0], "tools/package")
        self.type_and_what_it_says(install[0])
        for line in install[1:]:
            said = self.type(CHANGED.get(line, line))
            if line == "hvfbctl status":
                self.assertIn("memory", said)

        [client] = typed("README.md", "A client")
        packages, compile_it, screenshot, view = client
        self.type(packages)
        self.write("client.c", CLIENT)
        with subprocess.Popen(self.command(compile_it, "reader"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True) as running:
            # In another terminal, when the reader sees that it runs.
            end = time.monotonic() + 60
            while True:
                self.type(screenshot)
                if read_png(self.file("screen.png").read_bytes())[2][-1][-1] != (0, 0, 0) or time.monotonic() > end:
                    break
                time.sleep(0.5)
            self.assert_shows_the_client("screen.png")
            self.type(CHANGED[view])
            said = running.communicate("\n")[0]
        self.assertEqual((running.returncode, said), (0, ""))


class Prefix(Fresh):
    """On a distribution that the project does not know: what it needs is installed, and nothing of Debian's packaging."""

    def test_runs_from_a_folder_of_the_users_and_then_from_usr(self):
        self.type("tools/prepare build && apt-get install -qq -y python3-numpy dbus-daemon >/dev/null")
        [commands] = typed("docs/packaging.md", "A folder of one's own")
        self.write("client.c", CLIENT)
        self.write("CMakeLists-of-client.txt", "cmake_minimum_required(VERSION 3.22)\nproject(client C)\nfind_package(hvfb 0.1 REQUIRED)\n"
                   "add_executable(client client.c)\ntarget_link_libraries(client hvfb::hvfb)\n")
        # A reader types the last line when hvfbd has said what it shows on.
        self.assertEqual(commands[-2:], ["hvfbd --bus=session --output=memory &", "hvfbctl status"])
        commands.insert(-1, "until hvfbctl get Output >/dev/null 2>&1; do sleep 0.2; done")
        # And goes on in the same shell.
        look = """
hvfbctl set WhenHidden ignore
cc client.c $(pkg-config --cflags --libs hvfb) -o by-pkg-config
mkdir -p by-cmake && cp client.c by-cmake && cp CMakeLists-of-client.txt by-cmake/CMakeLists.txt
cmake -G Ninja -S by-cmake -B by-cmake/build -DCMAKE_PREFIX_PATH="$HOME/hvfbd"
cmake --build by-cmake/build
for program in ./by-pkg-config by-cmake/build/client; do
    mkfifo enter; $program <enter & exec 3>enter; rm enter
    until hvfbctl surfaces | grep -q "${program##*/}"; do kill -0 $!; sleep 0.2; done
    sleep 2; hvfbctl screenshot "${program##*/}.png"; exec 3>&-; wait $!
done
python3 -c 'import hvfb; s = hvfb.Surface(); s.fill((255, 128, 0)); print("python:", hvfb.__file__, s.present(20))'
kill $(jobs -p)"""
        self.type("mkdir ~/elsewhere; cat >~/typed <<'END'\nset -e\n" + "\n".join(commands) + look + "\nEND\ndbus-run-session -- bash ~/typed", "reader")
        for png in ("by-pkg-config.png", "client.png"):
            self.assert_shows_the_client(png)

        # README's own way, in /usr, with the system's bus and systemd.
        self.clone("/root/hvfbd", "root")
        _, other = typed("README.md", "Install")
        self.assertTrue(other[-1].startswith("udevadm control --reload && udevadm trigger "), other)
        # There is no udev in a container, whose /sys cannot be written.
        for line in other[:-1]:
            self.type(line, folder="/root/hvfbd")
        self.type("systemctl start hvfbd && hvfbctl status && hvfbctl screenshot screen.png")
        self.type("hvfbctl doctor")


if __name__ == "__main__":
    unittest.main()
