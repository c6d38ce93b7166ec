//! Failures before an answer.

use std::fmt::Write as _;
use std::net::IpAddr;

use super::{Advice, Circumstances, Problem};
use crate::export::{ConnectionErrorKind, Spoken};
use crate::protocol::Protocol;

/// The ports that a Collector listens on by default.
const GRPC_PORT: u16 = 4317;
const HTTP_PORT: u16 = 4318;

pub(super) fn failed(circumstances: &Circumstances, kind: ConnectionErrorKind) -> Option<Advice> {
    match (kind, circumstances.protocol) {
        (ConnectionErrorKind::Refused, _) => Some(refused(circumstances)),
        (ConnectionErrorKind::UnknownName, _) => Some(unknown_name(circumstances.endpoint.host())),
        (ConnectionErrorKind::Speaks(Spoken::Tls), _) => Some(super::tls::expected(circumstances)),
        (ConnectionErrorKind::Speaks(Spoken::Http1), Protocol::Grpc) => Some(http_port_for_grpc(
            circumstances,
            "speaks HTTP/1.1, and gRPC needs HTTP/2",
        )),
        (ConnectionErrorKind::Silent, Protocol::Grpc) => Some(silent(circumstances)),
        (
            ConnectionErrorKind::Speaks(Spoken::Http2),
            Protocol::HttpProtobuf | Protocol::HttpJson,
        ) => Some(grpc_port_for_http(circumstances)),
        (
            ConnectionErrorKind::Speaks(_)
            | ConnectionErrorKind::Silent
            | ConnectionErrorKind::NotConnected
            | ConnectionErrorKind::Tls
            | ConnectionErrorKind::Lost
            | ConnectionErrorKind::Protocol,
            _,
        ) => None,
    }
}

/// The receiver is one for HTTP, for the reason that `because` gives.
pub(super) fn http_port_for_grpc(circumstances: &Circumstances, because: &str) -> Advice {
    let receiver = circumstances.receiver();
    let port = if circumstances.endpoint.port() == GRPC_PORT {
        "make sure that an OTLP/gRPC receiver listens there".to_owned()
    } else {
        let url = circumstances.url(circumstances.scheme(), GRPC_PORT);
        format!("use the gRPC port, {GRPC_PORT} by default ({url})")
    };
    Advice::new(
        Problem::HttpPortForGrpc,
        format!(
            "{receiver} {because}: {port}, or set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf if it is an OTLP/HTTP \
             receiver"
        ),
    )
}

fn grpc_port_for_http(circumstances: &Circumstances) -> Advice {
    let receiver = circumstances.receiver();
    let port = if circumstances.endpoint.port() == HTTP_PORT {
        "make sure that an OTLP/HTTP receiver listens there".to_owned()
    } else {
        let url = circumstances.url(circumstances.scheme(), HTTP_PORT);
        format!("use the OTLP/HTTP port, {HTTP_PORT} by default ({url})")
    };
    Advice::new(
        Problem::GrpcPortForHttp,
        format!(
            "{receiver} speaks HTTP/2 as gRPC ports do, and this exporter speaks {}: {port}, or set \
             OTEL_EXPORTER_OTLP_PROTOCOL=grpc",
            circumstances.protocol
        ),
    )
}

fn silent(circumstances: &Circumstances) -> Advice {
    let receiver = circumstances.receiver();
    if circumstances.endpoint.is_tls() {
        return Advice::new(
            Problem::ClientCertificate,
            format!(
                "{receiver} agreed on TLS and then ended the connection without a word: it may want a certificate of the \
                 client (OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY), or be no gRPC receiver"
            ),
        );
    }
    let because = "ended the connection without a word of HTTP/2, as a port for HTTP/1.1 does";
    let advice = http_port_for_grpc(circumstances, because);
    Advice::new(
        Problem::HttpPortForGrpc,
        format!("{advice}; if it expects TLS, use https://"),
    )
}

fn refused(circumstances: &Circumstances) -> Advice {
    let receiver = circumstances.receiver();
    let (section, usual, other) = match circumstances.protocol {
        Protocol::Grpc => ("grpc", GRPC_PORT, HTTP_PORT),
        Protocol::HttpProtobuf | Protocol::HttpJson => ("http", HTTP_PORT, GRPC_PORT),
    };
    let port = circumstances.endpoint.port();
    let mut text = if is_loopback(circumstances.endpoint.host()) {
        format!(
            "nothing listens on {receiver}: start the receiver, or set its address with OTEL_EXPORTER_OTLP_ENDPOINT; if \
             this program runs in a container, localhost may be that container: use the name of the receiver's host"
        )
    } else {
        format!(
            "nothing listens on {receiver} for connections from here: start the receiver, and let it listen on all \
             addresses; a Collector (0.104 or newer) listens on localhost alone unless its configuration says \
             receivers.otlp.protocols.{section}.endpoint: 0.0.0.0:{port}"
        )
    };
    if port == other {
        let protocol = circumstances.protocol;
        let _ = write!(
            text,
            "; {port} is the usual port of the other protocol, that of {protocol} is {usual}"
        );
    }
    Advice::new(Problem::NothingListens, text)
}

pub(super) fn unknown_name(host: &str) -> Advice {
    Advice::new(
        Problem::UnknownName,
        format!(
            "the name {host} cannot be resolved here: check how it is spelled in the endpoint; names of containers and \
             of services in a cluster are known in their own network only"
        ),
    )
}

pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
