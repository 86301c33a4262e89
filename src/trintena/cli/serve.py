"""`trintena serve` and `trintena worker`: the web server, and who trains for it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from trintena.language import number, phrase

if TYPE_CHECKING:
    from trintena.registry import Registry
    from trintena.settings import Settings
    from trintena.web.options import WebOptions

AtOnce = Annotated[int, typer.Option(min=1, help="Experiments that may run at the same time.")]
Places = Annotated[
    int,
    typer.Option(
        min=1, help="Workers of this database that may train at the same time, each started by itself."
    ),
]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes that train; default: one a core.")]


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; any but this machine's own needs a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 5000,
    allowed_host: Annotated[
        list[str] | None, typer.Option(help="A further name under which it is asked for; may be repeated.")
    ] = None,
    web_processes: Annotated[int, typer.Option(min=1, help="Processes that answer.")] = 1,
    queue_limit: Annotated[int, typer.Option(min=1, help="Experiments that may wait.")] = 20,
    at_once: AtOnce = 1,
    workers: Workers = None,
) -> None:
    """Serve the pages and the API, and train what is asked for there, until Ctrl-C.

    Everybody who can reach an address of your network could start trainings: any address but this machine's
    own asks for a token. It is that of TRINTENA_TOKEN, or a new one, shown at the start.

    \b
    Examples:
    - `trintena serve`
    - `trintena serve --port 8000`
    - `trintena serve --host 0.0.0.0`
    """
    from trintena.jobs.supervision import Supervised
    from trintena.registry import Registry
    from trintena.settings import Settings
    from trintena.web.options import WebOptions
    from trintena.web.server import listening, run_server, token_for

    options = WebOptions(
        host=host,
        port=port,
        token=token_for(host, os.environ),
        allowed_hosts=tuple(allowed_host or ()),
        queue_limit=queue_limit,
    )
    command = [sys.executable, "-m", "trintena", "worker", "--parent", str(os.getpid())]
    command += ["--at-once", str(at_once)] + (["--workers", str(workers)] if workers else [])
    settings = Settings.from_environment()
    # The address and the database first: where one of them is of no use, nothing is begun.
    with listening(options) as socket, Registry.open(settings.database_url) as registry:
        _refuse_private(registry)
        try:
            with Supervised(command, name="worker", n_processes=at_once):
                _say_where(options, is_token_new=not os.environ.get("TRINTENA_TOKEN"))
                run_server(options, socket, n_processes=web_processes)
        except KeyboardInterrupt:  # before it began to answer, or a second one that would not wait
            pass
        _say_what_goes_on(settings, registry)


def _refuse_private(registry: Registry) -> None:
    """Refuse a database in memory: the server and who trains for it would each have their own."""
    from trintena.errors import UsageError

    if not registry.is_shared:
        raise UsageError(
            phrase(
                en="A database in memory belongs to one process alone; a server has several.",
                pt="Um banco de dados em memória é de um só processo; um servidor tem vários.",
            ),
            field="TRINTENA_DATABASE_URL",
            hint=phrase(
                en="Give the address of a file, such as sqlite:///trintena.db.",
                pt="Informe o endereço de um arquivo, como sqlite:///trintena.db.",
            ),
        )


def _say_what_goes_on(settings: Settings, registry: Registry) -> None:
    """One line, at the end: what the next start begins with."""
    from trintena.cli.output import people
    from trintena.errors import UnavailableError
    from trintena.jobs.locks import is_held, locks_of

    try:
        queue, n_waiting = registry.queue(), registry.n_waiting()
    except UnavailableError as error:
        people.print(phrase(en="Ended.", pt="Encerrado."), error.message, markup=False, soft_wrap=True)
        return
    locks = locks_of(settings, registry)
    # Not those that the worker of another server runs.
    cut_off = [each for each in queue[: len(queue) - n_waiting] if not is_held(locks, each)]
    told = [phrase(en="Ended.", pt="Encerrado.")]
    told += [
        phrase(
            en=f"Experiment {experiment_id} goes on at the next start.",
            pt=f"O experimento {experiment_id} continua na próxima partida.",
        )
        for experiment_id in cut_off
    ]
    if n_waiting:
        told.append(
            phrase(
                en=f"Waiting in the queue: {number(n_waiting)}.",
                pt=f"Esperando na fila: {number(n_waiting)}.",
            )
        )
    if not queue:
        told.append(phrase(en="The queue is empty.", pt="A fila está vazia."))
    people.print(" ".join(told), soft_wrap=True)


def _say_where(options: WebOptions, *, is_token_new: bool) -> None:
    """Tell where the pages are, and how to be let in; a new token is shown here and nowhere else."""
    import socket

    from trintena.cli.output import people

    host = socket.gethostname() if options.host in ("0.0.0.0", "::") else options.host
    address = f"http://[{host}]:{options.port}" if ":" in host else f"http://{host}:{options.port}"
    lines = [
        phrase(
            en=f"Trintena serves {address}/advanced-training  (Ctrl-C ends it)",
            pt=f"O Trintena atende em {address}/advanced-training  (Ctrl-C encerra)",
        )
    ]
    if options.token is not None:
        shown = (
            options.token if is_token_new else phrase(en="that of TRINTENA_TOKEN", pt="o de TRINTENA_TOKEN")
        )
        lines += [
            phrase(
                en=f"It asks for its token: {shown}",
                pt=f"Ele pede o seu token: {shown}",
            ),
            phrase(
                en=f"Log in with it at {address}/login; programs send `Authorization: Bearer TOKEN`.",
                pt=f"Entre com ele em {address}/login; programas enviam `Authorization: Bearer TOKEN`.",
            ),
        ]
    for line in lines:
        people.print(line, markup=False, soft_wrap=True)


def worker(
    at_once: Places = 1,
    workers: Workers = None,
    parent: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Train what waits in the queue, without a web page; `trintena serve` starts one by itself.

    \b
    Examples:
    - `trintena worker`
    """
    from trintena.cli.output import people
    from trintena.cli.worker_told import Told
    from trintena.registry import Registry
    from trintena.settings import Settings
    from trintena.worker import work

    settings = Settings.from_environment()
    if parent is not None:
        work(settings, places=at_once, parent=parent, audience=Told(), workers=workers)
    with Registry.open(settings.database_url) as registry:
        _refuse_private(registry)
        line = phrase(
            en="Training what is queued, until Ctrl-C.", pt="Treinando o que está na fila, até Ctrl-C."
        )
        people.print(line, soft_wrap=True)
        try:
            work(settings, places=at_once, audience=Told(), workers=workers)
        finally:
            _say_what_goes_on(settings, registry)
