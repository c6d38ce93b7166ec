// Exporters with settings in code. What is not set in code they read from `OTEL_*` variables.

import { Metadata } from '@grpc/grpc-js';
import * as logsGrpc from '@opentelemetry/exporter-logs-otlp-grpc';
import * as logsJson from '@opentelemetry/exporter-logs-otlp-http';
import * as logsProto from '@opentelemetry/exporter-logs-otlp-proto';
import * as metricsGrpc from '@opentelemetry/exporter-metrics-otlp-grpc';
import * as metricsJson from '@opentelemetry/exporter-metrics-otlp-http';
import * as metricsProto from '@opentelemetry/exporter-metrics-otlp-proto';
import * as traceGrpc from '@opentelemetry/exporter-trace-otlp-grpc';
import * as traceJson from '@opentelemetry/exporter-trace-otlp-http';
import * as traceProto from '@opentelemetry/exporter-trace-otlp-proto';

import { given } from './request.js';

const CLASSES = {
  metrics: {
    grpc: metricsGrpc.OTLPMetricExporter,
    'http/json': metricsJson.OTLPMetricExporter,
    'http/protobuf': metricsProto.OTLPMetricExporter,
  },
  traces: {
    grpc: traceGrpc.OTLPTraceExporter,
    'http/json': traceJson.OTLPTraceExporter,
    'http/protobuf': traceProto.OTLPTraceExporter,
  },
  logs: {
    grpc: logsGrpc.OTLPLogExporter,
    'http/json': logsJson.OTLPLogExporter,
    'http/protobuf': logsProto.OTLPLogExporter,
  },
};

// Who makes an exporter in code imports the one for a protocol; the case names it by the variable.
function protocolOf(signal) {
  return (
    process.env[`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_PROTOCOL`] ||
    process.env.OTEL_EXPORTER_OTLP_PROTOCOL ||
    'http/protobuf'
  );
}

function metadata(headers) {
  const made = new Metadata();
  for (const [name, value] of Object.entries(headers)) {
    made.set(name, value);
  }
  return made;
}

export function exporter(signal, configuration, more = {}) {
  const protocol = protocolOf(signal);
  const { endpoint, headers, compression, exporter_timeout_ms } = configuration;
  const Exporter = CLASSES[signal][protocol];
  if (Exporter === undefined) {
    throw new TypeError(`no exporter for ${protocol}`);
  }
  return new Exporter(
    given({
      url: endpoint,
      compression,
      timeoutMillis: exporter_timeout_ms,
      ...(headers && (protocol === 'grpc' ? { metadata: metadata(headers) } : { headers })),
      ...more,
    }),
  );
}
