//! A board stays in its Wi-Fi network, with a radio that does what a test wants.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;

use embassy_net::{ConfigV4, Ipv4Address, Ipv4Cidr, Stack, StaticConfigV4};
use embassy_time::{Instant, Timer};
use metric_board_settings::Wifi;
use metric_embassy_net::Settings;

use crate::clock::Pace;
use crate::parts::wifi::{Radio, Station};
use crate::world::{Board, World};

#[test]
fn a_network_that_cannot_be_joined_is_tried_after_longer_and_longer_pauses() {
    let (log, losses) = simulate(Faults { refusals: 7, ..Faults::default() }, async |_| {
        Timer::after_secs(150).await;
    });
    assert_eq!((attempts(&log), losses), (vec![0, 1, 3, 7, 15, 31, 63, 123], 0));
}

#[test]
fn a_network_without_an_address_is_left_after_half_a_minute() {
    let (log, losses) = simulate(Faults { silences: 1, ..Faults::default() }, async |_| {
        Timer::after_secs(60).await;
    });
    let expected = ["0 joining home", "30 no address from home", "30 left", "31 joining home"];
    assert_eq!((log, losses), (expected.map(String::from).into(), 0));
}

#[test]
fn a_board_that_loses_its_address_or_its_gateway_joins_again() {
    let (log, losses) = simulate(Faults::default(), async |world| {
        Timer::after_secs(10).await;
        world.board.set_config_v4(ConfigV4::None);
        // The gateway is asked 60 and 120 seconds after the second joining.
        Timer::after_secs(141).await;
        world.to_board.cut(true);
        Timer::after_secs(70).await;
    });
    let expected = [
        "0 joining home",
        "10 left",
        "11 joining home",
        "216 the gateway no longer answers",
        "216 left",
        "217 joining home",
    ];
    assert_eq!((log, losses), (expected.map(String::from).into(), 2));
}

#[test]
fn a_radio_that_hangs_as_it_leaves_is_not_waited_for() {
    let (log, _) = simulate(Faults { hangs: 1, refusals: 1, ..Faults::default() }, async |_| {
        Timer::after_secs(60).await;
    });
    assert_eq!(attempts(&log), [0, 31]);
}

/// Returns the seconds at which the board has tried to join.
fn attempts(log: &[String]) -> Vec<u64> {
    let seconds = log.iter().filter_map(|line| line.strip_suffix(" joining home"));
    seconds.map(|second| second.parse().unwrap()).collect()
}

/// How often the radio or the network fails at first.
#[derive(Default)]
struct Faults {
    /// The network cannot be joined.
    refusals: u32,
    /// It can, but gives no address.
    silences: u32,
    /// The radio never answers that it has left.
    hangs: u32,
}

/// Runs a script beside a board with that radio. Returns the log, each line with the second, and the
/// number of losses.
fn simulate(faults: Faults, script: impl AsyncFnOnce(&World<'_, '_>)) -> (Vec<String>, u32) {
    let board = Board::<1, 1, 48, 642, 304, 512, 512> { workers: 1, settings: Settings::default() };
    let log = Log::default();
    let losses: &Cell<u32> = Box::leak(Box::default());
    board.run(Pace::Jumps, async |world: &World<'_, '_>| {
        let stack = world.board;
        stack.set_config_v4(ConfigV4::None);
        let mut radio = Simulated { stack, faults, log: log.clone() };
        let wifi = Wifi { network: "home", password: None };
        let (station, log) = (Station { stack, wifi, losses }, log.clone());
        // In a task of its own, as on a board.
        let stay = async move { station.stay_joined(&mut radio, |notice| log.add(notice)).await };
        let _task = world.executor.spawn(stay);
        script(world).await;
    });
    (log.0.take(), losses.get())
}

struct Simulated<'a> {
    stack: Stack<'a>,
    faults: Faults,
    log: Log,
}

impl Radio for Simulated<'_> {
    async fn join(&mut self, _: Wifi<'_>) -> bool {
        if takes_one(&mut self.faults.refusals) {
            return false;
        }
        if !takes_one(&mut self.faults.silences) {
            self.stack.set_config_v4(ConfigV4::Static(address()));
        }
        true
    }

    async fn leave(&mut self) {
        if takes_one(&mut self.faults.hangs) {
            pending::<()>().await;
        }
        self.log.add("left");
        self.stack.set_config_v4(ConfigV4::None);
    }

    async fn light(&mut self, _: bool) {}
}

/// Returns an address of the board. The desk is its gateway.
fn address() -> StaticConfigV4 {
    let address = Ipv4Cidr::new(Ipv4Address::new(10, 0, 0, 1), 24);
    let gateway = Some(Ipv4Address::new(10, 0, 0, 2));
    StaticConfigV4 { address, gateway, dns_servers: Default::default() }
}

/// Returns whether there is one left, and takes it.
fn takes_one(count: &mut u32) -> bool {
    let left = *count > 0;
    *count = count.saturating_sub(1);
    left
}

#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    fn add(&self, line: impl std::fmt::Display) {
        self.0.borrow_mut().push(format!("{} {line}", Instant::now().as_secs()));
    }
}
