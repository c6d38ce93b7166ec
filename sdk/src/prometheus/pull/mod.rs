//! Being scraped: a reader that collects when somebody asks for its page.
//!
//! `connection -> request -> scrape -> collection (one for all who wait) -> families -> page -> answer`; where a collection has the
//! series of the one before, its numbers go into the page that there was ([`Template`](template::Template)).
//!
//! The reader's task collects and writes, one thing at a time; connections run beside it on the same thread, and meet it in
//! two places alone: a queue of [`Scrape`](scrape::Scrape)s, and the [`Exposition`](exposition::Exposition) that the pages are
//! written to.

mod address;
mod answer;
mod builder;
mod door;
mod exposition;
mod problems;
mod reader;
mod scrape;
mod server;
mod template;
#[cfg(test)]
mod tests;

pub use builder::PrometheusReaderBuilder;
pub use reader::PrometheusReader;
