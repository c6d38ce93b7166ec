//! Faults as values: what the collector does other than accept, and when.
//!
//! The same types serve the Rust API, scenario files and the control API. [`Fault`] holds a [`Matcher`] and an
//! [`Action`]; [`builder`](on_attempts) functions make them read well in Rust.

mod action;
mod beyond;
mod builder;
mod catalog;
mod checked;
mod conditions;
mod connection;
mod connection_builder;
mod delay;
mod error;
#[expect(
    clippy::module_inception,
    reason = "one noun per file, and this one is called so"
)]
mod fault;
mod grpc;
mod grpc_code;
mod hold;
mod http;
mod http2;
mod interim;
mod list;
mod live;
mod long_answer;
mod matcher;
mod mislabelled;
mod modifier;
mod not_grpc;
mod range;
mod retry_info;
mod sequence;
mod switches;
mod take;
mod then;
mod timing;
mod tls;
mod transport;
mod wait;

pub use action::{
    Action, Close, CloseAt, EndBy, LoseAcknowledgement, OverrunDeadline, PartialSuccess, Phase,
    RequireHeader, Reset, ResetAt, StatusAnswer, UndecodableAnswer, UndecodableBody,
};
pub use beyond::{Allowance, Beyond};
pub use builder::{
    accept, accept_then_close, always, black_hole, close, delay, drip_answer, during, every,
    goaway, grpc, hang, hold, http, large_answer, large_headers, lose_acknowledgement, millis,
    mislabelled_answer, missing_trailers, not_grpc, on_attempt, on_attempts, on_exports,
    on_requests, overrun_deadline, partial_success, refuse, require_header, reset, rst_stream,
    rst_stream_at, secs, sequence, status, stop_reading, take, undecodable_answer, unknown_fields,
};
pub use catalog::{FaultDescription, FaultGroup, catalog, describe};
pub(crate) use conditions::{Conditions, TlsConditions};
pub use connection::ConnectionFault;
pub(crate) use connection::Moment;
pub use connection_builder::{
    bandwidth, close_after, half_close, http2_settings, ignore_pings, max_connection_age,
    ping_storm, slice, slow_close, stall, tls_alert, tls_alpn, tls_certificate,
    tls_client_certificate, tls_handshake,
};
pub use delay::{Delay, DelayAt};
pub use error::InvalidFault;
pub use fault::Fault;
pub use grpc::{Framing, GrpcAnswer};
pub use grpc_code::GrpcCode;
pub use hold::Hold;
pub use http::{AnswerBody, HttpAnswer, RetryAfter};
pub use http2::{
    GoAway, GoAwayStream, Http2Code, Http2Settings, LargeHeaders, PingStorm, RstAt, RstStream,
};
pub use interim::Interim;
pub use live::{FaultGuard, FaultStatus, LiveFaults};
pub use long_answer::{DripAnswer, DripPart, LargeAnswer};
pub use matcher::{Matcher, OneOrMany, Window};
pub use mislabelled::{FalseCompression, MislabelledAnswer, WrongLength};
pub use not_grpc::NotGrpc;
pub use range::OrdinalRange;
pub use retry_info::{RetryInfo, RetryInfoPosition};
pub use sequence::Sequence;
pub use switches::Switch;
pub use take::Take;
pub use timing::SignedDuration;
pub use tls::{TlsAlpn, TlsCertificate, TlsClientCertificate, TlsHandshake};
pub use transport::{
    Bandwidth, CloseAfter, Direction, HalfClose, MaxConnectionAge, Slice, SlowClose,
};
pub use wait::{Lognormal, Ramp, Sigma, Uniform, Wait};
