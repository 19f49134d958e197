//! Errors, and whether the client can still be used after each.

use std::error::Error as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use embassy_futures::block_on;
use metric_driver::client::Error;
use metric_proto::{InvalidKey, InvalidReply, Key, NotFinite, Sample};
use metric_tests::scripted_stream::{Failure, Script, ScriptedStream};

use crate::{LIMITS, Small, client, key, samples, times};

#[test]
fn bytes_that_no_request_asked_for_make_the_client_unusable() {
    let stream = ScriptedStream::new(Script::PLAIN, b"ok\n\nok\n\n");
    let mut client = Small::new(stream, LIMITS, 4);
    assert_eq!(block_on(client.put(key(), Sample::new(0.5, 1).unwrap())), Ok(()));
    assert!(!client.is_usable());
    assert_eq!(block_on(times(&mut client)), Err(InvalidReply::Unexpected.into()));
    assert!(!client.is_usable());
}

#[test]
fn an_error_has_its_cause_as_its_source() {
    let cases: [(Error<Failure>, Option<&str>); 9] = [
        (Error::Refused, None),
        (Error::KeyTooLong, None),
        (InvalidKey.into(), Some("InvalidKey")),
        (NotFinite.into(), Some("NotFinite")),
        (InvalidReply::LineTooLong.into(), Some("LineTooLong")),
        (Error::Ended, None),
        (Error::TimedOut, None),
        (Error::Stream(Failure), Some("Failure")),
        (Error::OutOfStep, None),
    ];
    for (error, cause) in cases {
        let source = error.source().map(|source| format!("{source:?}"));
        assert_eq!(source.as_deref(), cause, "{error:?}");
    }
}

/// Checks a key and a value, and puts them.
async fn put_text(client: &mut Small, key: &str, value: f64) -> Result<(), Error<Failure>> {
    client.put(Key::new(key)?, Sample::new(value, 1)?).await
}

#[test]
fn a_key_or_value_that_cannot_be_sent_leaves_the_client_as_it_was() {
    let mut client = client(Script::PLAIN, 4);
    let cases = [
        ("a b", 1.0, InvalidKey.into()),
        ("", 1.0, InvalidKey.into()),
        ("a", f64::NAN, NotFinite.into()),
    ];
    for (key, value, error) in cases {
        assert_eq!(block_on(put_text(&mut client, key, value)), Err(error));
        assert!(client.is_usable());
    }
    assert_eq!(block_on(put_text(&mut client, "a", 1.0)), Ok(()));
}

#[test]
fn a_panic_of_the_caller_s_function_makes_the_client_unusable() {
    let mut client = client(Script::PLAIN, 4);
    let puts = || block_on(client.put_all(samples(0..1), |_, _| panic!("on purpose")));
    assert!(catch_unwind(AssertUnwindSafe(puts)).is_err());
    assert!(!client.is_usable());
    assert_eq!(block_on(times(&mut client)), Err(Error::OutOfStep));
}
