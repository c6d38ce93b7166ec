//! Attributes, values, resources and scopes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, EntityRef, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use serde_json::Value;

use super::object::{Object, double};

pub(super) fn attributes(object: &mut Object, key: &str, attributes: &[KeyValue]) {
    object.list(key, attributes, key_value);
}

fn key_value(attribute: &KeyValue) -> Value {
    let mut object = Object::default();
    // The key is written even if it is empty: an attribute without one should be seen.
    object.put("key", attribute.key.as_str());
    object.number("keyStrindex", attribute.key_strindex);
    if let Some(value) = &attribute.value {
        object.put("value", any_value(value));
    }
    object.finish()
}

pub(super) fn any_value(value: &AnyValue) -> Value {
    let mut object = Object::default();
    match &value.value {
        None => {}
        Some(Any::StringValue(text)) => object.put("stringValue", text.as_str()),
        Some(Any::BoolValue(value)) => object.put("boolValue", *value),
        Some(Any::IntValue(value)) => object.put("intValue", value.to_string()),
        Some(Any::DoubleValue(value)) => object.put("doubleValue", double(*value)),
        Some(Any::BytesValue(bytes)) => object.put("bytesValue", STANDARD.encode(bytes)),
        Some(Any::StringValueStrindex(index)) => object.put("stringValueStrindex", *index),
        Some(Any::ArrayValue(array)) => {
            let mut inner = Object::default();
            inner.list("values", &array.values, any_value);
            object.put("arrayValue", inner.finish());
        }
        Some(Any::KvlistValue(list)) => {
            let mut inner = Object::default();
            attributes(&mut inner, "values", &list.values);
            object.put("kvlistValue", inner.finish());
        }
    }
    object.finish()
}

pub(super) fn resource(object: &mut Object, resource: Option<&Resource>) {
    let Some(resource) = resource else { return };
    let mut inner = Object::default();
    attributes(&mut inner, "attributes", &resource.attributes);
    inner.number("droppedAttributesCount", resource.dropped_attributes_count);
    inner.list("entityRefs", &resource.entity_refs, entity_ref);
    object.put("resource", inner.finish());
}

fn entity_ref(entity: &EntityRef) -> Value {
    let mut object = Object::default();
    object.text("schemaUrl", &entity.schema_url);
    object.text("type", &entity.r#type);
    object.list("idKeys", &entity.id_keys, |key| key.as_str().into());
    object.list("descriptionKeys", &entity.description_keys, |key| {
        key.as_str().into()
    });
    object.finish()
}

pub(super) fn scope(object: &mut Object, scope: Option<&InstrumentationScope>) {
    let Some(scope) = scope else { return };
    let mut inner = Object::default();
    inner.text("name", &scope.name);
    inner.text("version", &scope.version);
    attributes(&mut inner, "attributes", &scope.attributes);
    inner.number("droppedAttributesCount", scope.dropped_attributes_count);
    object.put("scope", inner.finish());
}
