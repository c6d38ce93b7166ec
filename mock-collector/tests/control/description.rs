//! The description of the API.

use otelbox_mock_collector::control::openapi;
use otelbox_mock_collector::{Fault, MockCollector};
use serde_json::Value;

use crate::client::Controlled;

#[tokio::test]
async fn the_description_is_served_as_it_is_made() {
    let open = Controlled::start().await;
    assert_eq!(
        open.client.get("/openapi.json").await.expect(200),
        openapi(false)
    );
    let closed = Controlled::with(MockCollector::builder(), Some("correct-horse")).await;
    assert_eq!(
        closed.client.get("/openapi.json").await.expect(200),
        openapi(true)
    );
}

#[test]
fn the_description_is_a_contract() {
    let mut document = openapi(true);
    document["info"]["version"] = "[version]".into();
    // What makes up a fault has a schema of its own, which grows with each new fault, and tests of its own.
    let of_faults = serde_json::to_value(schemars::schema_for!(Fault)).expect("JSON");
    let names = of_faults["$defs"].as_object().expect("definitions").keys();
    for name in names.map(String::as_str).chain(["Fault"]) {
        if !["Signal", "Protocol"].contains(&name) {
            let schema = document["components"]["schemas"].get_mut(name);
            *schema.expect("every part of a fault is described") = Value::from("[of faults]");
        }
    }
    insta::assert_json_snapshot!(document);
}
