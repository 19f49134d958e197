//! Checks clients against peers that refuse, close early, delay, or send invalid replies.

use std::cell::Cell;
use std::fmt::Write as _;
use std::time::Duration;

use metric_driver::client::{Answer, Answers, Error};
use metric_proto::{InvalidReply, Key, Limits, Sample, Selector};

use super::peer::Peer;
use super::subject::{Failure, Kind, Subject};
use crate::running::HANG;

/// Checks that a client reports every invalid reply, and makes no further request when it does not
/// know what the next bytes mean.
///
/// # Panics
///
/// If the client fails a check.
pub async fn check_strangers<K: Kind>(kind: &K) {
    a_refusal_leaves_the_client_as_it_was(kind).await;
    refusals_are_reported_with_their_indices(kind).await;
    single_bytes_make_the_same_replies(kind).await;
    a_reply_that_is_cut_at_any_byte_is_an_end(kind).await;
    a_connection_that_ends_at_once_is_an_end(kind).await;
    invalid_replies_are_reported(kind).await;
    more_replies_than_requests_are_not_taken_for_later_ones(kind).await;
    samples_of_another_key_end_the_reply(kind).await;
    a_silent_peer_times_out(kind).await;
    a_listing_that_stops_times_out(kind).await;
}

const OK: &str = "ok\n\n";
const REFUSED: &str = "error\nwrong command\n\n";

/// A time-out for tests in which no valid reply is expected. Connecting must succeed within it, also on
/// a busy machine.
const SOON: Duration = Duration::from_secs(2);

fn key() -> Key<'static> {
    Key::new("palm.cpu").expect("a key")
}

fn sample(timestamp: i64) -> Sample {
    Sample::new(23.7, timestamp).expect("a finite value")
}

/// Returns `count` samples of one series.
fn many(count: usize) -> impl Iterator<Item = (Key<'static>, Sample)> {
    (0..count as i64).map(|timestamp| (key(), sample(timestamp)))
}

/// Returns the number of samples in a reply, and how it ended.
async fn count_samples(
    client: &mut impl Subject,
    selector: Selector<'_>,
) -> (usize, Result<(), Failure>) {
    let mut count = 0;
    let ended = client.samples(selector, |_, _| count += 1).await;
    (count, ended)
}

async fn a_refusal_leaves_the_client_as_it_was<K: Kind>(kind: &K) {
    let peer = Peer::answers(vec![REFUSED, REFUSED, OK], usize::MAX);
    let mut client = kind.connect(peer.address(), HANG).await;
    assert_eq!(client.put(key(), sample(1)).await, Err(Error::Refused));
    assert!(client.is_usable());
    assert_eq!(count_samples(&mut client, Selector::All).await, (0, Err(Error::Refused)));
    assert!(client.is_usable());
    assert_eq!(client.put(key(), sample(1)).await, Ok(()));
}

async fn refusals_are_reported_with_their_indices<K: Kind>(kind: &K) {
    let refused = |index: usize| index.is_multiple_of(7) || index.is_multiple_of(11);
    let reply = |index| if refused(index) { REFUSED } else { OK };
    let peer = Peer::answers((0..K::MANY).map(reply).collect(), usize::MAX);
    let mut client = kind.connect(peer.address(), HANG).await;
    let mut answers = Vec::new();
    let answered = |index, answer| answers.push((index, answer));
    let refusals = (0..K::MANY).filter(|index| refused(*index)).count();
    let counts = Answers { stored: K::MANY - refusals, refused: refusals };
    assert_eq!(client.put_all(many(K::MANY), answered).await, Ok(counts));
    let expected = (0..K::MANY).map(|index| match refused(index) {
        true => (index, Answer::Refused),
        false => (index, Answer::Stored),
    });
    assert!(expected.eq(answers));
}

async fn single_bytes_make_the_same_replies<K: Kind>(kind: &K) {
    let replies = vec![OK, REFUSED, "ok\npalm.cpu 23.7 1\npalm.cpu 23.7 2\n\n"];
    let peer = Peer::answers(replies, 1);
    let mut client = kind.connect(peer.address(), HANG).await;
    assert_eq!(client.put(key(), sample(1)).await, Ok(()));
    assert_eq!(client.put(key(), sample(2)).await, Err(Error::Refused));
    assert_eq!(count_samples(&mut client, Selector::Key(key())).await, (2, Ok(())));
}

const LISTING: &str = "ok\npalm.cpu 23.7 1\npalm.cpu 23.7 2\n\n";

async fn a_reply_that_is_cut_at_any_byte_is_an_end<K: Kind>(kind: &K) {
    for length in 0..LISTING.len() {
        let front = &LISTING[..length];
        let whole_samples = front.matches('\n').count().saturating_sub(1);
        for peer in [Peer::cuts(1, front), Peer::resets(1, front)] {
            let mut client = kind.connect(peer.address(), HANG).await;
            let (count, ended) = count_samples(&mut client, Selector::All).await;
            assert_eq!(ended, Err(Error::Ended), "{front:?}");
            // A reset may discard bytes in flight.
            assert!(count <= whole_samples, "{front:?}");
            assert!(!client.is_usable(), "{front:?}");
            assert_eq!(client.put(key(), sample(1)).await, Err(Error::OutOfStep));
        }
    }
    for front in [&REFUSED[..20], &OK[..3]] {
        let peer = Peer::cuts(2, [OK, front].concat());
        let mut client = kind.connect(peer.address(), HANG).await;
        let mut answers = Vec::new();
        let answered = |index, answer| answers.push((index, answer));
        assert_eq!(client.put_all(many(2), answered).await, Err(Error::Ended));
        assert_eq!(answers, [(0, Answer::Stored)]);
    }
}

async fn a_connection_that_ends_at_once_is_an_end<K: Kind>(kind: &K) {
    let peer = Peer::cuts(0, "");
    let mut client = kind.connect(peer.address(), HANG).await;
    drop(peer);
    assert_eq!(client.put(key(), sample(1)).await, Err(Error::Ended));
    assert!(!client.is_usable());
    assert_eq!(client.put_all(many(1), |_, _| ()).await, Err(Error::OutOfStep));

    let peer = Peer::cuts(20, OK.repeat(20));
    let mut client = kind.connect(peer.address(), HANG).await;
    let answered = Cell::new(0);
    let count = |_, _| answered.set(answered.get() + 1);
    assert_eq!(client.put_all(many(K::MANY), count).await, Err(Error::Ended));
    assert!(answered.get() <= 20);
}

async fn invalid_replies_are_reported<K: Kind>(kind: &K) {
    use InvalidReply::{LineTooLong, NotAReply, Unexpected};
    let long = "x".repeat(2 * Limits::WIDEST.line());
    let cases = [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", NotAReply),
        ("\n", NotAReply),
        ("error\nno\n\n", NotAReply),
        ("ok\npalm.cpu 23.7\n\n", NotAReply),
        ("ok\npalm.cpu inf 1\n\n", NotAReply),
        (&long, LineTooLong),
        ("ok\npalm.cpu 23.7 1\n\n", Unexpected),
    ];
    for (reply, error) in cases {
        let peer = Peer::replies(1, reply, usize::MAX);
        let mut client = kind.connect(peer.address(), HANG).await;
        let told = Err(Error::InvalidReply(error));
        assert_eq!(client.put(key(), sample(1)).await, told, "{reply:?}");
        assert!(!client.is_usable(), "{reply:?}");
        assert_eq!(client.put(key(), sample(1)).await, Err(Error::OutOfStep), "{reply:?}");
        // The last case is a valid reply to a get.
        if error != Unexpected {
            let peer = Peer::replies(1, reply, usize::MAX);
            let mut client = kind.connect(peer.address(), HANG).await;
            assert_eq!(count_samples(&mut client, Selector::All).await, (0, told), "{reply:?}");
            let later = count_samples(&mut client, Selector::All).await;
            assert_eq!(later, (0, Err(Error::OutOfStep)), "{reply:?}");
        }
    }
}

async fn more_replies_than_requests_are_not_taken_for_later_ones<K: Kind>(kind: &K) {
    let unexpected = Err(Error::InvalidReply(InvalidReply::Unexpected));
    let peer = Peer::replies(1, OK.repeat(2), usize::MAX);
    let mut client = kind.connect(peer.address(), HANG).await;
    assert_eq!(client.put(key(), sample(1)).await, Ok(()));
    assert_eq!(client.put(key(), sample(2)).await, unexpected);
    assert!(!client.is_usable());
    assert_eq!(count_samples(&mut client, Selector::All).await, (0, unexpected));
}

async fn samples_of_another_key_end_the_reply<K: Kind>(kind: &K) {
    let reply = "ok\npalm.cpu 23.7 1\npalm.cp 23.7 2\npalm.cpu 23.7 3\n\n";
    let peer = Peer::replies(1, reply, usize::MAX);
    let mut client = kind.connect(peer.address(), HANG).await;
    let told = Err(Error::InvalidReply(InvalidReply::Unexpected));
    assert_eq!(count_samples(&mut client, Selector::Key(key())).await, (1, told));
    assert_eq!(client.put(key(), sample(1)).await, Err(Error::OutOfStep));

    let peer = Peer::replies(1, reply, usize::MAX);
    let mut client = kind.connect(peer.address(), HANG).await;
    let mut shown = String::new();
    let visit = |key: Key<'_>, sample: Sample| {
        let _ = write!(shown, "{} {}, ", key.as_str(), sample.timestamp());
    };
    assert_eq!(client.samples(Selector::All, visit).await, Ok(()));
    assert_eq!(shown, "palm.cpu 1, palm.cp 2, palm.cpu 3, ");
}

async fn a_silent_peer_times_out<K: Kind>(kind: &K) {
    let silent = || Peer::replies(0, "", usize::MAX);
    let peer = silent();
    let mut client = kind.connect(peer.address(), SOON).await;
    assert_eq!(client.put(key(), sample(1)).await, Err(Error::TimedOut));
    assert!(!client.is_usable());
    assert_eq!(client.put(key(), sample(1)).await, Err(Error::OutOfStep));
    let peer = silent();
    let mut client = kind.connect(peer.address(), SOON).await;
    assert_eq!(client.put_all(many(10), |_, _| ()).await, Err(Error::TimedOut));
    let later = count_samples(&mut client, Selector::All).await;
    assert_eq!(later, (0, Err(Error::OutOfStep)));
}

async fn a_listing_that_stops_times_out<K: Kind>(kind: &K) {
    let peer = Peer::replies(1, "ok\npalm.cpu 23.7 1\npalm.cpu", usize::MAX);
    let mut client = kind.connect(peer.address(), SOON).await;
    let ended = count_samples(&mut client, Selector::All).await;
    assert_eq!(ended, (1, Err(Error::TimedOut)));
    assert!(!client.is_usable());
    assert_eq!(client.put(key(), sample(1)).await, Err(Error::OutOfStep));
}
