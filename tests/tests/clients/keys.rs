//! Keys of many lengths.

use std::net::SocketAddr;

use metric_conformance::Offer;
use metric_driver::client::{Answer, Answers, Error};
use metric_proto::{Key, Sample, Selector};
use metric_tests::client_suite::{Kind, Subject};
use metric_tests::running::HANG;

use crate::kinds::{AsyncStd, Blocking, Smol};
use crate::served;

#[test]
fn every_client_takes_keys_as_long_as_the_server_does() {
    for bound in [255, 256, 1000] {
        served(Offer::desktop(bound), |server| {
            smol::block_on(check_keys(&Smol, server, bound));
            async_std::task::block_on(check_keys(&AsyncStd, server, bound));
            smol::block_on(check_keys(&Blocking, server, bound));
        });
    }
}

/// Puts and lists keys of many lengths, with the longest numbers, and lists all of them at once.
async fn check_keys<K: Kind>(kind: &K, server: SocketAddr, bound: usize) {
    let mut client = kind.connect(server, HANG).await;
    let names = [1, 255, 256, 999, 1000].map(|length| "k".repeat(length));
    let keys = names.each_ref().map(|name| Key::new(name).unwrap());
    let sample = Sample::new(-f64::MIN_POSITIVE, i64::MIN).unwrap();
    for key in keys {
        let expected = if key.as_bytes().len() > bound { Err(Error::Refused) } else { Ok(()) };
        assert_eq!(client.put(key, sample).await, expected);
        let mut listed = Vec::new();
        let visit = |key: Key<'_>, sample| listed.push((key.as_str().to_owned(), sample));
        assert_eq!(client.samples(Selector::Key(key), visit).await, expected);
        assert!(expected.is_err() || listed == [(key.as_str().to_owned(), sample)]);
    }
    let mut answers = Vec::new();
    let puts = (0..300).flat_map(|_| keys).map(|key| (key, sample));
    let put = client.put_all(puts, |_, answer| answers.push(answer)).await;
    assert_eq!(put.map(Answers::total), Ok(answers.len()));
    let stored = keys.iter().filter(|key| key.as_bytes().len() <= bound).count();
    let refused = answers.iter().filter(|&&answer| answer == Answer::Refused).count();
    assert_eq!((answers.len(), refused), (1500, 300 * (keys.len() - stored)));
    let mut listed = 0;
    assert_eq!(client.samples(Selector::All, |_, _| listed += 1).await, Ok(()));
    assert_eq!(listed, stored);
}
