//! The command line.

mod arguments;
mod check_driver;
mod diff;
mod doctor;
mod driver;
mod error;
mod explain;
mod explore;
mod list;
mod merge;
mod output;
mod ready;
mod replay;
mod run;
mod schema;
mod selftest;
mod serve;
mod shard;
mod stop;
mod suts;

use std::process::ExitCode as ProcessExitCode;

use clap::Parser;

use crate::catalog::ScenarioCatalog;
use crate::exit_code::ExitCode;
use crate::rules::{Coverage, RuleCatalog};

use arguments::{Arguments, Command};
use error::CliError;

/// Reads the arguments of the process, does what they say, and gives the exit code.
pub fn main() -> ProcessExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no mistakes; where even that cannot be printed, there is nobody to tell.
            let code = if error.use_stderr() {
                ExitCode::Usage
            } else {
                ExitCode::Success
            };
            let _ = error.print();
            return code.into();
        }
    };
    match act(arguments) {
        Ok(code) => code.into(),
        Err(error) => {
            output::print_error(&error);
            error.exit_code().into()
        }
    }
}

fn act(arguments: Arguments) -> Result<ExitCode, CliError> {
    match arguments.command.unwrap_or_else(Command::without_arguments) {
        Command::Run(run) => run::run(&run, &Data::read()?),
        Command::Replay(replay) => replay::replay(&replay, RuleCatalog::embedded()?),
        Command::Diff(diff) => diff::diff(&diff),
        Command::Merge(merge) => merge::merge(&merge, RuleCatalog::embedded()?),
        Command::List(list) => list::list(&list, &Data::read()?),
        Command::Explain(explain) => explain::explain(&explain, &Data::read()?),
        Command::Selftest(selftest) => selftest::selftest(&selftest, &Data::read()?),
        Command::Explore(explore) => explore::explore(&explore, RuleCatalog::embedded()?),
        Command::Serve(serve) => serve::serve(&serve),
        Command::Ready(ready) => ready::ready(&ready),
        Command::Doctor(doctor) => doctor::doctor(&doctor),
        Command::Schema(schema) => schema::schema(&schema),
        Command::Driver(driver) => driver::driver(&driver),
    }
}

/// What is embedded in the binary.
struct Data {
    rules: &'static RuleCatalog,
    catalog: ScenarioCatalog,
}

impl Data {
    fn read() -> Result<Self, CliError> {
        let rules = RuleCatalog::embedded()?;
        Ok(Self {
            rules,
            catalog: ScenarioCatalog::embedded(rules)?,
        })
    }

    fn coverage(&self) -> Coverage<'_> {
        Coverage::of(self.catalog.scenarios().map(AsRef::as_ref))
    }
}
