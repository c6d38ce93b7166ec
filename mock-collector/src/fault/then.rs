//! How an [`Action`] is written: a bare word, a map with one key, or a list.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::action::{
    Action, Close, CloseAt, LoseAcknowledgement, OverrunDeadline, PartialSuccess, RequireHeader,
    Reset, StatusAnswer, UndecodableAnswer,
};
use super::list::folded;
use super::{
    ConnectionFault, Delay, DripAnswer, GoAway, GrpcAnswer, Hold, HttpAnswer, Interim, LargeAnswer,
    LargeHeaders, MislabelledAnswer, NotGrpc, RstStream, Sequence, Take,
};

const EXPECTED: &str = "an action: a word such as `hang`, a map such as `{ grpc: UNAVAILABLE }` or `{ delay: 2s }`, or a list of modifiers and one last action";

/// How actions are written: the row of each says by which word and with what.
///
/// `words` stand alone, `either` may have parameters, `parameters` must.
macro_rules! vocabulary {
    (
        words { $($word:literal => $bare:ident,)* }
        either { $($either:literal => $optional:ident($defaulted:ty),)* }
        parameters { $($key:literal => $variant:ident($parameters:ty),)* }
    ) => {
        /// Every word that may stand for an action, alone or as a key.
        pub(super) const WORDS: &[&str] = &[
            "grpc",
            "http",
            "status",
            "sequence",
            $($word,)*
            $($either,)*
            $($key,)*
            "truncate_answer",
            // Those of whole connections: how they are written, they say themselves.
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
        ];

        impl Action {
            /// The action that is written as this word alone, if there is one.
            fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$bare),)*
                    $($either => Some(Self::$optional(<$defaulted>::default())),)*
                    "truncate_answer" => Some(Self::Close(Close {
                        at: CloseAt::MidAnswer,
                    })),
                    word => ConnectionFault::from_word(word).map(Self::Connection),
                }
            }

            /// The action with this key, if there is one; its parameters come next in the map.
            fn from_key<'de, A: MapAccess<'de>>(
                key: &str,
                map: &mut A,
            ) -> Option<Result<Self, A::Error>> {
                match key {
                    $($either => Some(map.next_value::<$defaulted>().map(Self::$optional)),)*
                    $($key => Some(map.next_value::<$parameters>().map(Self::$variant)),)*
                    "status" => Some(map.next_value::<StatusAnswer>().map(Self::Status)),
                    key => {
                        let fault = ConnectionFault::from_entry(key, map).transpose()?;
                        Some(fault.map(Self::Connection))
                    }
                }
            }

            /// The schemas of all maps of one key.
            fn map_schemas(generator: &mut SchemaGenerator) -> Vec<Schema> {
                vec![
                    $(one_key($either, &generator.subschema_for::<$defaulted>()),)*
                    $(one_key($key, &generator.subschema_for::<$parameters>()),)*
                    generator.subschema_for::<ConnectionFault>(),
                ]
            }
        }

        impl Serialize for Action {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    // The two protocols stand side by side, without a word around them.
                    Self::Status(status) => status.serialize(serializer),
                    Self::Sequence(sequence) => sequence.serialize(serializer),
                    Self::Connection(fault) => fault.serialize(serializer),
                    $(Self::$bare => serializer.serialize_str($word),)*
                    $(Self::$optional(value) => entry(serializer, $either, value),)*
                    $(Self::$variant(value) => entry(serializer, $key, value),)*
                }
            }
        }
    };
}

vocabulary! {
    words {
        "accept" => Accept,
        "hang" => Hang,
        "refuse" => Refuse,
        "accept_then_close" => AcceptThenClose,
        "black_hole" => BlackHole,
        "stop_reading" => StopReading,
        "unknown_fields" => UnknownFields,
        "missing_trailers" => MissingTrailers,
    }
    either {
        "hold" => Hold(Hold),
        "take" => Take(Take),
        "lose_acknowledgement" => LoseAcknowledgement(LoseAcknowledgement),
        "not_grpc" => NotGrpc(NotGrpc),
        "goaway" => GoAway(GoAway),
        "rst_stream" => RstStream(RstStream),
    }
    parameters {
        "partial_success" => PartialSuccess(PartialSuccess),
        "delay" => Delay(Delay),
        "overrun_deadline" => OverrunDeadline(OverrunDeadline),
        "reset" => Reset(Reset),
        "close" => Close(Close),
        "undecodable_answer" => UndecodableAnswer(UndecodableAnswer),
        "large_answer" => LargeAnswer(LargeAnswer),
        "drip_answer" => DripAnswer(DripAnswer),
        "large_headers" => LargeHeaders(LargeHeaders),
        "mislabelled_answer" => MislabelledAnswer(MislabelledAnswer),
        "interim" => Interim(Interim),
        "require_header" => RequireHeader(RequireHeader),
    }
}

fn entry<S: Serializer>(
    serializer: S,
    key: &str,
    value: &impl Serialize,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(key, value)?;
    map.end()
}

fn one_key(key: &str, value: &Schema) -> Schema {
    json_schema!({
        "type": "object",
        "properties": { key: value },
        "required": [key],
        "additionalProperties": false,
    })
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

    /// `then`, or nothing, after `sequence`.
    fn sequence<'de, A: MapAccess<'de>>(
        steps: Vec<Action>,
        mut map: A,
    ) -> Result<Action, A::Error> {
        use serde::de::Error as _;

        let mut sequence = Sequence {
            steps,
            then: Box::default(),
        };
        if let Some(key) = map.next_key::<String>()? {
            if key != "then" {
                return Err(A::Error::unknown_field(&key, &["then"]));
            }
            sequence.then = map.next_value()?;
            if let Some(key) = map.next_key::<String>()? {
                return Err(A::Error::unknown_field(&key, &[]));
            }
        }
        Ok(Action::Sequence(sequence))
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

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut actions = Vec::new();
        while let Some(action) = list.next_element()? {
            actions.push(action);
        }
        folded(actions).map_err(serde::de::Error::custom)
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
            "sequence" => {
                let steps = map.next_value()?;
                return Self::sequence(steps, map);
            }
            key => match Action::from_key(key, &mut map) {
                Some(action) => action?,
                None if Action::from_word(key).is_some() => {
                    return Err(A::Error::custom(format_args!(
                        "`{key}` has no parameters: write the word alone"
                    )));
                }
                None => return Err(A::Error::unknown_field(key, WORDS)),
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

impl JsonSchema for Action {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Action".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let words: Vec<&str> = WORDS
            .iter()
            .copied()
            .filter(|word| Action::from_word(word).is_some())
            .collect();
        let status = generator.subschema_for::<StatusAnswer>();
        let mut choices = vec![
            json_schema!({ "enum": words }),
            status.clone(),
            one_key("status", &status),
            generator.subschema_for::<Sequence>(),
            json_schema!({
                "type": "array",
                "description": "modifiers in order, and one last action",
                "items": generator.subschema_for::<Self>(),
                "minItems": 1,
            }),
        ];
        choices.extend(Self::map_schemas(generator));
        json_schema!({ "description": "what happens to a request that the fault matches", "anyOf": choices })
    }
}
