//! A cluster that works.

use metric_conformance::{Offer, Options, TcpServer, check};
use metric_redis::Engine;
use metric_tests::store_suite::check_unbounded_store;

use crate::awaited::Awaited;
use crate::clients::FrontEnd;
use crate::plain::tiny;
use crate::servers::{Cluster, can_start};
use crate::shared::check_histories;

#[test]
fn the_store_passes_the_suites_over_a_cluster() {
    if !can_start() {
        return;
    }
    let cluster = Cluster::start(&[]);
    check_unbounded_store(1, || Awaited::new(&Engine::open(tiny(cluster.settings()))));
    check_histories(&tiny(cluster.settings()), || ());
    // No bound is exact but those of lines, so the cases that fill something are left out.
    let offer = Offer { series: 1 << 40, samples: 1 << 40, ..Offer::DESKTOP };
    let (settings, mut running) = (cluster.settings(), None);
    let server = TcpServer::started_by(offer, move || {
        drop(running.take());
        let mut settings = tiny(settings.clone());
        settings.seal_at = 20;
        Ok(running.insert(FrontEnd::start(settings)).address)
    });
    check(&mut server.expect("it starts"), &Options::default()).assert_passed();
}
