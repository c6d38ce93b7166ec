//! Configures an [`HttpExporter`].

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::client::{HttpClient, HttpClientParts};
use super::{HttpExporter, HttpFormat};
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::delivery::{Delivery, DeliveryParts, checked_attempt_timeout};
use crate::endpoint::{Endpoint, without_user_information};
use crate::environment::Environment;
use crate::export::Batch;
use crate::features::TLS;
use crate::headers::Headers;
use crate::otlp::{DEFAULT_MAX_REQUEST_BYTES, DEFAULT_MAX_RESPONSE_BYTES, tls};
use crate::own_telemetry::{ExporterTelemetry, OwnTelemetry};
use crate::random::{RandomSource, SystemRandom};
use crate::retry::{RetryPolicy, StatusRetryPolicy};
use crate::transport::{ClientIdentity, Connector, PemSource, TcpConnector};

/// Configures an [`HttpExporter`]. What is set in code wins over the [environment](Self::with_env), and a wrong value in
/// code is an error, where one in the environment is a warning.
#[must_use = "a builder does nothing until it is built"]
pub struct HttpExporterBuilder<F: HttpFormat> {
    /// What only this format has.
    pub(crate) options: F::Options,
    endpoint: Option<String>,
    headers: Result<Headers, ConfigError>,
    timeout: Option<Duration>,
    attempt_timeout: Option<Duration>,
    ca_certificate: Option<PemSource>,
    client_identity: Option<ClientIdentity>,
    max_request_bytes: usize,
    max_response_bytes: usize,
    retry_policy: Arc<dyn RetryPolicy>,
    connector: Arc<dyn Connector>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
    environment: Environment,
    own_telemetry: Option<OwnTelemetry>,
}

impl<F: HttpFormat> HttpExporterBuilder<F> {
    pub(super) fn new() -> Self {
        Self {
            options: F::Options::default(),
            endpoint: None,
            headers: Ok(Headers::new()),
            timeout: None,
            attempt_timeout: None,
            ca_certificate: None,
            client_identity: None,
            max_request_bytes: DEFAULT_MAX_REQUEST_BYTES,
            max_response_bytes: DEFAULT_MAX_RESPONSE_BYTES,
            retry_policy: Arc::new(StatusRetryPolicy {
                is_retryable: F::is_retryable_status,
            }),
            connector: Arc::new(TcpConnector),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            environment: Environment::empty(),
            own_telemetry: None,
        }
    }

    /// The receiver, by its whole URL. Default: that of the format, from the environment.
    pub fn with_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
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

    /// A header whose value may be wrong.
    #[cfg(feature = "prometheus-remote-write")]
    pub(crate) fn with_header_or_error(
        mut self,
        name: &str,
        value: Result<String, ConfigError>,
    ) -> Self {
        match value {
            Ok(value) => self.with_header(name, &value),
            Err(error) => {
                self.headers = self.headers.and(Err(error));
                self
            }
        }
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

    /// The limit of one export, over all attempts and waits; zero is no limit. The caller's deadline counts beside it.
    /// Default: that of the format, from the environment.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The limit of one attempt, more than zero, so that a receiver that hangs is tried again inside the limit of the
    /// export. Default: none.
    pub fn with_attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }

    /// The authorities that the receiver's certificate is verified with, in place of those of the system. Without
    /// meaning for plain text. Default: those of the system.
    pub fn with_ca_certificate(mut self, certificate: PemSource) -> Self {
        self.ca_certificate = Some(certificate);
        self
    }

    /// Who the client is, for receivers that ask (mutual TLS). Default: nobody.
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

    /// What decides over retries. Default: the waits of [`SpecRetryPolicy`](crate::SpecRetryPolicy), after failed
    /// connections and the statuses of the format.
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
    pub fn build(self) -> Result<HttpExporter<F>, ConfigError> {
        let environment = &self.environment;
        let endpoint = match &self.endpoint {
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
            format: F::new(self.options, environment)?,
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
            .field("options", &self.options)
            .field("headers", &self.headers)
            .field("timeout", &self.timeout)
            .field("ca_certificate", &self.ca_certificate)
            .field("client_identity", &self.client_identity)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}
