//! Who sends: the resource that the environment describes.

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use percent_encoding::percent_decode_str;

use crate::environment::{Environment, LOG_TARGET};

/// The resource that `environment` describes, with what every resource of an SDK has.
///
/// In rising precedence: `telemetry.sdk.*` and `service.name = unknown_service:` with the name of the executable
/// (without the colon where that is not known), `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_SERVICE_NAME`. Attributes given in code
/// come on top of it. There is no `service.instance.id`: what tells instances apart is known to who starts them.
///
/// Spec: Resource SDK, "SDK-provided resource attributes" and "Specifying resource information via an environment
/// variable" (MUST); resource semantic conventions, "Service" (`unknown_service`, MUST).
pub fn resource_from(environment: &Environment) -> Resource {
    let unknown_service = match environment.executable() {
        Some(executable) => format!("unknown_service:{executable}"),
        None => "unknown_service".to_owned(),
    };
    let mut attributes = vec![
        KeyValue::new("telemetry.sdk.name", "otelbox-sdk"),
        KeyValue::new("telemetry.sdk.language", "rust"),
        KeyValue::new("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("service.name", unknown_service),
    ];
    attributes.extend(
        environment_attributes(environment)
            .into_iter()
            .map(|(key, value)| KeyValue::new(key, value)),
    );
    Resource::builder_empty()
        .with_attributes(attributes)
        .build()
}

/// The attributes that `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` give, the latter last.
///
/// A malformed `OTEL_RESOURCE_ATTRIBUTES` is reported and counts as empty as a whole (Spec: Resource SDK, SHOULD).
pub fn environment_attributes(environment: &Environment) -> Vec<(String, String)> {
    const VARIABLE: &str = "OTEL_RESOURCE_ATTRIBUTES";
    let mut attributes = match environment.get(VARIABLE).map(parse_attributes) {
        None => Vec::new(),
        Some(Ok(attributes)) => attributes,
        Some(Err(reason)) => {
            tracing::warn!(
                target: LOG_TARGET,
                variable = VARIABLE,
                "{VARIABLE} cannot be used: {reason}; allowed is key=value,key=value with percent-encoded values; \
                 none of its attributes is used"
            );
            Vec::new()
        }
    };
    if let Some(name) = environment.get("OTEL_SERVICE_NAME") {
        attributes.push(("service.name".to_owned(), name.to_owned()));
    }
    attributes
}

fn parse_attributes(text: &str) -> Result<Vec<(String, String)>, String> {
    text.split(',')
        .enumerate()
        .filter(|(_, pair)| !pair.trim().is_empty())
        .map(|(index, pair)| {
            let number = index + 1;
            let (key, value) = pair
                .split_once('=')
                .ok_or_else(|| format!("pair {number} has no '='"))?;
            let key = decode(key.trim())
                .ok_or_else(|| format!("the key of pair {number} is badly encoded"))?;
            if key.is_empty() {
                return Err(format!("the key of pair {number} is empty"));
            }
            let value = decode(value.trim())
                .ok_or_else(|| format!("the value of {key} is badly encoded"))?;
            Ok((key, value))
        })
        .collect()
}

/// Percent-decodes strictly: every `%` begins an escape, and the result is UTF-8.
fn decode(text: &str) -> Option<String> {
    let well_formed = text.split('%').skip(1).all(|escape| {
        let mut bytes = escape.bytes();
        bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit())
            && bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit())
    });
    if !well_formed {
        return None;
    }
    percent_decode_str(text)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn attribute(resource: &Resource, key: &'static str) -> Option<String> {
        resource
            .get(&key.into())
            .map(|value| value.as_str().into_owned())
    }

    #[test]
    fn every_resource_says_what_the_sdk_is() {
        let resource = resource_from(&Environment::empty());
        for key in [
            "service.name",
            "telemetry.sdk.name",
            "telemetry.sdk.language",
            "telemetry.sdk.version",
        ] {
            assert!(
                attribute(&resource, key).is_some_and(|value| !value.is_empty()),
                "{key}"
            );
        }
    }

    #[test]
    fn a_service_without_a_name_is_called_after_its_executable() {
        let named = |environment| attribute(&resource_from(&environment), "service.name");
        assert_eq!(
            named(Environment::empty()).as_deref(),
            Some("unknown_service")
        );
        assert_eq!(
            named(Environment::empty().with_executable("checkout")).as_deref(),
            Some("unknown_service:checkout")
        );
        assert!(named(Environment::process()).is_some_and(|name| name.contains(":otelbox_sdk-")));
    }

    #[test]
    fn values_are_strings_and_percent_decoded() {
        let resource = resource_from(
            &Environment::empty().with("OTEL_RESOURCE_ATTRIBUTES", "a=1, b=x%2Cy ,c=true,d="),
        );
        assert_eq!(attribute(&resource, "a").as_deref(), Some("1"));
        assert_eq!(attribute(&resource, "b").as_deref(), Some("x,y"));
        assert_eq!(attribute(&resource, "c").as_deref(), Some("true"));
        assert_eq!(attribute(&resource, "d").as_deref(), Some(""));
    }

    #[test]
    fn a_malformed_variable_is_discarded_as_a_whole() {
        for text in ["a=1,junk,b=2", "a=%zz,b=2", "a=%FF,b=2", "a=%2", "=1,b=2"] {
            let environment = Environment::empty().with("OTEL_RESOURCE_ATTRIBUTES", text);
            assert_eq!(environment_attributes(&environment), [], "{text}");
        }
    }

    #[test]
    fn the_service_name_has_a_variable_of_its_own_that_wins() {
        let resource = resource_from(
            &Environment::empty()
                .with("OTEL_RESOURCE_ATTRIBUTES", "service.name=general")
                .with("OTEL_SERVICE_NAME", "checkout-service"),
        );
        assert_eq!(
            attribute(&resource, "service.name").as_deref(),
            Some("checkout-service")
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = environment_attributes(&Environment::empty().with("OTEL_RESOURCE_ATTRIBUTES", text));
        }
    }
}
