//! Configures an [`HttpExporter`].

use std::fmt;

use super::client::{HttpClient, HttpClientParts};
use super::{HttpExporter, HttpFormat};
use crate::config_error::ConfigError;
use crate::delivery::{Delivery, DeliveryParts, ExporterBuilder, checked_attempt_timeout};
use crate::endpoint::{Endpoint, without_user_information};
use crate::export::Batch;
use crate::features::TLS;
use crate::otlp::tls;
use crate::own_telemetry::ExporterTelemetry;
use crate::retry::StatusRetryPolicy;

/// Configures an [`HttpExporter`].
pub type HttpExporterBuilder<F> = ExporterBuilder<HttpOptions<F>>;

/// What an [`HttpExporterBuilder`] has beside the options of every exporter.
pub struct HttpOptions<F: HttpFormat> {
    endpoint: Option<String>,
    /// What only this format has.
    pub(crate) of_format: F::Options,
}

impl<F: HttpFormat> HttpExporterBuilder<F> {
    pub(super) fn new() -> Self {
        let options = HttpOptions {
            endpoint: None,
            of_format: F::Options::default(),
        };
        let is_retryable = F::is_retryable_status;
        Self::with_defaults(options, StatusRetryPolicy { is_retryable })
    }

    /// The receiver, by its whole URL. Default: that of the format, from the environment.
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.options.endpoint = Some(endpoint.into());
        self
    }

    /// Builds the exporter. It connects with its first export.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the option that cannot be used.
    pub fn build(self) -> Result<HttpExporter<F>, ConfigError> {
        let environment = &self.environment;
        let endpoint = match &self.options.endpoint {
            None => F::endpoint_from(environment),
            Some(text) => Endpoint::http_url(text).map_err(|error| ConfigError::Endpoint {
                endpoint: without_user_information(text),
                reason: error.to_string(),
            })?,
        };
        let own_headers = self.headers?;
        if let Some(name) = own_headers.any_of(F::RESERVED_HEADERS) {
            return Err(ConfigError::Header {
                name: name.to_owned(),
                reason: "the format sets this header itself",
            });
        }
        let headers = F::headers_from(environment)
            .without(F::RESERVED_HEADERS)
            .overridden_by(&own_headers);
        let attempt_timeout = checked_attempt_timeout(self.attempt_timeout)?;
        let timeout = self.timeout.unwrap_or_else(|| F::timeout_from(environment));
        let tls = if endpoint.is_tls() {
            TLS.needed_for(format_args!("endpoint {endpoint}"))?;
            Some(tls(
                None,
                self.ca_certificate,
                self.client_identity,
                F::tls_from(environment),
                &self.clock,
            )?)
        } else {
            None
        };
        let own_telemetry = self.own_telemetry.map(|own| {
            ExporterTelemetry::new(&own, F::WORDS.component_type, F::Batch::SIGNAL, &endpoint)
        });
        let client = HttpClient::new(HttpClientParts {
            format: F::new(self.options.of_format, environment)?,
            endpoint,
            headers,
            max_request_bytes: self.max_request_bytes,
            max_response_bytes: self.max_response_bytes,
            connector: self.connector,
            tls,
            clock: self.clock,
        })?;
        Ok(HttpExporter {
            delivery: Delivery::new(DeliveryParts {
                client,
                policy: self.retry_policy,
                random: self.random,
                timeout,
                attempt_timeout,
                own_telemetry,
            }),
        })
    }
}

/// Shows what was set and is not secret.
impl<F: HttpFormat> fmt::Debug for HttpExporterBuilder<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpExporterBuilder")
            .field("format", &F::WORDS.name)
            .field("options", &self.options.of_format)
            .field("headers", &self.headers)
            .field("timeout", &self.timeout)
            .field("ca_certificate", &self.ca_certificate)
            .field("client_identity", &self.client_identity)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}
