//! Checks clients against real servers, and against the model with random chunking.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use fastrand::Rng;
use metric_driver::client::{Answer, Answers, Error};
use metric_proto::{Key, Sample, Selector, write_sample};

use super::peer::Peer;
use super::subject::{Failure, Kind, Subject};
use crate::running::HANG;
use metric_conformance::Model;
use metric_conformance::Offer;

/// Checks a client against an empty server with these bounds, and against the model.
///
/// # Panics
///
/// If a result of the client differs from the model.
pub async fn check_served<K: Kind>(kind: &K, server: SocketAddr, offer: Offer) {
    let mut client = kind.connect(server, HANG).await;
    let mut random = Rng::with_seed(0);
    converse(&mut client, &mut Model::new(offer.into()), &mut random, 200).await;
    for seed in 0..10 {
        println!("seed {seed}");
        let peer = Peer::start(move |stream| serve_model(stream, offer, Rng::with_seed(!seed)));
        let mut client = kind.connect(peer.address(), HANG).await;
        let model = &mut Model::new(offer.into());
        converse(&mut client, model, &mut Rng::with_seed(seed), 50).await;
    }
}

/// Serves the model with reads and writes of random lengths.
fn serve_model(mut stream: TcpStream, offer: Offer, mut random: Rng) {
    let (mut model, mut buffer) = (Model::new(offer.into()), [0; 2000]);
    loop {
        let room = random.usize(1..=buffer.len());
        let Ok(count @ 1..) = stream.read(&mut buffer[..room]) else { return };
        let replies = model.feed(&buffer[..count]);
        let mut rest = &replies[..];
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(random.usize(1..=rest.len()));
            rest = behind;
            if stream.write_all(piece).is_err() {
                return;
            }
        }
    }
}

/// Makes random requests and compares each result with the model.
///
/// # Panics
///
/// If a result differs.
pub async fn converse(
    client: &mut impl Subject,
    model: &mut Model,
    random: &mut Rng,
    requests: usize,
) {
    for _ in 0..requests {
        let (key, sample) = (any_key(random), any_sample(random));
        let (requests, replies) = match random.u8(0..10) {
            0 => ("get *\n".to_owned(), listing(client, Selector::All).await),
            1..4 => {
                let replies = listing(client, Selector::Key(Key::new(&key).expect("a key"))).await;
                (format!("get {key}\n"), replies)
            }
            4..6 => put_some(client, random).await,
            _ => {
                let put = client.put(Key::new(&key).expect("a key"), sample).await;
                (put_line(&key, sample), reply_to_put(put))
            }
        };
        let expected = String::from_utf8(model.feed(requests.as_bytes())).expect("text");
        assert_eq!(replies, expected, "{requests}");
    }
}

/// Puts up to 500 samples at once. Returns the lines and the replies.
async fn put_some(client: &mut impl Subject, random: &mut Rng) -> (String, String) {
    let count = random.usize(0..500);
    let samples: Vec<_> = (0..count).map(|_| (any_key(random), any_sample(random))).collect();
    let lines = samples.iter().map(|(key, sample)| put_line(key, *sample)).collect();
    let samples = samples.iter().map(|(key, sample)| (Key::new(key).expect("a key"), *sample));
    let (mut replies, mut expected) = (String::new(), Answers::default());
    let answered = |_, answer| {
        match answer {
            Answer::Stored => expected.stored += 1,
            Answer::Refused => expected.refused += 1,
        }
        replies += &reply_to_put(match answer {
            Answer::Stored => Ok(()),
            Answer::Refused => Err(Error::Refused),
        });
    };
    let answers = client.put_all(samples, answered).await.expect("the server answers");
    assert_eq!(answers, expected);
    (lines, replies)
}

fn put_line(key: &str, sample: Sample) -> String {
    format!("put {key} {:e} {}\n", sample.value(), sample.timestamp())
}

fn reply_to_put(put: Result<(), Failure>) -> String {
    match put {
        Ok(()) => "ok\n\n".to_owned(),
        Err(Error::Refused) => "error\nwrong command\n\n".to_owned(),
        Err(error) => panic!("{error}"),
    }
}

/// Returns the listing of a client as the text of a reply.
async fn listing(client: &mut impl Subject, selector: Selector<'_>) -> String {
    let mut reply = "ok\n".to_owned();
    let visit = |key: Key<'_>, sample: Sample| {
        let mut line = [0; 512];
        let length = write_sample(key, sample, &mut line).expect("there is room");
        reply += std::str::from_utf8(&line[..length]).expect("text");
    };
    match client.samples(selector, visit).await {
        Ok(()) => reply + "\n",
        Err(Error::Refused) => "error\nwrong command\n\n".to_owned(),
        Err(error) => panic!("{error}"),
    }
}

/// Returns one of a few keys, so that series fill up: more than a small server has room for, and
/// one that is too long for it.
fn any_key(random: &mut Rng) -> String {
    match random.usize(0..12) {
        0 => "ключ.日本".to_owned(),
        1 => "k".repeat(60),
        number => format!("key.{number}"),
    }
}

fn any_sample(random: &mut Rng) -> Sample {
    let value = [0.0, -0.0, 23.7, f64::MAX, 5e-324, random.f64()][random.usize(0..6)];
    let timestamp = [i64::MIN, i64::MAX, random.i64(-30..30)][random.usize(0..20).min(2)];
    Sample::new(value, timestamp).expect("a finite value")
}
