//! A board gets a name, keeps it, and answers for it, whoever else is in the network.

use std::cell::RefCell;

use embassy_futures::select::{Either, select};
use embassy_net::udp::{PacketMetadata, UdpMetadata, UdpSocket};
use embassy_net::{IpEndpoint, Ipv4Address};
use embassy_time::{Duration, Instant, Timer, with_timeout};
use metric_embassy_mdns::{Name, Responder};
use metric_embassy_net::Settings;
use metric_mdns::{GROUP, Host, MAX_MESSAGE, PORT, announce, probe};

use crate::clock::Pace;
use crate::world::{Board, World};

const BOARD: Ipv4Address = Ipv4Address::new(10, 0, 0, 1);
const DESK: Ipv4Address = Ipv4Address::new(10, 0, 0, 2);
const NOBODY: Ipv4Address = Ipv4Address::new(10, 0, 0, 77);
const STRANGER: Ipv4Address = Ipv4Address::new(192, 0, 2, 1);

const QUERY: &[u8] = b"\x12\x34\0\0\0\x01\0\0\0\0\0\0\x06metric\x05local\0\0\x01\0\x01";
const QUERY_FOR_ONE: &[u8] = b"\x12\x34\0\0\0\x01\0\0\0\0\0\0\x06metric\x05local\0\0\x01\x80\x01";

#[test]
fn a_name_is_probed_for_then_announced_then_answered() {
    simulate(async |world, names| {
        let desk = Desk::new(world, PORT);
        for _ in 0..3 {
            assert_eq!(desk.hear(1).await.unwrap().0, says(probe, "metric", BOARD));
        }
        assert!(names.borrow().is_empty());
        let announcement = says(announce, "metric", BOARD);
        let begin = Instant::now();
        assert_eq!(desk.hear(1).await.unwrap(), (announcement.clone(), PORT));
        assert_eq!(*names.borrow(), ["metric"]);
        assert_eq!(desk.hear(2).await.unwrap().0, announcement);
        assert!((1000..=1300).contains(&begin.elapsed().as_millis()));
        assert_eq!(desk.hear(60).await, None);
        desk.say(QUERY, None).await;
        assert_eq!(desk.hear(1).await.unwrap().0, announcement);
        // To the asker alone, and to one that knows plain DNS only.
        desk.say(QUERY_FOR_ONE, None).await;
        assert_eq!(desk.hear(1).await.unwrap().0, announcement);
        let plain = Desk::new(world, 50_000);
        plain.say(QUERY, None).await;
        let (answer, port) = plain.hear(1).await.unwrap();
        assert_eq!((&answer[..2], port), (&b"\x12\x34"[..], PORT));
        assert!(answer.ends_with(&BOARD.octets()) && answer.len() == 46);
    });
}

#[test]
fn a_name_that_another_host_has_is_followed_by_the_next() {
    simulate(async |world, names| {
        let desk = Desk::new(world, PORT);
        for name in ["metric", "metric-2"] {
            let (message, _) = desk.hear(2).await.unwrap();
            assert_eq!(message, says(probe, name, BOARD));
            desk.say(&says(announce, name, DESK), None).await;
        }
        Timer::after_secs(5).await;
        assert_eq!(*names.borrow(), ["metric-3"]);
    });
}

#[test]
fn a_name_is_defended_and_given_up_if_the_other_host_insists() {
    simulate(async |world, names| {
        let desk = Desk::new(world, PORT);
        Timer::after_secs(5).await;
        while desk.hear(0).await.is_some() {}
        for _ in 0..3 {
            desk.say(&says(probe, "metric", DESK), None).await;
            let announcement = says(announce, "metric", BOARD);
            assert_eq!(desk.hear(1).await.unwrap().0, announcement);
            Timer::after_millis(250).await;
        }
        desk.say(&says(announce, "metric", DESK), None).await;
        assert_eq!(desk.hear(1).await.unwrap().0, says(probe, "metric", BOARD));
        desk.say(&says(announce, "metric", DESK), None).await;
        Timer::after_secs(5).await;
        assert_eq!(*names.borrow(), ["metric", "metric-2"]);
    });
}

#[test]
fn askers_that_do_not_exist_or_are_elsewhere_keep_nobody_waiting() {
    simulate(async |world, _| {
        let (desk, plain) = (Desk::new(world, PORT), Desk::new(world, 50_000));
        Timer::after_secs(5).await;
        for asker in [NOBODY, STRANGER] {
            for _ in 0..20 {
                plain.say(QUERY, Some(asker)).await;
                desk.say(QUERY_FOR_ONE, Some(asker)).await;
            }
            Timer::after_secs(60).await;
            plain.say(QUERY, None).await;
            assert!(plain.hear(2).await.is_some(), "after {asker}");
        }
    });
}

#[test]
fn the_group_hears_one_answer_a_second_at_most() {
    simulate(async |world, _| {
        let desk = Desk::new(world, PORT);
        Timer::after_secs(5).await;
        while desk.hear(0).await.is_some() {}
        for _ in 0..50 {
            desk.say(QUERY, None).await;
            Timer::after_millis(100).await;
        }
        let mut answers = 0;
        while desk.hear(1).await.is_some() {
            answers += 1;
        }
        assert!((4..=5).contains(&answers), "{answers}");
    });
}

#[test]
fn messages_that_mean_nothing_change_nothing() {
    simulate(async |world, names| {
        let desk = Desk::new(world, PORT);
        Timer::after_secs(5).await;
        let mut random = fastrand::Rng::with_seed(5);
        for _ in 0..500 {
            let length = random.usize(..400);
            let bytes: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(length).collect();
            desk.say(&bytes, None).await;
            Timer::after_millis(5).await;
        }
        while desk.hear(0).await.is_some() {}
        Timer::after_secs(2).await;
        desk.say(QUERY, None).await;
        assert_eq!(desk.hear(1).await.unwrap().0, says(announce, "metric", BOARD));
        assert_eq!(*names.borrow(), ["metric"]);
    });
}

/// Returns what a host says.
fn says(write: fn(&Host, &mut [u8]) -> Option<usize>, name: &str, address: Ipv4Address) -> Vec<u8> {
    let mut message = [0; MAX_MESSAGE];
    let label = name.split('-').next().unwrap();
    let numbers = name.split('-').nth(1).map_or(1, |number| number.parse().unwrap());
    let name = (1..numbers).fold(Name::new(label).unwrap(), |name, _| name.next());
    let length = write(&Host { name, address }, &mut message).unwrap();
    message[..length].to_vec()
}

/// A socket on the desk.
struct Desk<'a> {
    socket: UdpSocket<'a>,
}

impl<'a> Desk<'a> {
    fn new(world: &World<'_, 'a>, port: u16) -> Self {
        let meta = || Box::leak(Box::new([PacketMetadata::EMPTY; 64]));
        let buffer = || Box::leak(Box::new([0; 16_384]));
        let mut socket = UdpSocket::new(world.desk, meta(), buffer(), meta(), buffer());
        socket.bind(port).unwrap();
        world.desk.join_multicast_group(GROUP).unwrap();
        Self { socket }
    }

    /// Sends to the group, perhaps with another address than its own.
    async fn say(&self, message: &[u8], source: Option<Ipv4Address>) {
        let to = IpEndpoint::new(GROUP.into(), PORT);
        let local_address = source.map(Into::into);
        let to = UdpMetadata { local_address, ..to.into() };
        self.socket.send_to(message, to).await.unwrap();
    }

    /// Returns the next message and the port that it comes from, unless none comes for some seconds.
    async fn hear(&self, seconds: u64) -> Option<(Vec<u8>, u16)> {
        let mut message = [0; 2048];
        let received = self.socket.recv_from(&mut message);
        let (length, from) =
            with_timeout(Duration::from_secs(seconds), received).await.ok()?.unwrap();
        Some((message[..length].to_vec(), from.endpoint.port))
    }
}

/// Runs a script beside the responder of a board. The names that it gets are noted.
fn simulate(script: impl AsyncFnOnce(&World<'_, '_>, &RefCell<Vec<String>>)) {
    let board = Board::<1, 1, 8, 642, 304, 1, 1> { workers: 0, settings: Settings::default() };
    board.run(Pace::Jumps, async |world| {
        let names = RefCell::new(Vec::new());
        let mut responder = Responder::<512>::new();
        let note = |name: &Name| names.borrow_mut().push(name.as_str().to_owned());
        let answer = responder.run(world.board, Name::new("metric").unwrap(), note);
        match select(answer, script(world, &names)).await {
            Either::First(never) => never,
            Either::Second(()) => {}
        }
    });
}
