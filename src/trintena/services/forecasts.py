"""What a saved model forecasts from the newest prices of its own series."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from trintena.data import is_from_file
from trintena.data.sources.csv_file import source_kind
from trintena.data.words import prices
from trintena.errors import NotFoundError, SourceError
from trintena.language import language, phrase
from trintena.services.models import Models
from trintena.services.prices import Delivery, Prices

if TYPE_CHECKING:
    from trintena.domain import ModelVersion
    from trintena.jobs.inference import InferenceProcess
    from trintena.services.memory import Memory


class Forecasts(Models, Prices):
    """The part of the use cases that forecasts."""

    inference: InferenceProcess
    memory: Memory

    def predict(self, symbol: str | None = None, version: int | None = None) -> dict[str, Any]:
        """The next `horizon` steps, from the newest data of the model's own series.

        When the source does not answer, stored data serves, and `warnings` says so with
        `source_unavailable`; `remarks` are sentences on the data, in the reader's language.

        A source is asked at most once a minute; what is stored in between is seen at once, and so is
        a change of the model's files.

        Raises:
            NotFoundError: no such model, or its prices came from a file and are no longer stored.
            ArtifactError: its files are missing, cut short or changed.
            SourceError: the source did not answer, and no data of the series is stored any more.
        """
        model = self.model(symbol, version)
        saved = self.memory.saved_model(self.settings.models, model)
        delivery = self.newest_of(model)
        forecast = self.memory.forecast(
            saved, delivery.series, lambda: saved.next_forecast(delivery.series, self.inference.outputs)
        )
        answer = forecast.to_json(model, datetime.now(UTC))
        unavailable = [] if delivery.answered else [SourceError.code]
        return {
            **answer,
            "warnings": [*answer["warnings"], *unavailable],
            "remarks": list(delivery.remarks),
        }

    def newest_of(self, model: ModelVersion) -> Delivery:
        """The newest prices of a model's own series: of the kind of source that it was trained on.

        Its name may mean another series by now. One that came with a file is never looked up elsewhere,
        and a file that was imported under a symbol is not what its source delivers.
        """
        source = model.parameters.get("source")
        if source is None:
            return self._recent(model.symbol, None)
        kind = source_kind(source)
        if not is_from_file(source):
            try:
                return self._recent(model.symbol, kind)
            except SourceError as error:
                hint = phrase(
                    en="Try again later. A file needs a model of its own: `trintena train --csv FILE`.",
                    pt="Tente de novo mais tarde. Um arquivo precisa de um modelo próprio: "
                    "`trintena train --csv FILE`.",
                )
                raise SourceError(error.message, field=error.field, hint=hint) from error
        key = self.registry.latest_dataset(model.symbol, kind=kind)
        if key is not None:
            return Delivery(self.memory.series(key, lambda: self.registry.load_dataset(key)))
        many = prices(model.measures)
        again = f"trintena data import FILE --name {shlex.quote(model.symbol)}"
        raise NotFoundError(
            phrase(
                en=f"The {many} of {model.symbol} came from a file and are no longer stored.",
                pt=f"Os {many} de {model.symbol} vieram de um arquivo e não estão mais guardados.",
            ),
            hint=phrase(en=f"Import the file again: `{again}`.", pt=f"Importe o arquivo de novo: `{again}`."),
        )

    def _recent(self, symbol: str, kind: str | None) -> Delivery:
        """What a source said not long ago, or says now; of no kind of source, whatever the symbol means."""

        def ask() -> Delivery:
            return self.newest(symbol) if kind is None else self._delivered(symbol, kind=kind)

        # the remarks are sentences: they are kept for the readers of one language
        question = (symbol, kind, language())
        return self.memory.delivery(question, self._stored_key(symbol, kind), ask)
