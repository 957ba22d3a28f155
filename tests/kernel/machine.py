"""One test kernel, seen from the host: what it shall do, and what came of it.

A back-end (tests/kernel/boot for User Mode Linux, tests/kernel/boot-stock for
QEMU) knows how to start its kind of machine.  Everything else is here: the
command line, the job that tests/kernel/guest-init reads, and three one-way
channels out of the machine:

  log      the kernel's console; goes to --log FILE
  output   what the command prints; goes to standard output
  result   one line: the nonce and the exit status of the command

The nonce is made for this boot.  Only a line that begins with it means
anything, so neither a stray print nor a crash looks like a result; and the
machine is killed only when the nonce came over every channel, so nothing that
was printed before the end is lost.

A back-end is this much:

    job = machine.parse(sys.argv[1:])
    with machine.Machine(job, modules=[...]) as test_kernel:
        sys.exit(test_kernel.run([program, option, ...]))
"""

import argparse
import ctypes
import os
import re
import secrets
import selectors
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SUITE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.join(SUITE, "tests", "kernel")

PR_SET_PDEATHSIG = 1

TIMED_OUT = 124
DIED = 125

# After the result: how long what was printed before it may still take.
FLUSH_SECONDS = 10

# diod and others look up the name of every peer.
HOSTS = ["10.9.0.1 ours", "10.9.0.2 stock", "fd09::1 ours", "fd09::2 stock"]
HOSTS += [f"10.{net}.0.{host} test-{net}-{host}" for net in (7, 8) for host in (1, 2, 3)]
HOSTS += [f"fd0{net}::{host} test-{net}-{host}" for net in (7, 8) for host in (1, 2, 3)]


def parse(argv):
    """The command line that every back-end has in common."""
    parser = argparse.ArgumentParser(
        prog="tests/kernel/boot",
        description="Boot a test kernel, run a command in it as root on a copy of this "
        "machine's files, and exit with its exit status (124: time is up, 125: the "
        "kernel died).")
    parser.add_argument("--interactive", action="store_true",
                        help="the command has the terminal; no time limit")
    parser.add_argument("--stock-modules", action="store_true",
                        help="without this suite's modules")
    parser.add_argument("--timeout", type=float, default=120, metavar="S",
                        help="seconds, boot included (default: %(default)g)")
    parser.add_argument("--log", metavar="FILE", help="write the kernel log to FILE")
    parser.add_argument("--net", type=int, metavar="FD",
                        help="an inherited packet socket becomes network device vec0")
    parser.add_argument("--mem", default="640M", metavar="M", help="memory (default: %(default)s)")
    parser.add_argument("--append", action="append", default=[], metavar="WORD",
                        help="a word for the kernel's command line (UML only)")
    parser.add_argument("kernel", help="uml, uml-kasan, uml-leak or stock")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="SCRIPT [ARG...]")
    job = parser.parse_args(argv)
    if not job.command:
        parser.error("which script is to run?")
    script = job.command[0]
    if os.path.exists(script):
        job.command[0] = os.path.abspath(script)
    elif os.sep in script:
        parser.error(f"{script}: no such file")
    return job


def cpu_mhz():
    with open("/proc/cpuinfo") as file:
        found = re.search(r"^cpu MHz\s*:\s*([\d.]+)", file.read(), re.MULTILINE)
    return found.group(1) if found else "1000.000"


def write_job(path, job, nonce, modules):
    def array(words):
        return "(" + " ".join(shlex.quote(word) for word in words) + ")"

    with open(path, "w") as file:
        for name, value in (
                ("nonce", nonce), ("kernel", shlex.quote(job.kernel)),
                ("suite", shlex.quote(SUITE)), ("cpu_mhz", cpu_mhz()),
                ("interactive", "yes" if job.interactive else ""),
                ("modules", array(modules)), ("hosts", array(HOSTS)),
                ("command", array(job.command))):
            file.write(f"{name}={value}\n")


class Channel:
    """The host's end of a pipe out of the machine.

    Lines that carry the nonce are for us; everything else goes to the sink as
    it comes, so that a run that is killed has shown all it had.
    """

    def __init__(self, nonce, sink):
        self.reader, self.writer = os.pipe()
        self.nonce = nonce.encode()
        self.sink = sink
        self.rest = b""
        self.verdict = None

    def read(self):
        """Take what is there; False at the end of the channel."""
        data = os.read(self.reader, 65536)
        lines = (self.rest + data).split(b"\n")
        self.rest = lines.pop()
        for line in lines:
            self.take(line + b"\n")
        if not data and self.rest:
            self.take(self.rest)
            self.rest = b""
        return bool(data)

    def take(self, line):
        if self.nonce in line and self.verdict is None:
            self.verdict = line.split(self.nonce, 1)[1].decode(errors="replace").strip()
        elif self.sink is not None:
            self.sink.write(line)
            self.sink.flush()


class Machine:
    """A machine to be run once; leaving the `with` block leaves nothing of it.

    A back-end hands the three writers' numbers to its program (`log`, `output`,
    `result`); in an interactive run the command has the terminal, and `output`
    is not to be used.
    """

    def __init__(self, job, modules):
        self.job = job
        self.nonce = secrets.token_hex(16)
        self.directory = tempfile.mkdtemp(prefix="rvt-boot-")
        write_job(os.path.join(self.directory, "job"), job, self.nonce, modules)
        self.log_file = open(job.log or os.devnull, "wb")
        self.channels = {
            "log": Channel(self.nonce, self.log_file),
            "output": Channel(self.nonce, sys.stdout.buffer),
            "result": Channel(self.nonce, None),
        }
        self.process = None

    log = property(lambda self: self.channels["log"].writer)
    output = property(lambda self: self.channels["output"].writer)
    result = property(lambda self: self.channels["result"].writer)

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        # A runner that is interrupted takes its machines along.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        return self

    def __exit__(self, *_):
        self.kill()
        self.log_file.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def kill(self):
        """The sandbox ends only when everything in it has ended."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def run(self, command, keep=()):
        """Run the machine to its end and return the exit status to report.

        @keep are further file descriptors that the program inherits.
        """
        writers = [channel.writer for channel in self.channels.values()]
        standard = None if self.job.interactive else subprocess.DEVNULL
        self.process = subprocess.Popen(
            [os.path.join(HERE, "sandbox"), *command], pass_fds=[*writers, *keep],
            stdin=standard, stdout=None if self.job.interactive else self.log,
            stderr=self.log, cwd="/")
        for writer in writers:
            os.close(writer)
        status = self.supervise()
        self.kill()
        return status

    def supervise(self):
        wanted = dict(self.channels)
        if self.job.interactive:
            del wanted["output"]
        deadline = None if self.job.interactive else time.monotonic() + self.job.timeout
        with selectors.DefaultSelector() as selector:
            for channel in self.channels.values():
                selector.register(channel.reader, selectors.EVENT_READ, channel)
            while selector.get_map():
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    break
                for key, _ in selector.select(left):
                    if not key.data.read():
                        selector.unregister(key.fd)
                if all(channel.verdict is not None for channel in wanted.values()):
                    return self.status()
                if self.result_came_first():
                    deadline = min(deadline or float("inf"), time.monotonic() + FLUSH_SECONDS)
            else:
                return self.died("the kernel died")
        if self.channels["result"].verdict is not None:
            return self.died("the kernel log or the output did not come to its end")
        self.complain(f"time is up after {self.job.timeout:g} s")
        return TIMED_OUT

    def result_came_first(self):
        """True once: at the moment when the result is there and the rest is not."""
        channel = self.channels["result"]
        if channel.verdict is None or getattr(self, "flushing", False):
            return False
        self.flushing = True
        return True

    def status(self):
        verdict = self.channels["result"].verdict
        if re.fullmatch(r"\d{1,3}", verdict):
            return int(verdict)
        return self.died(f"the result makes no sense: {verdict!r}")

    def died(self, why):
        self.complain(why)
        return DIED

    def complain(self, what):
        where = f"; the kernel log is in {self.job.log}" if self.job.log else ""
        print(f"boot: {self.job.kernel}: {what}{where}", file=sys.stderr)
