//! Answers that say no.

use tonic::Code;

use super::connection::http_port_for_grpc;
use super::{Advice, Circumstances, Problem};
use crate::compression::Compression;
use crate::export::{GrpcStatus, HttpStatus};
use crate::protocol::Protocol;
use crate::transport::http_status_of;

pub(super) fn grpc(circumstances: &Circumstances, status: &GrpcStatus) -> Option<Advice> {
    // What answers without a gRPC status is no gRPC receiver, unless it is a proxy before one.
    let without_status =
        http_status_of(status).filter(|code| !matches!(code, 401 | 403 | 429 | 500..));
    if let Some(code) = without_status {
        let because = format!("answers as a web server (HTTP {code}, without a gRPC status)");
        return Some(http_port_for_grpc(circumstances, &because));
    }
    match status.code {
        Code::Unauthenticated => Some(unauthenticated(circumstances)),
        Code::PermissionDenied => Some(permission_denied(circumstances)),
        Code::Unimplemented => Some(not_taken(
            circumstances,
            &format!(
                "speaks gRPC, and has no OTLP service for {}",
                circumstances.signal
            ),
        )),
        Code::ResourceExhausted if status.message.contains("larger than max") => {
            Some(larger_than_the_limit(circumstances))
        }
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::InvalidArgument
        | Code::DeadlineExceeded
        | Code::NotFound
        | Code::AlreadyExists
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss => None,
    }
}

pub(super) fn http(circumstances: &Circumstances, status: &HttpStatus) -> Option<Advice> {
    match status.status.as_u16() {
        // What Go's HTTP server and nginx say to plain text on a port for TLS.
        400 if !circumstances.endpoint.is_tls()
            && status.message.contains("to an HTTPS server")
            || status.message.contains("sent to HTTPS port") =>
        {
            Some(super::tls::expected(circumstances))
        }
        401 => Some(unauthenticated(circumstances)),
        403 => Some(permission_denied(circumstances)),
        404 => Some(not_found(circumstances)),
        405 | 501 => Some(no_receiver(circumstances)),
        413 => Some(larger_than_the_limit(circumstances)),
        415 => Some(media_type(circumstances)),
        301 | 302 | 303 | 307 | 308 => Some(redirected(circumstances)),
        _ => None,
    }
}

/// The request is larger than a limit: that of the receiver, or our own.
pub(super) fn larger_than_the_limit(circumstances: &Circumstances) -> Advice {
    let option = match circumstances.protocol {
        Protocol::Grpc => "max_recv_msg_size_mib",
        Protocol::HttpProtobuf | Protocol::HttpJson => "max_request_body_size",
    };
    Advice::new(
        Problem::TooLarge,
        format!(
            "one export of {} is too large: send less at a time (fewer series, smaller batches), or raise the limit (in \
             a Collector {option} of its otlp receiver)",
            circumstances.signal
        ),
    )
}

fn unauthenticated(circumstances: &Circumstances) -> Advice {
    let receiver = circumstances.receiver();
    let of_signal = circumstances.variable_of_signal("HEADERS");
    let text = if circumstances.headers.is_empty() {
        format!(
            "{receiver} wants to know who asks, and no header is set: set OTEL_EXPORTER_OTLP_HEADERS (or {of_signal}) to \
             name=value with the value percent-encoded, as in authorization=Bearer%20..."
        )
    } else {
        format!(
            "{receiver} does not accept the credentials that it got in {}: check the value in \
             OTEL_EXPORTER_OTLP_HEADERS or {of_signal} (percent-encoded there) or in code, and whether it has expired",
            names(circumstances)
        )
    };
    Advice::new(Problem::Unauthenticated, text)
}

fn permission_denied(circumstances: &Circumstances) -> Advice {
    let receiver = circumstances.receiver();
    let signal = circumstances.signal;
    let of_signal = circumstances.variable_of_signal("HEADERS");
    let text = if circumstances.headers.is_empty() {
        format!(
            "{receiver} does not let everybody write {signal}, and no header is set: set OTEL_EXPORTER_OTLP_HEADERS (or \
             {of_signal}) to what it asks for"
        )
    } else {
        format!(
            "{receiver} got {}, and does not allow that to write {signal}: check tenant and token in \
             OTEL_EXPORTER_OTLP_HEADERS or {of_signal} or in code, and what they may do",
            names(circumstances)
        )
    };
    Advice::new(Problem::PermissionDenied, text)
}

/// Names of headers. Their values are secrets.
fn names(circumstances: &Circumstances) -> String {
    match circumstances.headers.as_slice() {
        [name] => format!("the header {name}"),
        several => format!("the headers {}", several.join(", ")),
    }
}

fn not_found(circumstances: &Circumstances) -> Advice {
    let path = circumstances.endpoint.target().path();
    let right = format!("/{}", circumstances.signal.http_path());
    let authority = circumstances.url(circumstances.scheme(), circumstances.endpoint.port());
    let of_signal = circumstances.variable_of_signal("ENDPOINT");
    if let Some(before) = path.strip_suffix(&right)
        && ends_with_a_signal(before)
    {
        let base = before.trim_end_matches('/');
        let prefix = base.rsplit_once("/v1/").map_or("", |(prefix, _)| prefix);
        return Advice::new(
            Problem::DoubledPath,
            format!(
                "the path {path} has a signal's path twice: {right} is appended to OTEL_EXPORTER_OTLP_ENDPOINT and \
                 with_endpoint; leave it out there ({authority}{prefix}), or give the whole URL in {of_signal}"
            ),
        );
    }
    if !path.ends_with(&right) {
        let prefix = path.trim_end_matches('/');
        let prefix = match prefix.rsplit_once("/v1/") {
            Some((prefix, _)) => prefix,
            None => prefix,
        };
        return Advice::new(
            Problem::MissingPath,
            format!(
                "the path {path} does not end with {right}, and a URL in {of_signal} or with_signal_endpoint is used as \
                 it is: give {authority}{prefix}{right}, or set OTEL_EXPORTER_OTLP_ENDPOINT, to which it is appended"
            ),
        );
    }
    not_taken(circumstances, &format!("answers, and knows no {path}"))
}

/// Whether the path ends with that of any signal.
fn ends_with_a_signal(path: &str) -> bool {
    path.trim_end_matches('/')
        .rsplit_once("/v1/")
        .is_some_and(|(_, last)| matches!(last, "metrics" | "traces" | "logs"))
}

fn not_taken(circumstances: &Circumstances, what: &str) -> Advice {
    let signal = circumstances.signal;
    Advice::new(
        Problem::SignalNotTaken,
        format!(
            "{} {what}: check that it is an OTLP receiver, and that it takes {signal} (a Collector does where a \
             {signal} pipeline has its otlp receiver)",
            circumstances.receiver()
        ),
    )
}

fn no_receiver(circumstances: &Circumstances) -> Advice {
    Advice::new(
        Problem::NoReceiver,
        format!(
            "{} takes no POST at {}: it is another web server or page than an OTLP/HTTP receiver, which listens on port \
             4318 by default",
            circumstances.receiver(),
            circumstances.endpoint.target().path()
        ),
    )
}

fn media_type(circumstances: &Circumstances) -> Advice {
    let (sent, instead) = match circumstances.protocol {
        Protocol::HttpJson => ("JSON", "http/protobuf"),
        Protocol::HttpProtobuf => ("protobuf", "http/json"),
        Protocol::Grpc => ("gRPC", "http/protobuf"),
    };
    let compression = match circumstances.compression {
        Compression::None => "",
        Compression::Gzip => {
            ", or OTEL_EXPORTER_OTLP_COMPRESSION=none, as the request was compressed with gzip"
        }
    };
    Advice::new(
        Problem::MediaType,
        format!(
            "{} does not take {sent}: set OTEL_EXPORTER_OTLP_PROTOCOL={instead}{compression}",
            circumstances.receiver()
        ),
    )
}

fn redirected(circumstances: &Circumstances) -> Advice {
    Advice::new(
        Problem::Redirected,
        format!(
            "{} says that the receiver is elsewhere, and redirects are not followed, so that no header goes where it \
             should not: give its own URL, often https:// in place of http://",
            circumstances.endpoint
        ),
    )
}
