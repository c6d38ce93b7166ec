//! Rate limits and quotas.

use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::timing::{optional_duration_schema, optional_duration_text};
use super::{InvalidFault, checked};
use crate::facts::BodyFacts;

/// What is beyond an allowance: `{ requests: 10, every: 1s }`, `{ items: 1000 }`.
///
/// A request that the other keys of the matcher match either fits into what is left of the allowance, then it uses it up and
/// goes on to the next fault; or it does not, then it matches and uses nothing. It is counted for each signal by itself. With
/// `every` the allowance is given anew in each period, in fixed windows from the start of the collector on, by the time at
/// which the headers of the request came; without, once for the whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BeyondFields", into = "BeyondFields")]
pub struct Beyond {
    /// What is counted, and how much of it is let through.
    pub allowance: Allowance,
    /// The period; default: the whole run.
    pub every: Option<Duration>,
}

/// What an allowance counts, and how much it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Allowance {
    /// Requests, retries among them.
    Requests(u64),
    /// Items: data points, spans, log records or profiles.
    Items(u64),
    /// Bytes of payload, decompressed and without framing.
    Bytes(u64),
}

impl Beyond {
    /// Whether a request can be judged only when its body has been read.
    pub(crate) const fn needs_body(self) -> bool {
        match self.allowance {
            Allowance::Requests(_) => false,
            Allowance::Items(_) | Allowance::Bytes(_) => true,
        }
    }

    /// How much is let through in a period.
    pub(crate) const fn limit(self) -> u64 {
        match self.allowance {
            Allowance::Requests(limit) | Allowance::Items(limit) | Allowance::Bytes(limit) => limit,
        }
    }

    /// How much of the allowance a request would use.
    pub(crate) fn amount(self, body: Option<BodyFacts<'_>>) -> u64 {
        match self.allowance {
            Allowance::Requests(_) => 1,
            Allowance::Items(_) => body.map_or(0, |body| body.items),
            Allowance::Bytes(_) => body.map_or(0, |body| body.bytes),
        }
    }

    /// The period, from 0, in which this time since the start of the collector lies.
    pub(crate) fn period(self, at: Duration) -> u64 {
        let Some(every) = self.every.filter(|every| !every.is_zero()) else {
            return 0;
        };
        u64::try_from(at.as_nanos() / every.as_nanos()).unwrap_or(u64::MAX)
    }

    pub(crate) fn validate(self) -> Result<(), InvalidFault> {
        match self.every {
            Some(every) if every.is_zero() => {
                Err(InvalidFault::new("beyond.every", "0s", "more than 0s"))
            }
            every => checked::wait("beyond.every", every.unwrap_or_default()),
        }
    }
}

/// What is beyond a rate or a quota.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BeyondFields {
    /// So many requests are let through. One of `requests`, `items` and `bytes` stands here.
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<u64>,
    /// So many items are let through: data points, spans, log records or profiles.
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<u64>,
    /// So many bytes of payload are let through, decompressed and without framing.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// In each period of this length, from the start of the collector on; default: in the whole run.
    #[serde(
        default,
        with = "optional_duration_text",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(schema_with = "optional_duration_schema")]
    every: Option<Duration>,
}

impl TryFrom<BeyondFields> for Beyond {
    type Error = InvalidFault;

    fn try_from(fields: BeyondFields) -> Result<Self, Self::Error> {
        let allowance = match (fields.requests, fields.items, fields.bytes) {
            (Some(requests), None, None) => Allowance::Requests(requests),
            (None, Some(items), None) => Allowance::Items(items),
            (None, None, Some(bytes)) => Allowance::Bytes(bytes),
            (None, None, None) => return Err(one_of("no allowance")),
            _ => return Err(one_of("several allowances")),
        };
        let beyond = Self {
            allowance,
            every: fields.every,
        };
        beyond.validate()?;
        Ok(beyond)
    }
}

fn one_of(found: &str) -> InvalidFault {
    InvalidFault::new("beyond", found, "one of `requests`, `items` and `bytes`")
}

impl From<Beyond> for BeyondFields {
    fn from(Beyond { allowance, every }: Beyond) -> Self {
        let (mut requests, mut items, mut bytes) = (None, None, None);
        match allowance {
            Allowance::Requests(limit) => requests = Some(limit),
            Allowance::Items(limit) => items = Some(limit),
            Allowance::Bytes(limit) => bytes = Some(limit),
        }
        Self {
            requests,
            items,
            bytes,
            every,
        }
    }
}

impl JsonSchema for Beyond {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Beyond".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BeyondFields::json_schema(generator)
    }
}
