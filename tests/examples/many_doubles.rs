//! Parses a billion texts as doubles with the core and with std, which must agree to the bit. The
//! texts are random digits of every count, and the fewest digits of random doubles, unchanged or with
//! one change. Every thousandth time it calls the oracle `value`, which tests the middles between
//! doubles.
//!
//! ```sh
//! cargo run --release -p metric-tests --example many_doubles -- [TEXTS] [SEED]
//! ```

use std::fmt::Write;
use std::time::Instant;
use std::{env, iter, thread};

use fastrand::Rng;
use metric_proto::{Request, parse_request};
use metric_tests::oracles;

fn main() {
    let mut arguments = env::args().skip(1).map(|text| text.parse().expect("a number"));
    let (texts, seed) = (arguments.next().unwrap_or(BILLION), arguments.next().unwrap_or(0));
    let started = Instant::now();
    let threads = thread::available_parallelism().map_or(1, usize::from) as u64;
    thread::scope(|scope| {
        for thread in 1..=threads {
            scope.spawn(move || check_all(texts / threads, Rng::with_seed(seed + thread)));
        }
    });
    println!("{texts} texts are read right, in {} s", started.elapsed().as_secs());
}

const BILLION: u64 = 1_000_000_000;

fn check_all(texts: u64, mut random: Rng) {
    let mut line = String::new();
    for at in 0..texts {
        if at.is_multiple_of(1000) {
            let input: Vec<u8> = iter::repeat_with(|| random.u8(..)).take(64).collect();
            oracles::value(&input);
        }
        line.clear();
        line.push_str(PUT);
        if random.bool() {
            random_digits(&mut line, &mut random);
        } else {
            double(&mut line, &mut random);
        }
        check(&mut line);
    }
}

const PUT: &str = "put k ";

/// Appends up to 40 digits with a point among them.
fn random_digits(line: &mut String, random: &mut Rng) {
    let most = if random.u8(..) < 250 { 20 } else { 40 };
    let count = random.usize(1..=most);
    let point = random.usize(0..=count);
    for at in 0..count {
        if at == point {
            line.push('.');
        }
        line.push(char::from(random.u8(b'0'..=b'9')));
    }
    if random.bool() {
        write!(line, "e{}", random.i32(-350..=320)).expect("a string has room");
    }
}

/// Appends the fewest digits of a random double. In half of the cases one of them is changed.
fn double(line: &mut String, random: &mut Rng) {
    let value = f64::from_bits(random.u64(..) % f64::INFINITY.to_bits());
    write!(line, "{value:e}").expect("a string has room");
    if random.bool() {
        let at = random.usize(PUT.len()..line.len());
        let digit = random.u8(b'0'..=b'9');
        if line.as_bytes()[at].is_ascii_digit() {
            line.replace_range(at..=at, &char::from(digit).to_string());
        }
    }
}

/// Fails unless the core parses the same value in a put as std. The core must refuse infinity.
fn check(line: &mut String) {
    let expected: f64 = line[PUT.len()..].parse().expect("a number");
    line.push_str(" 0");
    let read = match parse_request(line.as_bytes()) {
        Ok(Request::Put { sample, .. }) => sample.value(),
        _ => f64::INFINITY,
    };
    assert_eq!(read.to_bits(), expected.to_bits(), "{line}");
}
