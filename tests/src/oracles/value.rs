//! Parsing decimal texts to doubles, and writing these.

use arbitrary::{Result, Unstructured};
use metric_proto::{Digits, Key, Request, Sample, parse_request, write_sample};

use metric_conformance::model::rounding::{is_nearest, middle_above};

/// A decimal text is parsed to the nearest double, the even one on a tie, whatever its length and
/// wherever its point is. The texts are digits of the input, the exact middle between two doubles, the
/// texts just below and above it, and the first of its digits.
///
/// A sample line is the same whether its numbers are written together or each alone. The values are any doubles, and
/// decimals of few places with their neighbours.
///
/// # Panics
///
/// If the law is broken.
pub fn value(data: &[u8]) {
    Plan::read(Unstructured::new(data)).expect("what is missing is zeros").check();
}

struct Plan<'a> {
    bits: u64,
    zeros: u8,
    cut: u16,
    point: u16,
    exponent: i16,
    digits: &'a [u8],
}

impl<'a> Plan<'a> {
    fn read(mut data: Unstructured<'a>) -> Result<Self> {
        Ok(Self {
            bits: data.arbitrary()?,
            zeros: data.arbitrary()?,
            cut: data.arbitrary()?,
            point: data.arbitrary()?,
            exponent: data.arbitrary()?,
            digits: data.take_rest(),
        })
    }

    fn check(&self) {
        let digits: String = self.digits.iter().map(|byte| char::from(b'0' + byte % 10)).collect();
        self.check_digits(&format!("{digits}0"), (self.exponent / 64).into());
        self.check_middle(self.bits % INFINITY);
        self.check_written(f64::from_bits(self.bits));
        let decimal = (self.bits >> (self.cut % 64)) as f64 / 10_f64.powi((self.point % 5).into());
        [decimal.next_down(), decimal, -decimal]
            .into_iter()
            .for_each(|value| self.check_written(value));
    }

    /// Checks the line of a sample with a value and some timestamp.
    fn check_written(&self, value: f64) {
        let timestamp = self.bits.cast_signed() >> (self.zeros % 64);
        let Ok(sample) = Sample::new(value, timestamp) else { return };
        let (mut line, mut digits) = ([0; 128], Digits::new());
        let length = write_sample(Key::new("k").expect("a key"), sample, &mut line).expect("room");
        let expected = format!("k {} {timestamp}\n", digits.value(sample));
        assert_eq!(str::from_utf8(&line[..length]), Ok(&*expected));
    }

    /// Checks the middle above the double of these bits, and the texts next to it.
    fn check_middle(&self, bits: u64) {
        let zeros = usize::from(self.zeros);
        let (middle, ten) = middle_above(bits);
        let further = ten - zeros as i64 - 1;
        let above = format!("{middle}{:0>1$}", 1, zeros + 1);
        let below = format!("{}{:9<2$}", less_by_one(&middle), "", zeros + 1);
        assert_eq!(self.check_digits(&middle, ten), bits + bits % 2);
        assert_eq!(self.check_digits(&above, further), bits + 1);
        assert_eq!(self.check_digits(&below, further), bits);
        let (front, rest) = middle.split_at(usize::from(self.cut) % middle.len() + 1);
        self.check_digits(front, ten + rest.len() as i64);
    }

    /// Fails unless the core parses the nearest double, and the same as std. Returns its bits, or those
    /// of infinity.
    fn check_digits(&self, digits: &str, ten: i64) -> u64 {
        let text = self.text(digits, ten);
        let value = read(&text);
        assert_eq!(text.parse().map(f64::to_bits), Ok(value.to_bits()), "{text}");
        assert!(is_nearest(&text, value), "{text}");
        value.to_bits()
    }

    /// Returns `digits * 10^ten` with a point somewhere.
    fn text(&self, digits: &str, ten: i64) -> String {
        let (whole, fraction) = digits.split_at(usize::from(self.point) % (digits.len() + 1));
        format!("{whole}.{fraction}e{}", ten + fraction.len() as i64)
    }
}

const INFINITY: u64 = f64::INFINITY.to_bits();

/// Subtracts one from an integer.
fn less_by_one(digits: &str) -> String {
    let (front, zeros) = digits.split_at(digits.trim_end_matches('0').len());
    let mut digits = front.as_bytes().to_vec();
    *digits.last_mut().expect("a middle is not 0") -= 1;
    String::from_utf8(digits).expect("digits") + &"9".repeat(zeros.len())
}

/// Returns the value that the core parses in a put, or infinity if the core refuses it.
fn read(text: &str) -> f64 {
    match parse_request(format!("put k {text} 0").as_bytes()) {
        Ok(Request::Put { sample, .. }) => sample.value(),
        _ => f64::INFINITY,
    }
}
