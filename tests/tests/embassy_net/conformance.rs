//! The server conforms, and its replies come in one piece.

use embassy_futures::select::select;
use embassy_time::Duration;
use metric_conformance::{Offer, Options, check};
use metric_embassy_net::{Settings, Worker};
use metric_proto::Limits;
use metric_tests::echo::Echo;
use smol::channel::Receiver;

use crate::clock::Pace;
use crate::peer::Memory;
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

#[test]
fn a_reply_that_fits_the_socket_comes_in_one_segment() {
    let board = Board::<32, 32, 48, 130, 304, 512, 1024> { workers: 1, settings: settings(SMALL) };
    board.run(Pace::Jumps, async |world| {
        let mut memory = Memory::new(2048);
        let mut peer = memory.connect(world).await;
        for timestamp in 0..32 {
            peer.expect(format!("put key.of.some.length 0.5 {timestamp}\n"), "ok\n\n").await;
        }
        peer.send("get key.of.some.length\n").await.unwrap();
        let mut received = [0; 2048];
        let count = peer.socket.read(&mut received).await.unwrap();
        assert!(received[..count].ends_with(b" 31\n\n"), "{count} bytes came first");
        assert!(count > 2 * 304, "{count} bytes are not many buffers");
        peer.leave().await;
    });
}

#[test]
fn a_worker_serves_any_session_and_sends_nothing_that_is_not_committed() {
    let mut settings = settings(SMALL);
    settings.port = 9;
    let board = Board::<1, 1, 48, 130, 304, 512, 512> { workers: 0, settings: settings.clone() };
    board.run(Pace::Jumps, async |world| {
        let mut worker = Worker::<64, 64, 512, 512>::new();
        let serve = worker.run_sessions(world.board, Echo::default, &settings, world.counters);
        let talk = async {
            for (sent, due) in [("one\ntwo\nbye\n", "one\ntwo\nbye\n"), ("fail\ntwo\n", "")] {
                let mut memory = Memory::new(512);
                let mut peer = memory.connect(world).await;
                peer.send(sent).await.unwrap();
                let mut received = Vec::new();
                let mut part = [0; 64];
                while let Ok(count @ 1..) = peer.socket.read(&mut part).await {
                    received.extend_from_slice(&part[..count]);
                }
                assert_eq!(str::from_utf8(&received), Ok(due));
                peer.leave().await;
            }
        };
        select(serve, talk).await;
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
    let mut settings = Settings::new(Limits::new(offer.line, offer.key));
    settings.idle_timeout = idle_timeout;
    settings
}
