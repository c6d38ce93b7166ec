//! How an [`Action`] is written: a bare word, or a map with one key.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::action::{
    Action, Close, CloseAt, Delay, LoseAcknowledgement, OverrunDeadline, PartialSuccess,
    RequireHeader, Reset, StatusAnswer, UndecodableAnswer,
};
use super::timing::{duration_schema, duration_text};
use super::{
    ConnectionFault, DripAnswer, GoAway, GrpcAnswer, HttpAnswer, Interim, LargeAnswer,
    LargeHeaders, RstStream,
};

/// Every word that may stand for an action, alone or as a key.
pub(super) const WORDS: &[&str] = &[
    "accept",
    "grpc",
    "http",
    "status",
    "partial_success",
    "lose_acknowledgement",
    "hang",
    "delay",
    "overrun_deadline",
    "refuse",
    "accept_then_close",
    "reset",
    "close",
    "truncate_answer",
    "undecodable_answer",
    "unknown_fields",
    "large_answer",
    "drip_answer",
    "interim",
    "goaway",
    "rst_stream",
    "missing_trailers",
    "large_headers",
    "stop_reading",
    "black_hole",
    "stall",
    "bandwidth",
    "slice",
    "close_after",
    "half_close",
    "slow_close",
    "http2_settings",
    "ping_storm",
    "ignore_pings",
    "max_connection_age",
    "tls_certificate",
    "tls_alpn",
    "tls_handshake",
    "tls_client_certificate",
    "tls_alert",
    "require_header",
];

const EXPECTED: &str =
    "an action: a word such as `hang`, or a map such as `{ grpc: UNAVAILABLE }` or `{ delay: 2s }`";

impl Action {
    /// The action that is written as this word alone, if there is one.
    fn from_word(word: &str) -> Option<Self> {
        match word {
            "accept" => Some(Self::Accept),
            "lose_acknowledgement" => {
                Some(Self::LoseAcknowledgement(LoseAcknowledgement::default()))
            }
            "hang" => Some(Self::Hang),
            "refuse" => Some(Self::Refuse),
            "accept_then_close" => Some(Self::AcceptThenClose),
            "unknown_fields" => Some(Self::UnknownFields),
            "goaway" => Some(Self::GoAway(GoAway::default())),
            "rst_stream" => Some(Self::RstStream(RstStream::default())),
            "missing_trailers" => Some(Self::MissingTrailers),
            "stop_reading" => Some(Self::StopReading),
            "black_hole" => Some(Self::BlackHole),
            "truncate_answer" => Some(Self::Close(Close {
                at: CloseAt::MidAnswer,
            })),
            word => ConnectionFault::from_word(word).map(Self::Connection),
        }
    }
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fn entry<S: Serializer>(
            serializer: S,
            key: &str,
            value: &impl Serialize,
        ) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(1))?;
            map.serialize_entry(key, value)?;
            map.end()
        }
        let name = self.name();
        match self {
            Self::Accept
            | Self::Hang
            | Self::Refuse
            | Self::AcceptThenClose
            | Self::UnknownFields
            | Self::MissingTrailers
            | Self::StopReading
            | Self::BlackHole => serializer.serialize_str(name),
            Self::Connection(fault) => fault.serialize(serializer),
            Self::Status(status) => status.serialize(serializer),
            Self::PartialSuccess(value) => entry(serializer, name, value),
            Self::LoseAcknowledgement(value) => entry(serializer, name, value),
            Self::Delay(value) => entry(serializer, name, value),
            Self::OverrunDeadline(value) => entry(serializer, name, value),
            Self::Reset(value) => entry(serializer, name, value),
            Self::Close(value) => entry(serializer, name, value),
            Self::UndecodableAnswer(value) => entry(serializer, name, value),
            Self::LargeAnswer(value) => entry(serializer, name, value),
            Self::DripAnswer(value) => entry(serializer, name, value),
            Self::Interim(value) => entry(serializer, name, value),
            Self::GoAway(value) => entry(serializer, name, value),
            Self::RstStream(value) => entry(serializer, name, value),
            Self::LargeHeaders(value) => entry(serializer, name, value),
            Self::RequireHeader(value) => entry(serializer, name, value),
        }
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ActionVisitor)
    }
}

struct ActionVisitor;

impl ActionVisitor {
    /// `grpc` and `http` in either order.
    fn status<'de, A: MapAccess<'de>>(
        mut status: StatusAnswer,
        mut map: A,
    ) -> Result<Action, A::Error> {
        use serde::de::Error as _;

        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "grpc" if status.grpc.is_none() => {
                    status.grpc = Some(map.next_value::<GrpcAnswer>()?);
                }
                "http" if status.http.is_none() => {
                    status.http = Some(map.next_value::<HttpAnswer>()?);
                }
                "grpc" => return Err(A::Error::duplicate_field("grpc")),
                "http" => return Err(A::Error::duplicate_field("http")),
                other => return Err(A::Error::unknown_field(other, &["grpc", "http"])),
            }
        }
        Ok(Action::Status(status))
    }
}

impl<'de> Visitor<'de> for ActionVisitor {
    type Value = Action;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Self::Value, E> {
        Action::from_word(word).ok_or_else(|| {
            if WORDS.contains(&word) {
                E::custom(format_args!(
                    "`{word}` needs parameters: write `{{ {word}: ... }}`"
                ))
            } else {
                E::unknown_variant(word, WORDS)
            }
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        use serde::de::Error as _;

        let Some(key) = map.next_key::<String>()? else {
            return Err(A::Error::invalid_length(0, &self));
        };
        let action = match key.as_str() {
            "grpc" => {
                let status = StatusAnswer {
                    grpc: Some(map.next_value()?),
                    http: None,
                };
                return Self::status(status, map);
            }
            "http" => {
                let status = StatusAnswer {
                    grpc: None,
                    http: Some(map.next_value()?),
                };
                return Self::status(status, map);
            }
            "status" => Action::Status(map.next_value()?),
            "partial_success" => Action::PartialSuccess(map.next_value::<PartialSuccess>()?),
            "lose_acknowledgement" => Action::LoseAcknowledgement(map.next_value()?),
            "delay" => Action::Delay(map.next_value()?),
            "overrun_deadline" => Action::OverrunDeadline(map.next_value::<OverrunDeadline>()?),
            "reset" => Action::Reset(map.next_value::<Reset>()?),
            "close" => Action::Close(map.next_value::<Close>()?),
            "undecodable_answer" => {
                Action::UndecodableAnswer(map.next_value::<UndecodableAnswer>()?)
            }
            "large_answer" => Action::LargeAnswer(map.next_value()?),
            "drip_answer" => Action::DripAnswer(map.next_value()?),
            "interim" => Action::Interim(map.next_value()?),
            "goaway" => Action::GoAway(map.next_value()?),
            "rst_stream" => Action::RstStream(map.next_value()?),
            "large_headers" => Action::LargeHeaders(map.next_value()?),
            "require_header" => Action::RequireHeader(map.next_value::<RequireHeader>()?),
            word => match ConnectionFault::from_entry(word, &mut map)? {
                Some(fault) => Action::Connection(fault),
                None if Action::from_word(word).is_some() => {
                    return Err(A::Error::custom(format_args!(
                        "`{word}` has no parameters: write the word alone"
                    )));
                }
                None => return Err(A::Error::unknown_field(word, WORDS)),
            },
        };
        match map.next_key::<String>()? {
            None => Ok(action),
            Some(second) => Err(A::Error::custom(format_args!(
                "`{second}` cannot stand beside `{key}`: an action has one key (only `grpc` and `http` go together)"
            ))),
        }
    }
}

impl<'de> Deserialize<'de> for Delay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DelayVisitor;

        impl<'de> Visitor<'de> for DelayVisitor {
            type Value = Delay;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as `2s`, or `{ for: 2s, then: ... }`")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                let duration = duration_text::parse(text).map_err(E::custom)?;
                Ok(Delay {
                    duration,
                    then: Box::default(),
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let DelayFields { duration, then } =
                    DelayFields::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Delay { duration, then })
            }
        }

        deserializer.deserialize_any(DelayVisitor)
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DelayFields {
    /// How long.
    #[serde(rename = "for", with = "duration_text")]
    #[schemars(schema_with = "duration_schema")]
    duration: std::time::Duration,
    /// What then; default `accept`.
    #[serde(default)]
    then: Box<Action>,
}

impl JsonSchema for Delay {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Delay".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let fields = generator.subschema_for::<DelayFields>();
        json_schema!({ "anyOf": [duration_schema(generator), fields] })
    }
}

impl JsonSchema for Action {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Action".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        fn one(key: &str, value: &Schema) -> Schema {
            json_schema!({
                "type": "object",
                "properties": { key: value },
                "required": [key],
                "additionalProperties": false,
            })
        }
        let words: Vec<&str> = WORDS
            .iter()
            .copied()
            .filter(|word| Action::from_word(word).is_some())
            .collect();
        let status = generator.subschema_for::<StatusAnswer>();
        let mut choices = vec![
            json_schema!({ "enum": words }),
            status.clone(),
            one("status", &status),
        ];
        choices.push(one(
            "partial_success",
            &generator.subschema_for::<PartialSuccess>(),
        ));
        choices.push(one(
            "lose_acknowledgement",
            &generator.subschema_for::<LoseAcknowledgement>(),
        ));
        choices.push(one("delay", &generator.subschema_for::<Delay>()));
        choices.push(one(
            "overrun_deadline",
            &generator.subschema_for::<OverrunDeadline>(),
        ));
        choices.push(one("reset", &generator.subschema_for::<Reset>()));
        choices.push(one("close", &generator.subschema_for::<Close>()));
        choices.push(one(
            "undecodable_answer",
            &generator.subschema_for::<UndecodableAnswer>(),
        ));
        choices.push(one(
            "large_answer",
            &generator.subschema_for::<LargeAnswer>(),
        ));
        choices.push(one("drip_answer", &generator.subschema_for::<DripAnswer>()));
        choices.push(one("interim", &generator.subschema_for::<Interim>()));
        choices.push(one("goaway", &generator.subschema_for::<GoAway>()));
        choices.push(one("rst_stream", &generator.subschema_for::<RstStream>()));
        choices.push(one(
            "large_headers",
            &generator.subschema_for::<LargeHeaders>(),
        ));
        choices.push(generator.subschema_for::<ConnectionFault>());
        choices.push(one(
            "require_header",
            &generator.subschema_for::<RequireHeader>(),
        ));
        json_schema!({ "description": "what happens to a request that the fault matches", "anyOf": choices })
    }
}
