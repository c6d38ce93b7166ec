//! `demo-service`: a shop whose telemetry can be watched on its way through faults, a Collector, Prometheus and Jaeger.
//!
//! Everything about telemetry is in the `OTEL_*` variables. `docker-compose.yml` of this repository shows it at work.

mod arguments;
mod check;
mod client;
mod end;
mod error;
mod load;
mod outage;
mod pool;
mod service;
mod shop;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};
use error::DemoError;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(act(arguments)),
        Err(cause) => Err(DemoError::Runtime(cause)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error::print(&error);
            ExitCode::FAILURE
        }
    }
}

async fn act(arguments: Arguments) -> Result<(), DemoError> {
    match arguments.command {
        Command::Serve(serve) => service::serve(&serve).await,
        Command::Check(check) => check::check(&check).await,
        Command::Outage(outage) => outage::play(&outage).await,
    }
}
