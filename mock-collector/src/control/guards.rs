//! Guards: faults that go away together, when whoever added them says so or is heard of no more.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::routing::MethodFilter;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::faults::number;
use super::input::{InBody, InPath, MaybeInBody};
use super::leases::GuardView;
use super::operation::Operation;
use super::problem::Problem;
use super::shared::Shared;
use super::time_to_live::TimeToLive;
use crate::fault::Fault;

const TAG: &str = "guards";

pub(super) fn operations() -> Vec<Operation> {
    let missing = "There is no guard with this id; it may have run out.";
    vec![
        Operation::new(MethodFilter::GET, "/v1/guards", "listGuards", list)
            .about(TAG, "The guards that there are")
            .answers::<GuardList>("The guards."),
        Operation::new(MethodFilter::POST, "/v1/guards", "addGuard", add)
            .about(TAG, "Adds faults that go away together")
            .description(
                "They are removed when the guard is, or when it is not renewed in its time: a test that dies leaves nothing behind.",
            )
            .body::<NewGuard>()
            .creates::<GuardView>("The guard, with its id."),
        Operation::new(MethodFilter::GET, "/v1/guards/{id}", "getGuard", get)
            .about(TAG, "One guard")
            .in_path::<Id>("id")
            .answers::<GuardView>("The guard.")
            .fails(StatusCode::NOT_FOUND, missing),
        Operation::new(MethodFilter::PUT, "/v1/guards/{id}", "renewGuard", renew)
            .about(TAG, "Keeps a guard for its time again, or for another time")
            .in_path::<Id>("id")
            .maybe_body::<Renewal>()
            .answers::<GuardView>("The guard.")
            .fails(StatusCode::NOT_FOUND, missing),
        Operation::new(MethodFilter::DELETE, "/v1/guards/{id}", "removeGuard", remove)
            .about(TAG, "Removes a guard and its faults")
            .in_path::<Id>("id")
            .answers_nothing("They are gone.")
            .fails(StatusCode::NOT_FOUND, missing),
    ]
}

/// The id of a guard.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "only its schema is used: a path is read as text")]
struct Id(#[schemars(range(min = 1))] u64);

/// The guards that there are.
#[derive(Debug, Serialize, JsonSchema)]
struct GuardList {
    /// In the order in which they were added.
    guards: Vec<GuardView>,
}

/// Faults that go away together.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewGuard {
    /// In the order in which they are tried, after those there are.
    faults: Vec<Fault>,
    /// How long they stay, unless the guard is renewed: `500ms`, `30s`, `2m`; at most a day.
    ttl: TimeToLive,
}

/// How long a guard is kept from now on.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Renewal {
    /// From now on it is kept for this time. Default: the time that it has.
    ttl: Option<TimeToLive>,
}

async fn list(State(shared): State<Shared>) -> Json<GuardList> {
    Json(GuardList {
        guards: shared.faults.guards(),
    })
}

async fn add(
    State(shared): State<Shared>,
    InBody(NewGuard { faults, ttl }): InBody<NewGuard>,
) -> Result<impl IntoResponse, Problem> {
    let id = shared.faults.guard(&faults, ttl)?;
    let added = found(&shared, &id.to_string())?;
    let location = format!("/v1/guards/{id}");
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(added)))
}

async fn get(State(shared): State<Shared>, InPath(id): InPath) -> Result<Json<GuardView>, Problem> {
    found(&shared, &id).map(Json)
}

async fn renew(
    State(shared): State<Shared>,
    InPath(id): InPath,
    MaybeInBody(Renewal { ttl }): MaybeInBody<Renewal>,
) -> Result<Json<GuardView>, Problem> {
    if number(&id).is_some_and(|number| shared.faults.renew(number, ttl)) {
        found(&shared, &id).map(Json)
    } else {
        Err(Problem::no_such_guard(&id))
    }
}

async fn remove(State(shared): State<Shared>, InPath(id): InPath) -> Result<StatusCode, Problem> {
    if number(&id).is_some_and(|number| shared.faults.end(number)) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::no_such_guard(&id))
    }
}

fn found(shared: &Shared, id: &str) -> Result<GuardView, Problem> {
    number(id)
        .and_then(|number| shared.faults.one_guard(number))
        .ok_or_else(|| Problem::no_such_guard(id))
}
