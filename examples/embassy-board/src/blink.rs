//! Tells an address by blinking, for a board whose log nobody sees.

use core::iter::{once, repeat_n};

use embassy_net::{Ipv4Address, Stack};
use embassy_time::{Duration, Timer};

/// Blinks the last byte of the board's address as long as it has one. `light` switches the LED.
pub async fn address(stack: Stack<'_>, mut light: impl AsyncFnMut(bool)) {
    while let Some(config) = stack.config_v4() {
        for (lit, time) in last_byte(config.address.address()) {
            light(lit).await;
            Timer::after(time).await;
        }
    }
}

/// Whether the LED is lit, and for how long.
pub type Flash = (bool, Duration);

/// Returns the flashes that tell the last byte of an address, digit by digit: as many short ones as the
/// digit, or a long one for 0. `192.168.1.105` is one short, one long, and five short flashes.
pub fn last_byte(address: Ipv4Address) -> impl Iterator<Item = Flash> {
    let [.., last] = address.octets();
    let digits = [last / 100, last / 10 % 10, last % 10];
    let leading = digits.iter().take(2).take_while(|digit| **digit == 0).count();
    let flashes = digits.into_iter().skip(leading).flat_map(of_digit);
    flashes.chain(once((false, BETWEEN_NUMBERS)))
}

fn of_digit(digit: u8) -> impl Iterator<Item = Flash> {
    let (count, lit) = if digit == 0 { (1, LONG) } else { (digit.into(), SHORT) };
    let flashes = repeat_n([(true, lit), (false, SHORT)], count).flatten();
    flashes.chain(once((false, BETWEEN_DIGITS)))
}

const SHORT: Duration = Duration::from_millis(250);
const LONG: Duration = Duration::from_millis(1_000);

/// These are in addition to the dark time of a short flash.
const BETWEEN_DIGITS: Duration = Duration::from_millis(750);
const BETWEEN_NUMBERS: Duration = Duration::from_millis(2_000);
