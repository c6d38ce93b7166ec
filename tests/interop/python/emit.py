"""Sends a known number of metrics, spans and log records through the OpenTelemetry SDK for Python.

    emit.py grpc|http/protobuf ENDPOINT [--compression gzip]

Everything that leaves is counted, and one JSON object on stdout says what was asked to leave and whether each
provider reported success. The receiver's journal is then compared with these numbers.
"""

import argparse
import json
import os
import sys

from opentelemetry._logs import SeverityNumber
from opentelemetry.metrics import Observation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

COUNTER_TOTAL = 50
POOL_SIZE = 7
SPANS = 6
LOG_RECORDS = 4
# Two counter streams, one histogram, one gauge.
DATA_POINTS = 4
FLUSH_TIMEOUT_MILLIS = 20_000
# No periodic export of its own may fall into the run: the flush is the only one.
NEVER_MILLIS = 3_600_000


def exporters(protocol, endpoint, compression):
    """The three exporters of one protocol, told everything in code."""
    if protocol == "grpc":
        from grpc import Compression
        from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        options = {"endpoint": endpoint, "insecure": True, "headers": (("x-tenant", "python"),)}
        if compression == "gzip":
            options["compression"] = Compression.Gzip
        return OTLPMetricExporter(**options), OTLPSpanExporter(**options), OTLPLogExporter(**options)

    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    options = {"headers": {"x-tenant": "python"}}
    if compression == "gzip":
        options["compression"] = Compression.Gzip
    return (
        OTLPMetricExporter(endpoint=f"{endpoint}/v1/metrics", **options),
        OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", **options),
        OTLPLogExporter(endpoint=f"{endpoint}/v1/logs", **options),
    )


def send_metrics(resource, exporter):
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=NEVER_MILLIS)
    provider = MeterProvider(resource=resource, metric_readers=[reader], shutdown_on_exit=False)
    meter = provider.get_meter("otelbox.interop", "1.0.0")
    requests = meter.create_counter("requests", unit="{request}")
    duration = meter.create_histogram("request.duration", unit="ms")
    meter.create_observable_gauge("pool.size", callbacks=[lambda _: [Observation(POOL_SIZE)]])
    for number in range(COUNTER_TOTAL):
        requests.add(1, {"http.route": "/checkout" if number % 2 else "/cart"})
        duration.record(42.5)
    # No shutdown: it would collect and export once more. The process ends without exit hooks.
    return provider.force_flush(FLUSH_TIMEOUT_MILLIS)


def send_spans(resource, exporter):
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("otelbox.interop", "1.0.0")
    for number in range(SPANS):
        with tracer.start_as_current_span("checkout", attributes={"otelbox.item": number}):
            pass
    return provider.force_flush(FLUSH_TIMEOUT_MILLIS)


def send_log_records(resource, exporter):
    provider = LoggerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    logger = provider.get_logger("otelbox.interop", "1.0.0")
    for number in range(LOG_RECORDS):
        logger.emit(
            body="order placed",
            severity_number=SeverityNumber.INFO,
            severity_text="INFO",
            attributes={"otelbox.item": number},
        )
    return provider.force_flush(FLUSH_TIMEOUT_MILLIS)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("protocol", choices=["grpc", "http/protobuf"])
    arguments.add_argument("endpoint")
    arguments.add_argument("--compression", choices=["none", "gzip"], default="none")
    chosen = arguments.parse_args()

    resource = Resource({"service.name": "otelbox-python", "service.instance.id": "1"})
    metrics, spans, logs = exporters(chosen.protocol, chosen.endpoint, chosen.compression)
    report = {
        "metrics": {"items": DATA_POINTS, "total": COUNTER_TOTAL, "flushed": send_metrics(resource, metrics)},
        "traces": {"items": SPANS, "flushed": send_spans(resource, spans)},
        "logs": {"items": LOG_RECORDS, "flushed": send_log_records(resource, logs)},
    }
    print(json.dumps(report), flush=True)
    sys.stderr.flush()
    # Exit hooks of the SDK would export once more.
    os._exit(0)


if __name__ == "__main__":
    main()
