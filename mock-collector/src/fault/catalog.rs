//! Every action in words, for `otelbox list faults` and `otelbox explain FAULT`.

use std::fmt;

use serde::Serialize;

/// An action in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FaultDescription {
    /// The word for it under `then:`.
    pub name: &'static str,
    /// Where it belongs.
    pub group: FaultGroup,
    /// What it does, in a line.
    pub summary: &'static str,
    /// Its parameters and what they mean; empty for a bare word.
    pub parameters: &'static [(&'static str, &'static str)],
    /// A fault that uses it, as YAML.
    pub example: &'static str,
}

/// What an action meddles with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultGroup {
    /// Connections.
    Transport,
    /// Frames of HTTP/2.
    Http2,
    /// The gRPC status.
    GrpcStatus,
    /// The HTTP status.
    HttpStatus,
    /// What OTLP says.
    Otlp,
    /// The body of the answer.
    AnswerPayload,
    /// Time.
    Timing,
    /// Who may send.
    Authorization,
    /// TLS.
    Tls,
}

impl fmt::Display for FaultGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Transport => "transport",
            Self::Http2 => "HTTP/2",
            Self::GrpcStatus => "gRPC status",
            Self::HttpStatus => "HTTP status",
            Self::Otlp => "OTLP",
            Self::AnswerPayload => "payload of the answer",
            Self::Timing => "timing",
            Self::Authorization => "authorization",
            Self::Tls => "TLS",
        })
    }
}

/// Every action in words, by group.
pub const fn catalog() -> &'static [FaultDescription] {
    CATALOG
}

/// The description of the action with this name.
pub fn describe(name: &str) -> Option<&'static FaultDescription> {
    CATALOG.iter().find(|description| description.name == name)
}

const CATALOG: &[FaultDescription] = &[
    FaultDescription {
        name: "refuse",
        group: FaultGroup::Transport,
        summary: "no listener: connections are refused while it applies (known only by window and connection)",
        parameters: &[],
        example: "when: { window: { from: 10s, to: 55s } }\nthen: refuse",
    },
    FaultDescription {
        name: "accept_then_close",
        group: FaultGroup::Transport,
        summary: "connections are accepted and closed at once (known only by window and connection)",
        parameters: &[],
        example: "when: { connection: 1 }\nthen: accept_then_close",
    },
    FaultDescription {
        name: "black_hole",
        group: FaultGroup::Transport,
        summary: "connections are neither accepted nor refused while it applies (known only by window and connection); over TCP the queue of the listener is full",
        parameters: &[],
        example: "when: { window: { from: 10s, to: 55s } }\nthen: black_hole",
    },
    FaultDescription {
        name: "stop_reading",
        group: FaultGroup::Transport,
        summary: "the head of the request is read, nothing of its body, and there is no answer (due before attempt, export and resource are known)",
        parameters: &[],
        example: "when: { request: 1 }\nthen: stop_reading",
    },
    FaultDescription {
        name: "goaway",
        group: FaultGroup::Http2,
        summary: "the connection is given up by a GOAWAY frame and closed; other protocols than gRPC go on to the next fault",
        parameters: &[
            (
                "stream",
                "refused (the last stream is below the request, which is not answered), served (it is answered), in_flight (the frame comes after the head of its answer), cut (the same, and the rest of the answer never comes) or graceful (2^31-1 first, and the last stream a round trip later); default refused",
            ),
            (
                "code",
                "NO_ERROR, ENHANCE_YOUR_CALM, ...; default NO_ERROR, the only one for graceful",
            ),
        ],
        example: "when: { attempt: 1 }\nthen: goaway",
    },
    FaultDescription {
        name: "rst_stream",
        group: FaultGroup::Http2,
        summary: "the stream of the request is reset in place of the answer, or within it; other protocols than gRPC go on to the next fault",
        parameters: &[
            (
                "code",
                "REFUSED_STREAM, CANCEL, INTERNAL_ERROR, ...; default REFUSED_STREAM",
            ),
            (
                "at",
                "before_answer, after_headers, mid_data or after_data; but for the first, the payload is taken, unless the code is REFUSED_STREAM; default before_answer",
            ),
        ],
        example: "when: { attempt: 1 }\nthen: { rst_stream: { code: CANCEL } }",
    },
    FaultDescription {
        name: "missing_trailers",
        group: FaultGroup::Http2,
        summary: "the payload is taken, and answered with headers and a message, but without the trailers and so without a status; other protocols than gRPC go on to the next fault",
        parameters: &[],
        example: "when: { attempt: 1 }\nthen: missing_trailers",
    },
    FaultDescription {
        name: "large_headers",
        group: FaultGroup::AnswerPayload,
        summary: "the payload is taken, and answered with success and headers that are larger than a client should read",
        parameters: &[(
            "bytes",
            "how large the padding is, 1024 to 16777216, each field with its name, its value and 32 bytes",
        )],
        example: "when: { attempt: 1 }\nthen: { large_headers: { bytes: 65536 } }",
    },
    FaultDescription {
        name: "stall",
        group: FaultGroup::Transport,
        summary: "connections are accepted, and then neither read from nor written to (known only by window and connection)",
        parameters: &[],
        example: "when: { connection: 1 }\nthen: stall",
    },
    FaultDescription {
        name: "bandwidth",
        group: FaultGroup::Transport,
        summary: "bytes pass no faster than this (known only by window and connection)",
        parameters: &[
            ("bytes_per_second", "from 1"),
            (
                "direction",
                "received or sent, as the collector sees it; default both, each for itself",
            ),
        ],
        example: "then: { bandwidth: { bytes_per_second: 1024, direction: received } }",
    },
    FaultDescription {
        name: "slice",
        group: FaultGroup::Transport,
        summary: "what the collector sends leaves in small pieces, with a pause after each (known only by window and connection)",
        parameters: &[
            ("bytes", "how large a piece is at most, from 1"),
            ("every", "the pause after each; default 10ms"),
        ],
        example: "then: { slice: { bytes: 3, every: 10ms } }",
    },
    FaultDescription {
        name: "close_after",
        group: FaultGroup::Transport,
        summary: "connections end when so many bytes have passed (known only by window and connection)",
        parameters: &[
            ("bytes", "how many, from 1, with TLS and frames"),
            (
                "direction",
                "received or sent, as the collector sees it; default sent",
            ),
            ("by", "close or reset; default close"),
        ],
        example: "when: { connection: 1 }\nthen: { close_after: { bytes: 100, by: reset } }",
    },
    FaultDescription {
        name: "half_close",
        group: FaultGroup::Transport,
        summary: "the collector ends its sending side (FIN) and reads on: answers are lost (known only by window and connection)",
        parameters: &[(
            "after_bytes",
            "how many bytes are sent before; default 0: at once",
        )],
        example: "when: { connection: 1 }\nthen: half_close",
    },
    FaultDescription {
        name: "slow_close",
        group: FaultGroup::Transport,
        summary: "when a connection is over, the collector closes its end late (known only by window and connection)",
        parameters: &[("wait", "by how much")],
        example: "then: { slow_close: { wait: 5s } }",
    },
    FaultDescription {
        name: "max_connection_age",
        group: FaultGroup::Transport,
        summary: "connections are given up in good order at this age: by GOAWAY, over HTTP/1.1 by `connection: close` with the next answer (known only by window and connection)",
        parameters: &[
            ("age", "since the connection was made"),
            (
                "grace",
                "how much later it is closed, whatever is in progress; default never",
            ),
        ],
        example: "then: { max_connection_age: { age: 30s, grace: 5s } }",
    },
    FaultDescription {
        name: "http2_settings",
        group: FaultGroup::Http2,
        summary: "other settings than the usual ones; connections over HTTP/1.1 are passed over (known only by window and connection)",
        parameters: &[
            (
                "max_concurrent_streams",
                "how many requests at a time; default no limit",
            ),
            (
                "initial_window_size",
                "how many bytes of a body before the client has to wait, with 0 for ever; default 1 MiB",
            ),
            (
                "max_header_list_size",
                "how large the headers of a request may be; default 16 MiB, unsaid",
            ),
            (
                "max_frame_size",
                "how large a frame may be, 16384 to 16777215; default 16384",
            ),
        ],
        example: "then: { http2_settings: { max_concurrent_streams: 1 } }",
    },
    FaultDescription {
        name: "ping_storm",
        group: FaultGroup::Http2,
        summary: "many PING frames; connections over HTTP/1.1 are passed over (known only by window and connection)",
        parameters: &[
            ("every", "the time between two; default 10ms"),
            ("count", "how many; default 100"),
        ],
        example: "when: { connection: 1 }\nthen: ping_storm",
    },
    FaultDescription {
        name: "ignore_pings",
        group: FaultGroup::Http2,
        summary: "PING frames of the client are never acknowledged; connections over HTTP/1.1 are passed over (known only by window and connection)",
        parameters: &[],
        example: "then: ignore_pings",
    },
    FaultDescription {
        name: "tls_certificate",
        group: FaultGroup::Tls,
        summary: "another certificate than the collector's own; only where TLS is spoken (known only by window and connection)",
        parameters: &[(
            "value",
            "expired, not_yet_valid, wrong_name, untrusted or self_signed",
        )],
        example: "when: { connection: 1 }\nthen: { tls_certificate: expired }",
    },
    FaultDescription {
        name: "tls_alpn",
        group: FaultGroup::Tls,
        summary: "what is agreed on by ALPN; only where TLS is spoken (known only by window and connection)",
        parameters: &[(
            "value",
            "none (the extension is not known), http/1.1, h2 or unknown (a protocol that no client names: the handshake fails)",
        )],
        example: "when: { connection: 1 }\nthen: { tls_alpn: none }",
    },
    FaultDescription {
        name: "tls_handshake",
        group: FaultGroup::Tls,
        summary: "what becomes of the handshake when the client has begun it; only where TLS is spoken (known only by window and connection)",
        parameters: &[(
            "value",
            "stall (never answered), close, reset, alert or plain_text (HTTP, as from a port without TLS)",
        )],
        example: "when: { connection: 1 }\nthen: { tls_handshake: stall }",
    },
    FaultDescription {
        name: "tls_client_certificate",
        group: FaultGroup::Tls,
        summary: "whether clients have to say who they are; only where TLS is spoken (known only by window and connection)",
        parameters: &[("value", "required or not_asked")],
        example: "when: { connection: 1 }\nthen: { tls_client_certificate: required }",
    },
    FaultDescription {
        name: "tls_alert",
        group: FaultGroup::Tls,
        summary: "plain text is answered with a TLS alert and the end; only where plain text is spoken (known only by window and connection)",
        parameters: &[],
        example: "when: { connection: 1 }\nthen: tls_alert",
    },
    FaultDescription {
        name: "interim",
        group: FaultGroup::HttpStatus,
        summary: "an interim answer (1xx), then another action; gRPC requests go on to the next fault",
        parameters: &[
            (
                "status",
                "102 to 199; default 103; `interim: 103` is short for it",
            ),
            ("then", "the action after it; default accept"),
        ],
        example: "when: { attempt: 1 }\nthen: { interim: { status: 103, then: { http: 503 } } }",
    },
    FaultDescription {
        name: "unknown_fields",
        group: FaultGroup::AnswerPayload,
        summary: "the payload is taken, and answered with full success and fields that no schema knows",
        parameters: &[],
        example: "then: unknown_fields",
    },
    FaultDescription {
        name: "large_answer",
        group: FaultGroup::AnswerPayload,
        summary: "the payload is taken, and answered with success and a valid body that is larger than a client should read",
        parameters: &[
            (
                "bytes",
                "1024 to 2147483648, before compression; rounded up to whole KiB",
            ),
            ("gzip", "compressed, to about a thousandth; default false"),
            (
                "endless",
                "over HTTP, without a Content-Length; default false",
            ),
        ],
        example: "when: { attempt: 1 }\nthen: { large_answer: { bytes: 1073741824, gzip: true } }",
    },
    FaultDescription {
        name: "drip_answer",
        group: FaultGroup::Timing,
        summary: "an answer of success that comes one byte at a time; the payload is taken when the client has waited for all of it",
        parameters: &[
            ("every", "the time between two bytes; default 1s"),
            (
                "part",
                "head (all of it comes slowly) or body (so many bytes of body do); default head",
            ),
            (
                "bytes",
                "how many bytes of the body, 1 to 1024; default 1024",
            ),
        ],
        example: "when: { attempt: 1 }\nthen: { drip_answer: { every: 1s, part: body } }",
    },
    FaultDescription {
        name: "reset",
        group: FaultGroup::Transport,
        summary: "the connection is reset (RST on TCP, an error in memory)",
        parameters: &[(
            "at",
            "before_body, mid_body or after_body; the first two are due before attempt, export and resource are known",
        )],
        example: "when: { request: 1 }\nthen: { reset: { at: mid_body } }",
    },
    FaultDescription {
        name: "close",
        group: FaultGroup::Transport,
        summary: "the connection is closed (FIN) in place of the answer, or after half of it",
        parameters: &[("at", "before_answer or mid_answer")],
        example: "when: { attempt: 1 }\nthen: { close: { at: before_answer } }",
    },
    FaultDescription {
        name: "hang",
        group: FaultGroup::Transport,
        summary: "the request is read and never answered, until the client goes away",
        parameters: &[],
        example: "when: { every: 3 }\nthen: hang",
    },
    FaultDescription {
        name: "grpc",
        group: FaultGroup::GrpcStatus,
        summary: "gRPC requests are answered with a status; others go on to the next fault (or to `http` beside it)",
        parameters: &[
            (
                "code",
                "a name such as UNAVAILABLE, or a number; `grpc: UNAVAILABLE` is short for it",
            ),
            (
                "message",
                "the text of the status; default one that names the code",
            ),
            (
                "retry_info",
                "2s, 0s, -5s, ..., malformed or not_base64; default absent",
            ),
            (
                "retry_info_position",
                "only, first, middle, last or bare_trailer; default only",
            ),
            (
                "framing",
                "trailers_only, headers_then_trailers or after_data; default trailers_only",
            ),
        ],
        example: "when: { attempt: \"1..2\" }\nthen: { grpc: { code: UNAVAILABLE, retry_info: 2s } }",
    },
    FaultDescription {
        name: "not_grpc",
        group: FaultGroup::GrpcStatus,
        summary: "a gRPC request is answered as a proxy does: an HTTP status and no grpc-status; other protocols go on to the next fault",
        parameters: &[
            ("status", "200 to 599; default 502"),
            (
                "content_type",
                "the content type, or null for none; default text/html",
            ),
            (
                "body",
                "a text, empty for none; default a page that names the status",
            ),
        ],
        example: "when: { attempt: 1 }\nthen: { not_grpc: { status: 503, content_type: text/plain, body: upstream is gone } }",
    },
    FaultDescription {
        name: "http",
        group: FaultGroup::HttpStatus,
        summary: "HTTP requests are answered with a status; others go on to the next fault (or to `grpc` beside it)",
        parameters: &[
            ("status", "200 to 599; `http: 503` is short for it"),
            (
                "retry_after",
                "a text that is sent as it is, or { date_in: 4s }; default absent",
            ),
            (
                "body",
                "status (in the encoding of the request), json, text, html or empty; default status",
            ),
            ("location", "the Location header; default absent"),
            (
                "message",
                "the text in a Status body; default one that names the status",
            ),
            (
                "code",
                "the gRPC code in a Status body; default the one that belongs to the status",
            ),
        ],
        example: "when: { attempt: 1 }\nthen: { http: { status: 503, retry_after: \"3\" } }",
    },
    FaultDescription {
        name: "status",
        group: FaultGroup::GrpcStatus,
        summary: "both in one: the gRPC answer for gRPC requests, the HTTP answer for HTTP requests",
        parameters: &[("grpc", "as under `grpc`"), ("http", "as under `http`")],
        example: "when: { window: { from: 10s, to: 55s } }\nthen: { status: { grpc: UNAVAILABLE, http: 503 } }",
    },
    FaultDescription {
        name: "accept",
        group: FaultGroup::Otlp,
        summary: "the payload is taken, and answered as the real Collector does; the default, so that it can shadow later faults",
        parameters: &[],
        example: "when: { signal: logs }\nthen: accept",
    },
    FaultDescription {
        name: "partial_success",
        group: FaultGroup::Otlp,
        summary: "the answer is a success that says that some items were rejected; over remote write a 400 that says how much was written; Zipkin has no such thing (its requests are not matched)",
        parameters: &[
            (
                "rejected",
                "how many; 0, negative and more than were sent are allowed",
            ),
            ("message", "why; default empty"),
            (
                "gzip",
                "compressed, for requests that accept that, others go on to the next fault; default false",
            ),
            (
                "json_number",
                "the count is a number in JSON, not text; default false",
            ),
            (
                "status",
                "over remote write alone: that of the partial write; default 400",
            ),
        ],
        example: "then: { partial_success: { rejected: 3, message: \"attribute too long\" } }\ntimes: 1",
    },
    FaultDescription {
        name: "lose_acknowledgement",
        group: FaultGroup::Otlp,
        summary: "the payload is taken, and the connection ends without an answer: a retry is a duplicate",
        parameters: &[("by", "close or reset; default close")],
        example: "when: { attempt: 1 }\nthen: { lose_acknowledgement: { by: reset } }",
    },
    FaultDescription {
        name: "take",
        group: FaultGroup::Otlp,
        summary: "the payload is taken, and the client is nonetheless told what follows: a retry is a duplicate",
        parameters: &[(
            "then",
            "what the client is told: an action that does not take the payload; in a list it is what comes next",
        )],
        example: "when: { attempt: 1 }\nthen: [take, { grpc: UNAVAILABLE, http: 503 }]",
    },
    FaultDescription {
        name: "sequence",
        group: FaultGroup::Otlp,
        summary: "the first time the first action, the second time the second, ..., counted for each signal",
        parameters: &[(
            "then",
            "what comes afterwards, beside `sequence`; default accept",
        )],
        example: "then: { sequence: [{ grpc: UNAVAILABLE, http: 503 }, hang], then: { delay: 1s } }",
    },
    FaultDescription {
        name: "undecodable_answer",
        group: FaultGroup::AnswerPayload,
        summary: "the payload is taken, and answered with success and a body that cannot be decoded",
        parameters: &[("body", "random_bytes, html, truncated or wrong_json")],
        example: "then: { undecodable_answer: { body: html } }",
    },
    FaultDescription {
        name: "truncate_answer",
        group: FaultGroup::AnswerPayload,
        summary: "half of the answer, then the connection is closed: short for `close: { at: mid_answer }`",
        parameters: &[],
        example: "when: { attempt: 1 }\nthen: truncate_answer",
    },
    FaultDescription {
        name: "mislabelled_answer",
        group: FaultGroup::AnswerPayload,
        summary: "the payload is taken, and answered with success and one label that is not true; one of the parameters stands here",
        parameters: &[
            (
                "content_type",
                "the content type of the answer, or null for none",
            ),
            (
                "length",
                "short (by a byte) or long (by 16): Content-Length, or the length of the gRPC message",
            ),
            (
                "compression",
                "not_gzip (it says gzip, and is not) or flag_alone (the flag of gRPC without an encoding; HTTP goes on to the next fault)",
            ),
        ],
        example: "when: { attempt: 1 }\nthen: { mislabelled_answer: { content_type: text/html } }",
    },
    FaultDescription {
        name: "delay",
        group: FaultGroup::Timing,
        summary: "a wait, then another action; by default the request is accepted then",
        parameters: &[
            ("for", "how long; `delay: 2s` is short for it"),
            (
                "uniform",
                "in place of `for`: { from, to }, drawn from this range by seed, export and attempt",
            ),
            (
                "lognormal",
                "in place of `for`: { median, sigma, cap }, mostly about the median, seldom much longer; cap is a hundred times the median by default",
            ),
            (
                "ramp",
                "in place of `for`: { from, to, over }, growing since the fault was added",
            ),
            (
                "at",
                "before_headers, before_body or before_trailers of the answer; default before_headers",
            ),
            (
                "then",
                "the action after the wait; default accept; in a list it is what comes next",
            ),
        ],
        example: "when: { protocol: grpc }\nthen: { delay: { for: 2s, then: { grpc: UNAVAILABLE } } }",
    },
    FaultDescription {
        name: "hold",
        group: FaultGroup::Timing,
        summary: "the request is read, and not answered until the fault is removed or replaced, or its time (`for`) is over",
        parameters: &[("then", "the action after it; default accept")],
        example: "when: { attempt: 1 }\nthen: hold\nfor: 30s",
    },
    FaultDescription {
        name: "overrun_deadline",
        group: FaultGroup::Timing,
        summary: "the answer comes only after the client's own grpc-timeout has passed",
        parameters: &[
            ("by", "how long after it; default 500ms"),
            (
                "after",
                "the deadline to assume where the request has none; HTTP never has one; default absent",
            ),
        ],
        example: "when: { attempt: 1 }\nthen: { overrun_deadline: { by: 500ms, after: 10s } }",
    },
    FaultDescription {
        name: "require_header",
        group: FaultGroup::Authorization,
        summary: "requests without the header get 401 or UNAUTHENTICATED, with another value 403 or PERMISSION_DENIED; others go on to the next fault",
        parameters: &[
            ("name", "the name of the header"),
            ("value", "the value it must have"),
        ],
        example: "then: { require_header: { name: authorization, value: \"Bearer secret\" } }",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{CATALOG, describe};
    use crate::fault::then::WORDS;
    use crate::fault::{Action, Fault};

    #[test]
    fn every_word_for_an_action_is_described_once() {
        let described: BTreeSet<_> = CATALOG.iter().map(|description| description.name).collect();
        assert_eq!(described, WORDS.iter().copied().collect());
        assert_eq!(described.len(), CATALOG.len());
    }

    #[test]
    fn every_example_parses_and_shows_its_own_action() {
        for description in CATALOG {
            let fault: Fault = serde_saphyr::from_str(description.example)
                .unwrap_or_else(|error| panic!("{}: {error}", description.name));
            assert!(description.example.contains(description.name));
            // `grpc` and `http` are one action, `truncate_answer` is short for another.
            if !matches!(fault.then, Action::Status(_) | Action::Close(_)) {
                assert_eq!(fault.then.name(), description.name);
            }
        }
    }

    #[test]
    fn is_found_by_name() {
        assert_eq!(
            describe("hang").map(|description| description.name),
            Some("hang")
        );
        assert_eq!(describe("no such fault"), None);
    }
}
