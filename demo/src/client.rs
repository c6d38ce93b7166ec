//! Requests over HTTP: to the service itself, and to a control API.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;

use crate::arguments::Secret;

/// How long a request may take as a whole.
const LIMIT: Duration = Duration::from_secs(30);

/// What is read of an answer at most, in bytes.
const ANSWER_BYTES: usize = 16 << 20;

/// Makes requests. Clones share their connections.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: HttpClient<HttpConnector, Full<Bytes>>,
    token: Option<Secret>,
}

/// A request that came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("{url} cannot be asked")]
    Url {
        url: String,
        #[source]
        cause: http::Error,
    },
    #[error("{url} does not answer")]
    NoAnswer {
        url: String,
        #[source]
        cause: hyper_util::client::legacy::Error,
    },
    #[error("the answer of {url} breaks off: {cause}")]
    Broken {
        url: String,
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{url} has not answered within {LIMIT:?}")]
    Late { url: String },
    #[error("{url} answers {status}: {text}")]
    Status {
        url: String,
        status: StatusCode,
        text: String,
    },
    #[error("{url} answers with something else than JSON")]
    Json {
        url: String,
        #[source]
        cause: serde_json::Error,
    },
}

impl Client {
    /// A client that shows this token, where there is one.
    pub(crate) fn new(token: Option<Secret>) -> Self {
        Self {
            http: HttpClient::builder(TokioExecutor::new()).build_http(),
            token,
        }
    }

    /// Asks, with or without a JSON body; the body of an answer with a status of success.
    pub(crate) async fn ask(
        &self,
        method: Method,
        url: &Uri,
        body: Option<serde_json::Value>,
    ) -> Result<Bytes, ClientError> {
        let late = |_| ClientError::Late {
            url: url.to_string(),
        };
        timeout(LIMIT, self.ask_patiently(method, url, body))
            .await
            .map_err(late)?
    }

    /// Asks for JSON.
    pub(crate) async fn json(&self, url: &Uri) -> Result<serde_json::Value, ClientError> {
        let bytes = self.ask(Method::GET, url, None).await?;
        serde_json::from_slice(&bytes).map_err(|cause| ClientError::Json {
            url: url.to_string(),
            cause,
        })
    }

    async fn ask_patiently(
        &self,
        method: Method,
        url: &Uri,
        body: Option<serde_json::Value>,
    ) -> Result<Bytes, ClientError> {
        let mut request = Request::builder().method(method).uri(url);
        if let Some(Secret(token)) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = body.map(|body| Bytes::from(body.to_string()));
        let request = request
            .body(Full::new(body.unwrap_or_default()))
            .map_err(|cause| ClientError::Url {
                url: url.to_string(),
                cause,
            })?;
        let answer = self.http.request(request).await;
        let answer = answer.map_err(|cause| ClientError::NoAnswer {
            url: url.to_string(),
            cause,
        })?;
        let status = answer.status();
        let bytes = Limited::new(answer.into_body(), ANSWER_BYTES)
            .collect()
            .await
            .map_err(|cause| ClientError::Broken {
                url: url.to_string(),
                cause,
            })?
            .to_bytes();
        if status.is_success() {
            return Ok(bytes);
        }
        Err(ClientError::Status {
            url: url.to_string(),
            status,
            text: String::from_utf8_lossy(&bytes).trim().to_owned(),
        })
    }
}
