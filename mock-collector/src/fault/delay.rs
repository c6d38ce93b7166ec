//! A wait: how long, and at which place.

use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::timing::{
    duration_schema, duration_text, optional_duration_schema, optional_duration_text,
};
use super::{Action, InvalidFault, Lognormal, Ramp, Uniform, Wait};

/// A wait, then another action: `2s` or `{ for: 2s, then: hang }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delay {
    /// How long, from the moment at which the action would be due.
    #[serde(flatten)]
    pub wait: Wait,
    /// Where; default before the headers of the answer.
    #[serde(skip_serializing_if = "DelayAt::is_default")]
    pub at: DelayAt,
    /// What then; default `accept`.
    #[serde(skip_serializing_if = "Delay::is_accept")]
    pub then: Box<Action>,
}

/// The place of a wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DelayAt {
    /// Before anything is sent.
    #[default]
    BeforeHeaders,
    /// Between the head of the answer and its body: over gRPC between HEADERS and DATA.
    BeforeBody,
    /// Between the DATA of the answer and its trailers. HTTP requests, whose answers have none, go on to the next fault.
    BeforeTrailers,
}

impl DelayAt {
    /// Its word in files.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::BeforeHeaders => "before_headers",
            Self::BeforeBody => "before_body",
            Self::BeforeTrailers => "before_trailers",
        }
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde asks for"
    )]
    fn is_default(&self) -> bool {
        *self == Self::BeforeHeaders
    }
}

impl Delay {
    /// A wait before the headers.
    pub fn new(wait: impl Into<Wait>, then: Action) -> Self {
        Self {
            wait: wait.into(),
            at: DelayAt::BeforeHeaders,
            then: Box::new(then),
        }
    }

    pub(crate) fn validate(&self) -> Result<(), InvalidFault> {
        self.wait.validate()?;
        self.then.validate_after("delay.then")?;
        match self.at {
            DelayAt::BeforeHeaders => Ok(()),
            DelayAt::BeforeBody | DelayAt::BeforeTrailers => self.validate_place(),
        }
    }

    /// Whether there is such a place in the answer.
    fn validate_place(&self) -> Result<(), InvalidFault> {
        if self.then.has_place(self.at) {
            return Ok(());
        }
        let expected = match self.at {
            DelayAt::BeforeTrailers => {
                "an answer over gRPC with trailers of its own: an accepted one, or `grpc` with `framing: headers_then_trailers` or `after_data`"
            }
            DelayAt::BeforeHeaders | DelayAt::BeforeBody => {
                "an answer with a body: an accepted one, `http` with a body, or `grpc` with `framing: after_data`"
            }
        };
        let then = self.then.last().name();
        Err(InvalidFault::new(
            "delay.at",
            format_args!("{}, then {then}", self.at.name()),
            expected,
        ))
    }

    #[expect(clippy::borrowed_box, reason = "the signature that serde asks for")]
    fn is_accept(then: &Box<Action>) -> bool {
        **then == Action::Accept
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
                Ok(Delay::new(duration, Action::Accept))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let fields = DelayFields::deserialize(MapAccessDeserializer::new(map))?;
                let (at, then) = (fields.at, fields.then.clone());
                let wait = fields.wait().map_err(serde::de::Error::custom)?;
                Ok(Delay { wait, at, then })
            }
        }

        deserializer.deserialize_any(DelayVisitor)
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DelayFields {
    /// How long. One of `for`, `uniform`, `lognormal` and `ramp` stands here.
    #[serde(rename = "for", default, with = "optional_duration_text")]
    #[schemars(schema_with = "optional_duration_schema")]
    duration: Option<Duration>,
    /// Drawn from a range, each length as likely as any other.
    uniform: Option<Uniform>,
    /// Drawn from a lognormal distribution: mostly about the median, seldom much longer.
    lognormal: Option<Lognormal>,
    /// Longer and longer.
    ramp: Option<Ramp>,
    /// Where: before the headers of the answer, its body, or its trailers; default `before_headers`.
    #[serde(default)]
    at: DelayAt,
    /// What then; default `accept`.
    #[serde(default)]
    then: Box<Action>,
}

impl DelayFields {
    fn wait(self) -> Result<Wait, InvalidFault> {
        let mut waits = [
            self.duration.map(Wait::For),
            self.uniform.map(Wait::Uniform),
            self.lognormal.map(Wait::Lognormal),
            self.ramp.map(Wait::Ramp),
        ]
        .into_iter()
        .flatten();
        match (waits.next(), waits.next()) {
            (Some(wait), None) => Ok(wait),
            (first, _) => Err(InvalidFault::new(
                "delay",
                if first.is_some() {
                    "two waits"
                } else {
                    "no wait"
                },
                "one of `for`, `uniform`, `lognormal` and `ramp`",
            )),
        }
    }
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
