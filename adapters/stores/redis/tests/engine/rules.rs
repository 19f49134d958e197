//! What is refused, and what is told of it.

use std::time::{Duration, Instant};

use metric_redis::Settings;
use rustix::process::Signal;

use crate::clients::{Client, FrontEnd, Told};
use crate::servers::{Plain, can_start, until};

#[test]
fn a_full_engine_refuses_puts_and_keeps_what_it_has() {
    if !can_start() {
        return;
    }
    let plain = Plain::start(&["--maxmemory", "6mb", "--maxmemory-policy", "noeviction"]);
    let end = FrontEnd::start(plain.settings());
    let mut client = Client::new(&end);
    let (mut stored, mut refused) = (Vec::new(), Vec::new());
    for batch in 0..1_000 {
        let puts: Vec<_> = (0..100).map(|key| format!("put {batch}.{key} {batch} 1\n")).collect();
        for (key, told) in client.ask(&puts).into_iter().enumerate() {
            match told {
                Told::Ok(_) => stored.push((format!("{batch}.{key}"), 1)),
                Told::Error => refused.push((format!("{batch}.{key}"), 1)),
                Told::Nothing => panic!("nothing is unknown"),
            }
        }
        if refused.len() > 1_000 {
            break;
        }
    }
    assert!(stored.len() > 1_000 && refused.len() > 1_000, "{} {}", stored.len(), refused.len());
    let counters = end.engine.engine_counters();
    assert_eq!((counters.stored, counters.refused), (stored.len() as u64, refused.len() as u64));
    assert!(end.engine.is_refusing());
    let samples = client.samples("*");
    assert_eq!(samples.len(), stored.len());
    assert!(stored.iter().all(|sample| samples.contains_key(sample)));
    plain.server.tell(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(client.ask_one("put later 1 1\n"), Told::Ok(vec![]));
    assert!(!end.engine.is_refusing());
}

#[test]
fn an_engine_that_is_down_refuses_after_its_patience_and_then_at_once() {
    let nobody = Settings::parse("redis://127.0.0.1:1").unwrap();
    let mut settings = nobody;
    settings.patience = Duration::from_millis(300);
    let end = FrontEnd::start(settings);
    let mut client = Client::new(&end);
    for key in 0..256 {
        client.ask_one(&format!("put {key} 1 1\n"));
    }
    let began = Instant::now();
    for _ in 0..20 {
        let told = client.ask(&["put 1 1 1\n".into(), "get 1\n".into(), "get *\n".into()]);
        assert_eq!(told, [Told::Error, Told::Error, Told::Error]);
    }
    // With the full patience for each, it would be 18 s.
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
}

#[test]
fn an_engine_that_is_silent_ends_the_connection_and_is_served_by_again() {
    if !can_start() {
        return;
    }
    let plain = Plain::start(&[]);
    let mut settings = plain.settings();
    settings.silence = Duration::from_millis(300);
    let end = FrontEnd::start(settings);
    let mut client = Client::new(&end);
    assert_eq!(client.ask_one("put a 1 1\n"), Told::Ok(vec![]));
    plain.server.signal(Signal::STOP);
    assert_eq!(client.ask_one("put a 2 2\n"), Told::Nothing);
    assert_eq!(end.engine.engine_counters().unknown, 1);
    plain.server.signal(Signal::CONT);
    until("it serves again", || client.ask_one("put a 3 3\n") == Told::Ok(vec![]));
}

#[test]
fn an_engine_that_is_killed_and_back_is_served_by_without_a_restart() {
    if !can_start() {
        return;
    }
    let mut plain = Plain::start(&["--appendonly", "yes", "--appendfsync", "everysec"]);
    let end = FrontEnd::start(plain.settings());
    let mut client = Client::new(&end);
    let puts: Vec<_> = (0..1_000).map(|time| format!("put a {time} {time}\n")).collect();
    assert!(client.ask(&puts).iter().all(|told| *told == Told::Ok(vec![])));
    plain.server.kill();
    let again = std::thread::spawn(move || {
        plain.server.go();
        plain
    });
    // It is back within the patience, so the client only waits.
    assert_eq!(client.ask_one("put a 1 1000\n"), Told::Ok(vec![]));
    assert_eq!(client.samples("a").len(), 1_001);
    drop(again.join());
}
