//! The reader that Prometheus scrapes, over real sockets, as any client sees it.

mod client;
mod page;
mod protocol;
mod reader;
