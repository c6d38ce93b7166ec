//! From the types of `opentelemetry` to OTLP messages, as far as the signals share them.
#![cfg_attr(
    not(feature = "traces"),
    expect(dead_code, reason = "spans use all of it, the others less")
)]

mod any_value;
mod attributes;
#[cfg(any(feature = "logs", feature = "traces"))]
mod groups;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::InstrumentationScope;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope as OtlpScope;
use opentelemetry_proto::tonic::resource::v1::Resource as OtlpResource;
use opentelemetry_sdk::Resource;

#[cfg(feature = "logs")]
pub(crate) use any_value::log_value;
#[cfg(any(feature = "logs", feature = "traces"))]
pub(crate) use attributes::AttributeCollection;
pub(crate) use attributes::sorted;
#[cfg(any(feature = "logs", feature = "traces"))]
pub(crate) use groups::Groups;

/// A resource, its attributes sorted by key. No limit applies to them (Spec: common, "Exempt Entities").
pub(crate) fn resource(resource: &Resource) -> OtlpResource {
    OtlpResource {
        attributes: sorted(resource.iter()),
        ..OtlpResource::default()
    }
}

/// A scope, its attributes sorted by key. Its schema URL stands beside it in OTLP.
pub(crate) fn scope(scope: &InstrumentationScope) -> OtlpScope {
    OtlpScope {
        name: scope.name().to_owned(),
        version: text(scope.version()),
        attributes: sorted(
            scope
                .attributes()
                .map(|attribute| (&attribute.key, &attribute.value)),
        ),
        dropped_attributes_count: 0,
    }
}

/// A text that may be missing: then it is empty.
pub(crate) fn text(optional: Option<&str>) -> String {
    optional.unwrap_or_default().to_owned()
}

/// Nanoseconds since 1970; 0 before it, and the largest number after the year 2554.
pub(crate) fn unix_nano(time: SystemTime) -> u64 {
    let since: Duration = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_outside_the_range_do_not_panic() {
        assert_eq!(unix_nano(UNIX_EPOCH - Duration::from_secs(1)), 0);
        assert_eq!(unix_nano(UNIX_EPOCH + Duration::from_nanos(15)), 15);
        assert_eq!(
            unix_nano(UNIX_EPOCH + Duration::from_secs(u64::from(u32::MAX) * 9)),
            u64::MAX
        );
    }
}
