//! What is wrong with a request, in the one shape that every error has.

use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::fault::InvalidFault;

/// What is wrong with a request.
///
/// Spec: RFC 9457, "Problem Details for HTTP APIs"; `code`, `pointer`, `line`, `column` and `possible` are our choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Problem {
    /// Always `about:blank`: the status says what kind of problem it is, `code` which.
    r#type: &'static str,
    /// The name of the status.
    title: &'static str,
    /// The status.
    #[schemars(range(min = 400, max = 599))]
    status: u16,
    /// Which problem it is: a word that does not change.
    code: Code,
    /// What is wrong, in a sentence.
    detail: Box<str>,
    /// Where in the body: the path of the key, such as `faults[0].when.attempt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    /// The line of the body, 1-based.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    /// The column in that line, 1-based.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    /// What is possible in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    possible: Option<String>,
}

/// Which problem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ProblemCode")]
pub(super) enum Code {
    /// The query cannot be understood.
    BadQuery,
    /// The body is no JSON.
    BadJson,
    /// The body is JSON, and cannot be meant.
    BadBody,
    /// A fault cannot be meant.
    InvalidFault,
    /// There is no token, or a wrong one.
    Unauthorized,
    /// The request came by a name that does not lead to this machine.
    ForeignHost,
    /// The request came from a web page of another site.
    ForeignOrigin,
    /// There is nothing at this path.
    NoSuchPath,
    /// There is no fault with this ordinal.
    NoSuchFault,
    /// There is no guard with this id; it may have run out.
    NoSuchGuard,
    /// There is no exchange with this ordinal; it may have been evicted, or forgotten by a reset.
    NoSuchExchange,
    /// The path is there, and not for this method.
    MethodNotAllowed,
    /// The receiver speaks plain text, and has no certificates.
    NoTls,
    /// New certificates cannot be made.
    Certificates,
    /// The body is too large.
    TooLarge,
    /// The body did not come to its end.
    IncompleteBody,
    /// The body is not declared as JSON.
    NotJson,
    /// The receiver is stopping.
    Stopping,
    /// The answer could not be made.
    Internal,
}

impl Problem {
    pub(super) fn new(code: Code, detail: impl Into<String>) -> Self {
        let status = code.status();
        Self {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            code,
            detail: detail.into().into_boxed_str(),
            pointer: None,
            line: None,
            column: None,
            possible: None,
        }
    }

    #[cfg(test)]
    pub(super) const fn code(&self) -> Code {
        self.code
    }

    /// The same with what is possible.
    pub(super) fn possible(self, possible: impl Into<String>) -> Self {
        Self {
            possible: Some(possible.into()),
            ..self
        }
    }

    /// The problem of a body that serde cannot read.
    pub(super) fn of_json(error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        let path = error.path().to_string();
        let inner = error.inner();
        let code = match inner.classify() {
            serde_json::error::Category::Data => Code::BadBody,
            serde_json::error::Category::Io
            | serde_json::error::Category::Syntax
            | serde_json::error::Category::Eof => Code::BadJson,
        };
        let text = inner.to_string();
        let place = format!(" at line {} column {}", inner.line(), inner.column());
        let detail = text.strip_suffix(&place).unwrap_or(&text);
        Self {
            pointer: (path != ".").then_some(path),
            line: number(inner.line()),
            column: number(inner.column()),
            ..Self::new(code, detail)
        }
    }

    pub(super) fn no_such_fault(ordinal: &str) -> Self {
        Self::new(Code::NoSuchFault, format!("there is no fault {ordinal}"))
            .possible("GET /v1/faults lists those there are")
    }

    pub(super) fn no_such_guard(id: &str) -> Self {
        Self::new(
            Code::NoSuchGuard,
            format!("there is no guard {id}: it was removed, or its time ran out"),
        )
        .possible("GET /v1/guards lists those there are")
    }
}

impl From<InvalidFault> for Problem {
    fn from(error: InvalidFault) -> Self {
        let problem = Self::new(Code::InvalidFault, error.to_string());
        Self {
            pointer: Some(error.key().to_owned()),
            ..problem.possible(error.expected())
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.code.status();
        // Texts and numbers only: it can always be written.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if self.code == Code::Unauthorized {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl Code {
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::BadQuery | Self::BadJson | Self::IncompleteBody => StatusCode::BAD_REQUEST,
            Self::BadBody | Self::InvalidFault => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::ForeignHost | Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::NoSuchPath | Self::NoSuchFault | Self::NoSuchGuard | Self::NoSuchExchange => {
                StatusCode::NOT_FOUND
            }
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoTls => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            Self::Certificates | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// A line or a column; none where serde names none.
fn number(number: usize) -> Option<u32> {
    u32::try_from(number).ok().filter(|number| *number > 0)
}

/// The content type of every error.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";
