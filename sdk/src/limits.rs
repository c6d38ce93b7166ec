//! How much of what a program records is kept.

use std::fmt;

#[cfg(feature = "traces")]
use opentelemetry_sdk::trace::SpanLimits;

use crate::environment::Environment;

/// The specification's default of every limit on a number of things.
const DEFAULT_COUNT: usize = 128;

/// Limits of one collection of attributes.
///
/// Attributes of resources, scopes and metrics have no limits, and neither has the body of a log record.
///
/// Spec: common, "Attribute Limits" and "Exempt Entities".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttributeLimits {
    /// How long a value may be: a string in characters (Unicode scalar values), a byte array in bytes. Longer ones are cut,
    /// also within arrays and maps; nothing says afterwards that they were. Default: no limit.
    pub value_length: Option<usize>,
    /// How many attributes there may be; those of a map within a value do not count. The first are kept, and the others are
    /// counted as dropped. Default: 128.
    pub count: Option<usize>,
}

impl AttributeLimits {
    /// No limits.
    pub const NONE: Self = Self {
        value_length: None,
        count: None,
    };
}

impl Default for AttributeLimits {
    fn default() -> Self {
        Self {
            value_length: None,
            count: Some(DEFAULT_COUNT),
        }
    }
}

/// Limits of spans.
///
/// `opentelemetry_sdk` keeps to the [counts](Self::sdk_limits) while spans are recorded, but has no limit of lengths: those
/// are kept to when a batch is made, and the counts once more.
///
/// Spec: tracing SDK, "Span Limits".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceLimits {
    /// Of the attributes of a span.
    pub span: AttributeLimits,
    /// Of the attributes of an event.
    pub event: AttributeLimits,
    /// Of the attributes of a link.
    pub link: AttributeLimits,
    /// How many events a span may have. Default: 128.
    pub events: Option<usize>,
    /// How many links a span may have. Default: 128.
    pub links: Option<usize>,
}

impl TraceLimits {
    /// No limits.
    pub const NONE: Self = Self {
        span: AttributeLimits::NONE,
        event: AttributeLimits::NONE,
        link: AttributeLimits::NONE,
        events: None,
        links: None,
    };

    /// What the environment says, the variable of the model before the general one:
    ///
    /// | limit | variables |
    /// |---|---|
    /// | length of a value, in spans, events and links | `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT`, `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT` |
    /// | attributes of a span | `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT`, `OTEL_ATTRIBUTE_COUNT_LIMIT` |
    /// | attributes of an event | `OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT`, `OTEL_ATTRIBUTE_COUNT_LIMIT` |
    /// | attributes of a link | `OTEL_LINK_ATTRIBUTE_COUNT_LIMIT`, `OTEL_ATTRIBUTE_COUNT_LIMIT` |
    /// | events, links | `OTEL_SPAN_EVENT_COUNT_LIMIT`, `OTEL_SPAN_LINK_COUNT_LIMIT` |
    ///
    /// All are whole numbers, 0 or more; another value is reported, and the next variable or the default is used.
    ///
    /// Spec: environment variables, "Attribute Limits" and "Span Limits".
    pub fn from_env(environment: &Environment) -> Self {
        let of = |model: &str| AttributeLimits {
            value_length: value_length(environment, "SPAN"),
            count: attribute_count(environment, model),
        };
        let count = |name| limit(environment, &[name], Some(DEFAULT_COUNT));
        Self {
            span: of("SPAN"),
            event: of("EVENT"),
            link: of("LINK"),
            events: count("OTEL_SPAN_EVENT_COUNT_LIMIT"),
            links: count("OTEL_SPAN_LINK_COUNT_LIMIT"),
        }
    }

    /// The counts, as `opentelemetry_sdk` takes them: for `SdkTracerProvider::builder().with_span_limits(..)`.
    #[cfg(feature = "traces")]
    pub fn sdk_limits(&self) -> SpanLimits {
        let most = |limit: Option<usize>| {
            limit.map_or(u32::MAX, |most| u32::try_from(most).unwrap_or(u32::MAX))
        };
        SpanLimits {
            max_events_per_span: most(self.events),
            max_attributes_per_span: most(self.span.count),
            max_links_per_span: most(self.links),
            max_attributes_per_event: most(self.event.count),
            max_attributes_per_link: most(self.link.count),
        }
    }
}

impl Default for TraceLimits {
    fn default() -> Self {
        Self {
            span: AttributeLimits::default(),
            event: AttributeLimits::default(),
            link: AttributeLimits::default(),
            events: Some(DEFAULT_COUNT),
            links: Some(DEFAULT_COUNT),
        }
    }
}

/// Limits of log records. `opentelemetry_sdk` has none: they are kept to when a batch is made.
///
/// Spec: logs SDK, "`LogRecord` Limits".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogLimits {
    /// Of the attributes of a log record.
    pub attributes: AttributeLimits,
}

impl LogLimits {
    /// No limits.
    pub const NONE: Self = Self {
        attributes: AttributeLimits::NONE,
    };

    /// `OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT` and `OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT`, and after them
    /// `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT` and `OTEL_ATTRIBUTE_COUNT_LIMIT`: whole numbers, 0 or more; another value is
    /// reported, and the next variable or the default is used.
    ///
    /// Spec: environment variables, "Attribute Limits" and "`LogRecord` Limits".
    pub fn from_env(environment: &Environment) -> Self {
        Self {
            attributes: AttributeLimits {
                value_length: value_length(environment, "LOGRECORD"),
                count: attribute_count(environment, "LOGRECORD"),
            },
        }
    }
}

fn value_length(environment: &Environment, model: &str) -> Option<usize> {
    let of_model = format!("OTEL_{model}_ATTRIBUTE_VALUE_LENGTH_LIMIT");
    limit(
        environment,
        &[&of_model, "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"],
        None,
    )
}

fn attribute_count(environment: &Environment, model: &str) -> Option<usize> {
    let of_model = format!("OTEL_{model}_ATTRIBUTE_COUNT_LIMIT");
    limit(
        environment,
        &[&of_model, "OTEL_ATTRIBUTE_COUNT_LIMIT"],
        Some(DEFAULT_COUNT),
    )
}

fn limit(environment: &Environment, names: &[&str], default: Option<usize>) -> Option<usize> {
    environment
        .parsed(names, "a whole number, 0 or more", Limit(default), |text| {
            text.parse().ok().map(|limit| Limit(Some(limit)))
        })
        .map_or(default, |Limit(limit)| limit)
}

/// A limit, for the log.
struct Limit(Option<usize>);

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(limit) => write!(f, "{limit}"),
            None => f.write_str("no limit"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_environment_gives_the_defaults_of_the_specification() {
        let environment = Environment::empty();
        assert_eq!(TraceLimits::from_env(&environment), TraceLimits::default());
        assert_eq!(LogLimits::from_env(&environment), LogLimits::default());
        let stock = SpanLimits::default();
        assert_eq!(
            format!("{:?}", TraceLimits::default().sdk_limits()),
            format!("{stock:?}")
        );
        assert_eq!(LogLimits::default().attributes.count, Some(128));
        assert_eq!(LogLimits::default().attributes.value_length, None);
    }

    #[test]
    fn the_general_variables_stand_in_for_those_of_the_models() {
        let environment = Environment::empty()
            .with("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "100")
            .with("OTEL_ATTRIBUTE_COUNT_LIMIT", "10");
        let general = AttributeLimits {
            value_length: Some(100),
            count: Some(10),
        };
        let traces = TraceLimits::from_env(&environment);
        assert_eq!([traces.span, traces.event, traces.link], [general; 3]);
        assert_eq!([traces.events, traces.links], [Some(128); 2]);
        assert_eq!(LogLimits::from_env(&environment).attributes, general);
    }

    #[test]
    fn each_limit_has_its_own_variable() {
        let environment: Environment = [
            ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "100"),
            ("OTEL_ATTRIBUTE_COUNT_LIMIT", "10"),
            ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "1"),
            ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "2"),
            ("OTEL_SPAN_EVENT_COUNT_LIMIT", "3"),
            ("OTEL_SPAN_LINK_COUNT_LIMIT", "4"),
            ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "5"),
            ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "6"),
            ("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "7"),
            ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "0"),
        ]
        .into_iter()
        .collect();
        let attributes = |value_length, count| AttributeLimits {
            value_length: Some(value_length),
            count: Some(count),
        };
        assert_eq!(
            TraceLimits::from_env(&environment),
            TraceLimits {
                span: attributes(1, 2),
                event: attributes(1, 5),
                link: attributes(1, 6),
                events: Some(3),
                links: Some(4),
            }
        );
        assert_eq!(
            LogLimits::from_env(&environment).attributes,
            attributes(7, 0)
        );
    }

    #[test]
    fn unusable_values_count_as_unset() {
        let environment = Environment::empty()
            .with("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "-1")
            .with("OTEL_ATTRIBUTE_COUNT_LIMIT", "20")
            .with("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "long");
        assert_eq!(TraceLimits::from_env(&environment).span.count, Some(20));
        let logs = LogLimits::from_env(&environment);
        assert_eq!(logs.attributes.value_length, None);
    }

    #[test]
    fn no_limit_is_the_largest_number_of_the_stock_limits() {
        let limits = TraceLimits::NONE.sdk_limits();
        assert_eq!(limits.max_attributes_per_span, u32::MAX);
        assert_eq!(limits.max_links_per_span, u32::MAX);
    }
}
