//! Why a callback gave nothing.

use std::fmt;

/// A callback whose observations are missing from a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallbackFailure {
    /// Whose callback it is.
    pub owner: CallbackOwner,
    /// What happened.
    pub reason: CallbackFailureReason,
}

/// The observable instrument that a callback belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallbackOwner {
    /// The name of its meter.
    pub meter: String,
    /// Its name.
    pub instrument: String,
    /// Its kind, in words.
    pub kind: &'static str,
}

/// What kept a callback from observing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallbackFailureReason {
    /// It panicked, with this message.
    Panicked(String),
    /// It was called, and had not returned when the time for callbacks was over.
    Blocked,
    /// It still had not returned from an earlier collection, and was not called again.
    StillBlocked,
    /// The time for callbacks was over before it was called.
    NotReached,
    /// No thread could be started to run it, for this reason.
    NoThread(String),
}

impl fmt::Display for CallbackOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            meter,
            instrument,
            kind,
        } = self;
        write!(f, "{kind} {instrument:?} (meter {meter:?})")
    }
}

impl fmt::Display for CallbackFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the callback of {} ", self.owner)?;
        match &self.reason {
            CallbackFailureReason::Panicked(message) => write!(f, "panicked: {message}"),
            CallbackFailureReason::Blocked => f.write_str("blocks: it did not return in time"),
            CallbackFailureReason::StillBlocked => {
                f.write_str("still blocks: it has not returned since an earlier collection")
            }
            CallbackFailureReason::NotReached => f.write_str("was not reached in time"),
            CallbackFailureReason::NoThread(error) => write!(f, "could not be run: {error}"),
        }
    }
}
