//! Whether the receiver lives and is ready, and what can be asked of it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::MethodFilter;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::openapi::openapi;
use super::operation::Operation;
use super::problem::{Code, Problem};
use super::shared::Shared;

const TAG: &str = "health";

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(MethodFilter::GET, "/health", "health", health)
            .about(TAG, "Whether the process lives; needs no token")
            .answers::<Health>("It lives."),
        Operation::new(MethodFilter::GET, "/ready", "ready", ready)
            .about(TAG, "Whether exports are taken; needs no token")
            .answers::<Health>("Both ports of the receiver are open, unless a fault closes them.")
            .fails(StatusCode::SERVICE_UNAVAILABLE, "The receiver has stopped."),
        Operation::new(MethodFilter::GET, "/openapi.json", "openapi", description)
            .about(TAG, "This description")
            .answers::<Document>("The description: OpenAPI 3.1."),
    ]
}

/// How the receiver is.
#[derive(Debug, Serialize, JsonSchema)]
struct Health {
    /// How it is.
    status: Status,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "HealthStatus")]
enum Status {
    /// The process lives.
    Alive,
    /// Exports are taken.
    Ready,
}

/// An `OpenAPI` document.
#[derive(JsonSchema)]
#[expect(
    dead_code,
    reason = "only its schema is used: the document is made as JSON"
)]
struct Document {
    /// The version of `OpenAPI`.
    openapi: String,
}

async fn health() -> Json<Health> {
    Json(Health {
        status: Status::Alive,
    })
}

async fn ready(State(shared): State<Shared>) -> Result<Json<Health>, Problem> {
    let core = &shared.collector.core;
    if core.is_down() || core.journal.is_stopped() {
        return Err(Problem::new(Code::Stopping, "the receiver has stopped"));
    }
    Ok(Json(Health {
        status: Status::Ready,
    }))
}

async fn description(State(shared): State<Shared>) -> Json<Value> {
    Json(openapi(shared.with_token))
}
