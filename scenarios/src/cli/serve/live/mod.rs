//! The view of `otelbox serve` on a terminal: what arrives, what it comes to, and faults that are switched with a key.
//!
//! [`LiveAudience`] puts what is new into the [`State`]; a thread of its own ([`Screen`]) reads keys and draws, so that a
//! slow terminal delays no answer. What is drawn is a pure function of the state.

mod audience;
mod colours;
mod columns;
mod detail;
#[cfg(test)]
pub(super) mod evidence;
mod help;
mod keys;
mod page;
mod row;
mod screen;
mod setup;
mod state;
mod terminal;
mod timeline;
mod view;
mod wanted;

pub(super) use screen::{Leave, Screen};
pub(super) use setup::Setup;
pub(super) use wanted::is_wanted;
