"""What may happen to a home of Trintena, and what its user finds afterwards: the rows of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Told:
    """A sentence in both languages."""

    en: str
    pt: str


@dataclass(frozen=True)
class Fault:
    """One row: a kind of fault, and what must hold after every one of its kind."""

    key: str
    what: Told
    expected: Told


_RESUMED = Told(
    "The run goes on with every finished trial and ends with the board of an undisturbed one.",
    "A execução continua com todos os ensaios terminados e acaba com o quadro de uma não perturbada.",
)
_REFUSED = Told(
    "Refused before anything of it is read or run; the message names the file.",
    "Recusado antes que algo dele seja lido ou executado; a mensagem diz qual é o arquivo.",
)

FAULTS = (
    Fault(
        "kill_trainer",
        Told("SIGKILL of a process that trains", "SIGKILL em um processo que treina"),
        Told(
            "The trial runs again; the run ends with the board of an undisturbed one.",
            "O ensaio roda de novo; a execução acaba com o quadro de uma não perturbada.",
        ),
    ),
    Fault(
        "kill_driver",
        Told("SIGKILL of the command that trains", "SIGKILL no comando que treina"),
        _RESUMED,
    ),
    Fault(
        "kill_server",
        Told("SIGKILL of the server, or of its worker", "SIGKILL no servidor, ou no trabalhador dele"),
        _RESUMED,
    ),
    Fault(
        "terminate",
        Told("SIGTERM of the command, or of the server", "SIGTERM no comando, ou no servidor"),
        Told(
            "It ends within seconds and keeps what is finished; the rest goes on afterwards.",
            "Termina em segundos e guarda o que acabou; o resto continua depois.",
        ),
    ),
    Fault(
        "disk_full_models",
        Told("No space for the champion's files", "Sem espaço para os arquivos do campeão"),
        Told(
            "It fails and says so, no row points to half a file; with space it goes on to the same board.",
            "Falha e diz por quê, sem registro de meio arquivo; com espaço, continua até o mesmo quadro.",
        ),
    ),
    Fault(
        "disk_full_home",
        Told("The disk of the home fills up in mid-run", "O disco da pasta enche no meio da execução"),
        Told(
            "It waits and says so; with space again it goes on by itself, to the same board.",
            "Espera e diz por quê; com espaço, continua sozinha até o mesmo quadro.",
        ),
    ),
    Fault(
        "read_only",
        Told("A home that cannot be written", "Uma pasta que não pode ser escrita"),
        Told(
            "Every command says so; nothing changes.",
            "Todo comando diz isso; nada muda.",
        ),
    ),
    Fault(
        "limits",
        Told(
            "Limits of file size and memory, hit by a process that trains",
            "Limites de tamanho de arquivo e de memória atingidos por um processo que treina",
        ),
        Told(
            "Trials that hit them run again or fail with a reason; the others are as ever.",
            "Ensaios que os atingem rodam de novo ou falham com um motivo; os outros não mudam.",
        ),
    ),
    Fault(
        "database_locked",
        Told("The database locked by another program", "O banco de dados bloqueado por outro programa"),
        Told(
            "The run waits; past half a minute it stops, says so, and can be gone on with.",
            "A execução espera; passado meio minuto, para, diz por quê e pode ser continuada.",
        ),
    ),
    Fault(
        "cache",
        Told(
            "Compiled programs cut short, damaged, or of another processor",
            "Programas compilados cortados, danificados ou de outro processador",
        ),
        Told(
            "They are compiled again; the board is the same.", "São compilados de novo; o quadro é o mesmo."
        ),
    ),
    Fault(
        "clock",
        Told("The clock set back by days", "O relógio atrasado em dias"),
        Told(
            "No name is given twice, the newest champion forecasts, time limits hold.",
            "Nenhum nome se repete, o campeão mais novo prevê, os limites de tempo valem.",
        ),
    ),
    Fault(
        "damaged_model",
        Told(
            "A model file tampered with, cut off or missing",
            "Um arquivo de modelo adulterado, cortado ou ausente",
        ),
        _REFUSED,
    ),
    Fault(
        "hostile_model",
        Told(
            "A .keras file with code in a layer, with a path outside, or a zip bomb",
            "Um arquivo .keras com código em uma camada, com um caminho para fora, ou uma bomba zip",
        ),
        Told(
            "Refused, even where its checksum was forged; nothing of it runs or is unpacked.",
            "Recusado, mesmo com a soma de verificação forjada; nada dele é executado ou descompactado.",
        ),
    ),
    Fault(
        "network",
        Told(
            "The price service gone, slow, or answering nonsense",
            "O serviço de preços fora do ar, lento ou respondendo absurdos",
        ),
        Told(
            "Refused with a way out, or the stored prices with a remark; what is stored stays as it was.",
            "Recusa com uma saída, ou os preços guardados com um aviso; o que está guardado não muda.",
        ),
    ),
)
BY_KEY = {fault.key: fault for fault in FAULTS}


def suffers(key: str) -> Any:
    """Marks a test, or the tests of a module, as cases of a fault."""
    assert key in BY_KEY, key
    return pytest.mark.fault(key)
