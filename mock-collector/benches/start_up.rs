//! How long a receiver takes from nothing to ready: bound, listening, and able to take its first export. Over TCP and in
//! memory, one after the other, and with many of them side by side in one process.
//!
//! `cargo bench -p otelbox-mock-collector --bench start_up`

use std::io::{self, Write as _};
use std::time::Duration;

use otelbox_mock_collector::{MockCollector, MockCollectorBuilder};
use tokio::time::Instant;

const REPETITIONS: usize = 300;
const SIDE_BY_SIDE: usize = 1_000;

fn main() -> io::Result<()> {
    // `cargo test --benches` runs this without `--bench`: then it only has to show that it still works.
    let measured = std::env::args().any(|argument| argument == "--bench");
    let (repetitions, side_by_side) = if measured {
        (REPETITIONS, SIDE_BY_SIDE)
    } else {
        (1, 2)
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut out = io::stdout().lock();
        writeln!(out, "receiver start-up, {repetitions} in turn")?;
        for (name, builder) in [
            ("TCP, two ports", MockCollector::builder as fn() -> _),
            ("in memory", || MockCollector::builder().in_memory()),
        ] {
            let (median, longest) = one_by_one(builder, repetitions).await?;
            writeln!(
                out,
                "{name:>16}: median {median:>9.1?}, longest {longest:>9.1?}"
            )?;
        }
        let started = Instant::now();
        let mut collectors = Vec::with_capacity(side_by_side);
        for _ in 0..side_by_side {
            let collector = MockCollector::builder().in_memory().start().await;
            collectors.push(collector.map_err(io::Error::other)?);
        }
        let took = started.elapsed();
        writeln!(out, "{side_by_side:>5} side by side: {took:.1?}")
    })
}

async fn one_by_one(
    builder: fn() -> MockCollectorBuilder,
    repetitions: usize,
) -> io::Result<(Duration, Duration)> {
    let mut durations = Vec::with_capacity(repetitions);
    for _ in 0..repetitions {
        let started = Instant::now();
        let collector = builder().start().await.map_err(io::Error::other)?;
        durations.push(started.elapsed());
        collector.stop().await;
    }
    durations.sort_unstable();
    let longest = durations.last().copied().unwrap_or_default();
    Ok((durations[repetitions / 2], longest))
}
