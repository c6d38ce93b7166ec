//! Actions that are put together: what may follow what.

use std::time::Duration;

use super::action::StatusAnswer;
use super::{
    Action, AnswerBody, Delay, DelayAt, Framing, GrpcAnswer, GrpcCode, Hold, Interim, InvalidFault,
    MislabelledAnswer, Phase, Take, Wait, WrongLength,
};

impl Action {
    /// What it does next, where it is a modifier: something is done, and then another action.
    pub fn next(&self) -> Option<&Self> {
        match self {
            Self::Delay(Delay { then, .. })
            | Self::Interim(Interim { then, .. })
            | Self::Hold(Hold { then })
            | Self::Take(Take { then }) => Some(then),
            Self::Accept
            | Self::Status(_)
            | Self::PartialSuccess(_)
            | Self::LoseAcknowledgement(_)
            | Self::Hang
            | Self::Sequence(_)
            | Self::OverrunDeadline(_)
            | Self::Refuse
            | Self::AcceptThenClose
            | Self::Reset(_)
            | Self::Close(_)
            | Self::UndecodableAnswer(_)
            | Self::UnknownFields
            | Self::LargeAnswer(_)
            | Self::DripAnswer(_)
            | Self::MislabelledAnswer(_)
            | Self::NotGrpc(_)
            | Self::GoAway(_)
            | Self::RstStream(_)
            | Self::MissingTrailers
            | Self::LargeHeaders(_)
            | Self::StopReading
            | Self::BlackHole
            | Self::Connection(_)
            | Self::RequireHeader(_) => None,
        }
    }

    /// How long it waits before it takes the payload: the sum of its delays. What comes after that, as all that is held
    /// does, is about the answer.
    pub(crate) fn delay_before(&self) -> Duration {
        match self {
            Self::Delay(Delay {
                wait: Wait::For(wait),
                at: DelayAt::BeforeHeaders,
                then,
            }) => wait.saturating_add(then.delay_before()),
            Self::Delay(Delay { then, .. }) | Self::Interim(Interim { then, .. }) => {
                then.delay_before()
            }
            _ => Duration::ZERO,
        }
    }

    /// The place at its end where another action may stand: `None` where it ends the attempt by itself.
    pub(super) fn open_end(&mut self) -> Option<&mut Self> {
        match self {
            Self::Delay(Delay { then, .. })
            | Self::Interim(Interim { then, .. })
            | Self::Hold(Hold { then })
            | Self::Take(Take { then }) => {
                if **then == Self::Accept {
                    Some(then)
                } else {
                    then.open_end()
                }
            }
            _ => None,
        }
    }

    /// The action in which it ends: that after the last modifier.
    pub fn last(&self) -> &Self {
        self.next().map_or(self, Self::last)
    }

    /// Whether something in it is drawn, so that it depends on the export and its attempt.
    pub(crate) fn is_drawn(&self) -> bool {
        match self {
            Self::Delay(delay) => delay.wait.is_drawn() || delay.then.is_drawn(),
            Self::Sequence(sequence) => sequence.actions().any(Self::is_drawn),
            action => action.next().is_some_and(Self::is_drawn),
        }
    }

    /// Whether its answer has the place at which it is to wait.
    pub(super) fn has_place(&self, at: DelayAt) -> bool {
        match at {
            DelayAt::BeforeHeaders => true,
            DelayAt::BeforeBody => self.last().has_body(),
            DelayAt::BeforeTrailers => self.last().has_trailers(),
        }
    }

    /// Whether its answer has a body in each protocol to which it has something to say.
    fn has_body(&self) -> bool {
        match self {
            Self::Status(StatusAnswer { grpc, http }) => {
                grpc.as_ref()
                    .is_none_or(|grpc| is_ok(grpc) || grpc.framing == Framing::AfterData)
                    && http.as_ref().is_none_or(|http| {
                        http.body != AnswerBody::Empty && allows_body(http.status)
                    })
            }
            Self::NotGrpc(not_grpc) => {
                not_grpc.body.as_deref() != Some("") && allows_body(not_grpc.status)
            }
            action => action.is_answered_with_a_message(),
        }
    }

    /// Whether its answer over gRPC has trailers of its own.
    fn has_trailers(&self) -> bool {
        match self {
            Self::Status(StatusAnswer { grpc, .. }) => grpc
                .as_ref()
                .is_some_and(|grpc| is_ok(grpc) || grpc.framing != Framing::TrailersOnly),
            action => action.is_answered_with_a_message(),
        }
    }

    /// Whether its answer is a whole message of success, in which there may be waits.
    fn is_answered_with_a_message(&self) -> bool {
        match self {
            Self::Accept
            | Self::PartialSuccess(_)
            | Self::OverrunDeadline(_)
            | Self::UndecodableAnswer(_)
            | Self::UnknownFields
            | Self::LargeAnswer(_)
            | Self::LargeHeaders(_)
            | Self::MislabelledAnswer(
                MislabelledAnswer::ContentType(_)
                | MislabelledAnswer::Length(WrongLength::Long)
                | MislabelledAnswer::Compression(_),
            ) => true,
            // What is written behind the back of the HTTP implementation does not wait.
            Self::MislabelledAnswer(MislabelledAnswer::Length(WrongLength::Short))
            // It waits by itself.
            | Self::DripAnswer(_)
            | Self::Status(_)
            | Self::LoseAcknowledgement(_)
            | Self::Hang
            | Self::Delay(_)
            | Self::Hold(_)
            | Self::Take(_)
            | Self::Sequence(_)
            | Self::Refuse
            | Self::AcceptThenClose
            | Self::Reset(_)
            | Self::Close(_)
            | Self::NotGrpc(_)
            | Self::Interim(_)
            | Self::GoAway(_)
            | Self::RstStream(_)
            | Self::MissingTrailers
            | Self::StopReading
            | Self::BlackHole
            | Self::Connection(_)
            | Self::RequireHeader(_) => false,
        }
    }

    /// Checks it as what follows a modifier.
    pub(super) fn validate_after(&self, key: &str) -> Result<(), InvalidFault> {
        let expected = match self {
            Self::Take(_) => {
                "`take` in the first place: a payload is taken as soon as it has been read"
            }
            Self::Sequence(sequence)
                if sequence
                    .actions()
                    .any(|action| matches!(action, Self::Take(_))) =>
            {
                "`take` in no step of it: a payload is taken as soon as it has been read, before anything else"
            }
            action if action.phase() == Phase::Connection => {
                "an action on a request, not on a connection"
            }
            action => return action.validate(),
        };
        Err(InvalidFault::new(key, self.name(), expected))
    }

    /// Checks it as what follows a modifier that comes when the request has been read.
    pub(super) fn validate_after_body(&self, key: &str) -> Result<(), InvalidFault> {
        if self.phase() == Phase::Head {
            return Err(InvalidFault::new(
                key,
                self.last().name(),
                "an action that is due when the request has been read",
            ));
        }
        self.validate_after(key)
    }
}

fn is_ok(answer: &GrpcAnswer) -> bool {
    answer.code == GrpcCode::new(0)
}

/// Whether HTTP allows a body with this status.
const fn allows_body(status: u16) -> bool {
    !matches!(status, 204 | 205 | 304)
}
