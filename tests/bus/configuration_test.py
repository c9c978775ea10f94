"""What of the configuration files does not count: on the bus, to the service manager, and by hvfbctl."""

import json
import os
import subprocess
import unittest

from daemon_on_bus import NAME, PROGRAMS, PROPERTIES, ROOT, OnTheBus

MANAGER = NAME + ".Manager"


class ConfigurationFiles(OnTheBus):
    def start_daemon(self, *options, mode="640x480"):
        self.told = []
        self.drop_ins = self.folder / "root/etc/hvfbd/hvfbd.conf.d"
        self.drop_ins.mkdir(parents=True)
        self.rate = self.drop_ins / "rate.conf"
        self.rate.write_text("[Display]\nRefreshLimit=10\n")
        self.rate.chmod(0o600)
        super().start_daemon(*options, mode=mode)

    def read_all(self, manager):
        try:
            while message := manager.recv(65536):
                self.told.append(message.decode())
        except OSError:
            pass

    def status(self):
        return [line for line in self.told if line.startswith("STATUS=")]

    def warnings(self):
        return json.loads(self.busctl("--json=short", "get-property", NAME, ROOT, MANAGER, "ConfigurationWarnings"))["data"]

    def hvfbctl(self, *words, code=0):
        done = subprocess.run([PROGRAMS / "hvfbctl", f"--bus={self.address}", *words], capture_output=True, text=True, timeout=30,
                              env={**os.environ, "LC_ALL": "C"}, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def findings(self):
        done = subprocess.run([PROGRAMS / "hvfbctl", f"--bus={self.address}", "doctor", "--json", "--root", self.folder / "root"],
                              capture_output=True, text=True, timeout=30, check=False)
        return [one for one in json.loads(done.stdout)["Findings"] if one["Subject"].startswith("configuration")]

    def check_configuration(self):
        return subprocess.run([PROGRAMS / "hvfbd", f"--config-root={self.folder}/root", "--check-config"], capture_output=True, text=True,
                              timeout=20, check=False)

    def test_that_the_daemon_may_not_read_are_said_by_all_that_speak_of_the_configuration_also_to_root(self):
        sentence, mend = f"{self.rate}: hvfbd may not read it, and leaves it out", f"sudo chmod a+r {self.rate}"
        warning = f"{sentence}; fix: {mend}"
        to_root = warning.replace("sudo ", "")
        self.assertEqual(self.warnings(), [warning])
        self.until(self.status)
        self.assertEqual(self.status(), [f"STATUS=1 display, no problem; configuration warning: {warning}"])
        self.assertIn(warning + "\n", self.said())
        self.assertNotIn(":0:", self.said())
        self.assertIn(f"configuration: {to_root}\n", self.hvfbctl("status").stdout)
        self.assertEqual(json.loads(self.hvfbctl("status", "--json").stdout)["Manager"]["ConfigurationWarnings"], [warning])
        self.assertIn("RefreshLimit", self.hvfbctl("status", "--root", self.folder / "root").stdout)
        self.assertNotIn("(files:", self.hvfbctl("status", "--root", self.folder / "root").stdout)
        self.assertEqual(self.hvfbctl("reload").stderr, f"hvfbctl: configuration: {to_root}\n")
        self.assertEqual([(one["Level"], one["Sentence"], one["Fix"]) for one in self.findings()], [("warn", sentence, mend)])
        done = self.check_configuration()
        self.assertEqual(done.returncode, 1)
        self.assertIn(warning, done.stderr)

        subprocess.run(mend.replace("sudo", ""), shell=True, check=True)
        self.assertEqual([(one["Subject"], one["Fix"]) for one in self.findings()],
                         [("configuration as hvfbd has read it", "sudo systemctl reload hvfbd")])
        self.assertEqual((self.check_configuration().returncode, self.hvfbctl("reload").stderr), (0, ""))
        self.assertEqual((self.warnings(), self.findings()), ([], []))
        self.assertEqual(self.get("RefreshLimit"), "u 10")
        self.until(lambda: self.status()[-1] == "STATUS=1 display, no problem")

    def test_with_mistakes_are_said_when_they_are_read_and_signalled(self):
        listener = self.caller()
        listener.do(do="listen", interface=PROPERTIES)
        self.rate.write_text("[Display]\nRefreshLimit=fast\nColour=red\n[Output]\nMode=800x600\n")
        self.rate.chmod(0o644)
        said = self.hvfbctl("reload").stderr
        for part in ("rate.conf:2: RefreshLimit must be", "rate.conf:3: there is no Colour"):
            self.assertIn(part, said)
        self.assertGreaterEqual(listener.do(do="heard")["result"], 1)
        self.assertEqual(len(self.warnings()), 2)
        self.until(lambda: "2 configuration warnings" in self.status()[-1])
        # The option --mode goes before what the file says.
        self.rate.write_text("[Output]\nType=memory\n")
        self.assertIn("what [Output] says now counts from the next start on; fix: systemctl restart hvfbd", self.hvfbctl("reload").stderr)
        self.rate.write_text("[Output]\nType=uio\n")
        said = self.hvfbctl("reload").stderr
        self.assertIn("hvfbd does not start with this: ", said)
        self.assertIn(said.partition("configuration: ")[2].strip(), self.hvfbctl("status").stdout)

    def test_with_any_number_of_mistakes_and_of_any_name_are_said_briefly(self):
        (self.drop_ins / os.fsdecode(b"\xff\n.conf")).write_text("wrong\n" * 300)
        self.hvfbctl("reload")
        said = self.warnings()
        self.assertLessEqual(len(said), 21)
        self.assertIn("journalctl", said[-1])
        self.assertTrue(any("\\xff" in one for one in said))

    def test_that_a_user_may_not_read_are_not_said_to_be_unreadable_for_the_daemon(self):
        self.rate.chmod(0o644)
        self.hvfbctl("reload")
        os.chown(self.rate, 61000, 0)
        self.rate.chmod(0o600)
        self.assertEqual(self.findings(), [])
        done = subprocess.run(["setpriv", "--reuid=drawer", "--regid=drawer", "--init-groups", PROGRAMS / "hvfbctl", f"--bus={self.address}",
                               "doctor", "--json", "--root", self.folder / "root"], capture_output=True, text=True, timeout=30, check=False)
        [finding] = [one for one in json.loads(done.stdout)["Findings"] if one["Subject"] == "configuration"]
        self.assertIn("you may not read it", finding["Sentence"])
        self.assertIn("sudo hvfbctl doctor", finding["Fix"])


if __name__ == "__main__":
    unittest.main()
