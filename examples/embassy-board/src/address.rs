//! The board's network address.

use embassy_net::{Ipv4Address, Stack};

/// Calls `tell` with the board's address when it gets one, and with `None` when it loses it.
pub async fn watch(stack: Stack<'_>, tell: impl Fn(Option<Ipv4Address>)) -> ! {
    loop {
        stack.wait_config_up().await;
        tell(stack.config_v4().map(|config| config.address.address()));
        stack.wait_config_down().await;
        tell(None);
    }
}
