//! docker-compose.yml and its images in a real container engine, and a real Collector that a test starts by itself.
//!
//! Nothing is pulled: the images come from the Dockerfile and from programs in the cache directory (`tests/containers/prepare`), or are
//! those that `OTELBOX_COLLECTOR_IMAGE`, `OTELBOX_JAEGER_IMAGE` and `OTELBOX_PROMETHEUS_IMAGE` name (`OTELBOX_IMAGE_PREFIX`: what begins
//! the names of our own two). `OTELBOX_COMPOSE` says which Compose is tested (`docker compose`, or `docker-compose` of version 1).
//! Without an engine a test is not run, and says why; `OTELBOX_REQUIRE=engine` makes that a failure. Whatever becomes of a run,
//! its containers, networks and volumes are removed: at its end, at Ctrl-C, and at the latest by the next run.

mod collector;
mod compose;
mod demo;
mod engine;
mod images;
mod leftovers;
mod mistakes;

use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use otelbox_tests::{Need, REQUIRE_VARIABLE};
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep};

use images::{Image, Images};

/// How long something may take that does not depend on anybody's speed: a guard, not a measure.
const GUARD: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // They share the engine, and each of them keeps several containers busy.
    arguments.test_threads.get_or_insert(1);
    let trials = [
        collector::trials(),
        demo::trials(),
        leftovers::trials(),
        mistakes::trials(),
    ];
    let trials = trials.into_iter().flatten().collect();
    if !arguments.list {
        engine::clean_up_after_others();
        engine::clean_up_when_interrupted();
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    engine::remove_untagged_images();
    conclusion.exit_code()
}

/// A test that needs an engine and these images.
fn trial(name: &str, needs: &'static [Image], test: fn(&Images)) -> Trial {
    let need = Need::Engine;
    Trial::ignorable_test(format!("{need}::{name}"), move || {
        let found = need.find().map_err(|reason| reason.to_string());
        match found.and_then(|_| Images::made(needs)) {
            Ok(images) => {
                test(&images);
                Ok(Completion::Completed)
            }
            Err(reason) if need.is_required() => Err(Failed::from(format!(
                "{REQUIRE_VARIABLE} names {need}, but: {reason}"
            ))),
            Err(reason) => Ok(Completion::ignored_with(reason)),
        }
    })
}

/// Runs a test to its end on a runtime of its own.
fn block_on<F: Future>(test: F) -> F::Output {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(test)
}

/// What `look` finds, as soon as it finds it.
///
/// # Panics
///
/// If it does not; with what it said last.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + GUARD;
    loop {
        match look().await {
            Ok(found) => return found,
            Err(last) if Instant::now() > deadline => panic!("{what}: {last}"),
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}
