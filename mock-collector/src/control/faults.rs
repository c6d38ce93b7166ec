//! The faults.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::routing::MethodFilter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input::{InBody, InPath, InQuery};
use super::leases::FaultView;
use super::operation::Operation;
use super::problem::Problem;
use super::shared::Shared;
use super::time_to_live::TimeToLive;
use crate::fault::Fault;

const TAG: &str = "faults";

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(MethodFilter::GET, "/v1/faults", "listFaults", list)
            .about(TAG, "The faults in order, and how often each has fired")
            .answers::<FaultList>("The faults."),
        Operation::new(MethodFilter::POST, "/v1/faults", "addFault", add)
            .about(TAG, "Adds a fault after the others")
            .description(
                "The first fault that matches a request wins. With `ttl` it goes away by itself, whatever becomes of who added it.",
            )
            .query::<Kept>()
            .body::<Fault>()
            .creates::<FaultView>("The fault, with its ordinal."),
        Operation::new(MethodFilter::PUT, "/v1/faults", "replaceFaults", replace_all)
            .about(TAG, "Replaces all faults")
            .description("Either all of them are in place, or nothing has changed. Ordinals start from 1 again, guards end, and switches are off.")
            .query::<Kept>()
            .body::<NewFaults>()
            .answers::<FaultList>("The faults that there are now."),
        Operation::new(MethodFilter::GET, "/v1/faults/{ordinal}", "getFault", get)
            .about(TAG, "One fault")
            .in_path::<Ordinal>("ordinal")
            .answers::<FaultView>("The fault.")
            .fails(StatusCode::NOT_FOUND, "There is no fault with this ordinal."),
        Operation::new(MethodFilter::PUT, "/v1/faults/{ordinal}", "replaceFault", replace)
            .about(TAG, "Puts another fault in the place of one")
            .description("It keeps place and ordinal, and counts from 0. Without `ttl` it stays, also where the one before had a time to live; one that belongs to a guard stays with it.")
            .in_path::<Ordinal>("ordinal")
            .query::<Kept>()
            .body::<Fault>()
            .answers::<FaultView>("The fault that is there now.")
            .fails(StatusCode::NOT_FOUND, "There is no fault with this ordinal."),
        Operation::new(MethodFilter::DELETE, "/v1/faults/{ordinal}", "removeFault", remove)
            .about(TAG, "Removes a fault")
            .in_path::<Ordinal>("ordinal")
            .answers_nothing("It is gone.")
            .fails(StatusCode::NOT_FOUND, "There is no fault with this ordinal."),
    ]
}

/// For how long what is put in place stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// It goes away by itself after this time: `500ms`, `30s`, `2m`; at most a day. Default: it stays.
    ttl: Option<TimeToLive>,
}

/// The ordinal of a fault, 1-based.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "only its schema is used: a path is read as text")]
struct Ordinal(#[schemars(range(min = 1))] u64);

/// The faults that there are.
#[derive(Debug, Serialize, JsonSchema)]
struct FaultList {
    /// In the order in which they are tried.
    faults: Vec<FaultView>,
}

/// Faults to be put in place.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewFaults {
    /// In the order in which they are tried.
    faults: Vec<Fault>,
}

async fn list(State(shared): State<Shared>) -> Json<FaultList> {
    Json(FaultList {
        faults: shared.faults.list(),
    })
}

async fn add(
    State(shared): State<Shared>,
    InQuery(Kept { ttl }): InQuery<Kept>,
    InBody(fault): InBody<Fault>,
) -> Result<impl IntoResponse, Problem> {
    let ordinal = shared.faults.add(fault, ttl)?;
    let added = found(&shared, &ordinal.to_string())?;
    let location = format!("/v1/faults/{ordinal}");
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(added)))
}

async fn replace_all(
    State(shared): State<Shared>,
    InQuery(Kept { ttl }): InQuery<Kept>,
    InBody(NewFaults { faults }): InBody<NewFaults>,
) -> Result<Json<FaultList>, Problem> {
    shared.faults.replace_all(faults, ttl)?;
    Ok(list(State(shared)).await)
}

async fn get(
    State(shared): State<Shared>,
    InPath(ordinal): InPath,
) -> Result<Json<FaultView>, Problem> {
    found(&shared, &ordinal).map(Json)
}

async fn replace(
    State(shared): State<Shared>,
    InPath(ordinal): InPath,
    InQuery(Kept { ttl }): InQuery<Kept>,
    InBody(fault): InBody<Fault>,
) -> Result<Json<FaultView>, Problem> {
    let number = number(&ordinal).ok_or_else(|| Problem::no_such_fault(&ordinal))?;
    if !shared.faults.replace(number, fault, ttl)? {
        return Err(Problem::no_such_fault(&ordinal));
    }
    found(&shared, &ordinal).map(Json)
}

async fn remove(
    State(shared): State<Shared>,
    InPath(ordinal): InPath,
) -> Result<StatusCode, Problem> {
    if number(&ordinal).is_some_and(|number| shared.faults.remove(number)) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::no_such_fault(&ordinal))
    }
}

fn found(shared: &Shared, ordinal: &str) -> Result<FaultView, Problem> {
    number(ordinal)
        .and_then(|number| shared.faults.one(number))
        .ok_or_else(|| Problem::no_such_fault(ordinal))
}

/// The number that a segment of a path stands for: written in one way only.
pub(super) fn number(segment: &str) -> Option<u64> {
    let number: u64 = segment.parse().ok()?;
    (number.to_string() == segment).then_some(number)
}
