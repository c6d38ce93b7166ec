//! Answers: what is sent back, as values. Nothing here does I/O.

mod answer;
mod export_response;
mod grpc;
mod http;
mod plan;
mod rest;
mod rpc_status;

pub(crate) use answer::Answer;
pub(crate) use export_response::rejected;
pub(crate) use http::date;
pub(crate) use plan::{Course, Plan, Request, plan, upstream_failed};
pub(crate) use rest::Rest;
