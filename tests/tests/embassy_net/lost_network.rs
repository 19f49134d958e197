//! Detecting that the network is gone although a board still has a link and an address.

use embassy_futures::join::join;
use embassy_net::Ipv4Address;
use embassy_time::{Duration, Instant, Timer, with_timeout};
use metric_embassy_net::Settings;

use crate::clock::Pace;
use crate::parts::gateway;
use crate::world::{Board, World};

const DESK: Ipv4Address = Ipv4Address::new(10, 0, 0, 2);
const NOBODY: Ipv4Address = Ipv4Address::new(10, 0, 0, 3);
const LONG: Duration = Duration::from_secs(50 * 60);

#[test]
fn a_gateway_that_answers_is_not_lost() {
    simulate(async |world| {
        assert!(with_timeout(LONG, lost(world, DESK)).await.is_err());
    });
}

#[test]
fn a_gateway_that_answers_no_more_is_lost_after_a_minute_and_a_half() {
    simulate(async |world| {
        let cut = async {
            Timer::after_secs(150).await;
            world.to_board.cut(true);
            Instant::now()
        };
        let (at, ()) = join(cut, lost(world, DESK)).await;
        let seconds = at.elapsed().as_secs();
        assert!((10..=90).contains(&seconds), "it took {seconds} seconds");
    });
}

#[test]
fn a_gateway_that_misses_a_ping_is_not_lost() {
    simulate(async |world| {
        let stumble = async {
            for _ in 0..10 {
                Timer::after_secs(57).await;
                world.to_board.cut(true);
                Timer::after_secs(9).await;
                world.to_board.cut(false);
            }
        };
        let lost = with_timeout(LONG, lost(world, DESK));
        let (_, lost) = join(stumble, lost).await;
        assert!(lost.is_err());
    });
}

#[test]
fn a_gateway_that_never_answers_is_not_lost() {
    simulate(async |world| {
        assert!(with_timeout(LONG, lost(world, NOBODY)).await.is_err());
    });
}

/// Runs in its own task, as on a board, so that other events do not poll it.
async fn lost(world: &World<'_, '_>, gateway: Ipv4Address) {
    world.executor.spawn(gateway::lost(world.board, gateway)).await;
}

fn simulate(script: impl AsyncFnOnce(&World<'_, '_>)) {
    let board = Board::<1, 1, 48, 642, 304, 512, 512> { workers: 1, settings: Settings::default() };
    board.run(Pace::Jumps, script);
}
