//! From attributes to the labels of a series.
//!
//! Spec: Prometheus compatibility, "OTLP Metric points to Prometheus: Metric Attributes", "Instrumentation Scope",
//! "Resource Attributes".

use std::borrow::Cow;
use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::ScopeMetrics;

use super::attribute_text::attribute_text;
use super::model::Label;
use super::name::Naming;

/// What an attribute is called whose name is that of a label which means something else, as Prometheus itself does with
/// labels of a target.
const EXPORTED: &str = "exported_";

/// The label that the name of a series is: an attribute called so would take its place. Where names are not kept as they were
/// recorded no attribute is, for want of two underscores in a row.
const NAME: &str = "__name__";

/// Labels that all series of a scope have.
#[derive(Clone, Debug)]
pub(super) struct SharedLabels<'a> {
    naming: Naming,
    /// Those whose names no attribute can have. Sorted by name.
    fixed: Vec<Label<'a>>,
    /// Attributes of the resource that each series has beside its own.
    constants: Vec<&'a KeyValue>,
    /// What a series without attributes has: all of these. Sorted by name.
    labels: Vec<Label<'a>>,
    /// Labels that `constants` would have had the names of.
    taken: Vec<String>,
}

/// The labels of one series.
#[derive(Debug, PartialEq)]
pub(super) struct SeriesLabels<'a> {
    pub(super) labels: Vec<Label<'a>>,
    /// Whether other values of the same keys could have become the same labels.
    pub(super) is_rewritten: bool,
    /// Labels that attributes would have had the names of.
    pub(super) reserved: Vec<String>,
}

impl<'a> SharedLabels<'a> {
    /// None.
    pub(super) const fn new(naming: Naming) -> Self {
        Self {
            naming,
            fixed: Vec::new(),
            constants: Vec::new(),
            labels: Vec::new(),
            taken: Vec::new(),
        }
    }

    /// Of both kinds.
    fn of(naming: Naming, fixed: Vec<Label<'a>>, constants: Vec<&'a KeyValue>) -> Self {
        let mut shared = Self {
            fixed,
            constants,
            ..Self::new(naming)
        };
        let without_attributes = shared.merged(std::iter::empty(), None);
        shared.labels = without_attributes.labels;
        shared.taken = without_attributes.reserved;
        shared
    }

    /// `job` and `instance`, in place of what identifies the service.
    ///
    /// Spec: Prometheus compatibility, "Resource Attributes" (MUST).
    pub(super) fn of_target(naming: Naming, resource: &'a [KeyValue]) -> Self {
        let mut labels = Vec::new();
        let instance = attribute(resource, "service.instance.id");
        if !instance.is_empty() {
            labels.push(Label::new("instance", instance));
        }
        let name = attribute(resource, "service.name");
        if !name.is_empty() {
            let namespace = attribute(resource, "service.namespace");
            let job = if namespace.is_empty() {
                name
            } else {
                Cow::Owned(format!("{namespace}/{name}"))
            };
            labels.push(Label::new("job", job));
        }
        Self::of(naming, labels, Vec::new())
    }

    /// The same, and these attributes of the resource.
    pub(super) fn with_constants(self, constants: Vec<&'a KeyValue>) -> Self {
        if constants.is_empty() {
            return self;
        }
        Self::of(self.naming, self.fixed, constants)
    }

    /// The same, and what says which scope measured.
    pub(super) fn with_scope(&self, scope: &'a ScopeMetrics) -> Self {
        let with = |labels: Vec<Label<'a>>, constants| Self::of(self.naming, labels, constants);
        let mut labels = self.fixed.clone();
        let mut add = |name: &'static str, value: &'a str| {
            if !value.is_empty() {
                labels.push(Label::new(name, value));
            }
        };
        let Some(inner) = &scope.scope else {
            add("otel_scope_schema_url", &scope.schema_url);
            return with(labels, self.constants.clone());
        };
        add("otel_scope_name", &inner.name);
        add("otel_scope_schema_url", &scope.schema_url);
        add("otel_scope_version", &inner.version);
        labels.sort_by(Label::by_name);
        let shared = with(labels, Vec::new());
        let own = inner.attributes.iter().map(|attribute| {
            let key = Cow::Owned(format!("otel_scope_{}", attribute.key));
            (key, attribute_text(attribute.value.as_ref()))
        });
        let labels = shared.merged(own, None).labels;
        with(labels, self.constants.clone())
    }

    pub(super) const fn naming(&self) -> Naming {
        self.naming
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The labels of a series with `attributes`. `reserved` is one that the format adds by itself, such as `le`.
    pub(super) fn series(
        &self,
        attributes: &'a [KeyValue],
        reserved: Option<&'static str>,
    ) -> SeriesLabels<'a> {
        if let Some(labels) = self.without_joining(attributes, reserved) {
            return labels;
        }
        self.merged(attributes.iter().map(texts), reserved)
    }

    /// The labels where every attribute has a value and a name that stays apart from all others, and the names are sorted:
    /// what is most common is cheap.
    fn without_joining(
        &self,
        attributes: &'a [KeyValue],
        reserved: Option<&'static str>,
    ) -> Option<SeriesLabels<'a>> {
        let is_called = |label: &Label<'_>| reserved.is_some_and(|reserved| label.name == reserved);
        if !self.constants.is_empty() && self.labels.iter().any(is_called) {
            return None;
        }
        let mut labels: Vec<Label<'a>> = Vec::with_capacity(self.labels.len() + attributes.len());
        let mut shared = self.labels.iter().peekable();
        let mut is_rewritten = false;
        for attribute in attributes {
            let value = attribute_text(attribute.value.as_ref());
            let name = self.naming.label(&attribute.key);
            while let Some(next) = shared.next_if(|next| next.name <= name) {
                labels.push(next.clone());
            }
            let follows = labels.last().is_none_or(|last| last.name < name);
            if value.is_empty() || !follows || is_reserved(&name, reserved) {
                return None;
            }
            is_rewritten |= !is_text(attribute.value.as_ref());
            labels.push(Label { name, value });
        }
        labels.extend(shared.cloned());
        Some(SeriesLabels {
            labels,
            is_rewritten,
            reserved: self.taken.clone(),
        })
    }

    /// The labels whatever the attributes are, constant ones included: values of one name are joined by `;` in the order of the
    /// original keys, empty ones are left out, and names that are taken get `exported_` before them. What the series and the
    /// resource both have is there once.
    ///
    /// Spec: Prometheus compatibility, "Metric Attributes" (MUST); but for the joining this is our choice, after what Prometheus
    /// does: to it an empty label is none.
    fn merged(
        &self,
        attributes: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
        reserved: Option<&'static str>,
    ) -> SeriesLabels<'a> {
        let constants = self.constants.iter().map(|attribute| texts(attribute));
        let attributes = attributes.chain(constants);
        let mut attributes: Vec<_> = attributes.filter(|(_, value)| !value.is_empty()).collect();
        attributes.sort();
        attributes.dedup();
        let mut taken = Vec::new();
        let mut merged: BTreeMap<Cow<'a, str>, Cow<'a, str>> = BTreeMap::new();
        for (key, value) in attributes {
            let mut name = match key {
                Cow::Borrowed(key) => self.naming.label(key),
                Cow::Owned(key) => Cow::Owned(self.naming.label(&key).into_owned()),
            };
            let is_taken = |name: &str| {
                is_reserved(name, reserved) || self.fixed.iter().any(|label| label.name == name)
            };
            if is_taken(&name) {
                taken.push(name.clone().into_owned());
                while is_taken(&name) {
                    name = Cow::Owned(format!("{EXPORTED}{name}"));
                }
            }
            merged
                .entry(name)
                .and_modify(|joined| *joined = Cow::Owned(format!("{joined};{value}")))
                .or_insert(value);
        }
        let own = merged
            .into_iter()
            .map(|(name, value)| Label { name, value });
        let mut labels: Vec<Label<'a>> = self.fixed.iter().cloned().chain(own).collect();
        labels.sort_by(Label::by_name);
        SeriesLabels {
            labels,
            is_rewritten: true,
            reserved: taken,
        }
    }
}

/// Key and value.
fn texts(attribute: &KeyValue) -> (Cow<'_, str>, Cow<'_, str>) {
    let value = attribute_text(attribute.value.as_ref());
    (Cow::Borrowed(attribute.key.as_str()), value)
}

/// The labels that a resource becomes: all of its attributes but `except`.
pub(super) fn resource_labels<'a>(
    shared: &SharedLabels<'a>,
    resource: &'a [KeyValue],
    except: &[&str],
) -> Vec<Label<'a>> {
    let attributes = resource
        .iter()
        .filter(|attribute| !except.contains(&attribute.key.as_str()))
        .map(texts);
    shared.merged(attributes, None).labels
}

/// Whether no attribute can have this name.
fn is_reserved(name: &str, reserved: Option<&'static str>) -> bool {
    name == NAME || reserved.is_some_and(|reserved| name == reserved)
}

fn is_text(value: Option<&AnyValue>) -> bool {
    matches!(
        value.and_then(|value| value.value.as_ref()),
        Some(Value::StringValue(_))
    )
}

/// Which keys the labels of a family come from.
#[derive(Debug)]
pub(super) struct Origins<'a> {
    naming: Naming,
    /// The keys of the last series: those of the next one mostly are the same.
    last: &'a [KeyValue],
    known: Vec<(Cow<'a, str>, &'a str)>,
}

impl<'a> Origins<'a> {
    /// None yet, of series that have `shared` labels, too.
    pub(super) const fn new(shared: &SharedLabels<'a>) -> Self {
        Self {
            naming: shared.naming,
            last: &[],
            known: Vec::new(),
        }
    }

    /// Whether a series with `attributes` has a label whose name another key has come to as well.
    pub(super) fn clash(&mut self, attributes: &'a [KeyValue]) -> bool {
        let keys = |attributes: &'a [KeyValue]| attributes.iter().map(|one| one.key.as_str());
        if keys(self.last).eq(keys(attributes)) {
            return false;
        }
        self.last = attributes;
        let mut clash = false;
        for key in keys(attributes) {
            let name = self.naming.label(key);
            match self.known.iter().find(|(known, _)| *known == name) {
                Some((_, origin)) => clash |= *origin != key,
                None => self.known.push((name, key)),
            }
        }
        clash
    }
}

fn attribute<'a>(attributes: &'a [KeyValue], key: &str) -> Cow<'a, str> {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    found.map_or(Cow::Borrowed(""), |found| {
        attribute_text(found.value.as_ref())
    })
}
