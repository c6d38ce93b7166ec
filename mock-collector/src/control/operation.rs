//! An operation of the API: what answers, and what the description says about it, in one place.

use axum::Router;
use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::routing::{MethodFilter, MethodRouter, on};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::shared::Shared;

/// An operation of the API.
pub(super) struct Operation {
    pub(super) method: Method,
    /// As axum and `OpenAPI` both have it: `/v1/faults/{ordinal}`.
    pub(super) path: &'static str,
    /// Its name in clients that are generated.
    pub(super) id: &'static str,
    /// The part of the API that it belongs to.
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    /// What stands in the path, and the schema of it.
    pub(super) in_path: Option<(&'static str, MakeSchema)>,
    pub(super) query: Option<MakeSchema>,
    pub(super) body: Option<Body>,
    pub(super) answers: Vec<Answer>,
    route: MethodRouter<Shared>,
}

/// Makes the schema of a type, whose definitions go into the generator.
pub(super) type MakeSchema = fn(&mut SchemaGenerator) -> Schema;

pub(super) struct Body {
    pub(super) schema: MakeSchema,
    pub(super) required: bool,
}

/// An answer that an operation may give beside the errors that all have.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) description: &'static str,
    pub(super) content: Option<(&'static str, MakeSchema)>,
    /// Whether it says in `Location` where the new thing is.
    pub(super) has_location: bool,
}

impl Operation {
    pub(super) fn new<H, T>(
        method: MethodFilter,
        path: &'static str,
        id: &'static str,
        handler: H,
    ) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        Self {
            method: name(method),
            path,
            id,
            tag: "",
            summary: "",
            description: "",
            in_path: None,
            query: None,
            body: None,
            answers: Vec::new(),
            route: on(method, handler),
        }
    }

    pub(super) fn about(self, tag: &'static str, summary: &'static str) -> Self {
        Self {
            tag,
            summary,
            ..self
        }
    }

    pub(super) fn description(self, description: &'static str) -> Self {
        Self {
            description,
            ..self
        }
    }

    pub(super) fn in_path<T: JsonSchema>(self, name: &'static str) -> Self {
        Self {
            in_path: Some((name, SchemaGenerator::subschema_for::<T>)),
            ..self
        }
    }

    pub(super) fn query<T: JsonSchema>(self) -> Self {
        Self {
            query: Some(|generator| T::json_schema(generator)),
            ..self
        }
    }

    pub(super) fn body<T: JsonSchema>(self) -> Self {
        self.with_body::<T>(true)
    }

    pub(super) fn maybe_body<T: JsonSchema>(self) -> Self {
        self.with_body::<T>(false)
    }

    fn with_body<T: JsonSchema>(self, required: bool) -> Self {
        let schema: MakeSchema = SchemaGenerator::subschema_for::<T>;
        Self {
            body: Some(Body { schema, required }),
            ..self
        }
    }

    /// It answers with JSON.
    pub(super) fn answers<T: JsonSchema>(self, description: &'static str) -> Self {
        self.answer(Answer::json::<T>(StatusCode::OK, description))
    }

    /// It makes something new, says where that is, and answers with it.
    pub(super) fn creates<T: JsonSchema>(self, description: &'static str) -> Self {
        self.answer(Answer {
            has_location: true,
            ..Answer::json::<T>(StatusCode::CREATED, description)
        })
    }

    /// It answers with nothing but a status.
    pub(super) fn answers_nothing(self, description: &'static str) -> Self {
        self.answer(Answer {
            status: StatusCode::NO_CONTENT,
            description,
            content: None,
            has_location: false,
        })
    }

    /// It may fail in this way, beside those that are common.
    pub(super) fn fails(self, status: StatusCode, description: &'static str) -> Self {
        self.answer(Answer::problem(status, description))
    }

    pub(super) fn answer(mut self, answer: Answer) -> Self {
        self.answers.push(answer);
        self
    }

    /// Whether clients need the token for it, where there is one.
    pub(super) fn needs_token(&self) -> bool {
        !super::gate::OPEN_TO_ALL.contains(&self.path)
    }

    /// The router with this operation added.
    pub(super) fn route(self, router: Router<Shared>) -> Router<Shared> {
        router.route(self.path, self.route)
    }
}

impl Answer {
    pub(super) fn json<T: JsonSchema>(status: StatusCode, description: &'static str) -> Self {
        Self {
            status,
            description,
            content: Some(("application/json", SchemaGenerator::subschema_for::<T>)),
            has_location: false,
        }
    }

    pub(super) fn problem(status: StatusCode, description: &'static str) -> Self {
        Self {
            status,
            description,
            content: Some((
                super::problem::PROBLEM_JSON,
                SchemaGenerator::subschema_for::<super::problem::Problem>,
            )),
            has_location: false,
        }
    }
}

/// Every operation, in the order of the description.
pub(super) fn operations() -> Vec<Operation> {
    [
        super::health::operations(),
        super::receiver::operations(),
        super::faults::operations(),
        super::guards::operations(),
        super::switches::operations(),
        super::journal::operations(),
        super::payloads::operations(),
        super::ledger::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn name(method: MethodFilter) -> Method {
    // The four that the API has.
    if method == MethodFilter::GET {
        Method::GET
    } else if method == MethodFilter::PUT {
        Method::PUT
    } else if method == MethodFilter::DELETE {
        Method::DELETE
    } else {
        Method::POST
    }
}
