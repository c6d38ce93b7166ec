//! What the builders of all exporters have in common.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::environment::Environment;
use crate::headers::Headers;
use crate::own_telemetry::OwnTelemetry;
use crate::random::{RandomSource, SystemRandom};
use crate::retry::RetryPolicy;
use crate::transport::{ClientIdentity, Connector, PemSource, TcpConnector};

/// The largest message that is sent, before compression.
///
/// Spec: OTLP 1.11.0, "OTLP/gRPC Request" and "OTLP/HTTP Request" (64 MiB recommended).
const DEFAULT_MAX_REQUEST_BYTES: usize = 64 * 1024 * 1024;

/// The largest answer that is read, before and after decompression.
///
/// Spec: OTLP 1.11.0, "OTLP/gRPC Response" and "OTLP/HTTP Response" (4 MiB recommended).
const DEFAULT_MAX_RESPONSE_BYTES: usize = 4 * 1024 * 1024;

/// Configures an exporter; `O` is what only its kind has, OTLP or a format that is posted to a URL. What is set in code wins
/// over the [environment](Self::with_env), and a wrong value in code is an error, where one in the environment is a warning.
#[must_use = "a builder does nothing until it is built"]
pub struct ExporterBuilder<O> {
    /// What only this kind of exporter has.
    pub(crate) options: O,
    pub(crate) headers: Result<Headers, ConfigError>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) ca_certificate: Option<PemSource>,
    pub(crate) client_identity: Option<ClientIdentity>,
    pub(crate) max_request_bytes: usize,
    pub(crate) max_response_bytes: usize,
    pub(crate) retry_policy: Arc<dyn RetryPolicy>,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn RandomSource>,
    pub(crate) environment: Environment,
    pub(crate) own_telemetry: Option<OwnTelemetry>,
}

impl<O> ExporterBuilder<O> {
    pub(crate) fn with_defaults(options: O, retry_policy: impl RetryPolicy) -> Self {
        Self {
            options,
            headers: Ok(Headers::new()),
            timeout: None,
            attempt_timeout: None,
            ca_certificate: None,
            client_identity: None,
            max_request_bytes: DEFAULT_MAX_REQUEST_BYTES,
            max_response_bytes: DEFAULT_MAX_RESPONSE_BYTES,
            retry_policy: Arc::new(retry_policy),
            connector: Arc::new(TcpConnector),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            environment: Environment::empty(),
            own_telemetry: None,
        }
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
    /// Default: that of the environment (for OTLP `OTEL_EXPORTER_OTLP_TIMEOUT`), else 10 s.
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
    /// meaning for plain text. Default: those of the environment (for OTLP `OTEL_EXPORTER_OTLP_CERTIFICATE`), else those of
    /// the system.
    pub fn with_ca_certificate(mut self, certificate: PemSource) -> Self {
        self.ca_certificate = Some(certificate);
        self
    }

    /// Who the client is, for receivers that ask (mutual TLS). Default: that of the environment (for OTLP
    /// `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE` with `OTEL_EXPORTER_OTLP_CLIENT_KEY`), else nobody.
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

    /// What decides over retries. Default: [`SpecRetryPolicy`](crate::SpecRetryPolicy) for OTLP; for other formats the same
    /// waits, after failed connections and the statuses of the format.
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
}
