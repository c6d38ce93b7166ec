//! Requests: what is read, and what is wrong with it.

pub(crate) mod body;
pub(crate) mod grpc;
pub(crate) mod head;
pub(crate) mod http;
pub(crate) mod limits;
mod refusal;
pub(crate) mod remote_write;
pub(crate) mod segments;
pub(crate) mod zipkin;

pub(crate) use refusal::Refusal;
