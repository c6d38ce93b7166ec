//! Answers before the answer.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Action, InvalidFault};

/// An interim answer (1xx), and then another action: `103` or `{ status: 103, then: hang }`.
///
/// Requests over gRPC are not matched: they go on to the next fault.
///
/// Spec: RFC 9110, "Informational 1xx": a client must be able to parse one or more 1xx responses before the final one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Interim {
    /// Its status: 102 to 199; default 103. (100 would answer an `Expect`, 101 ends HTTP.)
    pub status: u16,
    /// What then; default `accept`.
    pub then: Box<Action>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InterimFields {
    /// Its status: 102 to 199; default 103.
    #[serde(default = "early_hints")]
    #[schemars(range(min = 102, max = 199))]
    status: u16,
    /// What then; default `accept`.
    #[serde(default)]
    then: Box<Action>,
}

const fn early_hints() -> u16 {
    103
}

impl Interim {
    pub(crate) fn validate(&self) -> Result<(), InvalidFault> {
        if !(102..=199).contains(&self.status) {
            return Err(InvalidFault::new(
                "interim.status",
                self.status,
                "an interim HTTP status from 102 to 199",
            ));
        }
        self.then.validate_after_body("interim.then")
    }
}

impl<'de> Deserialize<'de> for Interim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InterimVisitor;

        impl<'de> Visitor<'de> for InterimVisitor {
            type Value = Interim;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "an interim HTTP status from 102 to 199, or `{ status: 103, then: ... }`",
                )
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
                let status = u16::try_from(number)
                    .map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))?;
                Ok(Interim {
                    status,
                    then: Box::default(),
                })
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Self::Value, E> {
                let unsigned = u64::try_from(number)
                    .map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))?;
                self.visit_u64(unsigned)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let fields = InterimFields::deserialize(MapAccessDeserializer::new(map))?;
                let InterimFields { status, then } = fields;
                Ok(Interim { status, then })
            }
        }

        deserializer.deserialize_any(InterimVisitor)
    }
}

impl JsonSchema for Interim {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Interim".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let fields = generator.subschema_for::<InterimFields>();
        json_schema!({ "anyOf": [{ "type": "integer", "minimum": 102, "maximum": 199 }, fields] })
    }
}
