"""The alarm: figures so good that something of the future may have got into the inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trintena.language import phrase


def alarm(told: Mapping[str, Any] | None) -> str | None:
    """What was seen, and what to look for, where a verdict's figures are too good; None where they are not.

    It is a suspicion, not a finding: of honest forecasts, luck raises it now and then.
    """
    signs = {
        "skill": phrase(
            en="its error is more than 3% below the last value's",
            pt="seu erro é mais de 3% menor que o do último valor",
        ),
        "r2": phrase(
            en="it explains more than 1% of the changes (out-of-sample R²)",
            pt="explica mais de 1% das variações (R² fora da amostra)",
        ),
        "direction": phrase(
            en="it gets the direction right more often than luck usually would",
            pt="acerta a direção mais vezes do que a sorte costuma dar",
        ),
    }
    found = [signs[code] for code in (told or {}).get("suspect_leakage") or () if code in signs]
    if not found:
        return None
    seen = "; ".join(found)
    return phrase(
        en=f"Suspect leakage: {seen}. On prices such numbers are rare, and a bug is likelier than a "
        "discovery: something of the future in the inputs. Look for rows out of order, a column that already "
        "holds the next row's value, prices averaged or filled in backwards, an indicator computed over the "
        "whole series. Only when none of that is found, chance or a real regularity is left.",
        pt=f"Suspeita de vazamento: {seen}. Em preços, números assim são raros, e um erro é mais provável "
        "que uma descoberta: algo do futuro nas entradas. Procure linhas fora de ordem, uma coluna que já "
        "traz o valor da linha seguinte, preços suavizados ou preenchidos de trás para a frente, um "
        "indicador calculado sobre a série toda. Só quando nada disso aparece resta o acaso ou uma "
        "regularidade de verdade.",
    )


def alarm_in_short(told: Mapping[str, Any] | None) -> str | None:
    """The same in a line, where the whole of it is a step away."""
    if alarm(told) is None:
        return None
    return phrase(
        en="Too good: suspected leak from the future.", pt="Bom demais: suspeita de vazamento do futuro."
    )
