"""The words of a model card: what the model is, its data, how it was judged, what it cannot do."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from trintena.data.words import close
from trintena.language import number, phrase
from trintena.report import words
from trintena.report.markdown import escaped, table

if TYPE_CHECKING:
    from trintena.report.card.material import Card


def what(card: Card) -> dict[str, str]:
    """What it forecasts, from what, and how it was made."""
    spec, about = card.spec, card.manifest
    own, target = about["parameters"], words.target(spec.target, spec.measures)
    reads = ", ".join(_column(name, card) for name in card.scaler["columns"])
    lookback, horizon = number(spec.lookback), number(spec.horizon)
    settings = ("learning_rate", "batch_size", "dropout_rate", "epochs", "activation")
    created = words.day(datetime.fromisoformat(about["created_at"]))
    return {
        phrase(en="Forecasts", pt="Prevê"): phrase(
            en=f"{target} of {escaped(spec.symbol)}, {horizon} ahead (in rows of the series)",
            pt=f"{target} de {escaped(spec.symbol)}, {horizon} à frente (em linhas da série)",
        ),
        phrase(en="Reads", pt="Lê"): phrase(
            en=f"the last {lookback} rows of {reads}", pt=f"as últimas {lookback} linhas de {reads}"
        ),
        phrase(en="Architecture", pt="Arquitetura"): phrase(
            en=f"{about['model_id']}, {about['model_name']}, {number(own['n_parameters'])} parameters; "
            f"after {about['reference']}",
            pt=f"{about['model_id']}, {about['model_name']}, {number(own['n_parameters'])} parâmetros; "
            f"segundo {about['reference']}",
        ),
        phrase(en="Made by", pt="Como foi feito"): _made(card),
        phrase(en="Setting", pt="Configuração"): words.settings({key: own[key] for key in settings}),
        phrase(en="Seed", pt="Semente"): str(own["seed"]),
        phrase(en="Epochs trained", pt="Épocas treinadas"): number(own["epochs_trained"]),
        phrase(en="Saved", pt="Salvo"): f"{created} UTC",
    }


def _made(card: Card) -> str:
    search, metrics, n = card.spec.search, card.manifest["metrics"], len(card.spec.model_ids)
    if search is None:
        told = phrase(en="fast mode, fixed setting", pt="modo rápido, configuração fixa")
    else:
        strategy, trials = words.strategy(search.strategy), number(metrics["n_trials"])
        told = phrase(
            en=f"optimized mode, {strategy}, trials of this architecture: {trials}",
            pt=f"modo otimizado, {strategy}, tentativas desta arquitetura: {trials}",
        )
    if len(fits := (metrics.get("seeds") or {}).get("rmse") or ()) > 1:
        each = "; ".join(words.rmse(value) for value in fits)
        told += phrase(
            en=f"; fitted with {number(len(fits))} seeds (validation RMSE {each}), the median is saved",
            pt=f"; ajustada com {number(len(fits))} sementes (RMSE de validação {each}), foi salva a mediana",
        )
    if n > 1:
        told += phrase(
            en=f"; the best of {n} architectures by validation RMSE",
            pt=f"; a melhor de {n} arquiteturas pelo RMSE de validação",
        )
    if card.twin is not None:
        told += phrase(
            en="; then trained once more, on all rows, to serve",
            pt="; depois treinada mais uma vez, com todas as linhas, para servir",
        )
    return told


def _column(name: str, card: Card) -> str:
    """A column that the network reads."""
    names = {
        "open": phrase(en="open", pt="abertura"),
        "high": phrase(en="high", pt="máxima"),
        "low": phrase(en="low", pt="mínima"),
        "close": close(card.spec.measures),
        "volume": phrase(en="volume", pt="volume"),
    }
    return names[name]


def data(card: Card) -> list[str]:
    """Where its rows come from and how they were divided."""
    spec, source = card.spec, escaped(str(card.manifest["parameters"]["source"]))
    heads = (
        phrase(en="Segment", pt="Segmento"),
        phrase(en="First date forecast", pt="Primeira data prevista"),
        phrase(en="Last", pt="Última"),
        phrase(en="Origins", pt="Origens"),
    )
    rows = [
        (words.segment(name), words.day(told["first"]), words.day(told["last"]), number(told["origins"]))
        for name, told in card.answer["segments"].items()
    ]
    first, last = words.day(spec.start), words.day(spec.end)
    told = [
        phrase(
            en=f"Source {source}, {first} to {last}, both included. Dataset (SHA-256 of its content): "
            f"`{spec.dataset_hash}`.",
            pt=f"Fonte {source}, de {first} a {last}, inclusive. Conjunto de dados (SHA-256 do conteúdo): "
            f"`{spec.dataset_hash}`.",
        )
    ]
    if card.twin is not None:
        told.append(
            phrase(
                en=f"This version was trained on all of these rows. The segments are those of version "
                f"{card.twin}, its frozen twin.",
                pt="Esta versão foi treinada com todas essas linhas. Os segmentos são os da versão "
                f"{card.twin}, sua gêmea congelada.",
            )
        )
    return [*told, table(heads, rows, text=3)]


def protocol(card: Card) -> dict[str, str]:
    """How it was judged, in four lines."""
    purged = number(card.spec.horizon - 1)
    consulted = words.consulted(card.answer["test_consulted"])
    consulted = consulted[0].lower() + consulted[1:]
    return {
        phrase(en="Split", pt="Divisão"): phrase(
            en="by time, never shuffled: training, validation, calibration, test.",
            pt="pelo tempo, sem embaralhar: treino, validação, calibração, teste.",
        ),
        phrase(en="Purge", pt="Expurgo"): phrase(
            en=f"no target reaches over a border; origins dropped at each: {purged}.",
            pt=f"nenhum alvo passa de uma fronteira; origens descartadas em cada uma: {purged}.",
        ),
        phrase(en="Inputs", pt="Entradas"): phrase(
            en="each window is anchored at its own last value and measured in its own changes; what was "
            "judged was fitted on the training segment alone.",
            pt="cada janela é ancorada no seu próprio último valor e medida nas suas próprias variações; o "
            "que foi julgado foi ajustado só com o segmento de treino.",
        ),
        phrase(en="Test", pt="Teste"): phrase(
            en=f"one pass, after the choice. Counted at that moment: {consulted}",
            pt=f"uma só passagem, depois da escolha. Contado naquele momento: {consulted}",
        ),
    }


def limits(card: Card) -> dict[str, str]:
    """What it cannot do."""
    spec, last = card.spec, words.day(card.spec.end)
    told = {
        phrase(en="One series", pt="Uma só série"): phrase(
            en="it has read the rows of this series and nothing else: no news, no other series.",
            pt="leu as linhas desta série e mais nada: nem notícias, nem outras séries.",
        ),
        phrase(en="Change", pt="Mudança"): phrase(
            en="the figures are of the past; where the series comes to behave otherwise, they say little.",
            pt="os números são do passado; onde a série passa a se comportar de outro modo, dizem pouco.",
        ),
        phrase(en="Age", pt="Idade"): phrase(
            en=f"its data ends on {last}. The longer ago, the less it knows; a forecast from rows over "
            "30 days old comes with a warning.",
            pt=f"seus dados terminam em {last}. Quanto mais tempo, menos ele sabe; uma previsão a partir "
            "de linhas com mais de 30 dias vem com um aviso.",
        ),
    }
    if spec.measures == "price":
        told[phrase(en="No costs", pt="Sem custos")] = phrase(
            en="fees, spreads and taxes are in none of the figures: skill is not profit.",
            pt="taxas, spreads e impostos não entram em nenhum número: ganho não é lucro.",
        )
        told[phrase(en="No advice", pt="Sem recomendação")] = words.notice(spec.measures)
    return told
