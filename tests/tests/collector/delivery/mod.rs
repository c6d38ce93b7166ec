//! SDKs into the real Collector: what its file exporter has written is what they were asked to emit.
//!
//! Every item has a number, and every number that was emitted is to be read back exactly once, unless a trial says why not.

mod behind;
mod certificates;
mod emit;
mod outage;
mod read_back;
mod reference;
mod stock;
mod temporality;

use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    [
        reference::trials(),
        temporality::trials(),
        outage::trials(),
        behind::trials(),
        stock::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
