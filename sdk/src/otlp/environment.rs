//! What the environment says about an exporter: `OTEL_EXPORTER_OTLP_*`, the variable of the signal before the general
//! one.

use std::path::PathBuf;
use std::time::Duration;

use crate::compression::Compression;
use crate::endpoint::{Endpoint, InvalidEndpoint, without_user_information};
use crate::environment::{Environment, warn_unusable};
use crate::features::usable;
use crate::headers::Headers;
use crate::protocol::Protocol;
use crate::signal::Signal;
use crate::transport::TlsVariables;

/// The default time limit of an export, over all attempts and waits.
///
/// Spec: OTLP exporter, "Configuration Options" (10 s).
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The options of one signal, as the environment gives them.
pub(crate) struct ExporterEnvironment<'a> {
    environment: &'a Environment,
    signal: Signal,
}

impl<'a> ExporterEnvironment<'a> {
    pub(crate) const fn new(environment: &'a Environment, signal: Signal) -> Self {
        Self {
            environment,
            signal,
        }
    }

    /// `OTEL_EXPORTER_OTLP_PROTOCOL`. Default: `http/protobuf`; in place of what cannot be used that, or else one that this
    /// build has.
    pub(crate) fn protocol(&self) -> Protocol {
        let default = Protocol::HttpProtobuf;
        let names = self.names("PROTOCOL");
        if self.first("PROTOCOL").is_none() {
            return default;
        }
        let is_here = |protocol: &Protocol| protocol.feature().is_here;
        let instead = [default, Protocol::Grpc].into_iter().find(is_here);
        let instead = instead.unwrap_or(default);
        self.environment
            .parsed(
                &names.each_ref().map(String::as_str),
                &usable(&Protocol::ALL, |protocol| Some(protocol.feature())),
                instead,
                |text| text.parse().ok().filter(is_here),
            )
            .unwrap_or(instead)
    }

    /// `OTEL_EXPORTER_OTLP_COMPRESSION`. Default: none.
    pub(crate) fn compression(&self) -> Compression {
        let default = Compression::None;
        let is_here =
            |compression: &Compression| compression.feature().is_none_or(|feature| feature.is_here);
        let names = self.names("COMPRESSION");
        self.environment
            .parsed(
                &names.each_ref().map(String::as_str),
                &usable(&Compression::ALL, |compression| compression.feature()),
                default,
                |text| text.parse().ok().filter(is_here),
            )
            .unwrap_or(default)
    }

    /// `OTEL_EXPORTER_OTLP_TIMEOUT`, in milliseconds; zero is no limit. Default: 10 s.
    pub(crate) fn timeout(&self) -> Duration {
        let names = self.names("TIMEOUT");
        self.environment
            .milliseconds(&names.each_ref().map(String::as_str), DEFAULT_TIMEOUT)
            .unwrap_or(DEFAULT_TIMEOUT)
    }

    /// `OTEL_EXPORTER_OTLP_INSECURE`: whether a gRPC endpoint without a scheme is plain text. Default: no.
    pub(crate) fn insecure(&self) -> bool {
        let names = self.names("INSECURE");
        self.environment
            .boolean(&names.each_ref().map(String::as_str))
            .unwrap_or(false)
    }

    /// `OTEL_EXPORTER_OTLP_CERTIFICATE`: variable and file.
    pub(crate) fn certificate(&self) -> Option<(String, PathBuf)> {
        self.file("CERTIFICATE")
    }

    /// That, `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE` and `OTEL_EXPORTER_OTLP_CLIENT_KEY`.
    pub(crate) fn tls(&self) -> TlsVariables {
        TlsVariables {
            certificate: self.certificate(),
            client_certificate: self.file("CLIENT_CERTIFICATE"),
            client_key: self.file("CLIENT_KEY"),
        }
    }

    /// `OTEL_EXPORTER_OTLP_HEADERS`; the variable of the signal replaces the general one as a whole.
    pub(crate) fn headers(&self) -> Headers {
        self.first("HEADERS")
            .map_or_else(Headers::new, |(name, text)| {
                Headers::from_variable(&name, text)
            })
    }

    /// `OTEL_EXPORTER_OTLP_ENDPOINT`. For HTTP the general one is a base to which the path of the signal is appended, and
    /// that of the signal is used as it is. Default: port 4317 or 4318 of localhost.
    pub(crate) fn endpoint(&self, protocol: Protocol, insecure: bool) -> Endpoint {
        let default = match protocol {
            Protocol::Grpc => Endpoint::default_grpc(),
            Protocol::HttpProtobuf | Protocol::HttpJson => Endpoint::default_http(self.signal),
        };
        let [of_signal, general] = self.names("ENDPOINT");
        let parse = |name: &str, text: &str| match protocol {
            Protocol::Grpc => Endpoint::grpc(text, insecure),
            Protocol::HttpProtobuf | Protocol::HttpJson if name == of_signal => {
                Endpoint::http_url(text)
            }
            Protocol::HttpProtobuf | Protocol::HttpJson => Endpoint::http_base(text, self.signal),
        };
        let mut unusable: Vec<(&str, &str, InvalidEndpoint)> = Vec::new();
        let mut used = default;
        for name in [&of_signal, &general] {
            let Some(text) = self.environment.get(name) else {
                continue;
            };
            match parse(name, text.trim()) {
                Ok(endpoint) => {
                    used = endpoint;
                    break;
                }
                Err(error) => unusable.push((name, text, error)),
            }
        }
        for (name, text, error) in unusable {
            let allowed = match protocol {
                Protocol::Grpc => "host:port or a URL",
                Protocol::HttpProtobuf | Protocol::HttpJson => "a URL",
            };
            warn_unusable(
                name,
                &without_user_information(text),
                &format!("{allowed} ({error})"),
                &used.to_string(),
            );
        }
        used
    }

    /// The variable of the signal and the general one.
    fn names(&self, option: &str) -> [String; 2] {
        [
            format!(
                "OTEL_EXPORTER_OTLP_{}_{option}",
                self.signal.variable_part()
            ),
            format!("OTEL_EXPORTER_OTLP_{option}"),
        ]
    }

    fn file(&self, option: &str) -> Option<(String, PathBuf)> {
        self.first(option)
            .map(|(name, path)| (name, PathBuf::from(path)))
    }

    fn first(&self, option: &str) -> Option<(String, &'a str)> {
        self.names(option)
            .into_iter()
            .find_map(|name| self.environment.get(&name).map(|value| (name, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(environment: &Environment) -> ExporterEnvironment<'_> {
        ExporterEnvironment::new(environment, Signal::Metrics)
    }

    #[test]
    fn an_empty_environment_gives_the_defaults_and_so_do_empty_values() {
        let empty_values: Environment =
            ["ENDPOINT", "HEADERS", "TIMEOUT", "PROTOCOL", "COMPRESSION"]
                .into_iter()
                .flat_map(|option| {
                    [
                        (format!("OTEL_EXPORTER_OTLP_{option}"), ""),
                        (format!("OTEL_EXPORTER_OTLP_METRICS_{option}"), ""),
                    ]
                })
                .collect();
        for environment in [Environment::empty(), empty_values] {
            let options = metrics(&environment);
            assert_eq!(options.protocol(), Protocol::HttpProtobuf);
            assert_eq!(options.compression(), Compression::None);
            assert_eq!(options.timeout(), Duration::from_secs(10));
            assert!(!options.insecure());
            assert_eq!(options.certificate(), None);
            assert_eq!(options.headers(), Headers::new());
            let url = |protocol| options.endpoint(protocol, false).to_string();
            assert_eq!(url(Protocol::Grpc), "http://localhost:4317");
            assert_eq!(url(Protocol::HttpJson), "http://localhost:4318/v1/metrics");
        }
    }

    #[test]
    fn the_variable_of_the_signal_wins() {
        let environment = Environment::empty()
            .with("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
            .with("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/json")
            .with("OTEL_EXPORTER_OTLP_TIMEOUT", "2000")
            .with("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "1500")
            .with("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
            .with("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "none")
            .with("OTEL_EXPORTER_OTLP_HEADERS", "a=1,b=2")
            .with("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "a=9")
            .with("OTEL_EXPORTER_OTLP_CERTIFICATE", "/general.pem")
            .with("OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", "/metrics.pem")
            .with("OTEL_EXPORTER_OTLP_INSECURE", "false")
            .with("OTEL_EXPORTER_OTLP_METRICS_INSECURE", "TRUE");
        let options = metrics(&environment);
        assert_eq!(options.protocol(), Protocol::HttpJson);
        assert_eq!(options.timeout(), Duration::from_millis(1_500));
        assert_eq!(options.compression(), Compression::None);
        assert_eq!(options.headers().as_map().get("a").expect("set"), "9");
        assert_eq!(options.headers().as_map().get("b"), None);
        assert!(options.insecure());
        let (variable, path) = options.certificate().expect("set");
        assert_eq!(variable, "OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE");
        assert_eq!(path, PathBuf::from("/metrics.pem"));
        let traces = ExporterEnvironment::new(&environment, Signal::Traces);
        assert_eq!(traces.protocol(), Protocol::Grpc);
        assert_eq!(traces.headers().as_map().get("b").expect("set"), "2");
    }

    #[test]
    fn only_the_base_is_extended() {
        let environment = Environment::empty()
            .with("OTEL_EXPORTER_OTLP_ENDPOINT", "http://base:1/a/")
            .with("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://own:2");
        let of = |signal| {
            ExporterEnvironment::new(&environment, signal)
                .endpoint(Protocol::HttpProtobuf, false)
                .to_string()
        };
        assert_eq!(of(Signal::Metrics), "http://own:2");
        assert_eq!(of(Signal::Traces), "http://base:1/a/v1/traces");
    }

    #[test]
    fn unusable_values_count_as_unset() {
        let environment = Environment::empty()
            .with("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "-1")
            .with("OTEL_EXPORTER_OTLP_TIMEOUT", "abc")
            .with("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "foo")
            .with("OTEL_EXPORTER_OTLP_PROTOCOL", "GRPC")
            .with("OTEL_EXPORTER_OTLP_COMPRESSION", "zzz")
            .with("OTEL_EXPORTER_OTLP_INSECURE", "1")
            .with("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost");
        let options = metrics(&environment);
        assert_eq!(options.timeout(), Duration::from_secs(10));
        assert_eq!(options.protocol(), Protocol::Grpc);
        assert_eq!(options.compression(), Compression::None);
        assert!(!options.insecure());
        let endpoint = options.endpoint(Protocol::HttpJson, false);
        assert_eq!(endpoint.to_string(), "http://localhost:4318/v1/metrics");
    }

    #[test]
    fn zero_is_a_timeout() {
        let environment = Environment::empty().with("OTEL_EXPORTER_OTLP_TIMEOUT", "0");
        assert_eq!(metrics(&environment).timeout(), Duration::ZERO);
    }
}
