//! The switches: faults that a person has at hand.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::routing::MethodFilter;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::input::InBody;
use super::leases::SwitchView;
use super::operation::Operation;
use super::problem::Problem;
use super::shared::Shared;
use crate::fault::Switch;

const TAG: &str = "switches";

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(MethodFilter::GET, "/v1/switches", "listSwitches", list)
            .about(TAG, "The switches, and which of them are on")
            .answers::<SwitchList>("The switches."),
        Operation::new(MethodFilter::PUT, "/v1/switches", "setSwitches", set)
            .about(TAG, "Switches faults on and off")
            .description("Those that are not named stay as they are. A fault that is switched on stands before all others.")
            .body::<Wanted>()
            .answers::<SwitchList>("The switches as they are now."),
    ]
}

/// Which switches are to be on and off.
#[derive(Debug, Deserialize)]
struct Wanted(BTreeMap<Switch, bool>);

impl JsonSchema for Wanted {
    fn schema_name() -> Cow<'static, str> {
        "SwitchesWanted".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let switch = |switch: Switch| {
            let schema = json!({ "type": "boolean", "description": switch.title() });
            (switch.name().to_owned(), schema)
        };
        let properties: Map<String, Value> = Switch::ALL.into_iter().map(switch).collect();
        json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
    }
}

/// The switches that there are.
#[derive(Debug, Serialize, JsonSchema)]
struct SwitchList {
    /// In the order in which they are shown.
    switches: Vec<SwitchView>,
}

async fn list(State(shared): State<Shared>) -> Json<SwitchList> {
    Json(SwitchList {
        switches: shared.faults.switches(),
    })
}

async fn set(
    State(shared): State<Shared>,
    InBody(Wanted(wanted)): InBody<Wanted>,
) -> Result<Json<SwitchList>, Problem> {
    for (switch, on) in wanted {
        shared.faults.switch(switch, on)?;
    }
    Ok(list(State(shared)).await)
}
