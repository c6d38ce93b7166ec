//! Attributes, values, resources and scopes.

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::Decoded;
use super::object::Object;
use super::scalar;

pub(super) fn attributes(object: &Object<'_>, key: &str) -> Decoded<Vec<KeyValue>> {
    object.messages(key, key_value)
}

fn key_value(object: &Object<'_>) -> Decoded<KeyValue> {
    Ok(KeyValue {
        key: object.scalar("key", scalar::text)?,
        value: object.message("value", any_value)?,
        key_strindex: object.scalar("keyStrindex", scalar::i32)?,
    })
}

pub(super) fn any_value(object: &Object<'_>) -> Decoded<AnyValue> {
    object.at_most_one(&[
        "stringValue",
        "boolValue",
        "intValue",
        "doubleValue",
        "arrayValue",
        "kvlistValue",
        "bytesValue",
        "stringValueStrindex",
    ])?;
    let value = if let Some(text) = object.optional("stringValue", scalar::text)? {
        Some(Any::StringValue(text))
    } else if let Some(value) = object.optional("boolValue", scalar::boolean)? {
        Some(Any::BoolValue(value))
    } else if let Some(value) = object.optional("intValue", scalar::i64)? {
        Some(Any::IntValue(value))
    } else if let Some(value) = object.optional("doubleValue", scalar::f64)? {
        Some(Any::DoubleValue(value))
    } else if let Some(values) =
        object.message("arrayValue", |array| array.messages("values", any_value))?
    {
        Some(Any::ArrayValue(ArrayValue { values }))
    } else if let Some(values) = object.message("kvlistValue", |list| attributes(list, "values"))? {
        Some(Any::KvlistValue(KeyValueList { values }))
    } else if let Some(index) = object.optional("stringValueStrindex", scalar::i32)? {
        Some(Any::StringValueStrindex(index))
    } else {
        object
            .optional("bytesValue", scalar::bytes)?
            .map(Any::BytesValue)
    };
    Ok(AnyValue { value })
}

pub(super) fn resource(object: &Object<'_>) -> Decoded<Resource> {
    Ok(Resource {
        attributes: attributes(object, "attributes")?,
        dropped_attributes_count: object.scalar("droppedAttributesCount", scalar::u32)?,
        entity_refs: object.messages("entityRefs", entity_ref)?,
    })
}

fn entity_ref(object: &Object<'_>) -> Decoded<EntityRef> {
    Ok(EntityRef {
        schema_url: object.scalar("schemaUrl", scalar::text)?,
        r#type: object.scalar("type", scalar::text)?,
        id_keys: object.list("idKeys", scalar::text)?,
        description_keys: object.list("descriptionKeys", scalar::text)?,
    })
}

pub(super) fn scope(object: &Object<'_>) -> Decoded<InstrumentationScope> {
    Ok(InstrumentationScope {
        name: object.scalar("name", scalar::text)?,
        version: object.scalar("version", scalar::text)?,
        attributes: attributes(object, "attributes")?,
        dropped_attributes_count: object.scalar("droppedAttributesCount", scalar::u32)?,
    })
}
