//! What a scenario expects, each check under the rule that it judges.

use std::fmt;

use otelbox_mock_collector::{Protocol, Signal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CallResult;
use super::check::{
    AttemptsCheck, CallCheck, ConnectionsCheck, ExportsCheck, GapsCheck, HeadersCheck, Invariant,
    LedgerCheck, LogCheck, MemoryCheck, PayloadCheck, ProgramCheck, RequestCheck, StreamCheck,
    TotalCheck, WindowsCheck,
};

/// The id of a rule, such as `OTLP-RTY-005` (specification) or `OBX-DLN-001` (our own promise).
///
/// Whether the catalogue has it is checked when a file is loaded.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct RuleId(String);

impl RuleId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl RuleId {
    /// The group of rules that it belongs to: `RTY` of `OTLP-RTY-005`, `OBX` of all our own promises.
    pub fn group(&self) -> &str {
        let mut parts = self.0.split('-');
        match (parts.next(), parts.next()) {
            (Some("OTLP"), Some(group)) => group,
            (first, _) => first.unwrap_or_default(),
        }
    }
}

impl From<&str> for RuleId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One rule and one or more checks that judge it. All checks have to hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The rule that is judged.
    pub rule: RuleId,
    /// Only in cells of these signals. Default: in all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<Signal>,
    /// Only in cells of these protocols. Default: in all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protocols: Vec<Protocol>,
    /// Only where at least one attempt carries this header, such as `accept-encoding`; else the rule is not applicable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_sent: Option<String>,
    /// Only where the log of the system under test has a line with all of these texts, which shows that it reads what the
    /// rule is about; else the rule is not applicable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub if_logged: Vec<String>,
    /// Only where something that was offered was not accepted; else the rule is not applicable.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub if_lost: bool,
    /// A retryable answer was followed by another attempt of that export, and every other answer by none (`true`);
    /// no export has a second attempt (`false`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retried: Option<bool>,
    /// Attempts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<AttemptsCheck>,
    /// Waits between attempts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gaps: Option<GapsCheck>,
    /// Exports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exports: Option<ExportsCheck>,
    /// Offered, accepted, lost, repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<LedgerCheck>,
    /// Streams of the accepted payloads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub streams: Option<Vec<StreamCheck>>,
    /// What the accepted payloads say in the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<TotalCheck>,
    /// Windows of the accepted payloads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub windows: Option<WindowsCheck>,
    /// A whole payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<PayloadCheck>,
    /// One call of `force_flush` or `shutdown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallCheck>,
    /// The results of all calls of `force_flush` and `shutdown`, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results: Option<Vec<CallResult>>,
    /// Request line and framing of every attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestCheck>,
    /// Headers of every attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers: Option<HeadersCheck>,
    /// Log lines of the system under test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogCheck>,
    /// Connections to the receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<ConnectionsCheck>,
    /// Memory of the system under test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<MemoryCheck>,
    /// A program that was started as it is (`otelbox run -- COMMAND`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<ProgramCheck>,
    /// What holds in every run of the reference SDK.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<Invariant>,
}

/// One check of an expectation. The judge matches all of them.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(
    missing_docs,
    reason = "each variant is the key of the same name in `Expectation`"
)]
pub enum Check<'a> {
    Retried(bool),
    Attempts(&'a AttemptsCheck),
    Gaps(&'a GapsCheck),
    Exports(&'a ExportsCheck),
    Ledger(&'a LedgerCheck),
    Streams(&'a [StreamCheck]),
    Total(&'a TotalCheck),
    Windows(&'a WindowsCheck),
    Payload(&'a PayloadCheck),
    Call(&'a CallCheck),
    Results(&'a [CallResult]),
    Request(&'a RequestCheck),
    Headers(&'a HeadersCheck),
    Log(&'a LogCheck),
    Connections(&'a ConnectionsCheck),
    Memory(&'a MemoryCheck),
    Program(&'a ProgramCheck),
    Holds(Invariant),
}

impl Expectation {
    /// Whether it can hold, or be not applicable, because the user is told too little.
    pub(crate) fn wants_silence(&self) -> bool {
        self.log.as_ref().is_some_and(LogCheck::is_about_silence)
    }

    /// An expectation of `rule` without a check, to be filled in.
    pub fn of(rule: RuleId) -> Self {
        Self {
            rule,
            signals: Vec::new(),
            protocols: Vec::new(),
            if_sent: None,
            if_logged: Vec::new(),
            if_lost: false,
            retried: None,
            attempts: None,
            gaps: None,
            exports: None,
            ledger: None,
            streams: None,
            total: None,
            windows: None,
            payload: None,
            call: None,
            results: None,
            request: None,
            headers: None,
            log: None,
            connections: None,
            memory: None,
            program: None,
            holds: None,
        }
    }

    /// The checks that are given, in a fixed order.
    pub fn checks(&self) -> Vec<Check<'_>> {
        [
            self.retried.map(Check::Retried),
            self.attempts.as_ref().map(Check::Attempts),
            self.gaps.as_ref().map(Check::Gaps),
            self.exports.as_ref().map(Check::Exports),
            self.ledger.as_ref().map(Check::Ledger),
            self.streams.as_deref().map(Check::Streams),
            self.total.as_ref().map(Check::Total),
            self.windows.as_ref().map(Check::Windows),
            self.payload.as_ref().map(Check::Payload),
            self.call.as_ref().map(Check::Call),
            self.results.as_deref().map(Check::Results),
            self.request.as_ref().map(Check::Request),
            self.headers.as_ref().map(Check::Headers),
            self.log.as_ref().map(Check::Log),
            self.connections.as_ref().map(Check::Connections),
            self.memory.as_ref().map(Check::Memory),
            self.program.as_ref().map(Check::Program),
            self.holds.map(Check::Holds),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Whether it is kept or not applicable, whatever happens.
    pub fn cannot_fail(&self) -> bool {
        self.checks()
            .iter()
            .all(|check| matches!(check, Check::Log(log) if log.cannot_fail()))
    }

    /// Whether this is expected in a cell of `signal` and `protocol`.
    pub fn applies_to(&self, signal: Signal, protocol: Protocol) -> bool {
        (self.signals.is_empty() || self.signals.contains(&signal))
            && (self.protocols.is_empty() || self.protocols.contains(&protocol))
    }
}
