//! `otelbox serve` where the machine, or whoever uses it, leaves it in the lurch: the real binary, seen from outside.
#![cfg(target_os = "linux")]

mod client;
mod journal_file;
mod memory;
mod standard_output;
