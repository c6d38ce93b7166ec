//! Running cells: in virtual time in this process, or in real time over sockets.

mod recording;

pub use recording::{
    Accepted, Answer, ConnectionEvent, ConnectionRecord, Emission, End, Exchange, Payload,
    Recording, RunEnd, StepRecord,
};
