//! Every usual mistake, and what is said about it.

use std::fmt::Write as _;

use http::StatusCode;
use tonic::Code;

use super::{Circumstances, Problem};
use crate::compression::Compression;
use crate::endpoint::Endpoint;
use crate::export::{
    AttemptError, ConnectionError, ConnectionErrorKind as Kind, ExportFailure, FailureReason,
    GrpcStatus, HttpStatus, Spoken,
};
use crate::protocol::Protocol;
use crate::signal::Signal;

fn over_grpc(endpoint: &str) -> Circumstances {
    Circumstances {
        signal: Signal::Metrics,
        protocol: Protocol::Grpc,
        endpoint: Endpoint::grpc(endpoint, true).expect("an endpoint"),
        compression: Compression::None,
        headers: Vec::new(),
    }
}

fn over_http(endpoint: &str) -> Circumstances {
    Circumstances {
        protocol: Protocol::HttpProtobuf,
        endpoint: Endpoint::http_url(endpoint).expect("an endpoint"),
        ..over_grpc("h:1")
    }
}

fn with_headers(circumstances: Circumstances, names: &[&str]) -> Circumstances {
    Circumstances {
        headers: names.iter().map(ToString::to_string).collect(),
        ..circumstances
    }
}

fn connection(kind: Kind, message: &str) -> AttemptError {
    AttemptError::Connection(ConnectionError {
        kind,
        message: message.to_owned(),
        request_sent: false,
    })
}

fn grpc(code: Code, message: &str) -> AttemptError {
    AttemptError::Grpc(GrpcStatus {
        code,
        message: message.to_owned(),
        retry_info: None,
    })
}

fn http(status: u16, message: &str) -> AttemptError {
    AttemptError::Http(HttpStatus {
        status: StatusCode::from_u16(status).expect("a status"),
        message: message.to_owned(),
        retry_after: None,
    })
}

fn failure(status: AttemptError) -> ExportFailure {
    let mut failure = ExportFailure::before_any_attempt(FailureReason::Refused);
    failure.attempts = 1;
    failure.last_status = Some(status);
    failure
}

type Case = (&'static str, Problem, Circumstances, AttemptError);

fn connections() -> Vec<Case> {
    let refused = || connection(Kind::Refused, "");
    let name = || connection(Kind::UnknownName, "");
    vec![
        (
            "nobody on this machine",
            Problem::NothingListens,
            over_grpc("localhost:4317"),
            refused(),
        ),
        (
            "nobody elsewhere",
            Problem::NothingListens,
            over_grpc("otel-collector:4317"),
            refused(),
        ),
        (
            "nobody elsewhere, HTTP",
            Problem::NothingListens,
            over_http("http://10.0.0.7:4318/v1/metrics"),
            refused(),
        ),
        (
            "the other protocol's port",
            Problem::NothingListens,
            over_grpc("[::1]:4318"),
            refused(),
        ),
        (
            "unknown name",
            Problem::UnknownName,
            over_grpc("otel-colector:4317"),
            name(),
        ),
        (
            "HTTP port for gRPC",
            Problem::HttpPortForGrpc,
            over_grpc("h:4318"),
            connection(Kind::Speaks(Spoken::Http1), ""),
        ),
        (
            "HTTP port on 4317 for gRPC",
            Problem::HttpPortForGrpc,
            over_grpc("h:4317"),
            connection(Kind::Speaks(Spoken::Http1), ""),
        ),
        (
            "HTTP port for gRPC, without a word",
            Problem::HttpPortForGrpc,
            over_grpc("h:4318"),
            connection(Kind::Silent, ""),
        ),
        (
            "HTTP port for gRPC, 404",
            Problem::HttpPortForGrpc,
            over_grpc("h:4318"),
            grpc(Code::Unimplemented, "HTTP status 404 without a gRPC status"),
        ),
        (
            "gRPC port for HTTP",
            Problem::GrpcPortForHttp,
            over_http("http://h:4317/v1/metrics"),
            connection(Kind::Speaks(Spoken::Http2), ""),
        ),
        (
            "gRPC port on 4318 for HTTP",
            Problem::GrpcPortForHttp,
            over_http("http://h:4318/v1/metrics"),
            connection(Kind::Speaks(Spoken::Http2), ""),
        ),
    ]
}

fn paths() -> Vec<Case> {
    let not_found = || http(404, "404 page not found");
    let url = "http://h:4318/v1/metrics";
    vec![
        (
            "doubled path",
            Problem::DoubledPath,
            over_http("http://h:4318/v1/metrics/v1/metrics"),
            not_found(),
        ),
        (
            "doubled path with a prefix",
            Problem::DoubledPath,
            over_http("http://h/otlp/v1/traces/v1/metrics"),
            not_found(),
        ),
        (
            "no path",
            Problem::MissingPath,
            over_http("http://h:4318"),
            not_found(),
        ),
        (
            "path with a slash at its end",
            Problem::MissingPath,
            over_http("http://h:4318/v1/metrics/"),
            not_found(),
        ),
        (
            "path of another signal",
            Problem::MissingPath,
            over_http("https://h/otlp/v1/traces"),
            not_found(),
        ),
        (
            "right path",
            Problem::SignalNotTaken,
            over_http(url),
            not_found(),
        ),
    ]
}

fn answers() -> Vec<Case> {
    let unauthenticated = || grpc(Code::Unauthenticated, "");
    let denied = || grpc(Code::PermissionDenied, "");
    let url = "http://h:4318/v1/metrics";
    vec![
        (
            "no OTLP service",
            Problem::SignalNotTaken,
            over_grpc("h:4317"),
            grpc(Code::Unimplemented, "unknown service"),
        ),
        (
            "no POST",
            Problem::NoReceiver,
            over_http("http://h/v1/metrics"),
            http(405, ""),
        ),
        (
            "another server",
            Problem::NoReceiver,
            over_http(url),
            http(501, ""),
        ),
        (
            "type of body",
            Problem::MediaType,
            over_http(url),
            http(415, ""),
        ),
        (
            "type of body, JSON",
            Problem::MediaType,
            Circumstances {
                protocol: Protocol::HttpJson,
                compression: Compression::Gzip,
                ..over_http(url)
            },
            http(415, ""),
        ),
        (
            "no credentials",
            Problem::Unauthenticated,
            over_http(url),
            http(401, ""),
        ),
        (
            "no credentials, gRPC",
            Problem::Unauthenticated,
            over_grpc("h:4317"),
            unauthenticated(),
        ),
        (
            "wrong credentials",
            Problem::Unauthenticated,
            with_headers(over_grpc("h:4317"), &["authorization"]),
            unauthenticated(),
        ),
        (
            "not allowed",
            Problem::PermissionDenied,
            over_http(url),
            http(403, ""),
        ),
        (
            "not allowed, with headers",
            Problem::PermissionDenied,
            with_headers(over_grpc("h:4317"), &["authorization", "x-scope-orgid"]),
            denied(),
        ),
        (
            "too large",
            Problem::TooLarge,
            over_http(url),
            http(413, ""),
        ),
        (
            "too large, gRPC",
            Problem::TooLarge,
            over_grpc("h:4317"),
            grpc(
                Code::ResourceExhausted,
                "grpc: received message larger than max (5 vs. 4)",
            ),
        ),
        (
            "redirect",
            Problem::Redirected,
            over_http(url),
            http(308, ""),
        ),
    ]
}

fn tls() -> Vec<Case> {
    let secure = || over_grpc("https://h:4317");
    vec![
        (
            "plain text to TLS, gRPC",
            Problem::PlainTextToTls,
            over_grpc("h:4317"),
            connection(Kind::Speaks(Spoken::Tls), ""),
        ),
        (
            "plain text to TLS, HTTP",
            Problem::PlainTextToTls,
            over_http("http://h:4318/v1/metrics"),
            connection(Kind::Speaks(Spoken::Tls), ""),
        ),
        (
            "plain text to TLS, Go",
            Problem::PlainTextToTls,
            over_http("http://h:4318/v1/metrics"),
            http(400, "Client sent an HTTP request to an HTTPS server."),
        ),
        (
            "silent with TLS",
            Problem::ClientCertificate,
            secure(),
            connection(Kind::Silent, ""),
        ),
    ]
}

#[test]
fn every_usual_mistake_is_named_with_what_to_do() {
    let mut all = String::new();
    for (name, problem, circumstances, status) in [connections(), paths(), answers(), tls()]
        .into_iter()
        .flatten()
    {
        let advice = circumstances
            .advice(&failure(status))
            .unwrap_or_else(|| panic!("no advice: {name}"));
        assert_eq!(advice.problem(), problem, "{name}");
        let text = advice.to_string();
        assert!(!text.contains('\n'), "{name}");
        let _ = writeln!(all, "{name}: {text}");
    }
    insta::assert_snapshot!(all);
}

#[test]
fn what_passes_by_itself_and_what_explains_itself_gets_no_advice() {
    let circumstances = over_http("http://h:4318/v1/metrics");
    for status in [
        http(503, ""),
        http(429, ""),
        http(400, "bad data"),
        grpc(Code::Unavailable, ""),
        grpc(Code::InvalidArgument, "bad data"),
        grpc(Code::Unavailable, "HTTP status 503 without a gRPC status"),
        connection(Kind::Lost, ""),
        connection(Kind::Tls, "unknown CA"),
    ] {
        assert_eq!(
            circumstances.advice(&failure(status.clone())),
            None,
            "{status}"
        );
    }
}

#[test]
fn an_export_beyond_our_own_limit_is_too_large() {
    let failure = ExportFailure::before_any_attempt(FailureReason::TooLarge {
        bytes: 2,
        limit_bytes: 1,
    });
    let advice = over_grpc("h:1").advice(&failure).expect("advice");
    assert_eq!(advice.problem(), Problem::TooLarge);
}
