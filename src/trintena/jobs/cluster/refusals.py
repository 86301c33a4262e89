"""Why there is no cluster to work on: Ray's reasons, in words that say what to do."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from trintena.errors import ClusterError, UsageError
from trintena.language import phrase

AUTO = "auto"
_CLIENT, _CLIENT_PORT = "ray", 10001
"""Scheme and usual port of an address that is reached from outside of the cluster."""
_VERSIONS = re.compile(r"Ray: (\S+)\s+Python: (\S+)")


def place_of(address: str) -> tuple[str, int] | None:
    """Host and port of an address; None for `auto`.

    Raises:
        UsageError: it is no address of a cluster.
    """
    if address == AUTO:
        return None
    parts = urlsplit(address if "://" in address else f"//{address}")
    usual = _CLIENT_PORT if parts.scheme == _CLIENT else None
    try:
        port = parts.port or usual
    except ValueError:
        port = None
    if parts.scheme not in ("", _CLIENT) or not parts.hostname or not port or parts.path or parts.username:
        raise UsageError(
            phrase(
                en=f"Expected auto, HOST:PORT or ray://HOST:PORT as the address of a Ray cluster, "
                f"not {address!r}.",
                pt=f"O endereço de um cluster Ray é auto, HOST:PORTA ou ray://HOST:PORTA, e não {address!r}.",
            ),
            field="address",
        )
    return parts.hostname, port


def not_installed() -> UsageError:
    """The extra is missing."""
    return UsageError(
        phrase(
            en="The executor ray needs Ray, which is not installed.",
            pt="O executor ray precisa do Ray, que não está instalado.",
        ),
        field="executor",
        hint=phrase(
            en="Install it with `pip install 'trintena[ray]'`.",
            pt="Instale-o com `pip install 'trintena[ray]'`.",
        ),
    )


def unreachable(address: str, error: OSError) -> ClusterError:
    """Nobody listens at the address."""
    return ClusterError(
        phrase(
            en=f"No Ray cluster can be reached at {address}: {error}.",
            pt=f"Não é possível alcançar um cluster Ray em {address}: {error}.",
        ),
        field="address",
        hint=phrase(
            en="Check the address and that `ray start --head` was run there.",
            pt="Confira o endereço e se `ray start --head` foi executado lá.",
        ),
    )


def no_answer(address: str) -> ClusterError:
    """Somebody listens, but speaks no Ray; or a cluster that this machine remembers is gone."""
    if address == AUTO:
        return ClusterError(
            phrase(
                en="The Ray cluster that was started on this machine last does not answer.",
                pt="O último cluster Ray iniciado nesta máquina não responde.",
            ),
            field="address",
            hint=phrase(
                en="Start it again with `ray start --head`, or name another's: --address ray://HOST:10001.",
                pt="Inicie-o de novo com `ray start --head`, ou indique outro: --address ray://HOST:10001.",
            ),
        )
    return ClusterError(
        phrase(
            en=f"Whatever listens at {address} does not answer as a Ray cluster does.",
            pt=f"O que escuta em {address} não responde como um cluster Ray.",
        ),
        field="address",
        hint=phrase(
            en="Give the address that `ray start --head` printed, HOST:6379, or ray://HOST:10001.",
            pt="Dê o endereço que `ray start --head` mostrou, HOST:6379, ou ray://HOST:10001.",
        ),
    )


def no_room(address: str, *, gpus: bool) -> ClusterError:
    """A cluster of nobody who could train."""
    what = "GPU" if gpus else phrase(en="processor", pt="processador")
    return ClusterError(
        phrase(
            en=f"The Ray cluster ({address}) has no {what} to train on.",
            pt=f"O cluster Ray ({address}) não tem {what} para treinar.",
        ),
        field="address",
        hint=phrase(
            en="Start a node with `ray start --address=HOST:6379`; of a cluster that grows when it is asked "
            "to, ask for --workers N.",
            pt="Inicie um nó com `ray start --address=HOST:6379`; de um cluster que cresce quando se pede, "
            "peça --workers N.",
        ),
    )


def refused(address: str, reason: str) -> ClusterError:
    """Ray did not connect; its reason is given in its own words where we know no better ones."""
    if "ersion mismatch" in reason and len(found := _VERSIONS.findall(reason)) == 2:
        (their_ray, their_python), (our_ray, our_python) = found
        return ClusterError(
            phrase(
                en=f"The Ray cluster ({address}) runs Ray {their_ray} on Python {their_python}; "
                f"this is Ray {our_ray} on Python {our_python}.",
                pt=f"O cluster Ray ({address}) usa Ray {their_ray} em Python {their_python}; "
                f"aqui há Ray {our_ray} em Python {our_python}.",
            ),
            field="address",
            hint=phrase(
                en="Install the same versions on both sides.", pt="Instale as mesmas versões dos dois lados."
            ),
        )
    if "Could not find any running Ray instance" in reason:
        return ClusterError(
            phrase(en="No Ray cluster runs on this machine.", pt="Nenhum cluster Ray está em execução aqui."),
            field="address",
            hint=phrase(
                en="Start one with `ray start --head`, or name another's: --address ray://HOST:10001.",
                pt="Inicie um com `ray start --head`, ou indique outro: --address ray://HOST:10001.",
            ),
        )
    if "No node info found" in reason:
        return ClusterError(
            phrase(
                en=f"This machine is no node of the Ray cluster at {address}.",
                pt=f"Esta máquina não é um nó do cluster Ray em {address}.",
            ),
            field="address",
            hint=phrase(
                en=f"Join it with `ray start --address={address}`, or stay outside: --address "
                "ray://HOST:10001.",
                pt=f"Junte-a com `ray start --address={address}`, ou fique fora: --address ray://HOST:10001.",
            ),
        )
    first = next((line.strip() for line in reason.splitlines() if line.strip()), "?")
    return ClusterError(
        phrase(
            en=f"The Ray cluster ({address}) cannot be used: {first}",
            pt=f"Não é possível usar o cluster Ray ({address}): {first}",
        ),
        field="address",
    )


def silent_for(seconds: float) -> str:
    """Why a cluster was given up."""
    return phrase(
        en=f"it has not answered for {seconds:.0f} seconds", pt=f"ele não responde há {seconds:.0f} segundos"
    )


def lost(address: str, reason: str) -> ClusterError:
    """The cluster was there, and is not any more."""
    because = f": {reason}" if reason else ""
    return ClusterError(
        phrase(
            en=f"The connection to the Ray cluster ({address}) is lost{because}.",
            pt=f"A conexão com o cluster Ray ({address}) foi perdida{because}.",
        ),
        hint=phrase(
            en="What is finished is kept; resume the experiment when the cluster is there again.",
            pt="O que terminou está salvo; retome o experimento quando o cluster voltar.",
        ),
    )
