"""The providers of spans and of log records."""

from __future__ import annotations

import time
from typing import Any

from opentelemetry import trace
from opentelemetry._logs import SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import (
    BatchLogRecordProcessor,
    SimpleLogRecordProcessor,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

from exporters import exporter
from request import Attributes, Wanted

ITEM = "otelbox.item"

REMOTE_TRACE_ID = 0x0AF7651916CD43DD8448EB211C80319C
REMOTE_SPAN_ID = 0xB7AD6B7169203331


def remote(flags: int) -> trace.SpanContext:
    return trace.SpanContext(
        REMOTE_TRACE_ID,
        REMOTE_SPAN_ID,
        is_remote=True,
        trace_flags=trace.TraceFlags(flags),
    )


SAMPLED = remote(trace.TraceFlags.SAMPLED)
UNSAMPLED = remote(trace.TraceFlags.DEFAULT)


def processor(wanted: Wanted, simple: type, batch: type) -> Any:
    settings = wanted.configuration
    if settings.processor == "simple":
        return simple(exporter(wanted))
    return batch(
        exporter(wanted),
        max_queue_size=settings.max_queue_size,
        max_export_batch_size=settings.max_export_batch_size,
        schedule_delay_millis=settings.schedule_delay_ms,
        export_timeout_millis=settings.export_timeout_ms,
    )


class Spans:
    """One provider of spans with its tracer."""

    def __init__(self, wanted: Wanted, resource: Resource) -> None:
        self.provider = TracerProvider(resource=resource)
        self.provider.add_span_processor(
            processor(wanted, SimpleSpanProcessor, BatchSpanProcessor)
        )
        self.tracer = self.provider.get_tracer(wanted.scope.name, wanted.scope.version)

    def emit(
        self,
        *,
        items: int,
        first_item: int = 0,
        attributes: Attributes | None = None,
        unsampled: bool = False,
        span: dict[str, Any] | None = None,
    ) -> None:
        parent = (
            trace.set_span_in_context(trace.NonRecordingSpan(UNSAMPLED))
            if unsampled
            else None
        )
        for item in range(first_item, first_item + items):
            self.make({**(attributes or {}), ITEM: item}, parent, **(span or {}))

    def make(
        self,
        attributes: Attributes,
        parent: Any,
        *,
        kind: str = "internal",
        events: list[dict[str, Any]] | None = None,
        links: list[dict[str, Any]] | None = None,
        status: str | dict[str, str] | None = None,
    ) -> None:
        span = self.tracer.start_span(
            ITEM,
            context=parent,
            kind=trace.SpanKind[kind.upper()],
            attributes=attributes,
            links=[trace.Link(SAMPLED, link.get("attributes")) for link in links or []],
        )
        for event in events or []:
            span.add_event(**event)
        if status == "ok":
            span.set_status(trace.StatusCode.OK)
        elif isinstance(status, dict):
            span.set_status(trace.StatusCode.ERROR, status["error"])
        span.end()


class Records:
    """One provider of log records with its logger."""

    def __init__(self, wanted: Wanted, resource: Resource) -> None:
        self.provider = LoggerProvider(resource=resource)
        self.provider.add_log_record_processor(
            processor(wanted, SimpleLogRecordProcessor, BatchLogRecordProcessor)
        )
        self.logger = self.provider.get_logger(wanted.scope.name, wanted.scope.version)

    def emit(
        self,
        *,
        items: int,
        first_item: int = 0,
        attributes: Attributes | None = None,
        in_span: bool = False,
    ) -> None:
        current = trace.NonRecordingSpan(SAMPLED) if in_span else trace.INVALID_SPAN
        with trace.use_span(current):
            for item in range(first_item, first_item + items):
                self.logger.emit(
                    timestamp=time.time_ns(),
                    severity_number=SeverityNumber.INFO,
                    severity_text="INFO",
                    body=ITEM,
                    attributes={**(attributes or {}), ITEM: item},
                )
