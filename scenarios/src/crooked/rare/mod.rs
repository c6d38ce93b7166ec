//! Rare clients: crooked in a way that only shows where several things come together. They prove what random runs find and
//! the catalogue does not.

mod asked_wait;
mod carried_overlap;
mod client;
mod late_gzip;
mod miscount;
mod slow_partial;
mod watched;

pub use client::{RareClient, RareEntry, rare_clients};
