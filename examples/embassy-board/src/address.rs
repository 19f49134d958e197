//! The board's address in the network.
//!
//! It is looked at each second. The waits of embassy-net's stack keep the waker of one task only, so two tasks
//! in them would wake each other for ever, and the board would never sleep. The responder of multicast DNS is
//! in one of them.

use embassy_net::{Ipv4Address, Stack};
use embassy_time::{Duration, Timer};

/// Calls `tell` with the board's address when it gets one or another one, and with `None` when it loses it.
pub async fn watch(stack: Stack<'_>, tell: impl Fn(Option<Ipv4Address>)) -> ! {
    let mut known = None;
    loop {
        let address = stack.config_v4().map(|config| config.address.address());
        if address != known {
            tell(address);
            known = address;
        }
        Timer::after(PERIOD).await;
    }
}

/// Waits until the board has an address.
pub async fn gained(stack: Stack<'_>) {
    while !stack.is_config_up() {
        Timer::after(PERIOD).await;
    }
}

/// Waits until the board has no address.
pub async fn lost(stack: Stack<'_>) {
    while stack.is_config_up() {
        Timer::after(PERIOD).await;
    }
}

const PERIOD: Duration = Duration::from_secs(1);
