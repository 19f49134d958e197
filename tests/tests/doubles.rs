//! The core and std parse any double that the core writes to the same double.

use metric_proto::{Key, Request, Sample, parse_request};

#[test]
fn random_bits_are_written_and_read_again_to_the_bit() {
    let mut random = fastrand::Rng::new();
    let seed = random.get_seed();
    println!("seed {seed}");
    (0..200_000).for_each(|_| reads_again(random.u64(..)));
}

#[test]
fn the_ends_of_every_exponent_are_written_and_read_again_to_the_bit() {
    for exponent in 0..0x7FF_u64 {
        let power_of_two = exponent << 52;
        for bits in power_of_two.saturating_sub(2)..=power_of_two + 2 {
            reads_again(bits);
            reads_again(bits | SIGN);
        }
    }
}

#[test]
fn the_neighbours_of_every_power_of_ten_are_written_and_read_again_to_the_bit() {
    for power in -330..=308 {
        let value: f64 = format!("1e{power}").parse().unwrap();
        for value in [value.next_down(), value, value.next_up()] {
            reads_again(value.to_bits());
        }
    }
}

const SIGN: u64 = 1 << 63;

/// Writes and parses the double of these bits, if it is finite.
fn reads_again(bits: u64) {
    let Ok(sample) = Sample::new(f64::from_bits(bits), 0) else { return };
    let request = Request::Put { key: Key::new("k").unwrap(), sample };
    let mut line = [0; 64];
    let length = request.write(&mut line).unwrap() - 1;
    let text = str::from_utf8(&line["put k ".len()..length - " 0".len()]).unwrap();
    assert_eq!(text.parse().map(f64::to_bits), Ok(bits), "std reads {text}");
    assert_eq!(parse_request(&line[..length]), Ok(request), "the core reads {text}");
}
