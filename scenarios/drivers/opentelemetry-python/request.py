"""What `start` asks for. Keys that are not here are errors, as the protocol has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Attributes = dict[str, Any]

Signal = Literal["metrics", "traces", "logs"]


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """Settings in code. What is None is left to the SDK and its `OTEL_*` variables."""

    interval_ms: float | None = None
    timeout_ms: float | None = None
    exporter_timeout_ms: float | None = None
    processor: str | None = None
    max_queue_size: int | None = None
    max_export_batch_size: int | None = None
    schedule_delay_ms: float | None = None
    export_timeout_ms: float | None = None
    temporality: str | dict[str, str] | None = None
    headers: dict[str, str] | None = None
    compression: str | None = None
    endpoint: str | None = None


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Name and version of a meter, tracer or logger."""

    name: str = "otelbox"
    version: str | None = None


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """An instrument; `observe` is what its callback reports from the beginning."""

    name: str
    kind: str
    number: str | None = None
    unit: str = ""
    description: str = ""
    observe: list[dict[str, Any]] = field(default_factory=list)

    @property
    def number_type(self) -> type[int] | type[float]:
        default = "float" if self.kind == "histogram" else "integer"
        return int if (self.number or default) == "integer" else float


@dataclass(frozen=True, kw_only=True)
class View:
    """Which instruments a view selects, and what it makes of them."""

    name: str | None = None
    kind: str | None = None
    unit: str | None = None
    meter: str | None = None
    rename: str | None = None
    drop: bool = False
    allow_attributes: list[str] | None = None
    buckets: list[float] | None = None
    exponential: bool = False


class Wanted:
    """A `start` request, but for what differs between workers."""

    def __init__(
        self,
        *,
        signal: Signal,
        configuration: dict[str, Any] | None = None,
        meter: dict[str, str] | None = None,
        instruments: list[dict[str, Any]] | None = None,
        views: list[dict[str, Any]] | None = None,
    ) -> None:
        self.signal = signal
        self.configuration = Configuration(**(configuration or {}))
        self.scope = Scope(**(meter or {}))
        self.instruments = [Instrument(**each) for each in instruments or []]
        self.views = [View(**each) for each in views or []]
