//! What comes with a request: read strictly, so that a mistake is told and never passed over.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::problem::{Code, Problem};

/// The largest body that is taken, in bytes.
pub(super) const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The query of a request.
#[derive(Debug)]
pub(super) struct InQuery<T>(pub(super) T);

/// The body of a request, as JSON.
#[derive(Debug)]
pub(super) struct InBody<T>(pub(super) T);

/// The body of a request, as JSON; no body stands for the default.
#[derive(Debug)]
pub(super) struct MaybeInBody<T>(pub(super) T);

/// The last segment but for a suffix of the path, as it was sent.
#[derive(Debug)]
pub(super) struct InPath(pub(super) String);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for InQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(value)) => Ok(Self(value)),
            Err(error) => Err(Problem::new(Code::BadQuery, error.body_text())),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for InPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<String>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(segment)) => Ok(Self(segment)),
            Err(error) => Err(Problem::new(Code::NoSuchPath, error.body_text())),
        }
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for InBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let is_json = declares_json(&request);
        let body = read(request).await?;
        if !is_json {
            return Err(not_json());
        }
        parse(&body).map(Self)
    }
}

impl<S: Sync, T: DeserializeOwned + Default> FromRequest<S> for MaybeInBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let declared = request.headers().contains_key(CONTENT_TYPE);
        let is_json = declares_json(&request);
        let body = read(request).await?;
        match (body.is_empty(), declared, is_json) {
            (true, false, _) | (true, _, true) => Ok(Self(T::default())),
            (_, _, false) => Err(not_json()),
            (false, _, true) => parse(&body).map(Self),
        }
    }
}

fn declares_json(request: &Request) -> bool {
    let mut values = request.headers().get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    value.to_str().is_ok_and(|text| {
        let essence = text.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/json")
    })
}

fn not_json() -> Problem {
    Problem::new(Code::NotJson, "the body is not declared as JSON")
        .possible("the header `Content-Type: application/json`")
}

async fn read(request: Request) -> Result<Bytes, Problem> {
    match Limited::new(request.into_body(), MAX_BODY_BYTES)
        .collect()
        .await
    {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Problem::new(
            Code::TooLarge,
            format!("the body is larger than {MAX_BODY_BYTES} bytes"),
        )),
        Err(error) => Err(Problem::new(
            Code::IncompleteBody,
            format!("the body did not come to its end: {error}"),
        )),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| Problem::of_json(&error))?;
    match deserializer.end() {
        Ok(()) => Ok(value),
        Err(error) => Err(Problem::new(Code::BadJson, error.to_string())),
    }
}
