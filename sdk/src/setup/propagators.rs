//! What crosses process boundaries: `OTEL_PROPAGATORS`.

use std::fmt;
use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{
    Extractor, Injector, TextMapCompositePropagator, TextMapPropagator,
};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

use super::names::listed;
use crate::environment::Environment;

const VARIABLE: &str = "OTEL_PROPAGATORS";

/// A propagator of one kind.
pub(super) type Boxed = Box<dyn TextMapPropagator + Send + Sync>;

/// A propagator that can be named in the environment: what it is called, and how one is made.
type Kind = (&'static str, fn() -> Boxed);

const TRACE_CONTEXT: Kind = ("tracecontext", || Box::new(TraceContextPropagator::new()));
const BAGGAGE: Kind = ("baggage", || Box::new(BaggagePropagator::new()));

/// Those that are used where nothing is said.
const DEFAULT: [Kind; 2] = [TRACE_CONTEXT, BAGGAGE];

/// All that there are.
const KINDS: &[Kind] = &[
    TRACE_CONTEXT,
    BAGGAGE,
    #[cfg(feature = "xray")]
    ("xray", || {
        Box::new(opentelemetry_aws::trace::XrayPropagator::new())
    }),
];

/// Those of the specification that this SDK does not have, and why.
const WITHOUT: &[(&str, &str)] = &[
    ("b3", NO_CRATE),
    ("b3multi", NO_CRATE),
    ("jaeger", NO_CRATE),
    ("ottrace", NO_CRATE),
    #[cfg(not(feature = "xray"))]
    ("xray", "it needs the feature xray of otelbox-sdk"),
];

const NO_CRATE: &str =
    "no maintained crate of it matches this version of opentelemetry; with_propagator() takes any";

/// Writes trace context, baggage and the like into carriers and reads them from there. Clones are the same propagator.
#[derive(Clone)]
pub struct Propagator {
    all: Arc<TextMapCompositePropagator>,
    names: Arc<str>,
}

impl Propagator {
    /// The one that the environment lists. Default: `tracecontext,baggage`.
    pub(super) fn from_environment(environment: &Environment) -> Self {
        let allowed = KINDS.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        let allowed = format!("a list of {} with commas, or none", allowed.join(", "));
        let kinds = listed(environment, VARIABLE, &DEFAULT, &allowed, |name| {
            let same = |known: &str| known == name;
            match KINDS.iter().find(|(known, _)| same(known)) {
                Some(kind) => Ok(*kind),
                None => Err(WITHOUT
                    .iter()
                    .find(|(known, _)| same(known))
                    .map(|(_, why)| *why)),
            }
        });
        let names: Vec<&str> = kinds.iter().map(|(name, _)| *name).collect();
        let names = if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(",")
        };
        Self::new(kinds.iter().map(|(_, make)| make()).collect(), &names)
    }

    /// The one that was put together in code.
    pub(super) fn from_code(propagators: Vec<Boxed>) -> Self {
        Self::new(propagators, "from code")
    }

    fn new(propagators: Vec<Boxed>, names: &str) -> Self {
        Self {
            all: Arc::new(TextMapCompositePropagator::new(propagators)),
            names: names.into(),
        }
    }

    /// What it consists of, for the log.
    pub(super) fn description(&self) -> &str {
        &self.names
    }
}

impl TextMapPropagator for Propagator {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        self.all.inject_context(context, injector);
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        self.all.extract_with_context(context, extractor)
    }

    fn fields(&self) -> FieldIter<'_> {
        self.all.fields()
    }
}

impl fmt::Debug for Propagator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Propagator").field(&self.names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let environment = Environment::empty().with(VARIABLE, text);
        Propagator::from_environment(&environment)
            .description()
            .to_owned()
    }

    #[test]
    fn trace_context_and_baggage_are_the_default() {
        assert_eq!(read(""), "tracecontext,baggage");
        assert_eq!(read("b3"), "tracecontext,baggage");
    }

    #[test]
    fn each_is_there_once_and_none_is_none() {
        assert_eq!(read("baggage,Tracecontext,baggage"), "baggage,tracecontext");
        assert_eq!(read("none"), "none");
        assert_eq!(read("b3,baggage"), "baggage");
    }

    #[test]
    fn it_has_the_fields_of_all() {
        let environment = Environment::empty();
        let propagator = Propagator::from_environment(&environment);
        let mut fields: Vec<&str> = propagator.fields().collect();
        fields.sort_unstable();
        assert_eq!(fields, ["baggage", "traceparent", "tracestate"]);
    }

    #[cfg(feature = "xray")]
    #[test]
    fn xray_is_a_feature() {
        assert_eq!(read("xray"), "xray");
    }
}
