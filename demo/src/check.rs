//! Whether a service is well.

use http::Method;

use crate::arguments::Check;
use crate::client::Client;
use crate::error::DemoError;

/// Asks once. What the service says of itself is not looked at, only its status.
pub(crate) async fn check(check: &Check) -> Result<(), DemoError> {
    Client::new(None).ask(Method::GET, &check.url, None).await?;
    Ok(())
}
