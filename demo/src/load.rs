//! Customers: requests that the service makes to itself.

use std::net::SocketAddr;
use std::time::Duration;

use http::{Method, StatusCode, Uri};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::client::{Client, ClientError};
use crate::error::DemoError;

/// How many customers are served at a time at most; others do not come in.
const AT_A_TIME: usize = 64;

/// Makes so many requests a second for as long as it is polled; with a rate of 0 none.
///
/// # Errors
///
/// Where requests cannot be made at all.
pub(crate) async fn load(address: SocketAddr, rate: u32) -> Result<(), DemoError> {
    let Some(period) = Duration::from_secs(1).checked_div(rate) else {
        return std::future::pending().await;
    };
    let url = Uri::builder()
        .scheme("http")
        .authority(address.to_string())
        .path_and_query("/checkout")
        .build()
        .map_err(|cause| ClientError::Url {
            url: address.to_string(),
            cause,
        })?;
    let client = Client::new(None);
    let mut customers = JoinSet::new();
    let mut arrivals = interval(period);
    arrivals.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = arrivals.tick(), if customers.len() < AT_A_TIME => {
                let (client, url) = (client.clone(), url.clone());
                customers.spawn(async move { buy(&client, &url).await });
            }
            Some(_) = customers.join_next() => {}
        }
    }
}

/// One customer, who has no complaint about a declined card.
async fn buy(client: &Client, url: &Uri) {
    match client.ask(Method::POST, url, None).await {
        Ok(_)
        | Err(ClientError::Status {
            status: StatusCode::PAYMENT_REQUIRED,
            ..
        }) => {}
        Err(error) => tracing::warn!("a customer left: {error}"),
    }
}
