//! Configures an [`OtlpExporter`].

use std::fmt;
use std::marker::PhantomData;

use super::OtlpExporter;
use super::environment::ExporterEnvironment;
use super::tls::tls;
use crate::compression::Compression;
use crate::config_error::ConfigError;
use crate::delivery::{Delivery, DeliveryParts, ExporterBuilder, checked_attempt_timeout};
use crate::endpoint::{Endpoint, without_user_information};
use crate::export::Batch;
use crate::features::TLS;
use crate::own_telemetry::{ExporterTelemetry, otlp_component_type};
use crate::protocol::Protocol;
use crate::retry::SpecRetryPolicy;
use crate::signal::Signal;
use crate::transport::{ClientParts, OtlpClient};

/// Configures an [`OtlpExporter`].
pub type OtlpExporterBuilder<B> = ExporterBuilder<OtlpOptions<B>>;

/// What an [`OtlpExporterBuilder`] has beside the options of every exporter.
pub struct OtlpOptions<B: Batch> {
    protocol: Option<Protocol>,
    endpoint: Option<EndpointText>,
    insecure: Option<bool>,
    compression: Option<Compression>,
    pub(super) preference: Option<B::Preference>,
    batch: PhantomData<fn(B)>,
}

/// An endpoint as it was given.
enum EndpointText {
    Base(String),
    AsIs(String),
}

impl<B: Batch> OtlpExporterBuilder<B> {
    pub(super) fn new() -> Self {
        let options = OtlpOptions {
            protocol: None,
            endpoint: None,
            insecure: None,
            compression: None,
            preference: None,
            batch: PhantomData,
        };
        Self::with_defaults(options, SpecRetryPolicy::default())
    }

    /// The protocol. Default: `OTEL_EXPORTER_OTLP_PROTOCOL`, else `http/protobuf`, also in a build without the feature
    /// `http`, where that is an error: what a program does must not depend on the features that others switch on.
    pub fn with_protocol(mut self, protocol: Protocol) -> Self {
        self.options.protocol = Some(protocol);
        self
    }

    /// The receiver: for gRPC `host:port` or a URL, for HTTP a base URL, to which `v1/` and the name of
    /// the signal are appended. Default:
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`, else `http://localhost:4317` for gRPC and `http://localhost:4318` for HTTP.
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.options.endpoint = Some(EndpointText::Base(endpoint.into()));
        self
    }

    /// The receiver by the whole URL, to which nothing is appended, as in `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`. For gRPC
    /// the same as [`with_endpoint`](Self::with_endpoint).
    pub fn with_signal_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.options.endpoint = Some(EndpointText::AsIs(endpoint.into()));
        self
    }

    /// Whether a gRPC endpoint *without a scheme* is spoken to in plain text. A scheme always wins, and HTTP ignores it.
    /// Default: `OTEL_EXPORTER_OTLP_INSECURE`, else `false`.
    pub fn with_insecure(mut self, insecure: bool) -> Self {
        self.options.insecure = Some(insecure);
        self
    }

    /// The compression of requests. Default: `OTEL_EXPORTER_OTLP_COMPRESSION`, else none.
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.options.compression = Some(compression);
        self
    }

    /// Builds the exporter. It connects with its first export.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the option that cannot be used.
    pub fn build(self) -> Result<OtlpExporter<B>, ConfigError> {
        let environment = ExporterEnvironment::new(&self.environment, B::SIGNAL);
        let protocol = self
            .options
            .protocol
            .unwrap_or_else(|| environment.protocol());
        let insecure = self
            .options
            .insecure
            .unwrap_or_else(|| environment.insecure());
        let endpoint = match &self.options.endpoint {
            None => environment.endpoint(protocol, insecure),
            Some(endpoint) => endpoint.parsed(B::SIGNAL, protocol, insecure)?,
        };
        let headers = environment.headers().overridden_by(&self.headers?);
        let attempt_timeout = checked_attempt_timeout(self.attempt_timeout)?;
        let timeout = self.timeout.unwrap_or_else(|| environment.timeout());
        let compression = self
            .options
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
                .options
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
            .field("protocol", &self.options.protocol)
            .field("insecure", &self.options.insecure)
            .field("headers", &self.headers)
            .field("compression", &self.options.compression)
            .field("timeout", &self.timeout)
            .field("ca_certificate", &self.ca_certificate)
            .field("client_identity", &self.client_identity)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}
