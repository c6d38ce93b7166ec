//! The format, as the exporter asks for it.

use std::time::Duration;

use prost::Message;

use super::{ZipkinEncoding, ZipkinSpanExporterBuilder, convert, environment, json};
use crate::compression::Compression;
use crate::config_error::ConfigError;
use crate::endpoint::Endpoint;
use crate::environment::Environment;
use crate::export::{Accepted, AnswerError, FailureReason};
use crate::http_format::{FormatWords, HttpAnswer, HttpFormat, HttpMessage, sealed};
use crate::traces::SpanBatch;
use crate::transport::compress;

/// Spans for Zipkin.
///
/// # How a span is written
///
/// - Ids are those of the span, those of traces with all 128 bits; a root has no `parentId`. A span whose ids are zero or
///   of another length is left out, which is logged and counted: the server would refuse the whole list.
/// - Times are in microseconds, durations at least one. `INTERNAL` spans have no kind.
/// - The local endpoint is `service.name` of the resource, else `unknown_service`. The remote one, of `CLIENT` and
///   `PRODUCER` spans, is the first of `peer.service`, `server.address`, `net.peer.name`, `network.peer.address` (with
///   its port), `server.socket.domain`, `server.socket.address` (with its port), `net.sock.peer.name`,
///   `net.sock.peer.addr` (with its port), `peer.hostname`, `peer.address` and `db.name`; an address is also in `ipv4`
///   or `ipv6`.
/// - Attributes are tags, arrays and maps in them JSON, bytes base64. So are the attributes of scope and resource, of
///   which those of the span win.
/// - `otel.scope.name` and `otel.scope.version` are tags, also under their old names, `otel.library.*`. What limits
///   dropped is in `otel.dropped_attributes_count`, `otel.dropped_events_count` and `otel.dropped_links_count`.
/// - A status of `OK` or `ERROR` is the tag `otel.status_code`; the description of an error, empty or not, is the tag
///   `error`, which other spans do not have, unless a program sets it to anything but false.
/// - An event is an annotation: its name, followed by its attributes where there are any (`"name":{"key":1}`).
/// - Links are tags `otlp.link.0` and so on, and the trace state is the tag `w3c.tracestate`.
///
/// Spec: Zipkin exporter, "OpenTelemetry to Zipkin Transformation". It leaves open what becomes of the resource, of links
/// and of the trace state: what is said of them here is our choice.
///
/// # Answers
///
/// Every success is one (servers answer 202), but for a page of HTML, as a proxy answers it that wants a login: that is
/// [`FailureReason::UnusableAnswer`], and the spans count as lost. Answers 429, 500, 502, 503 and 504 are worth another
/// attempt, after what `Retry-After` asks for, and so is none at all; no other is. That is our choice, the specification
/// says nothing: servers answer 500 where their storage fails, and a span that arrives twice is shown as one.
#[derive(Debug)]
pub struct ZipkinFormat {
    encoding: ZipkinEncoding,
    compression: Compression,
}

/// What the builder has for this format alone.
#[derive(Debug, Default)]
pub struct ZipkinOptions {
    encoding: Option<ZipkinEncoding>,
    compression: Compression,
}

impl ZipkinSpanExporterBuilder {
    /// How spans are written. Default: `OTEL_EXPORTER_ZIPKIN_PROTOCOL`, else JSON.
    pub fn with_encoding(mut self, encoding: ZipkinEncoding) -> Self {
        self.options.of_format.encoding = Some(encoding);
        self
    }

    /// The compression of requests. Default: none.
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.options.of_format.compression = compression;
        self
    }
}

impl sealed::Sealed for ZipkinFormat {}

impl HttpFormat for ZipkinFormat {
    type Batch = SpanBatch;
    type Options = ZipkinOptions;
    type Note = ();

    const WORDS: FormatWords = FormatWords {
        name: "Zipkin",
        receiver: "a Zipkin server",
        user_agent: concat!("OTel-Zipkin-Exporter-Rust/", env!("CARGO_PKG_VERSION")),
        component_type: "zipkin_http_span_exporter",
        endpoint_option: "OTEL_EXPORTER_ZIPKIN_ENDPOINT or with_endpoint()",
        headers_option: "with_header()",
        encoding_option: "set OTEL_EXPORTER_ZIPKIN_PROTOCOL=http/json, and leave out with_compression()",
        usual_path: "/api/v2/spans",
        usual_port: 9411,
        too_large: "lower OTEL_BSP_MAX_EXPORT_BATCH_SIZE, so that fewer spans are sent at a time, or raise the limit (of \
                    the exporter with_max_request_bytes())",
    };

    fn endpoint_from(environment: &Environment) -> Endpoint {
        environment::endpoint(environment)
    }

    fn timeout_from(environment: &Environment) -> Duration {
        environment::timeout(environment)
    }

    fn new(options: ZipkinOptions, environment: &Environment) -> Result<Self, ConfigError> {
        let compression = options.compression;
        if let Some(feature) = compression.feature() {
            feature.needed_for(format_args!("compression {compression}"))?;
        }
        Ok(Self {
            encoding: options
                .encoding
                .unwrap_or_else(|| environment::encoding(environment)),
            compression,
        })
    }

    fn is_retryable_status(status: u16) -> bool {
        matches!(status, 429 | 500 | 502 | 503 | 504)
    }

    fn encode(&self, batch: &SpanBatch) -> Result<HttpMessage<()>, FailureReason> {
        const WITHOUT_IDS: &str = "its trace id or span id is zero or of the wrong length";
        let (spans, without_ids) = convert::spans(&batch.request);
        if spans.spans.is_empty() {
            return Err(FailureReason::NotEncodable(WITHOUT_IDS.into()));
        }
        let message = match self.encoding {
            ZipkinEncoding::Json => json::json(&spans),
            ZipkinEncoding::Protobuf => spans.encode_to_vec(),
        };
        let compressed = match self.compression {
            Compression::None => None,
            Compression::Gzip => Some(
                compress(Vec::new(), &message)
                    .map_err(|error| FailureReason::Other(format!("cannot compress: {error}")))?,
            ),
        };
        let message = HttpMessage::new(self.encoding.content_type(), message, ());
        let message = message.without(without_ids, WITHOUT_IDS);
        Ok(match compressed {
            None => message,
            Some(body) => message.compressed("gzip", body),
        })
    }

    fn accepted(&self, (): &(), answer: &HttpAnswer) -> Result<Accepted, AnswerError> {
        if answer.is_html() {
            return Err(AnswerError::Undecodable(format!(
                "it is a page of HTML with status {}, where Zipkin answers 202",
                answer.status.as_u16()
            )));
        }
        Ok(Accepted::default())
    }

    fn description(&self) -> String {
        format!(
            "protocol={} compression={}",
            self.encoding, self.compression
        )
    }
}
