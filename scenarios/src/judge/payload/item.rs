//! Spans and log records of all payloads, flat, with the names of what they belong to.

use opentelemetry_proto::tonic::{
    common::v1::{InstrumentationScope, KeyValue, any_value},
    logs::v1::LogRecord,
    resource::v1::Resource,
    trace::v1::Span,
};

use super::point::attribute_text;
use crate::{
    run::{Exchange, Payload},
    scenario::ITEM,
};

/// One span or log record of one payload.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Item<'a> {
    /// A span.
    Span(&'a Span),
    /// A log record.
    Record(&'a LogRecord),
}

impl<'a> Item<'a> {
    /// Its attributes as sent.
    pub(crate) fn attributes(self) -> &'a [KeyValue] {
        match self {
            Self::Span(span) => &span.attributes,
            Self::Record(record) => &record.attributes,
        }
    }

    /// Its number among what the steps emitted; none where it has none.
    pub(crate) fn number(self) -> Option<u64> {
        let attribute = self
            .attributes()
            .iter()
            .find(|attribute| attribute.key == ITEM)?;
        match attribute.value.as_ref()?.value.as_ref()? {
            any_value::Value::IntValue(number) => u64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// `span 7`, `log record 7`.
    pub(crate) fn label(self) -> String {
        let noun = match self {
            Self::Span(_) => "span",
            Self::Record(_) => "log record",
        };
        match self.number() {
            Some(number) => format!("{noun} {number}"),
            None => format!("a {noun} without a number"),
        }
    }
}

/// A group of items with one resource and one scope.
pub(crate) struct Group<'a> {
    pub(crate) resource: Option<&'a Resource>,
    pub(crate) scope: Option<&'a InstrumentationScope>,
    pub(crate) items: Vec<Item<'a>>,
}

/// The spans or log records of `exchange`, in the order of the payload; none for other signals.
pub(crate) fn groups_of(exchange: &Exchange) -> Vec<Group<'_>> {
    match &exchange.payload {
        Payload::Traces(request) => request
            .resource_spans
            .iter()
            .flat_map(|outer| {
                outer.scope_spans.iter().map(|inner| Group {
                    resource: outer.resource.as_ref(),
                    scope: inner.scope.as_ref(),
                    items: inner.spans.iter().map(Item::Span).collect(),
                })
            })
            .collect(),
        Payload::Logs(request) => request
            .resource_logs
            .iter()
            .flat_map(|outer| {
                outer.scope_logs.iter().map(|inner| Group {
                    resource: outer.resource.as_ref(),
                    scope: inner.scope.as_ref(),
                    items: inner.log_records.iter().map(Item::Record).collect(),
                })
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// All spans or log records of `exchange`.
pub(crate) fn items_of(exchange: &Exchange) -> impl Iterator<Item = Item<'_>> {
    groups_of(exchange)
        .into_iter()
        .flat_map(|group| group.items)
}

/// What tells one emitted item from another: the resource of its provider, and its number.
pub(crate) type ItemKey = (String, u64);

/// The keys of all numbered items of `exchange`, in the order of the payload.
pub(crate) fn item_keys(exchange: &Exchange) -> Vec<ItemKey> {
    let of_zipkin = exchange.zipkin_spans().iter().filter_map(|span| {
        let service = span.local_endpoint.as_ref();
        let service = service.map_or("", |endpoint| endpoint.service_name.as_str());
        let number = span.tags.get(ITEM)?.parse().ok()?;
        Some((service.to_owned(), number))
    });
    of_zipkin.chain(otlp_item_keys(exchange)).collect()
}

fn otlp_item_keys(exchange: &Exchange) -> Vec<ItemKey> {
    groups_of(exchange)
        .into_iter()
        .flat_map(|group| {
            let resource = group
                .resource
                .map(|resource| attribute_text(&resource.attributes))
                .unwrap_or_default();
            group
                .items
                .into_iter()
                .filter_map(Item::number)
                .map(move |number| (resource.clone(), number))
        })
        .collect()
}

/// The resource of the first group of a payload in canonical text, whatever its signal; empty where it has none.
pub(crate) fn resource_of(exchange: &Exchange) -> String {
    let resource = match &exchange.payload {
        Payload::Metrics(request) => request
            .resource_metrics
            .first()
            .and_then(|outer| outer.resource.as_ref()),
        Payload::Traces(_) | Payload::Logs(_) => {
            groups_of(exchange).first().and_then(|group| group.resource)
        }
        _ => None,
    };
    resource
        .map(|resource| attribute_text(&resource.attributes))
        .unwrap_or_default()
}
