//! What is done for a request, and when.

use std::time::Duration;

use http::StatusCode;

use super::{Answer, Rest};
use crate::fault::{DelayAt, GoAway, RstStream};

/// What is done, and not before when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Since the start of the collector.
    pub(crate) not_before: Duration,
    pub(crate) course: Course,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// Send this.
    Answer(Answer),
    /// Send the head and half of the body, then close the connection.
    HalfAnswer(Answer),
    /// Send this, and then what follows its body, for as long as the client reads.
    LongAnswer(Answer, Rest),
    /// Send this, whose body is longer than its head says: this long.
    OverlongAnswer(Answer, usize),
    /// Send an interim status, then go on.
    Interim(StatusCode, Box<Course>),
    /// Wait, then go on.
    Pause(Pause, Box<Course>),
    /// Send GOAWAY and this answer, or GOAWAY instead of an answer; then close the connection. HTTP/2 only.
    GoAway(GoAway, Option<Answer>),
    /// Reset the stream, in place of an answer or within this one. HTTP/2 only.
    RstStream(RstStream, Option<Answer>),
    /// Close the connection.
    Close,
    /// Reset the connection.
    Reset,
    /// Nothing, until the client goes away.
    Hang,
}

/// A wait in the middle of a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pause {
    /// Until this time since the start of the collector.
    Until(Duration),
    /// This long.
    For(Duration),
    /// Until the fault is removed or replaced, or its time is over.
    Released,
}

impl Course {
    /// The answer that is sent, where one is.
    pub(crate) fn answer_mut(&mut self) -> Option<&mut Answer> {
        match self {
            Self::Answer(answer)
            | Self::HalfAnswer(answer)
            | Self::LongAnswer(answer, _)
            | Self::OverlongAnswer(answer, _)
            | Self::GoAway(_, Some(answer))
            | Self::RstStream(_, Some(answer)) => Some(answer),
            Self::Interim(_, then) | Self::Pause(_, then) => then.answer_mut(),
            Self::Close
            | Self::Reset
            | Self::Hang
            | Self::RstStream(_, None)
            | Self::GoAway(_, None) => None,
        }
    }

    /// The same after a pause.
    pub(crate) fn after(self, pause: Pause) -> Self {
        Self::Pause(pause, Box::new(self))
    }

    /// The same with a wait at this place of its answer. An answer that has no such place is sent without a wait: that of a
    /// request that is refused may have none.
    pub(crate) fn pausing(self, at: DelayAt, wait: Duration) -> Self {
        match self {
            Self::Answer(answer) => match at {
                DelayAt::BeforeBody if answer.body.is_none() => Self::Answer(answer),
                DelayAt::BeforeTrailers if answer.trailers.is_none() => Self::Answer(answer),
                DelayAt::BeforeHeaders | DelayAt::BeforeBody | DelayAt::BeforeTrailers => {
                    Self::LongAnswer(answer, Rest::default()).pausing(at, wait)
                }
            },
            Self::LongAnswer(answer, mut rest) => {
                let place = match at {
                    DelayAt::BeforeTrailers => &mut rest.before_trailers,
                    DelayAt::BeforeHeaders | DelayAt::BeforeBody => &mut rest.before_body,
                };
                *place = Some(place.unwrap_or_default().saturating_add(wait));
                Self::LongAnswer(answer, rest)
            }
            Self::Interim(status, then) => Self::Interim(status, Box::new(then.pausing(at, wait))),
            Self::Pause(pause, then) => then.pausing(at, wait).after(pause),
            other => other,
        }
    }
}
