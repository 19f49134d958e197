//! The server conforms.

use embassy_time::Duration;
use metric_embassy_net::Settings;
use metric_proto::Limits;
use metric_tests::{Offer, Options, check};
use smol::channel::Receiver;

use crate::server::{BoardServer, Call, PACE, answer};
use crate::world::Board;

const SMALL: Offer = Offer::SMALL_BOARD;

const LARGE: Offer = Offer::LARGE_BOARD;

#[test]
fn a_board_with_small_bounds_conforms() {
    check_board(SMALL, |calls| {
        let board = Board::<32, 32, 48, 130, 304, 512, 512> {
            workers: SMALL.connections,
            settings: settings(SMALL),
        };
        board.run(PACE, async |world| answer(world, calls).await);
    });
}

#[test]
fn a_board_with_the_bounds_of_a_desktop_line_conforms() {
    check_board(LARGE, |calls| {
        let board = Board::<64, 1000, 255, 1024, 2048, 2048, 4096> {
            workers: LARGE.connections,
            settings: settings(LARGE),
        };
        board.run(PACE, async |world| answer(world, calls).await);
    });
}

fn check_board(offer: Offer, start: fn(Receiver<Call>)) {
    let summary = check(&mut BoardServer::new(offer, start), &Options::default());
    println!("{summary}");
    summary.assert_passed();
}

fn settings(offer: Offer) -> Settings {
    // Time jumps here, so that hours may pass between two requests.
    let idle_timeout = Duration::from_secs(24 * 60 * 60);
    let limits = Limits::new(offer.line, offer.key);
    Settings { limits, idle_timeout, ..Settings::default() }
}
