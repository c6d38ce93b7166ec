//! Views of a scenario as the stock SDK takes them.

use opentelemetry_sdk::metrics::{Aggregation, Instrument, Stream};

use crate::{
    scenario::{InstrumentKind, View},
    sut::otelbox_sdk::kind_of,
};

/// A view of the scenario as the closure that this SDK wants.
pub(super) fn stream(view: &View, instrument: &Instrument) -> Option<Stream> {
    let selected = view
        .name
        .as_ref()
        .is_none_or(|pattern| is_like(pattern, instrument.name()))
        && view
            .kind
            .is_none_or(|kind: InstrumentKind| kind_of(kind) == instrument.kind())
        && view
            .unit
            .as_ref()
            .is_none_or(|unit| unit == instrument.unit())
        && view
            .meter
            .as_ref()
            .is_none_or(|meter| meter == instrument.scope().name());
    if !selected {
        return None;
    }
    let mut stream = Stream::builder();
    if let Some(name) = &view.rename {
        stream = stream.with_name(name.clone());
    }
    if let Some(keys) = &view.allow_attributes {
        stream = stream.with_allowed_attribute_keys(keys.iter().cloned().map(Into::into));
    }
    if let Some(bounds) = &view.buckets {
        stream = stream.with_aggregation(Aggregation::ExplicitBucketHistogram {
            boundaries: bounds.clone(),
            record_min_max: true,
        });
    }
    if view.exponential {
        stream = stream.with_aggregation(Aggregation::Base2ExponentialHistogram {
            max_size: 160,
            max_scale: 20,
            record_min_max: true,
        });
    }
    if view.drop {
        stream = stream.with_aggregation(Aggregation::Drop);
    }
    stream.build().ok()
}

/// Whether `name` matches `pattern`, in which `*` stands for any letters and `?` for one.
fn is_like(pattern: &str, name: &str) -> bool {
    let mut letters = pattern.chars();
    match letters.next() {
        None => name.is_empty(),
        Some('*') => {
            let rest = letters.as_str();
            (0..=name.len())
                .filter(|at| name.is_char_boundary(*at))
                .any(|at| is_like(rest, &name[at..]))
        }
        Some(letter) => {
            let mut given = name.chars();
            given
                .next()
                .is_some_and(|first| letter == '?' || letter.eq_ignore_ascii_case(&first))
                && is_like(letters.as_str(), given.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn patterns_have_two_wildcards() {
        for (pattern, name, wanted) in [
            ("*", "anything", true),
            ("http.*", "http.requests", true),
            ("http.*", "db.requests", false),
            ("h?tp", "http", true),
            ("h?tp", "htp", false),
            ("*.count", "http.server.count", true),
            ("", "x", false),
        ] {
            assert_eq!(is_like(pattern, name), wanted, "{pattern} {name}");
        }
    }
}
