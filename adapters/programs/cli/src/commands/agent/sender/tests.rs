//! No sample is lost or counted twice, whatever the server does.

use std::io::ErrorKind;
use std::ops::RangeInclusive;
use std::time::Duration;

use metric_smol::Client;
use smol::io::AsyncWriteExt;

use super::super::outbox::Outbox;
use super::super::queue::Counts;
use super::super::queue::tests::measurement;
use super::WINDOW;
use super::script::{HANG, PAUSE, go_on, patiently, perform, perform_to_pause, play};

const OK: &str = "ok\n\n";
const ERROR: &str = "error\nwrong command\n\n";

fn outbox(timestamps: RangeInclusive<i64>) -> Outbox {
    let outbox = Outbox::new(1000);
    outbox.put(timestamps.map(measurement));
    outbox
}

fn sent(sent: u64) -> Counts {
    Counts { sent, ..Counts::default() }
}

#[test]
fn more_than_one_window_is_sent_over_one_connection() {
    let full = WINDOW as i64;
    let outbox = outbox(1..=full + 44);
    let told = perform(&outbox, patiently, async |listener| {
        let stream = play(&listener, 1..=full, &OK.repeat(WINDOW)).await;
        go_on(&stream, full + 1..=full + 44, &OK.repeat(44)).await;
    });
    assert_eq!((outbox.counts(), told), (sent(full as u64 + 44), vec!["connected".to_owned()]));
}

#[test]
fn samples_without_a_reply_are_sent_again() {
    let answers = OK.repeat(5);
    for cut in 0..answers.len() {
        let outbox = outbox(1..=5);
        let told = perform(&outbox, patiently, async |listener| {
            drop(play(&listener, 1..=5, &answers[..cut]).await);
            let answered = cut / OK.len();
            play(&listener, answered as i64 + 1..=5, &OK.repeat(5 - answered)).await;
        });
        assert_eq!(outbox.counts(), sent(5), "{cut}");
        assert_eq!(
            told,
            ["connected", "lost: the server has ended the connection", "connected"],
            "{cut}"
        );
    }
}

#[test]
fn nothing_is_lost_while_the_server_is_away() {
    let outbox = outbox(1..=1);
    let mut away = 2..=9;
    let connect = async |address: &str| {
        let Some(timestamp) = away.next() else { return patiently(address).await };
        outbox.put([measurement(timestamp)]);
        Err(ErrorKind::ConnectionRefused.into())
    };
    let told = perform(&outbox, connect, async |listener| {
        play(&listener, 1..=9, &OK.repeat(9)).await;
    });
    assert_eq!(outbox.counts(), sent(9));
    assert_eq!(told, ["unreachable: connection refused", "connected"]);
}

#[test]
fn pauses_grow_until_a_server_answers() {
    let outbox = outbox(1..=1);
    let (_, pause) = perform_to_pause(&outbox, patiently, async |listener| {
        for _ in 0..3 {
            drop(play(&listener, 1..=1, "").await);
        }
    });
    assert_eq!((pause, outbox.counts().queued), (PAUSE * 8, 1));

    let (_, pause) = perform_to_pause(&self::outbox(1..=1), patiently, async |listener| {
        drop(play(&listener, 1..=1, "").await);
        play(&listener, 1..=1, OK).await;
    });
    assert_eq!(pause, PAUSE);
}

#[test]
fn a_refused_sample_is_not_sent_again() {
    let outbox = outbox(1..=3);
    let told = perform(&outbox, patiently, async |listener| {
        play(&listener, 1..=3, &[OK, ERROR, OK].concat()).await;
    });
    assert_eq!(outbox.counts(), Counts { sent: 2, refused: 1, ..Counts::default() });
    assert_eq!(told, ["connected"]);
}

#[test]
fn the_sender_leaves_a_server_of_another_protocol() {
    let cases = [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", 0, "the server sent a line that is not of a reply"),
        ("ok\n\nok\n\nno\n", 2, "the server sent a line that is not of a reply"),
        ("ok\n\nok\npalm.cpu 23.7 1\n\n", 1, "the server sent bytes that no request asked for"),
    ];
    for (answer, answered, error) in cases {
        let outbox = outbox(1..=4);
        let told = perform(&outbox, patiently, async |listener| {
            let _open = play(&listener, 1..=4, answer).await;
            play(&listener, answered + 1..=4, &OK.repeat(4 - answered as usize)).await;
        });
        assert_eq!(outbox.counts(), sent(4), "{answer:?}");
        assert_eq!(told, ["connected", &format!("lost: {error}"), "connected"], "{answer:?}");
    }
}

#[test]
fn the_sender_leaves_a_server_with_more_replies_than_requests() {
    let outbox = outbox(1..=3);
    let told = perform(&outbox, patiently, async |listener| {
        let _open = play(&listener, 1..=3, &OK.repeat(4)).await;
        outbox.put([measurement(4)]);
        play(&listener, 4..=4, OK).await;
    });
    assert_eq!(outbox.counts(), sent(4));
    let lost = "lost: the server sent bytes that no request asked for";
    assert_eq!(told, ["connected", lost, "connected"]);
}

#[test]
fn the_sender_leaves_a_silent_server() {
    let outbox = outbox(1..=3);
    // The short time-out may also expire while connecting; either is fine.
    let mut patience = [Duration::from_millis(10), HANG].into_iter();
    let connect =
        async |address: &str| Client::connect(address, patience.next().unwrap_or_default()).await;
    perform(&outbox, connect, async |listener| {
        let _silent = listener.accept().await.unwrap();
        play(&listener, 1..=3, &OK.repeat(3)).await;
    });
    assert_eq!(outbox.counts(), sent(3));
}

#[test]
fn a_slow_server_does_not_block_the_queue() {
    for (newest, oldest_left) in [(3, 3), (4, 3), (5, 4)] {
        let outbox = Outbox::new(2);
        outbox.put([measurement(1), measurement(2)]);
        perform(&outbox, patiently, async |listener| {
            let stream = play(&listener, 1..=2, "").await;
            outbox.put((3..=newest).map(measurement));
            let dropped = newest as u64 - 2;
            assert_eq!(outbox.counts(), Counts { dropped, queued: 2, ..Counts::default() });
            (&stream).write_all(OK.repeat(2).as_bytes()).await.unwrap();
            let left = (oldest_left..=newest).count();
            go_on(&stream, oldest_left..=newest, &OK.repeat(left)).await;
        });
        let dropped = oldest_left as u64 - 3;
        assert_eq!(outbox.counts(), Counts { dropped, ..sent(newest as u64 - dropped) });
    }
}

#[test]
fn after_a_stop_an_unreachable_server_ends_the_sender() {
    let outbox = outbox(1..=1);
    outbox.stop();
    let refuse = async |_: &str| Err(ErrorKind::ConnectionRefused.into());
    let told = perform(&outbox, refuse, async |_| ());
    assert_eq!(outbox.counts(), Counts { queued: 1, ..Counts::default() });
    assert_eq!(told, ["unreachable: connection refused"]);
}
