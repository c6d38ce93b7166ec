//! Resources, scopes and attributes.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use serde::ser::SerializeMap;

use super::write::{Double, Fields, Json, Long, Message};

impl Message for Resource {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.messages("attributes", &self.attributes)?;
        fields.number("droppedAttributesCount", self.dropped_attributes_count)?;
        fields.messages("entityRefs", &self.entity_refs)
    }
}

impl Message for EntityRef {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.text("schemaUrl", &self.schema_url)?;
        fields.text("type", &self.r#type)?;
        fields.texts("idKeys", &self.id_keys)?;
        fields.texts("descriptionKeys", &self.description_keys)
    }
}

impl Message for InstrumentationScope {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.text("name", &self.name)?;
        fields.text("version", &self.version)?;
        fields.messages("attributes", &self.attributes)?;
        fields.number("droppedAttributesCount", self.dropped_attributes_count)
    }
}

impl Message for KeyValue {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.text("key", &self.key)?;
        fields.message("value", self.value.as_ref())
    }
}

/// Indexes into a dictionary of strings (`key_strindex`, `string_value_strindex`) belong to profiles and have no
/// meaning in the other signals: they are written as an absent value.
impl Message for AnyValue {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        match &self.value {
            None | Some(Value::StringValueStrindex(_)) => Ok(()),
            Some(Value::StringValue(text)) => fields.entry("stringValue", text),
            Some(Value::BoolValue(truth)) => fields.entry("boolValue", truth),
            Some(Value::IntValue(number)) => fields.entry("intValue", &Long(number)),
            Some(Value::DoubleValue(number)) => fields.entry("doubleValue", &Double(*number)),
            Some(Value::ArrayValue(array)) => fields.entry("arrayValue", &Json(array)),
            Some(Value::KvlistValue(list)) => fields.entry("kvlistValue", &Json(list)),
            Some(Value::BytesValue(bytes)) => {
                fields.entry("bytesValue", &BASE64_STANDARD.encode(bytes))
            }
        }
    }
}

impl Message for ArrayValue {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.messages("values", &self.values)
    }
}

impl Message for KeyValueList {
    fn write<S: SerializeMap>(&self, fields: &mut Fields<S>) -> Result<(), S::Error> {
        fields.messages("values", &self.values)
    }
}
