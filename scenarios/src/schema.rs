//! JSON Schemas, generated from the types.

use schemars::generate::SchemaSettings;
use schemars::{Schema, json_schema, schema_for};

use crate::driver::{Answer, Hello, Request};
use crate::report::{FactTable, Report};
use crate::scenario::Scenario;

/// The schema of scenario files.
pub fn scenario_schema() -> Schema {
    schema_for!(Scenario)
}

/// The schema of the JSON report.
pub fn report_schema() -> Schema {
    schema_for!(Report)
}

/// The schema of the facts of several systems under test, side by side.
pub fn facts_schema() -> Schema {
    schema_for!(FactTable)
}

/// The schema of one line between runner and driver: a request or an answer.
pub fn driver_schema() -> Schema {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let request = generator.subschema_for::<Request>();
    let hello = generator.subschema_for::<Hello>();
    let answer = generator.subschema_for::<Answer>();
    let definitions = generator.take_definitions(true);
    json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "otelbox driver protocol",
        "description": "One line: a request of the runner, the answer of the driver to hello, or its answer to anything else.",
        "anyOf": [request, hello, answer],
        "$defs": definitions,
    })
}
