//! Answers: what is sent back, as values. Nothing here does I/O.

mod answer;
mod course;
mod export_response;
mod grpc;
mod http;
mod plan;
mod rest;
mod rpc_status;
pub(crate) mod written;

pub(crate) use answer::Answer;
pub(crate) use course::{Course, Pause, Plan};
pub(crate) use export_response::rejected;
pub(crate) use http::date;
pub(crate) use plan::{Request, plan, upstream_failed};
pub(crate) use rest::Rest;
