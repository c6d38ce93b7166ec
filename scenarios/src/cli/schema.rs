//! `otelbox schema`.

use super::arguments::{Schema, SchemaOf};
use super::error::CliError;
use super::output::print_json;
use crate::exit_code::ExitCode;
use crate::schema::{driver_schema, facts_schema, report_schema, scenario_schema};

pub(super) fn schema(arguments: &Schema) -> Result<ExitCode, CliError> {
    print_json(&match arguments.what {
        SchemaOf::Scenario => scenario_schema(),
        SchemaOf::Report => report_schema(),
        SchemaOf::Facts => facts_schema(),
        SchemaOf::Driver => driver_schema(),
    })?;
    Ok(ExitCode::Success)
}
