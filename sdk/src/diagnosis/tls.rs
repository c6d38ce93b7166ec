//! TLS that was not spoken. What goes wrong where it is spoken says for itself what to do: see `transport/tls`.

use super::{Advice, Circumstances, Problem};
use crate::protocol::Protocol;

/// The receiver expects TLS, and was spoken to in plain text.
pub(super) fn expected(circumstances: &Circumstances) -> Advice {
    let url = circumstances.url("https", circumstances.endpoint.port());
    let insecure = match circumstances.protocol {
        Protocol::Grpc => " (without a scheme, leave out OTEL_EXPORTER_OTLP_INSECURE)",
        Protocol::HttpProtobuf | Protocol::HttpJson => "",
    };
    Advice::new(
        Problem::PlainTextToTls,
        format!(
            "{} expects TLS, and this exporter speaks plain text: use {url}{insecure}, and if its authority is your own, \
             name it in OTEL_EXPORTER_OTLP_CERTIFICATE",
            circumstances.receiver()
        ),
    )
}
