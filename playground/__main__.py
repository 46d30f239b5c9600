"""The playground's command line: `up`, which stays in the foreground, and the words that act on it.

Runs in the main thread; exit status 0 when it is so, 1 with one sentence when it cannot be, 2 for wrong words.
"""

import random
import signal
import sys
import time
from pathlib import Path
from typing import NoReturn

import click

from playground import leftovers
from playground.commands import DEFAULT_DATA_DIR
from playground.control import Answer, order
from playground.data_folder import DataFolder, PlaygroundError, Written
from playground.programs import Options
from playground.up import Playground

_DOWN_WAIT_S = 6.0

PORT = click.IntRange(1, 65535)
data_dir_option = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_DATA_DIR,
    show_default=True,
    help="The folder of this playground: its state, its logs and ZooKeeper's data.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run the whole cluster on this machine, on a real ZooKeeper that is started for it."""


@main.command()
@click.option("--nodes", type=click.IntRange(1, 50), default=4, show_default=True, help="Members of the cluster.")
@click.option("--servers", type=click.Choice([1, 3]), default=1, show_default=True, help="ZooKeeper's servers.")
@click.option("--port", type=PORT, default=8080, show_default=True, help="The dashboard's port.")
@click.option("--node-port", type=PORT, default=8081, show_default=True, help="The first node's port; the next follow.")
@click.option("--zookeeper-port", type=PORT, default=2181, show_default=True, help="The first server's client port.")
@data_dir_option
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
def up(
    *, nodes: int, servers: int, port: int, node_port: int, zookeeper_port: int, data_dir: Path, open_page: bool
) -> None:
    """Start everything and stay; Ctrl-C ends everything."""
    playground = Playground(Options(nodes, servers, port, node_port, zookeeper_port, data_dir, open_page))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup means it
            signal.signal(number, lambda *_: playground.stop())
    try:
        playground.run()
    except PlaygroundError as error:
        _fail(error)


@main.command()
@data_dir_option
def status(data_dir: Path) -> None:
    """Show every process: its name, what it is doing, its pid and its port."""
    _carry_out("status", "", data_dir)


@main.command()
@data_dir_option
def down(data_dir: Path) -> None:
    """End a playground, or what is left of one that crashed."""
    folder = DataFolder(data_dir)
    try:
        written = _read(folder)
        ended = [one.name for one in (*written.processes, written.up) if one.is_there()]
        if written.up.is_there():
            leftovers.ask_to_end(written.up)
            _wait_until_gone(written)
            written = folder.read() or written  # something may have started meanwhile
        leftovers.end(written)
        folder.forget()
        click.echo(f"ended {', '.join(ended)}")
    except PlaygroundError as error:
        _fail(error)


def _word(word: str, help_text: str) -> click.Command:
    @click.argument("name")
    @data_dir_option
    def act(name: str, data_dir: Path) -> None:
        _carry_out(word, name, data_dir)

    return click.command(word, help=help_text)(act)


for _name, _help in {
    "start": "Start a process that is not running, and wait until it listens.",
    "stop": "Stop a process: SIGTERM, and SIGKILL after 2 s.",
    "restart": "Stop a process and start it again.",
    "kill": "Kill a process and its whole group with SIGKILL.",
    "freeze": "Freeze a process and its whole group with SIGSTOP.",
    "thaw": "Let a frozen process and its group go on.",
}.items():
    main.add_command(_word(_name, _help))


@main.command()
@click.option("--seconds", type=click.FloatRange(1, 86400), default=60, show_default=True, help="How long.")
@click.option("--seed", type=int, help="The faults' seed; a new one if none is given.")
@click.option(
    "--session-timeout",
    type=click.FloatRange(0.5, 60),
    default=1.5,
    show_default=True,
    help="The members' session timeout, in seconds.",
)
def chaos(*, seconds: float, seed: int | None, session_timeout: float) -> None:
    """Have a cluster of its own suffer random faults, and judge what it did.

    Exits with 0 when nothing was wrong, 1 when something was, 3 when ZooKeeper itself lost what it had acknowledged.
    """
    from playground import chaos_command  # noqa: PLC0415 -- the library takes long to import: the other words do without

    try:
        status = chaos_command.run(seconds, random.randrange(10**6) if seed is None else seed, session_timeout)
    except PlaygroundError as error:
        _fail(error)
    sys.exit(status)


def _carry_out(word: str, name: str, data_dir: Path) -> None:
    try:
        answer = _answer(word, name, data_dir)
    except PlaygroundError as error:
        _fail(error)
    click.echo(answer.text, err=not answer.is_so)
    if not answer.is_so:
        sys.exit(1)


def _answer(word: str, name: str, data_dir: Path) -> Answer:
    folder = DataFolder(data_dir)
    written = _read(folder)
    if written.up.is_there():
        return order(written.control_port, written.token, word, name)
    if word == "status":
        return Answer(True, "\n".join(leftovers.standings(written)))
    return Answer(
        False, f"the playground in {folder.path} has crashed: end what is left of it with `{folder.end_command}`"
    )


def _read(folder: DataFolder) -> Written:
    """What `state.json` says of a playground of which something runs. Raises PlaygroundError without one."""
    written = folder.read()
    if written is None or not any(one.is_there() for one in (written.up, *written.processes)):
        raise PlaygroundError(f"no playground runs in {folder.path}")
    return written


def _wait_until_gone(written: Written) -> None:
    deadline = time.monotonic() + _DOWN_WAIT_S
    while written.up.is_there():
        if time.monotonic() >= deadline:
            leftovers.kill(written.up)
            return
        time.sleep(0.05)


def _fail(error: PlaygroundError) -> NoReturn:
    click.echo(str(error), err=True)
    sys.exit(1)


if __name__ == "__main__":
    main(prog_name="python -m playground")
