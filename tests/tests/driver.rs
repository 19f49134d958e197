//! The driver over a stream that cuts, delays and fails at every point.

use std::cell::RefCell;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use embassy_futures::block_on;
use metric_driver::{Buffers, Ended, Error, Lines, serve};
use metric_proto::{FixedStore, Limits, MIN_OUTPUT, Store, Tally};
use metric_tests::scripted_stream::{Failure, Script, ScriptedStream};

const LIMITS: Limits = Limits::new(80, 16);
const IN: usize = LIMITS.min_input();

type Shared = RefCell<FixedStore<4, 40, 16>>;

/// Puts, a wrong command, and listings longer than the output buffer; half a line at the end.
fn dialogue() -> String {
    let puts: String = (0..40).map(|time| format!("put palm.cpu 23.7 {time}\r\n")).collect();
    format!("{puts}hello\n{}get palm.cpu\nget none\nget *\nget pa", "x".repeat(300) + "\n")
}

fn replies() -> String {
    let samples: String = (0..40).map(|time| format!("palm.cpu 23.7 {time}\n")).collect();
    let wrong = "error\nwrong command\n\n".repeat(2);
    format!("{}{wrong}ok\n{samples}\nok\n\nok\n{samples}\n", "ok\n\n".repeat(40))
}

struct Run {
    stream: ScriptedStream,
    store: Shared,
    tally: Tally,
    ended: Option<Result<Ended, Error<Failure>>>,
}

/// Serves the dialogue, and drops the driver if it is not done after `polls` polls.
fn run(script: Script, polls: usize) -> Run {
    let store = Shared::default();
    let mut stream = ScriptedStream::new(script, dialogue().as_bytes());
    let mut tally = Tally::default();
    let answered = |new: Tally, _: &[u8]| {
        tally.requests += new.requests;
        tally.wrong_commands += new.wrong_commands;
    };
    let lines = Lines::new(LIMITS, &store, answered);
    let mut buffers = Buffers::<IN, MIN_OUTPUT>::default();
    let ended = {
        let mut served = pin!(serve(&mut stream, &mut buffers, lines));
        let mut poll = || served.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        (0..polls).find_map(|_| match poll() {
            Poll::Ready(ended) => Some(ended),
            Poll::Pending => None,
        })
    };
    Run { stream, store, tally, ended }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn cuts_and_delays_do_not_change_the_replies() {
    for (read, write) in [(usize::MAX, usize::MAX), (1, 1), (7, 3), (IN, 100), (3, usize::MAX)] {
        for delays in [false, true] {
            let script = Script { read, write, delays, ..Script::PLAIN };
            let run = run(script, usize::MAX);
            assert_eq!(run.ended, Some(Ok(Ended::ByPeer)));
            assert_eq!(text(run.stream.written()), replies());
            assert_eq!((run.tally.requests, run.tally.wrong_commands), (43, 2));
        }
    }
}

#[test]
fn a_long_input_is_answered_in_turns_and_in_one_write() {
    const PUTS: usize = 2_000;
    let store = Shared::default();
    let mut stream = ScriptedStream::new(Script::PLAIN, "put k 1 1\n".repeat(PUTS).as_bytes());
    let (mut buffers, mut turns) = (Buffers::<32_768, 32_768>::default(), 0);
    let lines = Lines::new(LIMITS, &store, |_, _| turns += 1);
    assert_eq!(block_on(serve(&mut stream, &mut buffers, lines)), Ok(Ended::ByPeer));
    assert_eq!(text(stream.written()), "ok\n\n".repeat(PUTS));
    // Turns: 20,000 bytes in turns of 8 KiB, and one for the end. Calls: wait and read, both again for
    // the end, and write.
    assert_eq!((turns, stream.calls()), (4, 5));
}

#[test]
fn a_reply_that_fits_is_not_split_by_the_end_of_a_turn() {
    let listing: String = (0..40).map(|time| format!("palm.cpu 23.7 {time}\n")).collect();
    let puts: String = (0..40).map(|time| format!("put palm.cpu 23.7 {time}\n")).collect();
    // The first turn ends right before the last get, and leaves too little room in the output.
    let none = "get none\n".repeat(8192 / "get none\n".len());
    let store = Shared::default();
    let mut buffers = Buffers::<32_768, 4_000>::default();
    for input in [puts, none + "get palm.cpu\n"] {
        let mut stream = ScriptedStream::new(Script::PLAIN, input.as_bytes());
        let lines = Lines::new(LIMITS, &store, |_, _| ());
        assert_eq!(block_on(serve(&mut stream, &mut buffers, lines)), Ok(Ended::ByPeer));
        if input.ends_with("get palm.cpu\n") {
            let end = stream.written().len();
            let start = end - "ok\n\n".len() - listing.len();
            assert!(stream.sends().iter().all(|&cut| cut <= start || cut == end));
        }
    }
}

/// Checks what must hold wherever a connection breaks: the replies so far are right, and each sample
/// that got an `ok` is in the store.
fn assert_unharmed(run: &Run) {
    let written = text(run.stream.written());
    assert!(replies().starts_with(written), "{written}");
    let told = written.matches("ok\n\n").count().min(40);
    assert!(run.store.borrow().counters().samples >= told);
}

#[test]
fn a_stream_that_fails_at_any_point_harms_nothing() {
    let script = Script { read: 50, write: 200, ..Script::PLAIN };
    let calls = run(script, usize::MAX).stream.calls();
    assert!(calls > 50);
    for fails_at in 0..calls {
        let run = run(Script { fails_at: Some(fails_at), ..script }, usize::MAX);
        assert_eq!(run.ended, Some(Err(Error::Stream(Failure))), "call {fails_at}");
        assert_unharmed(&run);
    }
}

#[test]
fn a_driver_that_is_dropped_at_any_point_harms_nothing() {
    let script = Script { read: 50, write: 200, delays: true, ..Script::PLAIN };
    let mut polls = 0;
    while run(script, polls).ended.is_none() {
        assert_unharmed(&run(script, polls));
        polls += 1;
    }
    assert!(polls > 50);
}

#[test]
fn a_stop_comes_after_whole_replies_only() {
    let script = Script { read: 50, ..Script::PLAIN };
    let mut stopped_early = false;
    for stops_at in 0..200 {
        let run = run(Script { stops_at: Some(stops_at), ..script }, usize::MAX);
        let ended = run.ended.unwrap().unwrap();
        let written = text(run.stream.written());
        assert!(replies().starts_with(written));
        assert!(written.is_empty() || written.ends_with("\n\n"));
        let whole = written.len() == replies().len();
        assert!(ended == Ended::Stopped || whole, "call {stops_at}: {ended:?}");
        stopped_early |= !whole;
    }
    assert!(stopped_early);
}

#[test]
fn a_stream_that_takes_nothing_is_an_error() {
    let script = Script { write: 0, ..Script::PLAIN };
    assert_eq!(run(script, usize::MAX).ended, Some(Err(Error::WriteZero)));
}

#[test]
fn nothing_of_a_connection_is_left_to_the_next_one() {
    let store = Shared::default();
    let mut buffers = Buffers::<IN, MIN_OUTPUT>::new();
    let mut serve_one = |script, input: &[u8]| {
        let mut stream = ScriptedStream::new(script, input);
        let lines = Lines::new(LIMITS, &store, |_, _| ());
        let ended = block_on(serve(&mut stream, &mut buffers, lines));
        (ended, text(stream.written()).to_owned())
    };
    serve_one(Script::PLAIN, b"put k 1 12").0.unwrap();
    assert_eq!(serve_one(Script::PLAIN, b"put j 7 5\n").1, "ok\n\n");
    serve_one(Script { write: 0, ..Script::PLAIN }, b"get *\n").0.unwrap_err();
    assert_eq!(serve_one(Script::PLAIN, b"get k\n").1, "ok\n\n");
}

#[test]
fn a_batch_of_requests_takes_one_read_and_one_write() {
    let mut buffers = Buffers::<4096, 4096>::default();
    let mut stream = ScriptedStream::new(Script::PLAIN, dialogue().as_bytes());
    let store = Shared::default();
    let lines = Lines::new(LIMITS, &store, |_, _| ());
    assert_eq!(block_on(serve(&mut stream, &mut buffers, lines)), Ok(Ended::ByPeer));
    assert_eq!(text(stream.written()), replies());
    let calls = ["wait", "read", "write", "wait", "read the end"];
    assert_eq!(stream.calls(), calls.len());
}

#[test]
fn others_get_a_turn_after_each_full_output_buffer() {
    let mut buffers = Buffers::<4096, MIN_OUTPUT>::default();
    let mut stream = ScriptedStream::new(Script::PLAIN, dialogue().as_bytes());
    let store = Shared::default();
    let lines = Lines::new(LIMITS, &store, |_, _| ());
    let mut served = pin!(serve(&mut stream, &mut buffers, lines));
    let mut polls = 1;
    while served.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
        polls += 1;
    }
    let least = replies().len() / MIN_OUTPUT;
    assert!(polls > least, "{polls} polls for {least} buffers");
}

#[test]
#[should_panic = "the input buffer is too small for a line"]
fn an_input_buffer_without_room_for_a_line_is_refused_at_once() {
    let mut stream = ScriptedStream::new(Script::PLAIN, b"");
    let store = Shared::default();
    let lines = Lines::new(LIMITS, &store, |_, _| ());
    let mut buffers = Buffers::<{ IN - 1 }, MIN_OUTPUT>::default();
    let _ = block_on(serve(&mut stream, &mut buffers, lines));
}

#[test]
fn the_future_of_a_connection_is_small() {
    let mut buffers = Buffers::<IN, MIN_OUTPUT>::default();
    let mut stream = ScriptedStream::new(Script::PLAIN, b"");
    let store = Shared::default();
    let lines = Lines::new(LIMITS, &store, |_, _| ());
    let future = serve(&mut stream, &mut buffers, lines);
    assert!(size_of_val(&future) <= 256, "{}", size_of_val(&future));
}
