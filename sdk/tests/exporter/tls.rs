//! TLS: the receiver is verified, the client may say who it is, and plain text is never a way out.

use std::sync::Arc;

use otelbox_sdk::{
    AttemptError, ClientIdentity, ConfigError, ConnectionErrorKind, Environment, ExportOutcome,
    OtlpMetricExporterBuilder, PemSource, Protocol,
};
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use crate::receiver::{Receiver, export};

/// An authority, and what it has signed.
pub(crate) struct Authority(pub(crate) CertifiedIssuer<'static, KeyPair>);

pub(crate) struct Signed {
    pub(crate) certificate: rcgen::Certificate,
    pub(crate) key: KeyPair,
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self::named("authority")
    }

    pub(crate) fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    pub(crate) fn sign(&self, name: &str) -> Signed {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        Signed { certificate, key }
    }

    pub(crate) fn pem(&self) -> PemSource {
        PemSource::Text(self.0.pem().into_bytes())
    }

    /// A receiver that calls itself `name`, and asks for a certificate of `clients` where there is one.
    pub(crate) fn acceptor(
        &self,
        name: &str,
        protocol: Protocol,
        clients: Option<&Self>,
    ) -> TlsAcceptor {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .expect("protocol versions");
        let config = match clients {
            None => config.with_no_client_auth(),
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                roots.add(clients.0.der().clone()).expect("a root");
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                config.with_client_cert_verifier(verifier.build().expect("a verifier"))
            }
        };
        let signed = self.sign(name);
        let key = PrivateKeyDer::try_from(signed.key.serialize_der()).expect("a key");
        let mut config = config
            .with_single_cert(vec![signed.certificate.der().clone()], key)
            .expect("a certificate");
        config.alpn_protocols = vec![match protocol {
            Protocol::Grpc => b"h2".to_vec(),
            _ => b"http/1.1".to_vec(),
        }];
        TlsAcceptor::from(Arc::new(config))
    }
}

impl Signed {
    pub(crate) fn identity(&self) -> ClientIdentity {
        ClientIdentity {
            certificate: PemSource::Text(self.certificate.pem().into_bytes()),
            key: PemSource::Text(self.key.serialize_pem().into_bytes()),
        }
    }
}

/// An exporter over TLS. `insecure` must change nothing, as the scheme wins.
pub(crate) fn over_tls(receiver: &Receiver) -> OtlpMetricExporterBuilder {
    receiver
        .exporter()
        .with_endpoint("https://collector:4317")
        .with_insecure(true)
        .with_clock(Arc::new(otelbox_sdk::SystemClock))
}

async fn failed_handshake(receiver: &Receiver, exporter: OtlpMetricExporterBuilder) {
    let ExportOutcome::Failed(failure) = export(exporter).await else {
        panic!("it must not be delivered")
    };
    let Some(AttemptError::Connection(error)) = failure.last_status else {
        panic!("{failure:?}")
    };
    assert!(
        matches!(
            error.kind,
            ConnectionErrorKind::Tls | ConnectionErrorKind::Lost | ConnectionErrorKind::Silent
        ),
        "{error:?}"
    );
    assert_eq!(receiver.seen().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_with_a_certificate_of_the_given_authority_is_trusted() {
    let authority = Authority::new();
    for protocol in Protocol::ALL {
        let acceptor = authority.acceptor("collector", protocol, None);
        let receiver = Receiver::new(protocol, []).over_tls(acceptor);
        let exporter = over_tls(&receiver).with_ca_certificate(authority.pem());
        let outcome = export(exporter).await;
        assert_eq!(
            outcome,
            ExportOutcome::Delivered { attempts: 1 },
            "{protocol}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_receiver_of_another_authority_or_with_another_name_is_not() {
    let (authority, other) = (Authority::new(), Authority::new());
    for protocol in Protocol::ALL {
        let acceptor = other.acceptor("collector", protocol, None);
        let receiver = Receiver::new(protocol, []).over_tls(acceptor);
        let exporter = over_tls(&receiver).with_ca_certificate(authority.pem());
        failed_handshake(&receiver, exporter).await;

        let acceptor = authority.acceptor("somebody-else", protocol, None);
        let receiver = Receiver::new(protocol, []).over_tls(acceptor);
        let exporter = over_tls(&receiver).with_ca_certificate(authority.pem());
        failed_handshake(&receiver, exporter).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_speaks_plain_text_gets_none() {
    let authority = Authority::new();
    for protocol in Protocol::ALL {
        let receiver = Receiver::new(protocol, []);
        let exporter = over_tls(&receiver)
            .with_ca_certificate(authority.pem())
            .with_attempt_timeout(crate::receiver::secs(1));
        let outcome = export(exporter).await;
        assert!(!outcome.is_delivered(), "{protocol}");
        assert_eq!(receiver.seen().len(), 0, "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_does_not_turn_plain_text_into_tls() {
    let authority = Authority::new();
    for protocol in Protocol::ALL {
        let receiver = Receiver::new(protocol, []);
        let exporter = receiver.exporter().with_ca_certificate(authority.pem());
        assert!(export(exporter).await.is_delivered(), "{protocol}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_client_says_who_it_is_where_the_receiver_asks() {
    let (authority, clients) = (Authority::new(), Authority::new());
    for protocol in Protocol::ALL {
        let acceptor = authority.acceptor("collector", protocol, Some(&clients));
        let receiver = Receiver::new(protocol, []).over_tls(acceptor.clone());
        let exporter = over_tls(&receiver)
            .with_ca_certificate(authority.pem())
            .with_client_identity(clients.sign("checkout").identity());
        assert!(export(exporter).await.is_delivered(), "{protocol}");

        let receiver = Receiver::new(protocol, []).over_tls(acceptor);
        let exporter = over_tls(&receiver).with_ca_certificate(authority.pem());
        failed_handshake(&receiver, exporter).await;
    }
}

#[tokio::test(start_paused = true)]
async fn files_are_named_by_the_environment_the_variable_of_the_signal_first() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let client = clients.sign("checkout");
    let environment = Environment::empty()
        .with("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere/ca.pem")
        .with(
            "OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE",
            file("ca.pem", authority.0.pem()),
        )
        .with(
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
            file("client.pem", client.certificate.pem()),
        )
        .with(
            "OTEL_EXPORTER_OTLP_CLIENT_KEY",
            file("key.pem", client.key.serialize_pem()),
        );
    let acceptor = authority.acceptor("collector", Protocol::Grpc, Some(&clients));
    let receiver = Receiver::new(Protocol::Grpc, []).over_tls(acceptor);
    let exporter = over_tls(&receiver).with_env(&environment);
    assert!(export(exporter).await.is_delivered());
}

#[test]
fn unusable_files_in_code_are_errors() {
    let receiver = Receiver::new(Protocol::Grpc, []);
    let missing = PemSource::File("/nowhere/ca.pem".into());
    let error = over_tls(&receiver).with_ca_certificate(missing).build();
    assert!(
        matches!(error, Err(ConfigError::CertificateFile { .. })),
        "{error:?}"
    );
    let (one, two) = (Authority::new().sign("one"), Authority::new().sign("two"));
    let mixed = ClientIdentity {
        certificate: one.identity().certificate,
        key: two.identity().key,
    };
    let authority = Authority::new().pem();
    let exporter = over_tls(&receiver).with_ca_certificate(authority);
    let error = exporter.with_client_identity(mixed).build();
    assert!(
        matches!(error, Err(ConfigError::Certificate { .. })),
        "{error:?}"
    );
}
