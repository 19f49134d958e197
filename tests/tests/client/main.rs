//! The driver's client over a stream that cuts, delays and fails at every point, and with calls that
//! are dropped at every point.

mod errors;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use embassy_futures::block_on;
use fastrand::Rng;
use metric_conformance::{Model, Offer};
use metric_driver::client::{Answer, Answers, Client, Error, window_for};
use metric_proto::{InvalidReply, Key, Limits, MAX_KEY, MAX_REQUEST, Sample, Selector};
use metric_tests::client_suite::converse;
use metric_tests::scripted_stream::{Failure, Script, ScriptedStream};
use proptest::prelude::*;

const OFFER: Offer = Offer { series: 8, samples: 16, ..Offer::SMALL_BOARD };
const LIMITS: Limits = Limits::new(OFFER.line, OFFER.key);
const IN: usize = LIMITS.min_input();

type Small = Client<ScriptedStream, IN, MAX_REQUEST>;

fn client(script: Script, window: u32) -> Small {
    let stream = ScriptedStream::answered_by(Model::new(OFFER.into()), script);
    Client::new(stream, LIMITS, window)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn random_requests_are_done_as_the_model_does_them(
        read in 1..300_usize,
        write in 1..300_usize,
        delays in any::<bool>(),
        window in 1..100_u32,
        seed in any::<u64>(),
    ) {
        let mut client = client(Script { read, write, delays, ..Script::PLAIN }, window);
        let mut model = Model::new(OFFER.into());
        block_on(converse(&mut client, &mut model, &mut Rng::with_seed(seed), 30));
    }
}

const KEY: &str = "palm.cpu";

fn key() -> Key<'static> {
    Key::new(KEY).unwrap()
}

fn samples(times: std::ops::Range<i64>) -> impl Iterator<Item = (Key<'static>, Sample)> {
    times.map(|time| (key(), Sample::new(0.5, time).unwrap()))
}

/// Returns the timestamps that a client lists.
async fn times(client: &mut Small) -> Result<Vec<i64>, Error<Failure>> {
    let (mut times, mut samples) = (Vec::new(), client.samples(Selector::Key(key())).await?);
    while let Some((_, sample)) = samples.next().await? {
        times.push(sample.timestamp());
    }
    assert_eq!(samples.next().await, Ok(None), "the end is the end");
    Ok(times)
}

/// Does a put, many puts, and a listing.
async fn dialogue(client: &mut Small) -> Result<(), Error<Failure>> {
    client.put(key(), Sample::new(0.5, -1).unwrap()).await?;
    client.put_all(samples(0..15), |_, answer| assert_eq!(answer, Answer::Stored)).await?;
    assert!(times(client).await?.into_iter().eq(-1..15));
    Ok(())
}

#[test]
fn a_stream_that_fails_at_any_point_leaves_the_client_out_of_step() {
    let script = Script { read: 50, write: 70, ..Script::PLAIN };
    let mut whole = client(script, 4);
    assert_eq!(block_on(dialogue(&mut whole)), Ok(()));
    let calls = whole.into_stream().calls();
    assert!(calls > 20);
    for fails_at in 0..calls {
        let mut client = client(Script { fails_at: Some(fails_at), ..script }, 4);
        assert!(client.is_usable());
        assert_eq!(block_on(dialogue(&mut client)), Err(Error::Stream(Failure)), "{fails_at}");
        assert!(!client.is_usable(), "{fails_at}");
        assert_eq!(block_on(dialogue(&mut client)), Err(Error::OutOfStep), "{fails_at}");
    }
}

#[test]
fn a_stream_that_takes_nothing_has_ended() {
    let mut client = client(Script { write: 0, ..Script::PLAIN }, 4);
    assert_eq!(block_on(dialogue(&mut client)), Err(Error::Ended));
}

/// Polls a future up to `polls` times. Returns its output if it is ready by then.
fn poll_times<T>(future: impl Future<Output = T>, polls: usize) -> Option<T> {
    let mut future = pin!(future);
    (0..polls).find_map(|_| match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}

/// Drops a call after `polls` polls. The next calls must be right, or fail as out of step. Returns
/// whether the call was complete.
fn left_after(polls: usize, call: impl AsyncFn(&mut Small) -> Result<(), Error<Failure>>) -> bool {
    let mut client = client(Script { read: 3, write: 5, delays: true, ..Script::PLAIN }, 4);
    block_on(client.put_all(samples(0..10), |_, _| ())).unwrap();
    let whole = poll_times(call(&mut client), polls);
    let is_usable = client.is_usable();
    let put = block_on(client.put(key(), Sample::new(0.5, 99).unwrap()));
    let listed = block_on(times(&mut client));
    assert_eq!(is_usable, put.is_ok(), "{polls} polls");
    if whole.is_some() || polls == 0 {
        assert_eq!(put, Ok(()));
        let reply = client.into_stream().model().unwrap().feed(b"get palm.cpu\n");
        let lines = listed.unwrap().into_iter().map(|time| format!("{KEY} 0.5 {time}\n"));
        assert_eq!(format!("ok\n{}\n", lines.collect::<String>()).as_bytes(), reply);
    } else {
        assert_eq!((put, listed), (Err(Error::OutOfStep), Err(Error::OutOfStep)), "{polls} polls");
    }
    whole.is_some()
}

#[test]
fn a_call_that_is_left_at_any_point_leaves_the_client_out_of_step() {
    let left = |call: &dyn Fn(usize) -> bool| (0..).find(|polls| call(*polls)).unwrap();
    let put = left(&|polls| {
        left_after(polls, async |client| client.put(key(), Sample::new(0.5, 10).unwrap()).await)
    });
    let put_all = left(&|polls| {
        left_after(polls, async |client| {
            client.put_all(samples(10..16), |_, _| ()).await.map(|answers| {
                assert_eq!(answers, Answers { stored: 6, refused: 0 });
            })
        })
    });
    let listing = left(&|polls| left_after(polls, async |client| times(client).await.map(|_| ())));
    assert!(put > 5 && put_all > 20 && listing > 40, "{put}, {put_all} and {listing} polls");
}

#[test]
fn a_put_on_its_way_that_is_left_is_not_taken_to_be_done() {
    let script = Script { read: 3, write: 5, delays: true, ..Script::PLAIN };
    let mut left = 0;
    for polls in 1..100 {
        let mut client = client(script, 1);
        let mut puts = client.puts(|_, _| ()).unwrap();
        block_on(puts.put(key(), Sample::new(0.5, 1).unwrap())).unwrap();
        if poll_times(puts.put(key(), Sample::new(0.5, 2).unwrap()), polls).is_some() {
            block_on(puts.finish()).unwrap();
            assert_eq!(block_on(times(&mut client)), Ok(vec![1, 2]));
            break;
        }
        assert_eq!(block_on(puts.finish()), Err(Error::OutOfStep));
        assert_eq!(block_on(times(&mut client)), Err(Error::OutOfStep));
        left = polls;
    }
    assert!((5..99).contains(&left), "{left} polls");
}

#[test]
fn puts_that_are_left_before_their_answers_leave_the_client_out_of_step() {
    let mut client = client(Script::PLAIN, 10);
    let mut puts = client.puts(|_, _| ()).unwrap();
    block_on(puts.put(key(), Sample::new(0.5, 1).unwrap())).unwrap();
    block_on(puts.settle()).unwrap();
    drop(puts);
    assert_eq!(block_on(times(&mut client)), Ok(vec![1]), "everything had its answer");
    let mut puts = client.puts(|_, _| ()).unwrap();
    block_on(puts.put(key(), Sample::new(0.5, 2).unwrap())).unwrap();
    drop(puts);
    assert_eq!(block_on(times(&mut client)), Err(Error::OutOfStep));
}

#[test]
fn a_wait_for_the_next_sample_can_be_left_and_taken_up() {
    let mut client = client(Script { read: 7, delays: true, ..Script::PLAIN }, 4);
    block_on(client.put_all(samples(0..16), |_, _| ())).unwrap();
    let mut listed = block_on(client.samples(Selector::All)).unwrap();
    for (expected, left) in samples(0..16).zip([true, false].into_iter().cycle()) {
        if left {
            assert_eq!(poll_times(listed.next(), 1), None, "a line takes more than a read");
        }
        assert_eq!(block_on(listed.next()), Ok(Some(expected)));
    }
    assert_eq!(block_on(listed.next()), Ok(None));
}

#[test]
fn after_an_error_nothing_of_the_reply_is_taken_any_more() {
    let unexpected = Error::InvalidReply(InvalidReply::Unexpected);
    let reply = b"ok\nother 1.0 1\npalm.cpu 1.0 1\n\n";
    let stream = || ScriptedStream::new(Script::PLAIN, reply);
    let mut client = Small::new(stream(), LIMITS, 4);
    let mut listed = block_on(client.samples(Selector::Key(key()))).unwrap();
    assert_eq!(block_on(listed.next()), Err(unexpected));
    assert_eq!(block_on(listed.next()), Err(Error::OutOfStep));
    let mut client = Small::new(stream(), LIMITS, 4);
    let mut puts =
        client.puts(|index, answer| panic!("{index} has the answer {answer:?}")).unwrap();
    block_on(puts.put(key(), Sample::new(0.5, 1).unwrap())).unwrap();
    assert_eq!(block_on(puts.settle()), Err(unexpected));
    assert_eq!(block_on(puts.finish()), Err(Error::OutOfStep));
}

#[test]
fn no_more_replies_are_due_than_the_window_has_room_for() {
    for window in [1, 2, 3, 24, 100] {
        let mut client = client(Script { write: 1000, ..Script::PLAIN }, window);
        block_on(client.put_all(samples(0..1000), |_, _| ())).unwrap();
        let most = client.into_stream().most_unread();
        assert!(most <= window as usize * "ok\n\n".len(), "{most} bytes of replies");
        // The window is used, too.
        assert!(most > window as usize, "{most} bytes of replies");
    }
}

#[test]
fn many_puts_share_a_write_and_their_replies_a_read() {
    let stream = ScriptedStream::answered_by(Model::new(OFFER.into()), Script::PLAIN);
    let mut client = Client::<_, 4096, 4096>::new(stream, LIMITS, window_for(4096));
    block_on(client.put_all(samples(0..10_000), |_, _| ())).unwrap();
    let calls = client.into_stream().calls();
    assert!(calls <= 10_000 / 40, "{calls} calls");
}

#[test]
fn a_window_has_room_for_the_longest_replies() {
    let windows = [0, 1, 41, 42, 512, usize::MAX].map(window_for);
    // If a usize has 32 bits, every window fits a u32.
    let most = u32::try_from(usize::MAX / 21).unwrap_or(u32::MAX);
    assert_eq!(windows, [1, 1, 1, 2, 24, most]);
}

const SHORT: usize = KEY.len();

/// A client with just enough room for requests with keys as long as [`KEY`].
type Short = Client<ScriptedStream, IN, { MAX_REQUEST - MAX_KEY + SHORT }, SHORT>;

#[test]
fn a_key_for_which_a_client_has_no_room_is_not_sent_and_leaves_the_client_in_step() {
    let stream = ScriptedStream::answered_by(Model::new(OFFER.into()), Script::PLAIN);
    let mut client = Short::new(stream, LIMITS, 4);
    let (long, sample) = (Key::new("palm.cpu1").unwrap(), Sample::new(0.5, -1).unwrap());
    block_on(async {
        assert_eq!(client.put(long, sample).await, Err(Error::KeyTooLong));
        assert_eq!(client.samples(Selector::Key(long)).await.err(), Some(Error::KeyTooLong));
        let mut puts = client.puts(|_, answer| assert_eq!(answer, Answer::Stored)).unwrap();
        puts.put(key(), sample).await.unwrap();
        assert_eq!(puts.put(long, sample).await, Err(Error::KeyTooLong));
        puts.put(key(), Sample::new(-f64::MIN_POSITIVE, i64::MIN).unwrap()).await.unwrap();
        puts.finish().await.unwrap();
        let mut listed = client.samples(Selector::Key(key())).await.unwrap();
        assert_eq!(
            listed.next().await.unwrap().map(|(_, sample)| sample.timestamp()),
            Some(i64::MIN)
        );
        assert_eq!(listed.next().await.unwrap(), Some((key(), sample)));
        assert_eq!(listed.next().await, Ok(None));
    });
}

#[test]
fn a_listed_key_for_which_a_client_has_no_room_ends_the_listing_with_an_error() {
    let mut model = Model::new(OFFER.into());
    model.feed(b"put palm.cpu 1 1\nput palm.cpu1 1 1\nput q 1 1\n");
    let stream = ScriptedStream::answered_by(model, Script::PLAIN);
    let mut client = Short::new(stream, LIMITS, 4);
    block_on(async {
        let mut samples = client.samples(Selector::All).await.unwrap();
        assert_eq!(samples.next().await, Ok(Some((key(), Sample::new(1.0, 1).unwrap()))));
        let told = Err(Error::InvalidReply(InvalidReply::LineTooLong));
        assert_eq!(samples.next().await, told);
        assert_eq!(samples.next().await, Err(Error::OutOfStep));
    });
}

#[test]
#[should_panic = "a window of no replies lets nothing be sent"]
fn a_window_of_nothing_is_refused() {
    let _ = client(Script::PLAIN, 0);
}

#[test]
#[should_panic = "the input buffer is too small for a line"]
fn an_input_buffer_without_room_for_a_line_is_refused() {
    let stream = ScriptedStream::new(Script::PLAIN, b"");
    let _ = Client::<_, { IN - 1 }, MAX_REQUEST>::new(stream, LIMITS, 1);
}
