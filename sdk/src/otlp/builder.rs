//! Configures an [`OtlpExporter`].

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::OtlpExporter;
use super::environment::ExporterEnvironment;
use super::tls::tls;
use crate::clock::{Clock, SystemClock};
use crate::compression::Compression;
use crate::config_error::ConfigError;
use crate::delivery::{Delivery, DeliveryParts, checked_attempt_timeout};
use crate::endpoint::{Endpoint, without_user_information};
use crate::environment::Environment;
use crate::export::Batch;
use crate::features::TLS;
use crate::headers::Headers;
use crate::own_telemetry::{ExporterTelemetry, OwnTelemetry, otlp_component_type};
use crate::protocol::Protocol;
use crate::random::{RandomSource, SystemRandom};
use crate::retry::{RetryPolicy, SpecRetryPolicy};
use crate::signal::Signal;
use crate::transport::{
    ClientIdentity, ClientParts, Connector, OtlpClient, PemSource, TcpConnector,
};

/// The largest message that is sent, before compression.
///
/// Spec: OTLP 1.11.0, "OTLP/gRPC Request" and "OTLP/HTTP Request" (64 MiB recommended).
pub(crate) const DEFAULT_MAX_REQUEST_BYTES: usize = 64 * 1024 * 1024;

/// The largest answer that is read, before and after decompression.
///
/// Spec: OTLP 1.11.0, "OTLP/gRPC Response" and "OTLP/HTTP Response" (4 MiB recommended).
pub(crate) const DEFAULT_MAX_RESPONSE_BYTES: usize = 4 * 1024 * 1024;

/// Configures an [`OtlpExporter`]. What is set in code wins over the [environment](Self::with_env), and a wrong
/// value in code is an error, where one in the environment is a warning.
#[must_use = "a builder does nothing until it is built"]
pub struct OtlpExporterBuilder<B: Batch> {
    protocol: Option<Protocol>,
    endpoint: Option<EndpointText>,
    insecure: Option<bool>,
    headers: Result<Headers, ConfigError>,
    compression: Option<Compression>,
    timeout: Option<Duration>,
    attempt_timeout: Option<Duration>,
    ca_certificate: Option<PemSource>,
    client_identity: Option<ClientIdentity>,
    pub(super) preference: Option<B::Preference>,
    max_request_bytes: usize,
    max_response_bytes: usize,
    retry_policy: Arc<dyn RetryPolicy>,
    connector: Arc<dyn Connector>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
    environment: Environment,
    own_telemetry: Option<OwnTelemetry>,
    batch: PhantomData<fn(B)>,
}

/// An endpoint as it was given.
enum EndpointText {
    Base(String),
    AsIs(String),
}

impl<B: Batch> OtlpExporterBuilder<B> {
    pub(super) fn new() -> Self {
        Self {
            protocol: None,
            endpoint: None,
            insecure: None,
            headers: Ok(Headers::new()),
            compression: None,
            timeout: None,
            attempt_timeout: None,
            ca_certificate: None,
            client_identity: None,
            preference: None,
            max_request_bytes: DEFAULT_MAX_REQUEST_BYTES,
            max_response_bytes: DEFAULT_MAX_RESPONSE_BYTES,
            retry_policy: Arc::new(SpecRetryPolicy::default()),
            connector: Arc::new(TcpConnector),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            environment: Environment::empty(),
            own_telemetry: None,
            batch: PhantomData,
        }
    }

    /// The protocol. Default: `OTEL_EXPORTER_OTLP_PROTOCOL`, else `http/protobuf`, also in a build without the feature
    /// `http`, where that is an error: what a program does must not depend on the features that others switch on.
    pub fn with_protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = Some(protocol);
        self
    }

    /// The receiver: for gRPC `host:port` or a URL, for HTTP a base URL, to which `v1/` and the name of
    /// the signal are appended. Default:
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`, else `http://localhost:4317` for gRPC and `http://localhost:4318` for HTTP.
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(EndpointText::Base(endpoint.into()));
        self
    }

    /// The receiver by the whole URL, to which nothing is appended, as in `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`. For gRPC
    /// the same as [`with_endpoint`](Self::with_endpoint).
    pub fn with_signal_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(EndpointText::AsIs(endpoint.into()));
        self
    }

    /// Whether a gRPC endpoint *without a scheme* is spoken to in plain text. A scheme always wins, and HTTP ignores it.
    /// Default: `OTEL_EXPORTER_OTLP_INSECURE`, else `false`.
    pub fn with_insecure(mut self, insecure: bool) -> Self {
        self.insecure = Some(insecure);
        self
    }

    /// A header for every attempt, in place of one of the same name from the environment.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers = self.headers.and_then(|mut headers| {
            headers.set(name, value)?;
            Ok(headers)
        });
        self
    }

    /// Headers for every attempt, each as by [`with_header`](Self::with_header).
    pub fn with_headers<N: AsRef<str>, V: AsRef<str>>(
        self,
        headers: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        headers.into_iter().fold(self, |builder, (name, value)| {
            builder.with_header(name.as_ref(), value.as_ref())
        })
    }

    /// The compression of requests. Default: `OTEL_EXPORTER_OTLP_COMPRESSION`, else none.
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// The limit of one export, over all attempts and waits; zero is no limit. The caller's deadline counts beside it.
    /// Default: `OTEL_EXPORTER_OTLP_TIMEOUT`, else 10 s.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The limit of one attempt, more than zero, so that a receiver that hangs is tried again inside the limit of the
    /// export. Default: none. Our choice: the specification knows no such option.
    pub fn with_attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }

    /// The authorities that the receiver's certificate is verified with, in place of those of the system. Without
    /// meaning for plain text. Default: `OTEL_EXPORTER_OTLP_CERTIFICATE`, else those of the system.
    pub fn with_ca_certificate(mut self, certificate: PemSource) -> Self {
        self.ca_certificate = Some(certificate);
        self
    }

    /// Who the client is, for receivers that ask (mutual TLS). Default: `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE` with
    /// `OTEL_EXPORTER_OTLP_CLIENT_KEY`, else nobody.
    pub fn with_client_identity(mut self, identity: ClientIdentity) -> Self {
        self.client_identity = Some(identity);
        self
    }

    /// The largest message that is sent, in bytes before compression. A larger one is dropped. Default: 64 MiB.
    pub fn with_max_request_bytes(mut self, bytes: usize) -> Self {
        self.max_request_bytes = bytes;
        self
    }

    /// The largest answer that is read, in bytes before and after decompression. A larger one ends the export. Default:
    /// 4 MiB.
    pub fn with_max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// What decides over retries. Default: [`SpecRetryPolicy`].
    pub fn with_retry_policy(mut self, policy: Arc<dyn RetryPolicy>) -> Self {
        self.retry_policy = policy;
        self
    }

    /// Where connections come from. Default: [`TcpConnector`].
    pub fn with_connector(mut self, connector: Arc<dyn Connector>) -> Self {
        self.connector = connector;
        self
    }

    /// The clock that dates in `Retry-After` and in certificates are compared with. Default: [`SystemClock`].
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The randomness of jitter. Default: [`SystemRandom`].
    pub fn with_random(mut self, random: Arc<dyn RandomSource>) -> Self {
        self.random = random;
        self
    }

    /// Where the exporter tells what it does. Default: nowhere but in its statistics and the log.
    pub fn with_own_telemetry(mut self, own_telemetry: &OwnTelemetry) -> Self {
        self.own_telemetry = Some(own_telemetry.clone());
        self
    }

    /// The environment for what is not set in code. Default: an empty one; [`Environment::process`] is that of the
    /// process.
    pub fn with_env(mut self, environment: &Environment) -> Self {
        self.environment = environment.clone();
        self
    }

    /// Builds the exporter. It connects with its first export.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the option that cannot be used.
    pub fn build(self) -> Result<OtlpExporter<B>, ConfigError> {
        let environment = ExporterEnvironment::new(&self.environment, B::SIGNAL);
        let protocol = self.protocol.unwrap_or_else(|| environment.protocol());
        let insecure = self.insecure.unwrap_or_else(|| environment.insecure());
        let endpoint = match &self.endpoint {
            None => environment.endpoint(protocol, insecure),
            Some(endpoint) => endpoint.parsed(B::SIGNAL, protocol, insecure)?,
        };
        let headers = environment.headers().overridden_by(&self.headers?);
        let attempt_timeout = checked_attempt_timeout(self.attempt_timeout)?;
        let timeout = self.timeout.unwrap_or_else(|| environment.timeout());
        let compression = self
            .compression
            .unwrap_or_else(|| environment.compression());
        if let Some(feature) = compression.feature() {
            feature.needed_for(format_args!("compression {compression}"))?;
        }
        let tls = if endpoint.is_tls() {
            TLS.needed_for(format_args!("endpoint {endpoint}"))?;
            Some(tls(
                Some(protocol),
                self.ca_certificate,
                self.client_identity,
                environment.tls(),
                &self.clock,
            )?)
        } else {
            None
        };
        let client = OtlpClient::new(ClientParts {
            signal: B::SIGNAL,
            protocol,
            endpoint,
            headers,
            compression,
            max_request_bytes: self.max_request_bytes,
            max_response_bytes: self.max_response_bytes,
            connector: self.connector,
            tls,
            clock: self.clock,
        })?;
        let own_telemetry = self.own_telemetry.map(|own| {
            ExporterTelemetry::new(
                &own,
                otlp_component_type(B::SIGNAL, protocol),
                B::SIGNAL,
                client.endpoint(),
            )
        });
        Ok(OtlpExporter {
            delivery: Delivery::new(DeliveryParts {
                client,
                policy: self.retry_policy,
                random: self.random,
                timeout,
                attempt_timeout,
                own_telemetry,
            }),
            preference: self
                .preference
                .unwrap_or_else(|| B::preference_from(&self.environment)),
        })
    }
}

impl EndpointText {
    fn parsed(
        &self,
        signal: Signal,
        protocol: Protocol,
        insecure: bool,
    ) -> Result<Endpoint, ConfigError> {
        let (Self::Base(text) | Self::AsIs(text)) = self;
        match (protocol, self) {
            (Protocol::Grpc, _) => Endpoint::grpc(text, insecure),
            (Protocol::HttpProtobuf | Protocol::HttpJson, Self::Base(_)) => {
                Endpoint::http_base(text, signal)
            }
            (Protocol::HttpProtobuf | Protocol::HttpJson, Self::AsIs(_)) => {
                Endpoint::http_url(text)
            }
        }
        .map_err(|error| ConfigError::Endpoint {
            endpoint: without_user_information(text),
            reason: error.to_string(),
        })
    }
}

/// Shows what was set and is not secret.
impl<B: Batch> fmt::Debug for OtlpExporterBuilder<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpExporterBuilder")
            .field("signal", &B::SIGNAL)
            .field("protocol", &self.protocol)
            .field("insecure", &self.insecure)
            .field("headers", &self.headers)
            .field("compression", &self.compression)
            .field("timeout", &self.timeout)
            .field("ca_certificate", &self.ca_certificate)
            .field("client_identity", &self.client_identity)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}
