//! `otelbox serve` as its users see it.
#![cfg(unix)]

mod forward;
mod support;
mod tls;
