//! When an attempt is made again, and when.
//!
//! [`RetryPolicy`] is the seam: its methods have the specification's behaviour by default, so that a client that
//! behaves otherwise in one respect overrides one method.

mod backoff;
mod classify;
mod engine;
mod policy;
#[cfg(feature = "http")]
mod retry_after;
#[cfg(feature = "grpc")]
mod retry_info;

pub use backoff::{Backoff, InvalidBackoff};
pub use classify::{classify, is_retryable_code, is_retryable_http_status};
pub(crate) use engine::{Attempts, Engine, RetryEvent};
#[cfg(feature = "http-formats")]
pub(crate) use policy::StatusRetryPolicy;
pub use policy::{RetryPolicy, SpecRetryPolicy, Verdict};
#[cfg(feature = "http")]
pub(crate) use retry_after::retry_after;
#[cfg(feature = "grpc")]
pub(crate) use retry_info::retry_info;
#[cfg(test)]
pub(crate) use retry_info::tests;
