//! Profiles: counted, not decoded.

use super::Decoded;
use super::object::Object;

pub(super) fn count(object: &Object<'_>) -> Decoded<u64> {
    let by_resource = object.messages("resourceProfiles", |resource| {
        resource.messages("scopeProfiles", |scope| {
            Ok(scope.messages("profiles", |_| Ok(()))?.len())
        })
    })?;
    let count: usize = by_resource.into_iter().flatten().sum();
    Ok(u64::try_from(count).unwrap_or(u64::MAX))
}
