//! What the environment says about the exporter: `OTEL_EXPORTER_ZIPKIN_*`.

use std::time::Duration;

use super::ZipkinEncoding;
use crate::endpoint::{Endpoint, without_user_information};
use crate::environment::{Environment, warn_unusable};

const ENDPOINT: &str = "OTEL_EXPORTER_ZIPKIN_ENDPOINT";
const TIMEOUT: &str = "OTEL_EXPORTER_ZIPKIN_TIMEOUT";
const PROTOCOL: &str = "OTEL_EXPORTER_ZIPKIN_PROTOCOL";

/// Spec: environment variables, "Zipkin Exporter" (10 s).
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The whole URL. Default: `http://localhost:9411/api/v2/spans`.
///
/// Spec: environment variables, "Zipkin Exporter".
pub(super) fn endpoint(environment: &Environment) -> Endpoint {
    let default = Endpoint::default_zipkin();
    let Some(text) = environment.get(ENDPOINT) else {
        return default;
    };
    Endpoint::http_url(text.trim()).unwrap_or_else(|error| {
        warn_unusable(
            ENDPOINT,
            &without_user_information(text),
            &format!("a URL ({error})"),
            &default.to_string(),
        );
        default
    })
}

/// The limit of an export, over all attempts and waits; zero is no limit. Default: 10 s.
///
/// Spec: environment variables, "Zipkin Exporter".
pub(super) fn timeout(environment: &Environment) -> Duration {
    environment
        .milliseconds(&[TIMEOUT], DEFAULT_TIMEOUT)
        .unwrap_or(DEFAULT_TIMEOUT)
}

/// The encoding. Default: JSON. Our choice: the specification reserves the variable, and says no values.
pub(super) fn encoding(environment: &Environment) -> ZipkinEncoding {
    let default = ZipkinEncoding::default();
    environment
        .parsed(&[PROTOCOL], "http/json or http/protobuf", default, |text| {
            text.parse().ok()
        })
        .unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_cannot_be_used_and_none_at_all_give_the_defaults() {
        let wrong = Environment::empty()
            .with(ENDPOINT, "localhost:9411")
            .with(TIMEOUT, "soon")
            .with(PROTOCOL, "thrift");
        for environment in [Environment::empty(), wrong] {
            let url = endpoint(&environment).to_string();
            assert_eq!(url, "http://localhost:9411/api/v2/spans");
            assert_eq!(timeout(&environment), Duration::from_secs(10));
            assert_eq!(encoding(&environment), ZipkinEncoding::Json);
        }
    }

    #[test]
    fn the_url_is_used_as_it_is() {
        let environment = Environment::empty()
            .with(ENDPOINT, " https://zipkin/other?key=1 ")
            .with(TIMEOUT, "1500")
            .with(PROTOCOL, "HTTP/Protobuf");
        let url = endpoint(&environment).to_string();
        assert_eq!(url, "https://zipkin:443/other?key=1");
        assert_eq!(timeout(&environment), Duration::from_millis(1_500));
        assert_eq!(encoding(&environment), ZipkinEncoding::Protobuf);
    }
}
