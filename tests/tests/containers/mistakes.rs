//! What goes wrong is told, with the last words of whom it went wrong with, and leaves nothing behind.

use std::net::TcpListener;

use libtest_mimic::Trial;
use otelbox_sdk::Protocol;

use crate::collector::{Collector, SHOWS_ALL, send};
use crate::compose::Stack;
use crate::images::{ALL, Image, Images};
use crate::{block_on, trial, until};

pub(crate) fn trials() -> Vec<Trial> {
    let collector = &[Image::Collector];
    vec![
        trial(
            "configuration_that_the_collector_refuses",
            collector,
            refused,
        ),
        trial("collector_that_dies_in_mid_run", collector, dies),
        trial("collector_that_dies_behind_the_proxy", ALL, dies_behind),
        trial("port_that_is_taken", ALL, port_taken),
        trial("image_that_cannot_be_had", ALL, no_image),
    ]
}

fn refused(images: &Images) {
    block_on(async {
        let configuration = SHOWS_ALL.replace("exporters: [debug]", "exporters: [debgu]");
        let refused = Collector::start(&images.collector, &configuration).await;
        let said = refused.err().expect("no Collector takes that").to_string();
        let own_words = r#"references exporter "debgu" which is not configured"#;
        assert!(said.contains(own_words), "{said}");
    });
}

fn dies(images: &Images) {
    block_on(async {
        let collector = Collector::start(&images.collector, SHOWS_ALL).await;
        let collector = collector.unwrap_or_else(|refused| panic!("{refused}"));
        let sent = send(&collector, Protocol::Grpc, "before").await;
        sent.unwrap_or_else(|error| panic!("{error}"));
        collector.kill();
        let error = send(&collector, Protocol::Grpc, "after").await;
        let error = error.expect_err("nobody takes it");
        let (trouble, last) = error.split_once("The Collector wrote last:").expect("both");
        assert!(trouble.contains("connect"), "{error}");
        assert!(
            last.contains("before") && !last.contains("after"),
            "{error}"
        );
    });
}

fn dies_behind(images: &Images) {
    let stack = Stack::new(images);
    stack.up(&[]).unwrap_or_else(|error| panic!("{error}"));
    stack
        .run(&["kill", "otel-collector"])
        .unwrap_or_else(|error| panic!("{error}"));
    block_on(async {
        // The proxy in front of it says so, to whoever asks for its health too.
        until("otelbox is unhealthy", async || {
            let listed = stack.run(&["ps"])?;
            let otelbox = listed
                .lines()
                .find(|line| line.contains("otelbox_1") || line.contains("otelbox-1"));
            match otelbox {
                Some(line) if line.contains("unhealthy") => Ok(()),
                _ => Err(listed),
            }
        })
        .await;
    });
    let words = stack.last_lines(&["otel-collector"]);
    assert!(words.contains("Everything is ready"), "{words}");
    stack.down();
}

fn port_taken(images: &Images) {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let mut stack = Stack::new(images);
    stack.set("JAEGER_PORT", port.clone());
    let error = stack.up(&[]).expect_err("the port is taken");
    assert!(
        error.contains(&port) && error.contains("address already in use"),
        "{error}"
    );
    stack.down();
}

fn no_image(images: &Images) {
    let mut stack = Stack::new(images);
    stack.set("COLLECTOR_IMAGE", "otelbox-test/there-is-none:0");
    let error = stack.up(&[]).expect_err("there is no such image");
    assert!(error.contains("otelbox-test/there-is-none"), "{error}");
    stack.down();
}
