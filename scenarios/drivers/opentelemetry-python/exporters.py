"""Exporters of the SDK, which reads all but a few settings from `OTEL_*` variables."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

import grpc
from opentelemetry.exporter.otlp.proto.http import Compression

# Only the configurator of the SDK knows what OTEL_EXPORTER_OTLP_PROTOCOL stands for.
from opentelemetry.sdk._configuration import _get_exporter_entry_point

from request import Wanted

COMPRESSIONS = {
    "otlp_proto_grpc": {
        "none": grpc.Compression.NoCompression,
        "gzip": grpc.Compression.Gzip,
    },
    "otlp_proto_http": {
        "none": Compression.NoCompression,
        "gzip": Compression.Gzip,
    },
}


def exporter(wanted: Wanted, **more: Any) -> Any:
    """The OTLP exporter that `opentelemetry-instrument` would load for this signal."""
    name = _get_exporter_entry_point("otlp", wanted.signal)
    (entry_point,) = entry_points(
        group=f"opentelemetry_{wanted.signal}_exporter", name=name
    )
    settings = wanted.configuration
    timeout_ms, compression = settings.exporter_timeout_ms, settings.compression
    return entry_point.load()(
        endpoint=settings.endpoint,
        headers=settings.headers,
        timeout=None if timeout_ms is None else timeout_ms / 1000,
        compression=None if compression is None else COMPRESSIONS[name][compression],
        **more,
    )
