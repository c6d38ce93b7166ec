//! The delivery of batches, whatever the format: encoded, retried within one deadline, counted, told about.
//!
//! [`Delivery`] is all of an exporter but its wire format, which is a [`Client`]: what encodes a batch, makes single
//! attempts, and explains their failures. [`OtlpClient`](crate::OtlpClient) is one; another, for formats that are posted
//! to a URL, is that of `crate::http_format`.

mod builder;
mod client;
mod events;
mod exporter;
mod failures;
mod left_out;

pub use builder::ExporterBuilder;
pub(crate) use client::{Client, Request};
pub(crate) use exporter::{Delivery, DeliveryParts, Undelivered, checked_attempt_timeout};
pub(crate) use left_out::LeftOut;
