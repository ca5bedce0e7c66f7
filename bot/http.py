"""The HTTP side: `/healthz`, `/readyz` and `/metrics`; platforms and the console mount theirs on the same app."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.store import UnitOfWork

Checks = Mapping[str, Callable[[], bool]]


def make_app(unit: UnitOfWork, alive: Checks, ready: Checks) -> FastAPI:
    """The app. `alive`: what must hold or the process is to be restarted; `ready`: what must hold to serve people."""
    app = FastAPI(title="Kyoso", docs_url=None, redoc_url=None, openapi_url=None)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Queues(unit))

    @app.get("/healthz")
    def healthz(response: Response) -> dict[str, bool]:
        return _checked(alive, response)

    @app.get("/readyz")
    def readyz(response: Response) -> dict[str, bool]:
        return _checked(ready, response)

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return app


def _checked(checks: Checks, response: Response) -> dict[str, bool]:
    results = {name: _holds(check) for name, check in checks.items()}
    if not all(results.values()):
        response.status_code = 503
    return results


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:  # noqa: BLE001 - a check that cannot be made does not hold, whatever the cause
        return False


class _Queues(Collector):
    """Counts at each scrape: nothing to keep in step with the database."""

    def __init__(self, unit: UnitOfWork) -> None:
        self._unit = unit

    def collect(self) -> Iterable[Metric]:
        """The inbox, the outbox, the corpus and the suggestions by state."""
        with self._unit.read() as work:
            counted = {
                "inbox": work.inbox.counts(),
                "outbox": work.outbox.counts(),
                "suggestions": work.suggestions.counts(),
                "corpus": work.corpus.counts(),
            }
        for name, counts in counted.items():
            family = GaugeMetricFamily(f"kyoso_{name}", f"Rows of the {name} by state", labels=["state"])
            for state, count in counts.items():
                family.add_metric([state], count)
            yield family
