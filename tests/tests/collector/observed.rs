//! What became of every request, found out once.

use std::io::Write as _;
use std::panic::{self, AssertUnwindSafe};
use std::sync::OnceLock;

use otelbox_mock_collector::{MockCollector, MockCollectorBuilder};
use otelbox_tests::{RealCollector, Tool};
use tokio::time::Instant;

use crate::receivers::{self, Observed};
use crate::wire::Request;
use crate::{block_on, requests};

/// Both are asked by the first trial that wants to know; the others read what came of it.
#[derive(Debug, Default)]
pub(crate) struct Once(OnceLock<Result<Observed, String>>);

impl Once {
    /// What became of every request.
    ///
    /// # Panics
    ///
    /// Where they could not be asked, in every trial with the same words.
    pub(crate) fn observed(&self, tool: &Tool) -> &Observed {
        let observed = self.0.get_or_init(|| {
            let table = requests::all();
            let began = Instant::now();
            // A panic in here would make the next trial begin anew.
            let asked = panic::catch_unwind(AssertUnwindSafe(|| {
                observe(tool, &table, MockCollector::builder())
            }));
            let observed = asked
                .unwrap_or_else(|_| Err("asking them has panicked, as is said above".to_owned()));
            let told = format!(
                "{} requests to the Collector and to the mock in {:.1} s\n",
                table.len(),
                began.elapsed().as_secs_f64()
            );
            // It is for people; nothing is lost where nobody reads it.
            let _ = std::io::stderr().write_all(told.as_bytes());
            observed
        });
        observed.as_ref().unwrap_or_else(|error| panic!("{error}"))
    }
}

/// Starts both, asks them, and stops them.
pub(crate) fn observe(
    tool: &Tool,
    table: &[Request],
    mock: MockCollectorBuilder,
) -> Result<Observed, String> {
    block_on(async {
        let mut collector = RealCollector::builder(tool)
            .start()
            .await
            .map_err(|error| error.to_string())?;
        let mock = mock.start().await.map_err(|error| error.to_string())?;
        let observed = receivers::ask(table, &collector, &mock).await;
        collector.server().stop().await;
        observed.map_err(|error| error.to_string())
    })
}
