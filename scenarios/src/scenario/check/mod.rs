//! The vocabulary of expectations: what can be checked in a recorded run.
//!
//! Within one check, everything that is given has to hold. A check that has nothing to look at (no attempt, no retry, no
//! accepted payload) is inconclusive, never passed.

mod attempts;
mod data;
mod invariant;
mod items;
mod surroundings;

pub use attempts::{
    AnswerPattern, AttemptsCheck, ExportsCheck, GRPC_CODES, GapsCheck, InvalidAnswer, SpanCheck,
};
pub use data::{
    DataType, LedgerCheck, PayloadCheck, PointCheck, StreamCheck, TotalCheck, WindowsCheck,
};
pub use invariant::Invariant;
pub use items::{InvalidItems, ItemRanges};
pub use surroundings::{
    CallCheck, CallName, ConnectionsCheck, HeaderLike, HeaderPattern, HeadersCheck, LogCheck,
    LogLevel, MemoryCheck, ProgramCheck, RequestCheck,
};
