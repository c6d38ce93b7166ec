"""The provider of metrics, its views and its instruments."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk import metrics as sdk
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.metrics.view import (
    Aggregation,
    DropAggregation,
    ExplicitBucketHistogramAggregation,
    ExponentialBucketHistogramAggregation,
)
from opentelemetry.sdk.metrics.view import View as SdkView
from opentelemetry.sdk.resources import Resource

from exporters import exporter
from request import Attributes, Instrument, View, Wanted

KINDS = {
    "counter": sdk.Counter,
    "up_down_counter": sdk.UpDownCounter,
    "histogram": sdk.Histogram,
    "gauge": sdk._Gauge,
    "observable_counter": sdk.ObservableCounter,
    "observable_up_down_counter": sdk.ObservableUpDownCounter,
    "observable_gauge": sdk.ObservableGauge,
}

# What writes to an instrument, where it is not `add`.
WRITE = {"histogram": "record", "gauge": "set"}

# Which kinds are delta where OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE is so.
DELTA_KINDS = {
    "cumulative": (),
    "delta": ("counter", "histogram", "observable_counter"),
    "lowmemory": ("counter", "histogram"),
}


class Callback:
    """What an observable instrument reports."""

    def __init__(self, number: type) -> None:
        self.number = number
        self.lock = threading.Lock()
        self.values: dict[frozenset[tuple[str, Any]], float] = {}
        self.panic = False
        self.block_seconds = 0.0

    def observe(
        self,
        *,
        value: float | None = None,
        attributes: Attributes | None = None,
        panic: bool = False,
        block_ms: int = 0,
    ) -> None:
        key = frozenset((attributes or {}).items())
        with self.lock:
            self.panic = panic
            self.block_seconds = block_ms / 1000
            if value is None:
                self.values.pop(key, None)
            else:
                self.values[key] = self.number(value)

    def __call__(self, options: CallbackOptions) -> Iterator[Observation]:
        with self.lock:
            values = dict(self.values)
        time.sleep(self.block_seconds)
        if self.panic:
            raise RuntimeError("the callback throws, as it was told to")
        for attributes, value in values.items():
            yield Observation(value, dict(attributes))


class Meters:
    """One provider of metrics with its instruments."""

    def __init__(self, wanted: Wanted, resource: Resource) -> None:
        views = [view(each) for each in wanted.views]
        preference = wanted.configuration.temporality
        reader = PeriodicExportingMetricReader(
            exporter(wanted, preferred_temporality=temporality(preference)),
            export_interval_millis=wanted.configuration.interval_ms,
            export_timeout_millis=wanted.configuration.timeout_ms,
        )
        self.provider = sdk.MeterProvider(
            metric_readers=[reader],
            resource=resource,
            views=views,
        )
        self.meter = self.provider.get_meter(wanted.scope.name, wanted.scope.version)
        self.callbacks: dict[str, Callback] = {}
        self.instruments: dict[str, Any] = {}
        for instrument in wanted.instruments:
            self.make(instrument)

    def make(self, wanted: Instrument) -> None:
        create = getattr(self.meter, f"create_{wanted.kind}")
        texts = {"unit": wanted.unit, "description": wanted.description}
        if wanted.kind.startswith("observable_"):
            callback = self.callbacks[wanted.name] = Callback(wanted.number_type)
            for observed in wanted.observe:
                callback.observe(**observed)
            create(wanted.name, callbacks=[callback], **texts)
            return
        made = create(wanted.name, **texts)
        write = getattr(made, WRITE.get(wanted.kind, "add"))
        self.instruments[wanted.name] = wanted.number_type, write

    def record(
        self,
        *,
        instrument: str,
        value: float,
        times: int = 1,
        attributes: Attributes | None = None,
    ) -> None:
        number_type, write = self.instruments[instrument]
        for _ in range(times):
            write(number_type(value), attributes)

    def observe(self, *, instrument: str, **state: Any) -> None:
        self.callbacks[instrument].observe(**state)


def temporality(
    preference: str | dict[str, str] | None,
) -> dict[type, AggregationTemporality] | None:
    if preference is None:
        return None
    if isinstance(preference, str):
        preference = dict.fromkeys(DELTA_KINDS[preference], "delta")
    # Kinds that are not named are cumulative.
    return {
        type_of: AggregationTemporality[preference.get(kind, "cumulative").upper()]
        for kind, type_of in KINDS.items()
    }


def view(wanted: View) -> SdkView:
    aggregation: Aggregation | None = None
    if wanted.buckets is not None:
        aggregation = ExplicitBucketHistogramAggregation(wanted.buckets)
    if wanted.exponential:
        aggregation = ExponentialBucketHistogramAggregation()
    if wanted.drop:
        aggregation = DropAggregation()
    keys = wanted.allow_attributes
    selectors = (wanted.name, wanted.kind, wanted.unit, wanted.meter)
    return SdkView(
        # The SDK wants a selector, also of a view for everything.
        instrument_name="*" if selectors == (None,) * 4 else wanted.name,
        instrument_type=KINDS[wanted.kind] if wanted.kind else None,
        instrument_unit=wanted.unit,
        meter_name=wanted.meter,
        name=wanted.rename,
        attribute_keys=None if keys is None else set(keys),
        aggregation=aggregation,
    )
