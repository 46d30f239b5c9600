"""Who is compared: each contender's processes, how they are started, ended and told to leave, and when one leads.

Runs in the benchmark's own thread, but for a reader a process. Times are Unix seconds of this one machine.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
from kazoo.client import KazooClient

from succession.testing.ports import free_ports
from succession.wire import RegistryEntry

ROOT = Path(__file__).resolve().parent.parent
PEERS = Path(__file__).resolve().parent / "peers"
_WAIT_S = 60.0
_CURATOR_NEEDS = ("curator-recipes", "curator-framework", "curator-client", "zookeeper", "zookeeper-jute", "guava")
_CURATOR_MAY_LOAD = (
    *("slf4j-api", "slf4j-nop", "snappy-java", "metrics-core", "netty-handler", "netty-buffer", "netty-common"),
    *("netty-transport", "netty-codec", "netty-resolver"),
)
_JAVA_FOLDER = Path("/usr/share/java")


class LeftOut(Exception):
    """This machine does not have what the contender needs; the text says what."""


class Runner:
    """One process of a contender."""

    def __init__(self, command: list[str], environ: dict[str, str] | None = None) -> None:
        self._said: dict[str, float] = {}  # guarded by _news
        self._news = threading.Condition()
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            word, _, at = line.partition(" ")
            if word in ("joined", "leads"):
                with self._news:
                    self._said[word] = float(at)
                    self._news.notify_all()

    def has_said(self, word: str) -> bool:
        with self._news:
            return word in self._said

    def when(self, word: str) -> float:
        """When it said so. Raises TimeoutError after a minute."""
        with self._news:
            if not self._news.wait_for(lambda: word in self._said, _WAIT_S):
                raise TimeoutError(f"{self.process.args!r} does not say {word!r}")
            return self._said[word]

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Contender(ABC):
    """A line of members of one election, on the ZooKeeper at `hosts`."""

    name: str
    path: str  # below which its candidates stand

    def __init__(self, hosts: str, timeout_s: float) -> None:
        self.hosts = hosts
        self.timeout_s = timeout_s
        self.line: list[Runner] = []
        self._client = KazooClient(hosts)
        self._client.start(timeout=30)
        self._made = 0

    @abstractmethod
    def command(self, name: str) -> list[str]:
        """What runs a member. Raises LeftOut."""

    def environ(self) -> dict[str, str]:
        return {}

    def grow(self, count: int) -> None:
        """Have `count` members in line, each of which has said so, and nobody else's znodes beside them."""
        while len(self.line) < count:
            self._made += 1
            runner = Runner(self.command(f"member{self._made}"), self.environ())
            self.line.append(runner)
            self.await_joined(runner)
        while len(self._client.get_children(self.path)) != count:
            time.sleep(0.02)

    def await_joined(self, runner: Runner) -> None:
        runner.when("joined")

    def kill_leader(self) -> float:
        """SIGKILL to the leader's process; when."""
        leader = self.line.pop(0)
        at = time.time()
        leader.process.kill()
        leader.process.wait()
        return at

    def kill_leaders_group(self) -> float:
        """SIGKILL to all processes of the leader, as if its machine were gone; when."""
        at = time.time()
        self.line.pop(0).end()
        return at

    def leave(self) -> float:
        """Tell the leader to leave in order; when."""
        leader = self.line.pop(0)
        at = time.time()
        leader.process.terminate()
        leader.process.wait(_WAIT_S)
        return at

    def when_next_leads(self, after: float) -> float:
        """When the one now first in line began to lead."""
        del after
        return self.line[0].when("leads")

    def end(self) -> None:
        for runner in self.line:
            runner.end()
        self._client.stop()
        self._client.close()


class Kazoo(Contender):
    name = "kazoo Election"
    path = "/kazoo"

    def command(self, name: str) -> list[str]:
        return [sys.executable, str(PEERS / "kazoo_election.py"), self.hosts, name, str(self.timeout_s)]


class Seed(Contender):
    name = "the example this started from"
    path = "/seed"

    def command(self, name: str) -> list[str]:
        return [sys.executable, str(PEERS / "seed.py"), self.hosts, name, str(self.timeout_s)]


class SeedsPage(Seed):
    """The same as its page shows it, which asks each second."""

    name = "the example, on its page"
    _POLL_S = 1.0

    def when_next_leads(self, after: float) -> float:
        del after
        while True:
            time.sleep(self._POLL_S - time.monotonic() % self._POLL_S)
            asked_at = time.time()
            if self.line[0].has_said("leads"):
                return asked_at


class Curator(Contender):
    name = "Curator LeaderLatch"
    path = "/curator"

    def command(self, name: str) -> list[str]:
        jars = [_JAVA_FOLDER / f"{jar}.jar" for jar in (*_CURATOR_NEEDS, *_CURATOR_MAY_LOAD)]
        missing = [jar.name for jar in jars[: len(_CURATOR_NEEDS)] if not jar.exists()]
        if missing or shutil.which("javac") is None:
            raise LeftOut(f"it needs a JDK and Debian's libcurator-recipes-java (missing: {missing or 'javac'})")
        class_path = os.pathsep.join(str(jar) for jar in jars if jar.exists())
        classes = ROOT / "build" / "curator"
        if not (classes / "CuratorLatch.class").exists():
            classes.mkdir(parents=True, exist_ok=True)
            subprocess.run(
                ["javac", "-cp", class_path, "-d", str(classes), str(PEERS / "CuratorLatch.java")],  # noqa: S607
                check=True,
            )
        flags = ["-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx64m"]
        member = ["CuratorLatch", self.hosts, name, str(self.timeout_s)]
        return ["java", *flags, "-cp", f"{class_path}{os.pathsep}{classes}", *member]


class Ours(Contender):
    """The cluster's own nodes, as they are: a master and a worker each."""

    name = "Succession"
    path = "/election"
    supervisor = "on"

    def command(self, name: str) -> list[str]:
        del name
        return [sys.executable, "-m", "cluster_node"]

    def environ(self) -> dict[str, str]:
        return {
            "ZOOKEEPER_HOSTS": self.hosts,
            "SESSION_TIMEOUT_S": str(self.timeout_s),
            "NODE_NAME": f"member{self._made}",
            "NODE_PORT": str(free_ports(1)[0]),
            "CRASH_SUPERVISOR": self.supervisor,
            "JOB_INTERVAL_S": "0",
        }

    def await_joined(self, runner: Runner) -> None:
        del runner
        names = {f"member{self._made}"}
        while not names & {entry.member.name for entry in self._entries("workers", "coordinators")}:
            time.sleep(0.02)

    def kill_leader(self) -> float:
        leader = self.line.pop(0)
        (worker,) = psutil.Process(leader.process.pid).children()
        at = time.time()
        worker.kill()
        leader.process.wait()
        return at

    def when_next_leads(self, after: float) -> float:
        while True:
            for entry in self._entries("coordinators"):
                takeover = entry.member.takeover
                if takeover is not None and takeover.claimed_at > after:
                    time.sleep(0.05)  # the entry says it a second time once the claim was committed
                    return self._claimed_at(entry.member.name)
            time.sleep(0.002)

    def _claimed_at(self, name: str) -> float:
        for entry in self._entries("coordinators"):
            if entry.member.name == name and entry.member.takeover is not None:
                return entry.member.takeover.claimed_at
        raise RuntimeError(f"{name} leads no more")

    def _entries(self, *registries: str) -> Iterator[RegistryEntry]:
        for registry in registries:
            parent = f"/{registry}_service_registry"
            if self._client.exists(parent) is None:
                continue
            for name in self._client.get_children(parent):
                with contextlib.suppress(Exception):  # it is gone by now
                    yield msgspec.json.decode(self._client.get(f"{parent}/{name}")[0], type=RegistryEntry)


class OursUnsupervised(Ours):
    name = "Succession, supervisor off"
    supervisor = "off"


CONTENDERS: tuple[type[Contender], ...] = (Ours, OursUnsupervised, Kazoo, Curator, Seed, SeedsPage)
