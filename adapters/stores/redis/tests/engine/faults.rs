//! A cluster of which parts fail under load. The clients count what they were told.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, sleep};
use std::time::Duration;

use metric_redis::Settings;
use rustix::process::Signal;

use crate::clients::{Client, FrontEnd, Log, Told, write};
use crate::plain::tiny;
use crate::servers::{Cluster, MASTERS, can_start, until};
use crate::shared::check_histories;

/// Two writers over two front ends, while something is done to the cluster. Afterwards all that was
/// acknowledged must be there, as each front end tells it.
fn under_load(settings: &Settings, act: impl FnOnce(&FrontEnd)) -> [Log; 2] {
    let ends = [(); 2].map(|()| FrontEnd::start(settings.clone()));
    let is_over = AtomicBool::new(false);
    let logs = thread::scope(|scope| {
        let writers = [("one", &ends[0]), ("other", &ends[1])]
            .map(|(name, end)| scope.spawn(|| write(end, name, &is_over)));
        sleep(Duration::from_millis(300));
        act(&ends[0]);
        sleep(Duration::from_millis(300));
        is_over.store(true, Relaxed);
        writers.map(|writer| writer.join().expect("a writer goes on"))
    });
    for end in &ends {
        let there = Client::new(end).samples("*");
        let found: usize = logs.iter().map(|log| log.check(&there)).sum();
        assert!(found > 0);
    }
    for log in &logs {
        println!(
            "acknowledged {}, refused {}, unknown {}, longest {:?}",
            log.acknowledged, log.refused, log.unknown, log.longest
        );
    }
    logs
}

/// Waits until puts of many keys are taken.
fn until_served(end: &FrontEnd) {
    let mut client = Client::new(end);
    let puts: Vec<_> = (0..100).map(|key| format!("put probe.{key} 1 1\n")).collect();
    until("it is served again", || client.ask(&puts).iter().all(|told| *told == Told::Ok(vec![])));
}

/// Waits until replicas have puts of many keys. One that says that it follows its master may not be sent any yet.
fn until_followed(cluster: &Cluster) {
    let mut settings = tiny(cluster.settings());
    settings.wait = 1;
    until_served(&FrontEnd::start(settings));
}

#[test]
fn nothing_acknowledged_is_lost_when_masters_are_killed() {
    if !can_start() {
        return;
    }
    let mut cluster = Cluster::start(&[]);
    for round in 0..5 {
        let victim = cluster.masters()[round % MASTERS];
        until_followed(&cluster);
        let settings = cluster.settings();
        let logs = under_load(&tiny(settings), |end| {
            cluster.servers[victim].kill();
            until_served(end);
        });
        // A killed server has ended its connections, so all was tried again and told.
        assert!(logs.iter().all(|log| log.unknown == 0 && log.refused == 0), "{logs:?}");
        cluster.servers[victim].go();
        cluster.until_whole();
    }
}

#[test]
fn a_master_that_stops_and_goes_on_undoes_nothing() {
    if !can_start() {
        return;
    }
    let cluster = Cluster::start(&[]);
    let mut settings = tiny(cluster.settings());
    settings.silence = Duration::from_millis(500);
    let logs = under_load(&settings, |end| {
        cluster.servers[1].signal(Signal::STOP);
        until_served(end);
        cluster.servers[1].signal(Signal::CONT);
        cluster.until_whole();
    });
    assert!(logs.iter().all(|log| log.refused == 0 && log.longest < Duration::from_secs(9)));
    assert!(logs.iter().any(|log| log.unknown > 0), "{logs:?}");
}

#[test]
fn slots_move_under_load_without_a_refusal() {
    if !can_start() {
        return;
    }
    let cluster = Cluster::start(&[]);
    let settings = tiny(cluster.settings());
    let logs = under_load(&settings, |_| move_some(&cluster, 0, 1));
    assert!(logs.iter().all(|log| log.refused + log.unknown == 0), "{logs:?}");
    check_histories(&settings, || move_some(&cluster, 1, 2));
}

/// Moves the slots of some parts from a master to another.
fn move_some(cluster: &Cluster, from: usize, to: usize) {
    for part in 0..60 {
        // All slots of the first parts in which their tags may be.
        let first = (from * 86 + part) * 64;
        (first..first + 8).for_each(|slot| cluster.move_slot(slot as u16, from, to));
    }
}

#[test]
fn all_down_and_back_within_the_patience_is_a_pause() {
    if !can_start() {
        return;
    }
    let mut cluster = Cluster::start(&["--appendonly", "yes", "--appendfsync", "everysec"]);
    let mut settings = tiny(cluster.settings());
    settings.patience = Duration::from_secs(20);
    let logs = under_load(&settings, |end| {
        cluster.servers.iter_mut().for_each(|server| server.kill());
        cluster.servers.iter_mut().for_each(|server| server.go());
        until_served(end);
        cluster.until_whole();
    });
    assert!(logs.iter().all(|log| log.refused + log.unknown == 0), "{logs:?}");
}
