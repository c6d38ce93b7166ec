//! "Exporting OTLP Metrics to the Collector", "Securing the channel", both ways: the receiver is verified, and it asks who
//! the client is. For all three signals.
//!
//! Needs an OTLP/gRPC receiver with TLS on localhost:4317, and `ca.pem`, `client.pem` and `client.key` here. The same from
//! the environment: `OTEL_EXPORTER_OTLP_CERTIFICATE`, `_CLIENT_CERTIFICATE` and `_CLIENT_KEY`. Without the files it ends
//! with an error that names one.

use std::error::Error;
use std::time::Duration;

use opentelemetry::global;
use opentelemetry::trace::Tracer as _;
use otelbox_sdk::{ClientIdentity, PemSource, Protocol, Sdk};

fn authority() -> PemSource {
    PemSource::File("ca.pem".into())
}

fn identity() -> ClientIdentity {
    ClientIdentity {
        certificate: PemSource::File("client.pem".into()),
        key: PemSource::File("client.key".into()),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let sdk = Sdk::builder()
        .with_protocol(Protocol::Grpc)
        .with_endpoint("https://localhost:4317")
        .configure_span_exporter(|exporter| {
            exporter
                .with_ca_certificate(authority())
                .with_client_identity(identity())
        })
        .configure_metric_exporter(|exporter| {
            exporter
                .with_ca_certificate(authority())
                .with_client_identity(identity())
        })
        .configure_log_exporter(|exporter| {
            exporter
                .with_ca_certificate(authority())
                .with_client_identity(identity())
        })
        .build()?
        .install_global();
    drop(global::tracer("checkout").start("POST /checkout"));
    sdk.blocking_shutdown(Duration::from_secs(5))?;
    Ok(())
}
