//! A TLS error says what is wrong, which certificates were used, and what to do.

use std::sync::Arc;
use std::time::SystemTime;

use otelbox_sdk::{
    AttemptError, ConnectionError, Environment, ExportOutcome, OtlpMetricExporterBuilder, Protocol,
    VirtualClock,
};

use crate::receiver::{Receiver, export, secs};
use crate::tls::{Authority, over_tls};

async fn failed(exporter: OtlpMetricExporterBuilder) -> ConnectionError {
    let ExportOutcome::Failed(failure) = export(exporter).await else {
        panic!("it must not be delivered")
    };
    match failure.last_status {
        Some(AttemptError::Connection(error)) => error,
        status => panic!("{status:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_file_that_was_trusted_is_named() {
    let (authority, other) = (Authority::named("one"), Authority::named("two"));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, authority.0.pem()).expect("written");
    let environment =
        Environment::empty().with("OTEL_EXPORTER_OTLP_CERTIFICATE", path.display().to_string());
    for protocol in Protocol::ALL {
        let acceptor = other.acceptor("collector", protocol, None);
        let receiver = Receiver::new(protocol, []).over_tls(acceptor);
        let error = failed(over_tls(&receiver).with_env(&environment)).await;
        assert_eq!(
            error
                .to_string()
                .replace(&path.display().to_string(), "/ca.pem"),
            "TLS handshake failed: unknown CA: the certificate of collector:4317 is not signed by any certificate in \
             /ca.pem (from OTEL_EXPORTER_OTLP_CERTIFICATE); give the one that signed it, by \
             OTEL_EXPORTER_OTLP_CERTIFICATE or with_ca_certificate()"
        );
        assert!(!error.request_sent);
        let error = failed(over_tls(&receiver).with_ca_certificate(authority.pem())).await;
        assert!(error.message.contains("the text given in code"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_authority_of_the_same_name_with_another_key_is_told_apart() {
    let (authority, other) = (Authority::named("one"), Authority::named("one"));
    let acceptor = other.acceptor("collector", Protocol::Grpc, None);
    let receiver = Receiver::new(Protocol::Grpc, []).over_tls(acceptor);
    let error = failed(over_tls(&receiver).with_ca_certificate(authority.pem())).await;
    assert!(
        error.message.starts_with("unknown CA") && error.message.contains("another key"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_wrong_name_and_a_date_in_the_past_are_said() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("elsewhere", Protocol::Grpc, None);
    let receiver = Receiver::new(Protocol::Grpc, []).over_tls(acceptor);
    let error = failed(over_tls(&receiver).with_ca_certificate(authority.pem())).await;
    let text = error.to_string();
    assert!(
        text.contains("wrong host name") && text.contains("elsewhere"),
        "{text}"
    );

    let acceptor = authority.acceptor("collector", Protocol::Grpc, None);
    let receiver = Receiver::new(Protocol::Grpc, []).over_tls(acceptor);
    // Certificates of this test are valid to the end of the year 4095.
    let later = VirtualClock::starting_at(SystemTime::UNIX_EPOCH + secs(70_000_000_000));
    let exporter = over_tls(&receiver)
        .with_ca_certificate(authority.pem())
        .with_clock(Arc::new(later));
    let text = failed(exporter).await.to_string();
    assert!(
        text.contains("expired on") && text.contains("clock"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_demand_for_a_client_certificate_is_said_and_nothing_was_sent() {
    let (authority, clients) = (Authority::new(), Authority::new());
    for protocol in Protocol::ALL {
        let acceptor = authority.acceptor("collector", protocol, Some(&clients));
        let receiver = Receiver::new(protocol, []).over_tls(acceptor);
        let error = failed(over_tls(&receiver).with_ca_certificate(authority.pem())).await;
        assert!(
            error.message.contains("demands a client certificate")
                && error
                    .message
                    .contains("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"),
            "{protocol}: {error}"
        );
        assert!(!error.request_sent, "{protocol}");
        let stranger = Authority::new().sign("checkout").identity();
        let exporter = over_tls(&receiver)
            .with_ca_certificate(authority.pem())
            .with_client_identity(stranger);
        let error = failed(exporter).await;
        assert!(
            error
                .message
                .contains("does not accept the client certificate"),
            "{protocol}: {error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn tls_at_a_plain_text_port_and_the_reverse_are_said() {
    let authority = Authority::new();
    for protocol in Protocol::ALL {
        let receiver = Receiver::new(protocol, []);
        let exporter = over_tls(&receiver)
            .with_ca_certificate(authority.pem())
            .with_attempt_timeout(secs(1))
            .with_timeout(secs(5));
        let outcome = export(exporter).await;
        assert!(!outcome.is_delivered(), "{protocol}");

        let acceptor = authority.acceptor("collector", protocol, None);
        let receiver = Receiver::new(protocol, []).over_tls(acceptor);
        let error = failed(receiver.exporter()).await;
        assert!(
            error.to_string().contains("speaks TLS"),
            "{protocol}: {error}"
        );
    }
}
