"""A shell that hvfb-console shows, at a port of the loopback whose browsers know a secret: what tools/demo --web has."""

import os
import socket
import subprocess

from private_daemon import PROGRAMS

SECRET = "0123456789abcdef"


class TypedShell:
    """With Vnc of tests/tools."""

    def begin_shell(self, *page_words):
        (self.folder / "log").touch()
        keys = self.folder / "keys"
        with (self.folder / "console.log").open("w") as log:
            console = subprocess.Popen([PROGRAMS / "hvfb-console", f"--bus={self.bus.address}", f"--input={keys}", "--", "bash", "--norc", "--noprofile", "-i"],
                                       cwd=self.folder, env={**os.environ, "PS1": "$ ", "HISTFILE": ""}, stdin=subprocess.DEVNULL, stderr=log)
        self.addCleanup(console.wait)
        self.addCleanup(console.terminate)
        self.await_true(keys.exists, "hvfb-console takes keys")
        secret = self.folder / "secret"
        secret.write_text(SECRET)
        secret.chmod(0o600)
        listening = socket.create_server(("127.0.0.1", 0))
        self.where = listening.getsockname()
        self.serve(*page_words, "--insecure=yes", f"--web-secret={secret}", f"--input={keys}", listening=listening)

    def address(self):
        return f"http://127.0.0.1:{self.where[1]}/#{SECRET}"

    def typed(self, command):
        """What it wrote into a file that it is told to make."""
        file = self.folder / "typed"
        file.unlink(missing_ok=True)
        command(file.name)
        self.await_true(lambda: file.exists() and file.read_text(), "the shell has run what was typed")
        return file.read_text()
