//! The table.

use super::variable::{Unit, Variable, count, milliseconds, otlp, text, without};

/// Every variable that this SDK reads, and those of the specification that it does not, with the reason.
///
/// The table in the README is made from it, and tests hold each row against what the code does.
///
/// Spec: environment variables; OTLP exporter, "Configuration Options".
pub const VARIABLES: &[Variable] = &[
    // The SDK as a whole
    text(
        "OTEL_SDK_DISABLED",
        "switches all three signals off; propagators stay",
        "true, false",
        "false",
    ),
    text(
        "OTEL_SERVICE_NAME",
        "the attribute `service.name` of the resource; wins over the next",
        "any text",
        "`unknown_service:` and the name of the executable",
    ),
    text(
        "OTEL_RESOURCE_ATTRIBUTES",
        "attributes of the resource",
        "key=value,key=value; values percent-encoded",
        "none",
    ),
    text(
        "OTEL_TRACES_EXPORTER",
        "where spans go",
        "otlp, console, zipkin (feature `zipkin`), several with commas; none",
        "otlp",
    ),
    text(
        "OTEL_METRICS_EXPORTER",
        "where metrics go",
        "otlp, console, prometheus (feature `prometheus`), prometheus_remote_write (ours; feature `prometheus-remote-write`), several with commas; none",
        "otlp",
    ),
    text(
        "OTEL_LOGS_EXPORTER",
        "where log records go",
        "otlp, console, several with commas; none",
        "otlp",
    ),
    text(
        "OTEL_PROPAGATORS",
        "what crosses process boundaries",
        "tracecontext, baggage, xray (feature `xray`), several with commas; none",
        "tracecontext,baggage",
    ),
    text(
        "OTEL_LOG_LEVEL",
        "the level of the SDK's own events, for the program's subscriber: `Environment::log_level()`",
        "off, error, warn, info, debug, trace",
        "info",
    ),
    // Traces
    text(
        "OTEL_TRACES_SAMPLER",
        "which spans are recorded",
        "always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio",
        "parentbased_always_on",
    ),
    text(
        "OTEL_TRACES_SAMPLER_ARG",
        "the share of traces of the two samplers with a ratio",
        "0 to 1",
        "1",
    ),
    milliseconds(
        "OTEL_BSP_SCHEDULE_DELAY",
        "the longest wait of a span for its batch",
        "0 or more",
        "5000",
    ),
    milliseconds(
        "OTEL_BSP_EXPORT_TIMEOUT",
        "the time limit of one batch of spans",
        "0 or more",
        "30000",
    ),
    count(
        "OTEL_BSP_MAX_QUEUE_SIZE",
        "how many spans wait at most; more are dropped and counted",
        "1 or more",
        "2048",
    ),
    count(
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
        "how many spans a batch has at most",
        "1 to the queue's size",
        "512",
    ),
    // Logs
    milliseconds(
        "OTEL_BLRP_SCHEDULE_DELAY",
        "the longest wait of a log record for its batch",
        "0 or more",
        "1000",
    ),
    milliseconds(
        "OTEL_BLRP_EXPORT_TIMEOUT",
        "the time limit of one batch of log records",
        "0 or more",
        "30000",
    ),
    count(
        "OTEL_BLRP_MAX_QUEUE_SIZE",
        "how many log records wait at most; more are dropped and counted",
        "1 or more",
        "2048",
    ),
    count(
        "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
        "how many log records a batch has at most",
        "1 to the queue's size",
        "512",
    ),
    // Limits
    count(
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "the longest text in an attribute, in characters",
        "0 or more",
        "no limit",
    ),
    count(
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
        "attributes of one span, event, link or log record",
        "0 or more",
        "128",
    ),
    count(
        "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "the longest text in an attribute of a span, in characters",
        "0 or more",
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    ),
    count(
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
        "attributes of a span",
        "0 or more",
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
    ),
    count(
        "OTEL_SPAN_EVENT_COUNT_LIMIT",
        "events of a span",
        "0 or more",
        "128",
    ),
    count(
        "OTEL_SPAN_LINK_COUNT_LIMIT",
        "links of a span",
        "0 or more",
        "128",
    ),
    count(
        "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
        "attributes of an event of a span",
        "0 or more",
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
    ),
    count(
        "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
        "attributes of a link of a span",
        "0 or more",
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
    ),
    count(
        "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "the longest text in an attribute of a log record, in characters",
        "0 or more",
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
    ),
    count(
        "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT",
        "attributes of a log record",
        "0 or more",
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
    ),
    // Metrics
    milliseconds(
        "OTEL_METRIC_EXPORT_INTERVAL",
        "from the start of one cycle to the start of the next",
        "1 or more",
        "60000; 10000 for the console",
    ),
    milliseconds(
        "OTEL_METRIC_EXPORT_TIMEOUT",
        "the time limit of a whole cycle",
        "1 or more, less than the interval",
        "30000, or two thirds of the interval if that is less",
    ),
    text(
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        "the temporality of each kind of instrument",
        "cumulative, delta, lowmemory",
        "cumulative",
    ),
    text(
        "OTEL_EXPORTER_METRICS_TEMPORALITY_PREFERENCE",
        "the same under the name that some documents have; reported, and ignored beside the right one",
        "cumulative, delta, lowmemory",
        "cumulative",
    ),
    // OTLP
    otlp(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "the receiver; the general one is a base over HTTP, to which `v1/` and the signal are appended, that of a signal is used as it is",
        Unit::None,
        "a URL; for grpc also host:port",
        "http://localhost:4318, for grpc http://localhost:4317",
    ),
    otlp(
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "how OTLP is spoken",
        Unit::None,
        "grpc, http/protobuf, http/json",
        "http/protobuf",
    ),
    otlp(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "headers of each request; those of a signal replace the general ones",
        Unit::None,
        "key=value,key=value; values percent-encoded",
        "none",
    ),
    otlp(
        "OTEL_EXPORTER_OTLP_COMPRESSION",
        "the compression of requests",
        Unit::None,
        "none, gzip",
        "none",
    ),
    otlp(
        "OTEL_EXPORTER_OTLP_TIMEOUT",
        "the time limit of one export, over all attempts and waits",
        Unit::Milliseconds,
        "0 (no limit) or more",
        "10000",
    ),
    otlp(
        "OTEL_EXPORTER_OTLP_INSECURE",
        "plain text for a gRPC endpoint without a scheme",
        Unit::None,
        "true, false",
        "false",
    ),
    otlp(
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
        "the authorities that the receiver is verified with",
        Unit::None,
        "a PEM file",
        "those of the system",
    ),
    otlp(
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
        "the client's certificate, for mutual TLS",
        Unit::None,
        "a PEM file, together with the key",
        "none",
    ),
    otlp(
        "OTEL_EXPORTER_OTLP_CLIENT_KEY",
        "the client's private key, for mutual TLS",
        Unit::None,
        "a PEM file, together with the certificate",
        "none",
    ),
    // Zipkin, with the feature `zipkin`
    text(
        "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
        "the Zipkin server, by the whole URL",
        "a URL",
        "http://localhost:9411/api/v2/spans",
    ),
    milliseconds(
        "OTEL_EXPORTER_ZIPKIN_TIMEOUT",
        "the time limit of one export to Zipkin, over all attempts and waits",
        "0 (no limit) or more",
        "10000",
    ),
    text(
        "OTEL_EXPORTER_ZIPKIN_PROTOCOL",
        "how spans are written for Zipkin; the specification reserves the name, the values are our choice",
        "http/json, http/protobuf",
        "http/json",
    ),
    // Prometheus
    text(
        "OTEL_EXPORTER_PROMETHEUS_HOST",
        "the host on which Prometheus finds the metrics (feature `prometheus`)",
        "a name or an address",
        "localhost",
    ),
    text(
        "OTEL_EXPORTER_PROMETHEUS_PORT",
        "the port on which Prometheus finds the metrics",
        "0 (any that is free) to 65535",
        "9464",
    ),
    // Prometheus remote write, with the feature `prometheus-remote-write`; all of them are ours
    text(
        "OTELBOX_PROMETHEUS_REMOTE_WRITE_ENDPOINT",
        "the receiver of remote write, by the whole URL; ours, as all of this name",
        "a URL",
        "http://localhost:9090/api/v1/write",
    ),
    text(
        "OTELBOX_PROMETHEUS_REMOTE_WRITE_PROTOCOL",
        "the protocol of remote write; 2.0 falls back to 1.0 where the receiver does not take it",
        "1.0, 2.0",
        "2.0",
    ),
    milliseconds(
        "OTELBOX_PROMETHEUS_REMOTE_WRITE_TIMEOUT",
        "the time limit of one remote write, over all attempts and waits",
        "0 (no limit) or more",
        "10000",
    ),
    text(
        "OTELBOX_PROMETHEUS_REMOTE_WRITE_HEADERS",
        "headers of each remote write",
        "key=value,key=value; values percent-encoded",
        "none",
    ),
    text(
        "OTELBOX_PROMETHEUS_REMOTE_WRITE_USERNAME",
        "who asks, by the next as password, in the header authorization",
        "any text without a colon",
        "none",
    ),
    text(
        "OTELBOX_PROMETHEUS_REMOTE_WRITE_PASSWORD",
        "the password of that user",
        "any text",
        "the empty one",
    ),
    text(
        "OTELBOX_PROMETHEUS_REMOTE_WRITE_BEARER_TOKEN",
        "who asks, by a token, in the header authorization; wins over a user",
        "any text",
        "none",
    ),
    text(
        "OTELBOX_PROMETHEUS_REMOTE_WRITE_CERTIFICATE",
        "the authorities that the receiver of remote write is verified with",
        "a PEM file",
        "those of the system",
    ),
    text(
        "OTELBOX_PROMETHEUS_REMOTE_WRITE_CLIENT_CERTIFICATE",
        "the client's certificate for remote write, for mutual TLS",
        "a PEM file, together with the key",
        "none",
    ),
    text(
        "OTELBOX_PROMETHEUS_REMOTE_WRITE_CLIENT_KEY",
        "the client's private key for remote write, for mutual TLS",
        "a PEM file, together with the certificate",
        "none",
    ),
    // Known, and without effect
    without(
        "OTEL_METRICS_EXEMPLAR_FILTER",
        "which measurements become exemplars",
        "opentelemetry_sdk makes no exemplars",
    ),
    without(
        "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
        "the aggregation of histograms",
        "set it with a view in code",
    ),
    without(
        "OTEL_CONFIG_FILE",
        "a file that configures everything",
        "declarative configuration is not supported",
    ),
];
