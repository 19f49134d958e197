//! How a board's LED tells its address.

use std::iter;

use embassy_net::Ipv4Address;

use crate::parts::blink::last_byte;

/// Returns the flashes as text: `.` and `-` for short and long ones, and a blank or a line feed for the
/// pauses behind a digit and behind the number.
fn told(last: u8) -> String {
    let mut text = String::new();
    let mut dark = 0;
    let end = iter::once((true, last_byte([0; 4].into()).next().unwrap().1));
    for (lit, time) in last_byte(Ipv4Address::new(192, 168, 1, last)).chain(end) {
        if !lit {
            dark += time.as_millis();
            continue;
        }
        text.push_str(match dark {
            0 | 250 => "",
            1_000 => " ",
            3_000 => "\n",
            other => panic!("dark for {other} ms"),
        });
        dark = 0;
        text.push(if time.as_millis() == 250 { '.' } else { '-' });
    }
    // The beginning of the next round.
    text.strip_suffix('-').unwrap().to_owned()
}

#[test]
fn the_last_byte_is_blinked_digit_by_digit() {
    for (last, flashes) in [
        (0, "-\n"),
        (7, ".......\n"),
        (10, ". -\n"),
        (24, ".. ....\n"),
        (105, ". - .....\n"),
        (200, ".. - -\n"),
        (254, ".. ..... ....\n"),
    ] {
        assert_eq!(told(last), flashes, "{last}");
    }
}
