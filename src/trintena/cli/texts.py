"""What the terminal says about a training, in English and Portuguese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trintena.language import number, phrase

TEXTS: dict[str, tuple[str, str]] = {
    "rank": ("#", "#"),
    "model": ("Model", "Modelo"),
    "selection": ("Selection (validation RMSE)", "Seleção (RMSE de validação)"),
    "selection_short": ("Selection", "Seleção"),
    "spread": ("± seeds", "± sementes"),
    "test_rmse": ("Test RMSE", "RMSE de teste"),
    "skill": ("Test skill", "Ganho no teste"),
    "parameters": ("Parameters", "Parâmetros"),
    "seconds": ("Fit s", "Treino s"),
    "trials_of": ("Trials", "Tentativas"),
    "time": ("Time", "Tempo"),
    "lower": ("lower is better", "menor é melhor"),
    "of_fits": (
        "Selection is the mean of the fits with different seeds, ± their standard deviation in "
        "percent; the test figures are those of the median fit.",
        "A seleção é a média dos ajustes com sementes diferentes, ± o desvio-padrão deles em "
        "percentual; os números do teste são os do ajuste mediano.",
    ),
    "of_search": (
        "* not fitted again: the best trial of its search, a value that tends to flatter.",
        "* sem novo ajuste: a melhor tentativa da busca, um valor que tende a ser otimista.",
    ),
    "baseline": ("baseline", "referência"),
    "last_value": ("Last value", "Último valor"),
    "drift": ("Drift", "Tendência média"),
    "failed": ("Failed ({n})", "Falharam ({n})"),
    "to_come": ("No result yet ({n}): {names}", "Ainda sem resultado ({n}): {names}"),
    "partial": (
        "Partial board: {done} of {total} architectures finished.",
        "Quadro parcial: {done} de {total} arquiteturas concluídas.",
    ),
    "time_up": (
        "In the time that there was, {done} of {total} architectures were fitted again.",
        "No tempo que havia, {done} de {total} arquiteturas foram ajustadas de novo.",
    ),
    "fast": ("fast", "rápido"),
    "optimized": ("optimized", "otimizado"),
    "grid": ("Grid search", "Busca em grade"),
    "random": ("Random search", "Busca aleatória"),
    "bayesian": ("Bayesian search", "Busca bayesiana"),
    "among": ("among {total} combinations", "entre {total} combinações"),
    "in_ranges": ("in continuous ranges", "em intervalos contínuos"),
    "every": ("through all {total} combinations", "por todas as {total} combinações"),
    "shuffled": (
        "through {n} of {total} combinations, shuffled",
        "por {n} de {total} combinações, embaralhadas",
    ),
    "n_trials": ("trials: {n}", "tentativas: {n}"),
    "WAITING": ("{n} waiting", "{n} em espera"),
    "RUNNING": ("{n} cut off", "{n} interrompidas"),
    "COMPLETE": ("{n} complete", "{n} completas"),
    "PRUNED": ("{n} pruned", "{n} podadas"),
    "FAIL": ("{n} failed", "{n} com falha"),
    "setting": ("Best setting of {name}: {setting}.", "Melhor configuração de {name}: {setting}."),
    "hyperparameters": (
        "learning rate {rate}, batch size {batch}, dropout {dropout}, up to {epochs} epochs, {activation}",
        "taxa de aprendizado {rate}, lotes de {batch}, dropout {dropout}, até {epochs} épocas, {activation}",
    ),
    "seeds": (
        "Fitted again with {n} seeds: validation RMSE {mean} on average, {low} to {high}; the median fit has "
        "{own}.",
        "Ajustada de novo com {n} sementes: RMSE de validação {mean} em média, de {low} a {high}; o ajuste "
        "mediano tem {own}.",
    ),
    "flatters": (
        "In the search it had {trial}, the best of {n} trials with one seed: do not rely on such a value.",
        "Na busca teve {trial}, a melhor de {n} tentativas com uma só semente: não confie em um valor assim.",
    ),
    "champion": ("Champion", "Campeão"),
    "version": ("{name}, version {version}", "{name}, versão {version}"),
    "serving": (
        "It is the same setting trained on all rows, to serve. Nothing is left to judge it by; "
        "its figures are those of version {twin}, its frozen twin.",
        "É a mesma configuração treinada com todas as linhas, para servir. Não sobra com que "
        "julgá-la; seus números são os da versão {twin}, sua gêmea congelada.",
    ),
    "serving_failure": (
        "{reason}. The champion serves as it was judged.",
        "{reason}. O campeão serve como foi julgado.",
    ),
    "consulted": ("Test consulted {n} times for these dates.", "Teste consultado {n} vezes nestas datas."),
    "consulted_once": ("Test consulted once.", "Teste consultado 1 vez."),
    "no_baseline": ("Without the baseline {name}: {reason}", "Sem a referência {name}: {reason}"),
    "next": (
        "Next forecast (last value, {date}: {last}):",
        "Próxima previsão (último valor, {date}: {last}):",
    ),
    "interval": (
        "; 8 times in 10, between {low} and {high}",
        "; em 8 de 10 casos, entre {low} e {high}",
    ),
    "more_steps": ("… {n} more steps to {date}: {price}", "… mais {n} passos até {date}: {price}"),
    "old_data": (
        "The newest data is {days} days old: the forecast starts there, not today.",
        "O dado mais novo tem {days} dias: a previsão parte dali, não de hoje.",
    ),
    "longer_test": (
        "A longer test, for example: --split 0.6,0.1,0.1 (training, validation, calibration; the test takes "
        "the rest).",
        "Um teste mais longo, por exemplo: --split 0.6,0.1,0.1 (treino, validação, calibração; o teste fica "
        "com o resto).",
    ),
    "training": ("Training", "Treinando"),
    "judging": ("Judging and saving the champion", "Julgando e salvando o campeão"),
    "left": ("about {time} left", "faltam cerca de {time}"),
    "estimating": ("estimating", "estimando"),
    "worker": ("worker {n}: {name}", "processo {n}: {name}"),
    "done": ("{done}/{total} architectures", "{done}/{total} arquiteturas"),
    "trials": ("{done}/{total} trials", "{done}/{total} tentativas"),
    "at_trial": ("trial {n} of {total}", "tentativa {n} de {total}"),
    "at_refit": ("fit {n} of {total} of its best setting", "ajuste {n} de {total} da melhor configuração"),
    "epoch": ("epoch {n}", "época {n}"),
    "best": (
        "best so far (provisional): {name} {rmse}; last value {last}",
        "melhor até agora (provisório): {name} {rmse}; último valor {last}",
    ),
    "done_line": ("{done}/{total} {name}: {rmse}", "{done}/{total} {name}: {rmse}"),
    "failed_line": ("{done}/{total} {name} failed: {reason}", "{done}/{total} {name} falhou: {reason}"),
    "resume": (
        "Stopped. What is finished is kept. Go on with it: trintena {command} --resume {id}",
        "Parado. O que terminou está salvo. Continue: trintena {command} --resume {id}",
    ),
    "started": (
        "Experiment {id}: {n} architectures on {symbol}, workers: {workers}",
        "Experimento {id}: {n} arquiteturas em {symbol}, processos: {workers}",
    ),
    "backtest_started": (
        "Experiment {id}: backtest of version {version} on {symbol}, workers: {workers}",
        "Experimento {id}: teste retroativo da versão {version} em {symbol}, processos: {workers}",
    ),
    "backtest": ("Backtest", "Teste retroativo"),
    "judging_backtest": ("Judging", "Julgando"),
    "parts": ("{done}/{total} parts", "{done}/{total} partes"),
    "took": ("{time} in all", "{time} no total"),
    "all_failed": ("No architecture ended with a model.", "Nenhuma arquitetura terminou com um modelo."),
}


def say(key: str, **values: Any) -> str:
    """A text in the language of this process, with its values put in."""
    english, portuguese = TEXTS[key]
    return phrase(en=english, pt=portuguese).format(**values)


def setting(parameters: Mapping[str, Any]) -> str:
    """The hyper-parameters of a trial in one line."""
    return say(
        "hyperparameters",
        rate=number(parameters["learning_rate"], "g"),
        batch=parameters["batch_size"],
        dropout=number(parameters["dropout_rate"], "g"),
        epochs=parameters["epochs"],
        activation=parameters["activation"],
    )
