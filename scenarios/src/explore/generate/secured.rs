//! Random cases over TLS.

use otelbox_mock_collector::fault::Fault;
use otelbox_mock_collector::signal::Api;
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
    /// What the client is told of certificates, in variables that begin with `exporter`.
    pub(super) fn env(&self, exporter: &str) -> Environment {
        let mut files = vec![("CERTIFICATE", "${ca_file}")];
        if self.has_client_certificate {
            files.extend([
                ("CLIENT_CERTIFICATE", "${client_certificate_file}"),
                ("CLIENT_KEY", "${client_key_file}"),
            ]);
        }
        files
            .into_iter()
            .map(|(name, file)| {
                let name = format!("{exporter}_{name}");
                (name, Some(EnvironmentValue::from(file)))
            })
            .collect()
    }
}

/// How the variables begin that tell an exporter about certificates; none where there are none, and so no trust.
pub(super) const fn variables(api: Api) -> Option<&'static str> {
    match api {
        Api::Otlp => Some("OTEL_EXPORTER_OTLP"),
        Api::RemoteWrite => Some("OTELBOX_PROMETHEUS_REMOTE_WRITE"),
        Api::Zipkin => None,
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
