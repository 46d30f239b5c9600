"""Real ZooKeeper servers on this machine: where their jars are, how they are configured, whether they serve.

Runs in the caller's thread. It writes below the folder it is given and starts nothing: `command` says what to start.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from succession import four_letters

HOW_TO_GET_IT = (
    "ZooKeeper was not found: on Debian or Ubuntu `apt-get install --no-install-recommends libzookeeper-java "
    "libslf4j-java default-jre-headless`, on macOS `brew install zookeeper`, elsewhere unpack a release of "
    "https://zookeeper.apache.org and set ZOOKEEPER_HOME to its folder"
)
FOUR_LETTER_WORDS = "srvr, mntr, wchs, wchp, cons, ruok, stat, isro"

_DEBIAN_JARS = Path("/usr/share/java")
# What a server loads, by the names without a version that Debian and Ubuntu give them. slf4j-simple makes it log.
_DEBIAN_NEEDS = ("zookeeper", "zookeeper-jute", "slf4j-api", "slf4j-simple", "metrics-core", "snappy-java")
_DEBIAN_MAY_LOAD = ("netty-handler", "netty-buffer", "netty-common", "netty-transport", "netty-codec", "netty-resolver")
_HOMEBREWS = (Path("/opt/homebrew"), Path("/usr/local"), Path("/home/linuxbrew/.linuxbrew"))

# A small server that starts fast. fsync is off: it is for showing and testing elections, not for keeping data.
_JVM_FLAGS = (
    "-Xms32m",
    "-Xmx192m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Xshare:auto",
    "-Djava.awt.headless=true",
    "-Djava.net.preferIPv4Stack=true",
    "-Dzookeeper.forceSync=no",
    "-Dzookeeper.preAllocSize=1024",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
    "-Dorg.slf4j.simpleLogger.showShortLogName=true",
    # Without a line for each four-letter word, which the dashboard asks each second.
    "-Dorg.slf4j.simpleLogger.log.org.apache.zookeeper.server.NIOServerCnxn=warn",
)


class NoZooKeeper(Exception):
    """This machine has no ZooKeeper or no Java; the text says how to get it."""


@dataclass(frozen=True)
class Server:
    """One server: its number in the ensemble (from 1), its ports on 127.0.0.1 and the folder that it owns."""

    number: int
    client_port: int
    quorum_port: int
    election_port: int
    folder: Path

    @property
    def name(self) -> str:
        """What logs and the playground call it."""
        return f"zookeeper{self.number}"


@dataclass(frozen=True)
class Installation:
    """Where Java and ZooKeeper's classes are."""

    java: Path
    class_path: tuple[Path, ...]


def find(environ: Mapping[str, str]) -> Installation:
    """The installation that ZOOKEEPER_HOME names, else Debian's or Ubuntu's, else Homebrew's. Raises NoZooKeeper."""
    class_path = _find_class_path(environ)
    java = _find_java(environ)
    return Installation(java, class_path)


def configure(server: Server, ensemble: Sequence[Server]) -> None:
    """Write the server's `zoo.cfg` and `myid`, and forget what an earlier run of it has stored."""
    shutil.rmtree(server.folder / "version-2", ignore_errors=True)
    server.folder.mkdir(parents=True, exist_ok=True)
    lines = [
        f"dataDir={server.folder}",
        f"clientPort={server.client_port}",
        "clientPortAddress=127.0.0.1",
        "tickTime=200",
        "initLimit=50",
        "syncLimit=10",
        "maxSessionTimeout=60000",
        "maxClientCnxns=0",
        "admin.enableServer=false",
        f"4lw.commands.whitelist={FOUR_LETTER_WORDS}",
    ]
    if len(ensemble) > 1:
        lines += [f"server.{one.number}=127.0.0.1:{one.quorum_port}:{one.election_port}" for one in ensemble]
    (server.folder / "zoo.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (server.folder / "myid").write_text(f"{server.number}\n", encoding="utf-8")


def command(installation: Installation, server: Server) -> list[str]:
    """The command line that runs a configured server in the foreground."""
    class_path = os.pathsep.join(str(entry) for entry in installation.class_path)
    main = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
    return [str(installation.java), *_JVM_FLAGS, "-cp", class_path, main, str(server.folder / "zoo.cfg")]


def is_serving(client_port: int, timeout_s: float = 0.5) -> bool:
    """Whether the server answers and, in an ensemble, belongs to a quorum."""
    return "Mode:" in four_letter_word(client_port, "srvr", timeout_s)


def four_letter_word(client_port: int, word: str, timeout_s: float = 0.5) -> str:
    """The server's answer to `srvr`, `mntr`, …; empty when it gives none within `timeout_s` seconds."""
    return four_letters.ask(f"127.0.0.1:{client_port}", word, timeout_s)


def _find_class_path(environ: Mapping[str, str]) -> tuple[Path, ...]:
    home = environ.get("ZOOKEEPER_HOME")
    if home:
        return _release(Path(home), "ZOOKEEPER_HOME")
    jars = [_DEBIAN_JARS / f"{name}.jar" for name in _DEBIAN_NEEDS]
    if all(jar.exists() for jar in jars):
        extra = [_DEBIAN_JARS / f"{name}.jar" for name in _DEBIAN_MAY_LOAD]
        return (*jars, *(jar for jar in extra if jar.exists()))
    for prefix in _HOMEBREWS:
        folder = prefix / "opt" / "zookeeper" / "libexec"
        if folder.is_dir():
            return _release(folder, "Homebrew's zookeeper")
    raise NoZooKeeper(HOW_TO_GET_IT)


def _release(folder: Path, source: str) -> tuple[Path, ...]:
    jars = sorted((folder / "lib").glob("*.jar"))
    if not any(jar.name.startswith("zookeeper-") for jar in jars):
        raise NoZooKeeper(f"{source} is {folder}, and there is no lib/zookeeper-….jar in it")
    return (folder / "conf", *jars)


def _find_java(environ: Mapping[str, str]) -> Path:
    candidates = [Path(environ["JAVA_HOME"]) / "bin" / "java"] if environ.get("JAVA_HOME") else []
    candidates += [prefix / "opt" / "openjdk" / "bin" / "java" for prefix in _HOMEBREWS]
    for java in candidates:
        if os.access(java, os.X_OK):
            return java
    on_path = shutil.which("java", path=environ.get("PATH"))
    if on_path is None:
        raise NoZooKeeper("ZooKeeper needs Java, and there is none: on Debian or Ubuntu install default-jre-headless")
    return Path(on_path)
