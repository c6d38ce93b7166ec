//! The control API on the wire: a raw client, whose every answer has to be one that the description allows.

mod client;
mod description;
mod faults;
mod gate;
mod journal;
mod mistakes;
mod receiver;
