//! The words with which faults are written in Rust.
//!
//! ```
//! use otelbox_mock_collector::fault::{grpc, http, on_attempts, secs};
//! use tonic::Code;
//!
//! let outage = on_attempts(1..=2).then(grpc(Code::Unavailable));
//! let throttled = on_attempts(1..=1).then(http(503).retry_after(secs(3)));
//! assert!(outage.validate().is_ok() && throttled.validate().is_ok());
//! ```

use std::time::Duration;

use super::action::{
    Action, Close, CloseAt, EndBy, LoseAcknowledgement, OverrunDeadline, PartialSuccess,
    RequireHeader, Reset, ResetAt, StatusAnswer, UndecodableAnswer, UndecodableBody,
};
use super::beyond::Allowance;
use super::{
    Beyond, Delay, DelayAt, DripAnswer, DripPart, Fault, GoAway, GoAwayStream, GrpcAnswer,
    GrpcCode, Hold, Http2Code, HttpAnswer, Interim, LargeAnswer, LargeHeaders, Matcher,
    MislabelledAnswer, NotGrpc, OneOrMany, OrdinalRange, RstAt, RstStream, Sequence, Take, Wait,
    Window,
};
use crate::signal::{Protocol, Signal};

/// A fault for every export request: `always().then(...)`.
pub fn always() -> Matcher {
    Matcher::default()
}

/// For this attempt of an export, 1-based.
pub fn on_attempt(attempt: u64) -> Matcher {
    on_attempts(attempt)
}

/// For these attempts of an export, 1-based: `1..=2`, `3..`, `1`.
pub fn on_attempts(attempts: impl Into<OrdinalRange>) -> Matcher {
    Matcher {
        attempt: Some(attempts.into()),
        ..Matcher::default()
    }
}

/// For these requests of a signal, 1-based.
pub fn on_requests(requests: impl Into<OrdinalRange>) -> Matcher {
    Matcher {
        request: Some(requests.into()),
        ..Matcher::default()
    }
}

/// For these exports of a signal, 1-based, with all their attempts.
pub fn on_exports(exports: impl Into<OrdinalRange>) -> Matcher {
    Matcher {
        export: Some(exports.into()),
        ..Matcher::default()
    }
}

/// For every n-th request of a signal.
pub fn every(n: u64) -> Matcher {
    Matcher {
        every: Some(n),
        ..Matcher::default()
    }
}

/// From one time since the start of the collector (included) to another (excluded).
pub fn during(from: Duration, to: Duration) -> Matcher {
    Matcher {
        window: Some(Window {
            from: Some(from),
            to: Some(to),
        }),
        ..Matcher::default()
    }
}

/// A number of seconds.
pub const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A number of milliseconds.
pub const fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

impl Matcher {
    /// The fault that does this when the matcher matches.
    pub fn then(self, action: impl Into<Action>) -> Fault {
        Fault {
            when: self,
            ..Fault::new(action.into())
        }
    }

    /// The same, only for this signal; given again, for this one too.
    #[must_use]
    pub fn signal(mut self, signal: Signal) -> Self {
        self.signal
            .get_or_insert(OneOrMany(Vec::new()))
            .0
            .push(signal);
        self
    }

    /// The same, only for this protocol; given again, for this one too.
    #[must_use]
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol
            .get_or_insert(OneOrMany(Vec::new()))
            .0
            .push(protocol);
        self
    }

    /// The same, only for this path.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The same, only with this header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.header.insert(name.into(), Some(value.into()));
        self
    }

    /// The same, only without this header.
    #[must_use]
    pub fn without_header(mut self, name: impl Into<String>) -> Self {
        self.header.insert(name.into(), None);
        self
    }

    /// The same, only where this header is absent or has another value.
    #[must_use]
    pub fn not_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.not_header.insert(name.into(), value.into());
        self
    }

    /// The same, only with this resource attribute.
    #[must_use]
    pub fn resource(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.resource.insert(key.into(), value.into());
        self
    }

    /// The same, only on these connections, 1-based.
    #[must_use]
    pub fn connection(mut self, connections: impl Into<OrdinalRange>) -> Self {
        self.connection = Some(connections.into());
        self
    }

    /// The same, only beyond this allowance for the whole run.
    #[must_use]
    pub fn beyond(mut self, allowance: Allowance) -> Self {
        self.beyond = Some(Beyond {
            allowance,
            every: None,
        });
        self
    }

    /// The same, only beyond this allowance in each period, from the start of the collector on.
    #[must_use]
    pub fn beyond_every(mut self, allowance: Allowance, every: Duration) -> Self {
        self.beyond = Some(Beyond {
            allowance,
            every: Some(every),
        });
        self
    }
}

/// Answer with this gRPC status.
pub fn grpc(code: impl Into<GrpcCode>) -> GrpcAnswer {
    GrpcAnswer::new(code)
}

/// Answer with this HTTP status.
pub fn http(status: u16) -> HttpAnswer {
    HttpAnswer::new(status)
}

/// Answer gRPC requests with the one and HTTP requests with the other.
pub fn status(grpc: GrpcAnswer, http: HttpAnswer) -> Action {
    Action::Status(StatusAnswer {
        grpc: Some(grpc),
        http: Some(http),
    })
}

/// Accept.
pub fn accept() -> Action {
    Action::Accept
}

/// Answer that so many items were rejected.
pub fn partial_success(rejected: i64, message: impl Into<String>) -> Action {
    Action::PartialSuccess(PartialSuccess {
        status: None,
        rejected,
        message: message.into(),
        ..PartialSuccess::default()
    })
}

/// Take the payload and end the connection without an answer.
pub fn lose_acknowledgement() -> Action {
    Action::LoseAcknowledgement(LoseAcknowledgement { by: EndBy::Close })
}

/// Read everything and never answer.
pub fn hang() -> Action {
    Action::Hang
}

/// Accept after this long; [`Action::after`] delays other actions.
pub fn delay(wait: impl Into<Wait>) -> Action {
    Action::Accept.after(wait)
}

/// Wait until the fault is removed or replaced, then accept; [`Action::held`] holds other actions.
pub fn hold() -> Action {
    Action::Accept.held()
}

/// Take the payload, and answer with this nonetheless.
pub fn take(then: impl Into<Action>) -> Action {
    Action::Take(Take {
        then: Box::new(then.into()),
    })
}

/// The first time the first of these actions, the second time the second, and afterwards the last argument.
pub fn sequence(steps: impl IntoIterator<Item = Action>, then: impl Into<Action>) -> Action {
    Action::Sequence(Sequence {
        steps: steps.into_iter().collect(),
        then: Box::new(then.into()),
    })
}

/// Answer gRPC calls with this HTTP status, an HTML page and no `grpc-status`; [`NotGrpc`] can be more.
pub fn not_grpc(status: u16) -> Action {
    Action::NotGrpc(NotGrpc {
        status,
        ..NotGrpc::default()
    })
}

/// Answer with success and a label that is not true.
pub fn mislabelled_answer(label: MislabelledAnswer) -> Action {
    Action::MislabelledAnswer(label)
}

/// Answer this long after the client's own deadline; requests without one have none to overrun.
pub fn overrun_deadline(by: Duration) -> Action {
    Action::OverrunDeadline(OverrunDeadline { by, after: None })
}

/// Refuse connections.
pub fn refuse() -> Action {
    Action::Refuse
}

/// Accept connections and close them at once.
pub fn accept_then_close() -> Action {
    Action::AcceptThenClose
}

/// Reset the connection.
pub fn reset(at: ResetAt) -> Action {
    Action::Reset(Reset { at })
}

/// Close the connection.
pub fn close(at: CloseAt) -> Action {
    Action::Close(Close { at })
}

/// Answer with success and a body that cannot be decoded.
pub fn undecodable_answer(body: UndecodableBody) -> Action {
    Action::UndecodableAnswer(UndecodableAnswer { body })
}

/// Answer with success and fields that no schema knows.
pub fn unknown_fields() -> Action {
    Action::UnknownFields
}

/// Answer with success and a body of this many bytes; [`LargeAnswer`] can be compressed, and unannounced.
pub fn large_answer(bytes: u64) -> LargeAnswer {
    LargeAnswer::of(bytes)
}

/// Answer with success, one byte at a time.
pub fn drip_answer(part: DripPart, every: Duration) -> Action {
    Action::DripAnswer(DripAnswer {
        every,
        part,
        bytes: DripAnswer::MOST_BYTES,
    })
}

/// Give the connection up by GOAWAY.
pub fn goaway(stream: GoAwayStream, code: Http2Code) -> Action {
    Action::GoAway(GoAway { stream, code })
}

/// Reset the stream in place of the answer.
pub fn rst_stream(code: Http2Code) -> Action {
    rst_stream_at(RstAt::BeforeAnswer, code)
}

/// Reset the stream at this point of the answer.
pub fn rst_stream_at(at: RstAt, code: Http2Code) -> Action {
    Action::RstStream(RstStream { code, at })
}

/// Answer over gRPC with headers and a message, and end the stream without trailers.
pub fn missing_trailers() -> Action {
    Action::MissingTrailers
}

/// Answer with success and headers of this many bytes.
pub fn large_headers(bytes: u32) -> Action {
    Action::LargeHeaders(LargeHeaders { bytes })
}

/// Read the headers, nothing of the body, and never answer.
pub fn stop_reading() -> Action {
    Action::StopReading
}

/// Neither accept nor refuse connections.
pub fn black_hole() -> Action {
    Action::BlackHole
}

/// Refuse requests that do not carry this header.
pub fn require_header(name: impl Into<String>, value: impl Into<String>) -> Action {
    Action::RequireHeader(RequireHeader {
        name: name.into(),
        value: value.into(),
    })
}

impl Action {
    /// The same after a wait.
    #[must_use]
    pub fn after(self, wait: impl Into<Wait>) -> Self {
        Self::Delay(Delay::new(wait, self))
    }

    /// The same with a wait at this place of its answer.
    #[must_use]
    pub fn pausing(self, at: DelayAt, wait: impl Into<Wait>) -> Self {
        Self::Delay(Delay {
            at,
            ..Delay::new(wait, self)
        })
    }

    /// The same when the fault is removed or replaced.
    #[must_use]
    pub fn held(self) -> Self {
        Self::Hold(Hold {
            then: Box::new(self),
        })
    }

    /// The same after an interim answer with this status, 102 to 199.
    #[must_use]
    pub fn after_interim(self, status: u16) -> Self {
        Self::Interim(Interim {
            status,
            then: Box::new(self),
        })
    }
}

impl From<LargeAnswer> for Action {
    fn from(answer: LargeAnswer) -> Self {
        Self::LargeAnswer(answer)
    }
}

impl From<GrpcAnswer> for Action {
    fn from(answer: GrpcAnswer) -> Self {
        Self::Status(StatusAnswer {
            grpc: Some(answer),
            http: None,
        })
    }
}

impl From<HttpAnswer> for Action {
    fn from(answer: HttpAnswer) -> Self {
        Self::Status(StatusAnswer {
            grpc: None,
            http: Some(answer),
        })
    }
}
