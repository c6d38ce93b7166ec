//! Random cases over TLS.

use otelbox_mock_collector::fault::Fault;
use proptest::prelude::*;
use proptest::sample::select;

use super::connections;
use crate::scenario::{ClientAuth, Environment, EnvironmentValue, ReceiverTls};

/// How a case speaks TLS.
#[derive(Clone, Debug)]
pub(super) struct Secured {
    /// What the receiver does.
    pub(super) receiver: ReceiverTls,
    /// Whether the client says who it is.
    has_client_certificate: bool,
    /// What goes wrong with handshakes.
    pub(super) faults: Vec<Fault>,
}

impl Secured {
    /// What the client is told of certificates.
    pub(super) fn env(&self) -> Environment {
        let mut files = vec![("OTEL_EXPORTER_OTLP_CERTIFICATE", "${ca_file}")];
        if self.has_client_certificate {
            files.extend([
                (
                    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
                    "${client_certificate_file}",
                ),
                ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "${client_key_file}"),
            ]);
        }
        files
            .into_iter()
            .map(|(name, file)| (name.to_owned(), Some(EnvironmentValue::from(file))))
            .collect()
    }
}

pub(super) fn secured() -> impl Strategy<Value = Secured> {
    let asked = vec![ClientAuth::None, ClientAuth::Optional, ClientAuth::Required];
    (
        select(asked),
        prop::bool::weighted(0.8),
        prop::collection::vec(connections::on_handshakes(), 0..=3),
    )
        .prop_map(|(client_auth, has_client_certificate, faults)| Secured {
            receiver: ReceiverTls {
                client_auth,
                ..ReceiverTls::default()
            },
            has_client_certificate,
            faults,
        })
}
