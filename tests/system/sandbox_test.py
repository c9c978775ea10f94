"""The sandbox of the installed service, seen from within it."""

import json
import os
import pathlib
import re
import shutil
import unittest

from service import make_userfaultfd, of_service, run


class Sandbox(unittest.TestCase):
    """Checks that notice when one of the unit's directives is taken away; tests/system/mutate does take them away."""

    @classmethod
    def setUpClass(cls):
        pathlib.Path("/tmp/hvfbd-marker").touch()
        os.makedirs("/usr/lib/modules", exist_ok=True)
        if not os.path.exists("/dev/loop-control"):
            os.mknod("/dev/loop-control", 0o020666, os.makedev(10, 237))
        os.chmod("/dev/loop-control", 0o666)
        make_userfaultfd()
        shutil.chown("/dev/userfaultfd", group="hvfbd")
        os.chmod("/dev/userfaultfd", 0o660)
        # The unit itself, but for what it starts.
        unit = run("systemctl", "cat", "hvfbd.service").stdout
        lines = [line for line in unit.splitlines()
                 if not re.match(r"(#|(Exec\w+|Type|BusName|Restart\w*|Alias|WantedBy|OnFailure|StartLimit\w+)=)", line)]
        at = lines.index("[Service]")
        lines[at + 1:at + 1] = ["Type=oneshot", "Environment=HVFBD_PROGRAMS=/mnt/programs",
                                "ExecStart=/usr/bin/python3 -B /mnt/source/tests/system/probe.py",
                                "StandardOutput=truncate:/run/hvfbd-probe.json"]
        pathlib.Path("/run/systemd/system/hvfbd-probe.service").write_text("\n".join(lines) + "\n")
        run("systemctl", "daemon-reload", check=True)
        result = run("systemctl", "start", "hvfbd-probe.service")
        cls.ended_by = "" if result.returncode == 0 else run("journalctl", "-b", "-u", "hvfbd-probe", "-o", "cat").stdout
        cls.probe = {} if cls.ended_by else json.loads(pathlib.Path("/run/hvfbd-probe.json").read_text())

    def expect(self, what, value):
        self.assertEqual(self.probe.get(what), value, what)

    def test_a_call_that_is_not_allowed_is_an_error_and_not_the_end(self):
        self.assertEqual(self.ended_by, "")

    def test_it_is_a_user_without_rights(self):
        user = run("id", "-u", "hvfbd").stdout.strip()
        group = run("id", "-g", "hvfbd").stdout.strip()
        self.expect("user", int(user))
        self.expect("group", int(group))
        video = int(run("getent", "group", "video").stdout.split(":")[2])
        self.expect("groups", sorted({video, int(group)}))
        self.expect("mask", "0o77")
        self.expect("capabilities", 0)
        self.expect("no_new_privileges", "1")

    def test_files_are_out_of_reach(self):
        self.expect("system_is_read_only", [True] * 4)
        self.expect("control_groups_are_read_only", True)
        self.expect("home", "0o0")
        self.expect("marker", False)
        self.expect("others", False)

    def test_the_kernel_is_out_of_reach(self):
        self.expect("kernel_messages", "0o0")
        self.expect("kernel_symbols", "0o0")
        self.expect("modules", "0o0")
        self.expect("trace", "EPERM")
        self.expect("priority", "EPERM")
        self.expect("personality", "EPERM")
        # By the system call filter of systemd 252, or by the kernel, which 257 asks for it.
        self.assertIn(self.probe.get("executable_memory"), ("EPERM", "EACCES"))
        self.expect("set_user_id", "EPERM")
        self.expect("user_namespace", "EPERM")
        self.assertNotEqual(self.probe["foreign_call"], 0, "system calls of another kind")

    def test_devices_and_networks_are_out_of_reach(self):
        self.expect("other_device", "EPERM")
        self.expect("null_device", "ok")
        self.expect("userfaultfd", "ok")
        self.assertIn("char-uio rw", of_service("DeviceAllow"))
        self.assertIn("char-drm rw", of_service("DeviceAllow"))
        self.expect("internet", "EAFNOSUPPORT")
        self.expect("unix", "ok")
        for name in ("uts", "net", "mnt"):
            self.assertNotEqual(self.probe["namespaces"][name], os.readlink(f"/proc/self/ns/{name}"), name)

    def test_shared_memory_does_not_outlive_it(self):
        self.expect("shared_memory", True)
        segments = pathlib.Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
        self.assertFalse([line for line in segments if int(line.split()[0]) == 0x68766662])

    def test_the_store_is_there(self):
        self.assertGreater(int(of_service("FileDescriptorStoreMax")), 0)

    def test_how_exposed_it_is(self):
        result = run("systemd-analyze", "security", "--no-pager", "--threshold=15", "hvfbd.service")
        print(result.stdout.strip().splitlines()[-1], flush=True)
        self.assertEqual(result.returncode, 0)


if __name__ == "__main__":
    unittest.main()
