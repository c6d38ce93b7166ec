//! A client whose TLS is wrong: it stands between the SDK and its connections.

use std::io;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use otelbox_sdk::{BoxedStream, Connector, Environment, Target};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio_rustls::TlsConnector;

use crate::sut::{OtelboxSdk, Surroundings, Sut, SutFactory};

/// Speaks TLS with whoever answers.
pub(super) fn trusts_anybody() -> Arc<dyn SutFactory> {
    Arc::new(TrustsAnybody(OtelboxSdk::honest()))
}

struct TrustsAnybody(OtelboxSdk);

impl SutFactory for TrustsAnybody {
    fn name(&self) -> &str {
        self.0.name()
    }

    /// The SDK is told to speak plain text, and each of its connections is TLS without its knowing.
    fn build(&self, mut surroundings: Surroundings) -> Box<dyn Sut> {
        const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
        let env = &surroundings.env;
        let endpoint = env.get(ENDPOINT).unwrap_or_default();
        let (Some(receiver), Some(inner)) =
            (endpoint.strip_prefix("https://"), &surroundings.connector)
        else {
            return self.0.build(surroundings);
        };
        let connector = AnyTls {
            inner: Arc::clone(inner),
            grpc: env.get("OTEL_EXPORTER_OTLP_PROTOCOL") == Some("grpc"),
        };
        let plain: Environment = env.clone().with(ENDPOINT, format!("http://{receiver}"));
        surroundings.env = plain;
        surroundings.connector = Some(Arc::new(connector));
        self.0.build(surroundings)
    }
}

struct AnyTls {
    inner: Arc<dyn Connector>,
    grpc: bool,
}

impl Connector for AnyTls {
    fn connect<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, io::Result<BoxedStream>> {
        Box::pin(async move {
            let stream = self.inner.connect(target).await?;
            let name = ServerName::try_from(target.host.clone()).map_err(io::Error::other)?;
            let stream = self.tls()?.connect(name, stream).await?;
            Ok(Box::new(stream) as BoxedStream)
        })
    }
}

impl AnyTls {
    fn tls(&self) -> io::Result<TlsConnector> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
            .with_no_client_auth();
        let protocol: &[u8] = if self.grpc { b"h2" } else { b"http/1.1" };
        config.alpn_protocols = vec![protocol.to_vec()];
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

/// Verifies nothing.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
