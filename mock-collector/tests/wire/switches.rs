//! Switches of a running collector, seen from the wire.

use otelbox_mock_collector::MockCollector;
use otelbox_mock_collector::fault::{Switch, always, http};

use crate::support::{Transport, on_both_transports};

on_both_transports!(
    a_switch_wins_over_the_faults_that_were_there_and_goes_again,
    async |transport: Transport| {
        let receiver = transport
            .start(MockCollector::builder().fault(always().then(http(404)).named("of the file")))
            .await;
        let faults = receiver.collector.live_faults();
        let mut client = receiver.http().await;
        assert_eq!(client.export(1).await.expect("an answer").status, 404);

        assert_eq!(faults.toggle(Switch::Unavailable), Ok(true));
        assert!(faults.is_on(Switch::Unavailable));
        assert_eq!(client.export(2).await.expect("an answer").status, 503);
        assert_eq!(faults.toggle(Switch::Invalid), Ok(true));
        assert_eq!(client.export(3).await.expect("an answer").status, 400);
        let fired: Vec<_> = faults
            .statuses()
            .into_iter()
            .map(|status| (status.name, status.fired))
            .collect();
        let expected = [("invalid", 1), ("unavailable", 1), ("of the file", 1)];
        assert_eq!(
            fired,
            expected.map(|(name, fired)| (name.to_owned(), fired))
        );

        assert_eq!(faults.toggle(Switch::Invalid), Ok(false));
        assert_eq!(client.export(4).await.expect("an answer").status, 503);
        assert_eq!(faults.toggle(Switch::Unavailable), Ok(false));
        assert!(!faults.is_on(Switch::Unavailable));
        assert_eq!(client.export(5).await.expect("an answer").status, 404);
        assert_eq!(faults.statuses().len(), 1);
    }
);

on_both_transports!(
    a_switch_takes_the_listener_away_and_brings_it_back,
    async |transport: Transport| {
        use otelbox_mock_collector::Port;

        let receiver = transport.start(MockCollector::builder()).await;
        let faults = receiver.collector.live_faults();
        receiver.http().await.export(1).await.expect("an answer");
        assert_eq!(faults.toggle(Switch::Refuse), Ok(true));
        // The accept loops hear of it at their own time.
        while receiver.connect(Port::Http).await.is_ok() {
            tokio::task::yield_now().await;
        }
        assert_eq!(faults.toggle(Switch::Refuse), Ok(false));
        while receiver.connect(Port::Http).await.is_err() {
            tokio::task::yield_now().await;
        }
        receiver.http().await.export(2).await.expect("an answer");
    }
);
