"""A machine that QEMU emulates: started from a kernel and a disk, spoken to over QMP and a serial line, and looked at."""

import ctypes
import json
import mmap
import os
import pathlib
import select
import shutil
import socket
import subprocess
import tempfile
import time

# KVM is not tried: where the host is itself a guest it may begin well and fail in the middle.
# One processor: the emulator has raced with the kernel's patching of its own text on two.
MACHINE = ["-accel", "tcg", "-smp", "1", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
COMMAND_LINE = ("panic=-1 mitigations=off nokaslr quiet loglevel=4 systemd.show_status=0 systemd.log_target=kmsg "
                "raid=noautodetect udev.children_max=4 modprobe.blacklist=bochs,virtio_gpu,psmouse,evdev "
                # What costs an emulated processor much, and no test looks at.
                "init_on_alloc=0 audit=0 rcupdate.rcu_expedited=1 nowatchdog ")
# Of each architecture: the emulator, the kernel's own words, and the second serial line, for the agent.
ARCHITECTURES = {
    # With cmpxchg16b (cx16) the cloud flavour of Linux 6.12 falls over in the first seconds: the flags are wrong behind it.
    "amd64": (["qemu-system-x86_64", "-machine", "pc", "-cpu", "qemu64,-svm,-cx16", "-m", "384M"],
              "console=ttyS0 console=tty0 no_timer_check tsc=reliable", ["-serial", "chardev:agent"]),
    "arm64": (["qemu-system-aarch64", "-machine", "virt", "-cpu", "cortex-a76", "-m", "768M"],
              "console=ttyAMA0", ["-device", "pci-serial,chardev=agent"]),
    # A processor of 64 bits would have instructions that a machine of 32 bits has not.
    "i386": (["qemu-system-i386", "-machine", "pc", "-cpu", "qemu32,+pae", "-m", "512M"],
             "console=ttyS0 no_timer_check tsc=reliable", ["-serial", "chardev:agent"]),
}


def counted_a_millisecond():
    """How fast this processor's counter of cycles runs, which the emulated one shows as its own. A guest that measures it while this
    machine is busy finds too little; its clock then runs ten times too fast, and its systemd gives up what it starts."""
    code = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\x0f\x31\x48\xc1\xe2\x20\x48\x09\xd0\xc3")  # rdtsc; shl $32, %rdx; or %rdx, %rax; ret
    place = ctypes.c_char.from_buffer(code)
    count = ctypes.CFUNCTYPE(ctypes.c_uint64)(ctypes.addressof(place))

    def now():
        """The time, and the count at it: of several the pair that was read the fastest."""
        found = []
        for _ in range(50):
            begin, ticks = time.monotonic_ns(), count()
            found.append((time.monotonic_ns() - begin, begin, ticks))
        return min(found)[1:]

    begin, first = now()
    time.sleep(0.1)
    end, second = now()
    return round((second - first) * 1e6 / (end - begin))


def read_ppm(data):
    """Width, height, and three bytes a pixel."""
    kind, size, depth, pixels = data.split(b"\n", 3)
    assert kind == b"P6" and depth == b"255", (kind, depth)
    width, height = map(int, size.split())
    return width, height, pixels


class Gone(Exception):
    """The machine has ended, or says nothing any more."""


class Machine:
    def __init__(self, kernel, initrd, disk=None, share=None, devices=(), shares="9p", architecture="amd64"):
        """`kernel`: started directly; or, of amd64, a bzImage, which UEFI starts, and which has a picture of the firmware's then.
        `shares`: how the guest sees folders of this machine, 9p or virtiofs. Without a disk all of it is in its initrd."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hvfbd-machine-"))
        self.out = self.folder / "out"
        self.out.mkdir()
        self.started = time.monotonic()
        self.heard, self.rest, self.commands = b"", b"", 0
        self.answered, self.events = b"", []
        self.serial = self.monitor = None
        # It goes when this program does, however that ends.
        self.helpers = []
        folders = {"host": share, "out": self.out}
        emulator, words_of_kernel, line_of_agent = ARCHITECTURES[architecture]
        words = ["setpriv", "--pdeathsig=KILL", *emulator, *MACHINE, "-kernel", kernel, "-initrd", initrd,
                 "-append", COMMAND_LINE + words_of_kernel + ("" if architecture == "arm64" else f" tsc_early_khz={counted_a_millisecond()}"),
                 "-qmp", f"unix:{self.folder}/qmp,server=on,wait=off",
                 # Its console, to a file; kernel messages in the middle of answers would spoil them.
                 "-serial", f"file:{self.folder}/console",
                 "-chardev", f"socket,id=agent,path={self.folder}/agent,server=on,wait=on", *line_of_agent,
                 *devices]
        if disk:
            words += ["-drive", f"file={disk},format=raw,if=none,id=disk,cache=unsafe,snapshot=on",
                      "-device", "virtio-blk-pci,drive=disk", "-device", "virtio-rng-pci",
                      *(self.shared_9p(folders) if shares == "9p" else self.shared_virtiofs(folders))]
        if disk and architecture == "amd64" and open(kernel, "rb").read(4) != b"\x7fELF":
            words += ["-bios", "/usr/share/ovmf/OVMF.fd"]
        with open(self.folder / "errors", "wb") as errors:
            self.process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                                            env={**os.environ, "TMPDIR": str(self.folder)})
        try:
            self.serial = self.connect("agent")
            self.monitor = self.connect("qmp")
            self.answer()  # its greeting
            self.qmp("qmp_capabilities")
        except BaseException:
            self.stop()
            raise

    @staticmethod
    def shared_9p(folders):
        """The guest reads the one, and leaves in the other what is for this machine."""
        words = []
        for name, folder in folders.items():
            words += ["-fsdev", f"local,id={name},path={folder},security_model=none" + (",readonly=on" if name == "host" else ""),
                      "-device", f"virtio-9p-pci,fsdev={name},mount_tag={name}"]
        return words

    def shared_virtiofs(self, folders):
        """The same. It has no read-only folder; nothing writes there."""
        words = ["-object", "memory-backend-memfd,id=ram,share=on,size=384M", "-machine", "memory-backend=ram"]
        for name, folder in folders.items():
            path = self.folder / f"virtiofsd-{name}"
            self.helpers.append(subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", "/usr/lib/qemu/virtiofsd", "-f", "-o", f"source={folder},sandbox=chroot,log_level=err",
                 f"--socket-path={path}"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            deadline = time.monotonic() + 20
            while not path.exists():
                if time.monotonic() > deadline:
                    raise Gone("virtiofsd did not start")
                select.select([], [], [], 0.02)
            words += ["-chardev", f"socket,id=fs-{name},path={path}", "-device", f"vhost-user-fs-pci,chardev=fs-{name},tag={name}"]
        return words

    def connect(self, name):
        deadline = time.monotonic() + 60
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(str(self.folder / name))
                return connection
            except OSError:
                connection.close()
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Gone("QEMU did not start: " + (self.folder / "errors").read_text(errors="replace"))
            select.select([], [], [], 0.02)

    # ---- QMP

    def qmp(self, command, **arguments):
        self.monitor.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = self.answer()
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']}")
            if "return" in answer:
                return answer["return"]

    def answer(self, within=1000):
        """The next thing that QEMU says."""
        deadline = time.monotonic() + within
        while b"\n" not in self.answered:
            if not select.select([self.monitor], [], [], max(deadline - time.monotonic(), 0))[0]:
                raise Gone(f"QEMU said nothing within {within} s")
            data = self.monitor.recv(65536)
            if not data:
                raise Gone("QEMU has gone: " + (self.folder / "errors").read_text(errors="replace"))
            self.answered += data
        line, self.answered = self.answered.split(b"\n", 1)
        answer = json.loads(line)
        if "event" in answer:
            self.events.append(answer)
        return answer

    def unplug(self, device):
        """Asks the guest to give the device back, and returns when it has."""
        self.events.clear()
        self.qmp("device_del", id=device)
        while not any(event["event"] == "DEVICE_DELETED" and event["data"].get("device") == device for event in self.events):
            self.answer()

    def screen(self, device, head=0):
        """What a screen shows, seen from outside the guest: width, height, and three bytes a pixel."""
        file = self.folder / "screen.ppm"
        self.qmp("screendump", filename=str(file), device=device, head=head)
        return read_ppm(file.read_bytes())

    # ---- the serial line

    def await_text(self, text, within):
        """What was said up to and with the line that has `text` in it."""
        wanted, deadline = text.encode(), time.monotonic() + within
        while True:
            at = self.rest.find(wanted)
            end = self.rest.find(b"\n", at) if at >= 0 else -1
            if end >= 0:
                said, self.rest = self.rest[:end + 1], self.rest[end + 1:]
                return said.decode(errors="replace").replace("\r", "")
            left = deadline - time.monotonic()
            if left <= 0:
                raise Gone(f"the guest did not say {text} within {within} s, but: {self.heard[-1500:].decode(errors='replace')}")
            if select.select([self.serial], [], [], left)[0]:
                data = self.serial.recv(65536)
                if not data:
                    raise Gone(f"the guest has gone: {self.console()}")
                self.rest += data
                self.heard += data

    def send(self, command):
        """Has a command run that says nothing, and waits for nothing."""
        self.serial.sendall(f"{command}\n".encode())

    def shell(self, command, within=1000):
        """Runs a command in the guest; returns its exit code and what it said."""
        self.commands += 1
        mark = f"@@{self.commands}="
        # In two pieces, so that the command itself is not taken for its end.
        self.send(f"{command}\necho @@\"{self.commands}\"=$?")
        said, _, code = self.await_text(mark, within).rpartition(mark)
        return int(code), said.strip()

    def console(self):
        """The end of what the kernel said."""
        file = self.folder / "console"
        return file.read_text(errors="replace")[-3000:] if file.exists() else ""

    # ---- its end

    def age(self):
        return time.monotonic() - self.started

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Takes the power away."""
        if self.process.poll() is None:
            try:
                self.qmp("quit")
                self.process.wait(timeout=20)
            except Exception:  # whatever it was: it is to end
                self.process.kill()
                self.process.wait()
        for helper in self.helpers:
            helper.kill()
            helper.wait()
        for connection in (self.serial, self.monitor):
            if connection:
                connection.close()
        shutil.rmtree(self.folder)
