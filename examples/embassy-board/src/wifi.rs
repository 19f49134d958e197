//! Keeps a board in its Wi-Fi network.

use core::cell::Cell;
use core::future::pending;

use embassy_futures::select::{Either3, select3};
use embassy_net::Stack;
use embassy_time::{Duration, Timer, with_timeout};
use metric_board_settings::Wifi;
use metric_embassy_net::Backoff;

// Relative paths, since tests on the host include these files.
use super::notice::Notice;
use super::{address, blink, gateway};

/// A radio, and the LED beside it.
#[allow(async_fn_in_trait, reason = "the tasks of a board run on one thread")]
pub trait Radio {
    /// Joins a network. Returns whether it has; if not, it has told the log why.
    async fn join(&mut self, wifi: Wifi<'_>) -> bool;

    /// Leaves the network, if it is in one.
    async fn leave(&mut self);

    /// Switches the LED on or off.
    async fn light(&mut self, lit: bool);
}

/// A board that belongs into a Wi-Fi network.
#[derive(Clone, Copy)]
pub struct Station<'a> {
    /// The board's network stack.
    pub stack: Stack<'a>,
    /// The network.
    pub wifi: Wifi<'a>,
    /// How often it was lost since boot.
    pub losses: &'a Cell<u32>,
}

impl Station<'_> {
    /// Joins the network, and joins again whenever the board loses its address or the gateway. The LED
    /// tells the address while the board has both. Needs a socket for pings.
    ///
    /// If the network cannot be joined, tries again after 1 second, then 2, 4 and so on up to 60.
    pub async fn stay_joined(&self, radio: &mut impl Radio, tell: impl Fn(Notice<'_>)) -> ! {
        let mut pauses = Backoff::new();
        loop {
            tell(Notice::Joining(self.wifi.network));
            match with_timeout(PATIENCE, self.join(radio)).await {
                Ok(true) => {
                    pauses.reset();
                    self.stay(radio, &tell).await;
                    self.losses.set(self.losses.get().wrapping_add(1));
                }
                Ok(false) => {}
                Err(_) => tell(Notice::NoAddress(self.wifi.network)),
            }
            // The radio may still be in the network, or may have rejoined it, and cannot join it twice.
            let _ = with_timeout(PATIENCE, radio.leave()).await;
            Timer::after(pauses.next_pause()).await;
        }
    }

    /// Joins the network and waits for an address. Returns whether there is one.
    async fn join(&self, radio: &mut impl Radio) -> bool {
        let joined = radio.join(self.wifi).await;
        if joined {
            address::gained(self.stack).await;
        }
        joined
    }

    /// Waits until the network is lost.
    async fn stay(&self, radio: &mut impl Radio, tell: impl Fn(Notice<'_>)) {
        let blink = blink::address(self.stack, async |lit| radio.light(lit).await);
        let lost = select3(address::lost(self.stack), self.gateway_lost(), blink).await;
        if let Either3::Second(()) = lost {
            tell(Notice::GatewayLost);
        }
        radio.light(false).await;
    }

    async fn gateway_lost(&self) {
        match self.stack.config_v4().and_then(|config| config.gateway) {
            Some(address) => gateway::lost(self.stack, address).await,
            None => pending().await,
        }
    }
}

/// The time-out for joining and getting an address, and for leaving.
const PATIENCE: Duration = Duration::from_secs(30);
