"""Counts for those who run the bot. Never a word that a customer wrote."""

from prometheus_client import CollectorRegistry, Counter, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""prometheus.io/docs/instrumenting/exposition_formats"""


class Metrics:
    """What one process counted since its start."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._not_understood = Counter(
            "terminbot_not_understood",
            "Messages that the bot did not understand, by language and by what it had asked.",
            ["language", "step"],
            registry=self._registry,
        )

    def not_understood(self, language: str, step: str) -> None:
        """Count one message that was not understood."""
        self._not_understood.labels(language, step).inc()

    def text(self) -> bytes:
        """Return all counts as Prometheus reads them."""
        return generate_latest(self._registry)
