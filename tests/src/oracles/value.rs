//! Parsing decimal texts to doubles.

use arbitrary::{Result, Unstructured};
use metric_proto::{Request, parse_request};

use metric_conformance::model::rounding::{is_nearest, middle_above};

/// A decimal text is parsed to the nearest double, the even one on a tie, whatever its length and
/// wherever its point is. The texts are digits of the input, the exact middle between two doubles, the
/// texts just below and above it, and the first of its digits.
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
