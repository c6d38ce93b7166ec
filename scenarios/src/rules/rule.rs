//! One testable sentence.

use std::fmt;

use otelbox_mock_collector::{Protocol, Signal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SpecificationVersion;
use crate::scenario::RuleId;

/// How binding a rule is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Level {
    /// Required.
    #[serde(rename = "MUST")]
    Must,
    /// Forbidden.
    #[serde(rename = "MUST NOT")]
    MustNot,
    /// Recommended.
    #[serde(rename = "SHOULD")]
    Should,
    /// Recommended against.
    #[serde(rename = "SHOULD NOT")]
    ShouldNot,
    /// Allowed. Never fails.
    #[serde(rename = "MAY")]
    May,
    /// Measured only. Never fails.
    #[serde(rename = "INFO")]
    Info,
}

impl Level {
    /// Whether breaking it makes a run fail without `--strict`.
    pub const fn is_required(self) -> bool {
        matches!(self, Self::Must | Self::MustNot)
    }

    /// Whether breaking it is recorded as an observation only.
    pub const fn is_observed_only(self) -> bool {
        matches!(self, Self::May | Self::Info)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Must => "MUST",
            Self::MustNot => "MUST NOT",
            Self::Should => "SHOULD",
            Self::ShouldNot => "SHOULD NOT",
            Self::May => "MAY",
            Self::Info => "INFO",
        })
    }
}

/// Whom a rule binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// SDKs alone: it is about variables of the environment, or about readers and processors.
    Sdks,
    /// Whoever sends OTLP, as what forwards does: it is about what leaves, and about ends.
    Senders,
}

/// In [`Rule::applies_to`]: any program that is started as it is (`otelbox run -- COMMAND`).
pub const PROGRAM: &str = "program";

/// One testable sentence of the specification, or one promise of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// 1: in the core profile; 2: in the full profile.
    pub profile: u8,
    /// How binding it is.
    pub level: Level,
    /// Not a sentence with a key word, but what follows from the text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub derived: bool,
    /// From a part of the specification that is still in development.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub development: bool,
    /// Younger than the snapshot of the specification that most rules were read from.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub post_snapshot: bool,
    /// The release of the specification that first had it. Absent: it is older than any SDK that is tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<SpecificationVersion>,
    /// Only these systems under test promise it; [`PROGRAM`] stands for all programs that are started as they are. Empty:
    /// it is about all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applies_to: Vec<String>,
    /// Whom it binds, where that is not what its source says: a document about sending OTLP binds whoever sends it, the
    /// others bind SDKs, or are about what is in the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binds: Option<Bound>,
    /// The signals that it concerns. Empty: metrics, traces and logs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<Signal>,
    /// The protocols that it concerns. Empty: gRPC, HTTP with protobuf and HTTP with JSON.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protocols: Vec<Protocol>,
    /// The sentence.
    pub sentence: String,
    /// Where it is from.
    pub source: String,
    /// The section there.
    pub section: String,
    /// How it is tested.
    pub test: String,
    /// Why no scenario tests it. Absent where one does, or where it is judged on every payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_tested: Option<String>,
}

/// The documents about sending OTLP: the protocol, its services, the options of exporters, and what a failure must not do.
const OF_SENDERS: [&str; 4] = [
    "proto:docs/specification.md",
    "proto:collector/",
    "spec:protocol/exporter.md",
    "spec:error-handling.md",
];

/// The signals of scenarios.
const ALL_SIGNALS: [Signal; 3] = [Signal::Metrics, Signal::Traces, Signal::Logs];

impl Rule {
    /// Why a system under test that implements the specification in `implemented` is not bound by the rule; none where it
    /// is, or where nobody says what it implements.
    pub fn is_too_young_for(&self, implemented: Option<SpecificationVersion>) -> Option<String> {
        let (since, implemented) = (self.since?, implemented?);
        (since > implemented).then(|| {
            format!(
                "a rule since specification {since}, and the system under test implements {implemented}"
            )
        })
    }

    /// The signals that it concerns, in the order of the catalogue.
    pub fn concerned_signals(&self) -> &[Signal] {
        if self.signals.is_empty() {
            &ALL_SIGNALS
        } else {
            &self.signals
        }
    }

    /// The protocols that it concerns.
    pub fn concerned_protocols(&self) -> &[Protocol] {
        if self.protocols.is_empty() {
            &Protocol::OTLP
        } else {
            &self.protocols
        }
    }

    /// Whether it binds also who only forwards what others have made.
    pub fn binds_forwarders(&self) -> bool {
        match self.binds {
            Some(Bound::Senders) => true,
            Some(Bound::Sdks) => false,
            None => OF_SENDERS
                .iter()
                .any(|document| self.source.starts_with(document)),
        }
    }

    /// Whether the system under test of this name is bound by the rule.
    pub fn is_about(&self, sut: &str) -> bool {
        self.applies_to.is_empty() || self.applies_to.iter().any(|name| name == sut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(more: &str) -> Rule {
        serde_saphyr::from_str(&format!(
            "{{id: A, profile: 1, level: MUST, sentence: s, source: o, section: e, test: t{more}}}"
        ))
        .expect("a rule")
    }

    #[test]
    fn what_forwards_is_bound_by_the_source_of_a_rule_unless_that_says_otherwise() {
        let bound = |source: &str, more: &str| {
            let rule = Rule {
                source: source.to_owned(),
                ..rule(more)
            };
            rule.binds_forwarders()
        };
        assert!(bound("proto:docs/specification.md", ""));
        assert!(bound("spec:protocol/exporter.md", ""));
        assert!(!bound("spec:protocol/exporter.md", ", binds: sdks"));
        assert!(!bound("spec:trace/sdk.md", ""));
        assert!(bound("spec:trace/sdk.md", ", binds: senders"));
        assert!(!bound("proto:trace/v1/trace.proto", ""));
    }

    #[test]
    fn a_rule_does_not_bind_what_is_older_than_it() {
        let young = rule(", since: 1.60.0");
        let version = |text: &str| Some(text.parse().expect("a version"));
        assert_eq!(
            young.is_too_young_for(version("1.59.2")).as_deref(),
            Some("a rule since specification 1.60.0, and the system under test implements 1.59.2")
        );
        assert_eq!(young.is_too_young_for(version("1.60.0")), None);
        assert_eq!(young.is_too_young_for(version("1.100.0")), None);
        assert_eq!(young.is_too_young_for(None), None);
        assert_eq!(rule("").is_too_young_for(version("1.0.0")), None);
    }
}
