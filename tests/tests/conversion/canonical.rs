//! What the conversions of `opentelemetry-proto` leave open, in the form that the reference SDK gives it.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::ResourceLogs;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Status};
use prost::Message;

/// Resource and scope attributes by key; a status that was not set is absent.
pub(crate) fn resource_spans(all: &mut [ResourceSpans]) {
    for of_resource in all {
        resource(of_resource.resource.as_mut());
        for of_scope in &mut of_resource.scope_spans {
            scope(of_scope.scope.as_mut());
            for span in &mut of_scope.spans {
                span.status.take_if(|status| *status == Status::default());
            }
        }
    }
}

/// Resource and scope attributes by key, maps by key, scopes in the order of their bytes.
pub(crate) fn resource_logs(all: &mut [ResourceLogs]) {
    for of_resource in &mut *all {
        resource(of_resource.resource.as_mut());
        for of_scope in &mut of_resource.scope_logs {
            scope(of_scope.scope.as_mut());
            for record in &mut of_scope.log_records {
                let values = record
                    .attributes
                    .iter_mut()
                    .map(|entry| entry.value.as_mut());
                values
                    .chain([record.body.as_mut()])
                    .flatten()
                    .for_each(maps);
            }
        }
    }
    scope_order(all);
}

/// Scopes in the order of their bytes: the other conversion groups them in a hash map.
pub(crate) fn scope_order(all: &mut [ResourceLogs]) {
    for of_resource in all {
        of_resource
            .scope_logs
            .sort_by_cached_key(Message::encode_to_vec);
    }
}

fn resource(resource: Option<&mut Resource>) {
    by_key(&mut resource.expect("a resource").attributes);
}

fn scope(scope: Option<&mut InstrumentationScope>) {
    by_key(&mut scope.expect("a scope").attributes);
}

fn by_key(attributes: &mut [KeyValue]) {
    attributes.sort_by(|one, two| one.key.cmp(&two.key));
}

fn maps(value: &mut AnyValue) {
    match &mut value.value {
        Some(Value::KvlistValue(list)) => {
            by_key(&mut list.values);
            let values = list.values.iter_mut();
            values
                .filter_map(|entry| entry.value.as_mut())
                .for_each(maps);
        }
        Some(Value::ArrayValue(array)) => array.values.iter_mut().for_each(maps),
        _ => {}
    }
}
