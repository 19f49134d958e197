//! What a board does in the background of its server.

use core::future::pending;
use core::net::SocketAddrV4;

use embassy_futures::join::join4;
use embassy_net::{Config, DhcpConfig, Ipv4Address, Stack};
use metric_board_settings::Settings;
use metric_embassy_mdns::{Name, Responder};
use metric_embassy_net::{PushCounters, push};
use metric_proto::FixedStore;

use crate::address;
use crate::metrics::{Board, Own, PUSH_LOST, PUSH_SENT};
use crate::notice::Notice;

/// The number of sockets that the background uses: one each for DHCP, the name, and the reports.
pub const BACKGROUND_SOCKETS: usize = 3;

/// Returns how a board gets its address: it asks for one, and tells its name.
#[must_use]
pub fn by_dhcp(settings: &Settings<'_>) -> Config {
    let mut dhcp = DhcpConfig::default();
    dhcp.hostname = name(settings).try_into().ok();
    Config::dhcpv4(dhcp)
}

/// A board in a network, with the settings of its owner.
pub struct Background<S: 'static> {
    /// The network.
    pub stack: Stack<'static>,
    /// The board itself.
    pub board: Board<'static, S>,
    /// Its settings.
    pub settings: Settings<'static>,
}

impl<const SERIES: usize, const SAMPLES: usize, const KEY: usize>
    Background<FixedStore<SERIES, SAMPLES, KEY>>
{
    /// Answers to the board's name, stores metrics of the board itself and those in `own`, and reports
    /// all samples if the settings name a server. Calls `tell` with what belongs into the log.
    pub async fn run(self, own: &mut [Own<'_>], tell: impl Fn(Notice<'_>)) {
        let counters = PushCounters::new();
        let address = address::watch(self.stack, |address| tell_address(address, &tell));
        let name = self.answer_to_name(&tell);
        let report = self.report_to_server(&counters, &tell);
        join4(address, name, report, self.measure(own, &counters)).await;
    }

    async fn answer_to_name(&self, tell: impl Fn(Notice<'_>)) {
        // A name in the settings is valid in the network, too.
        if let Ok(name) = Name::new(name(&self.settings)) {
            let tell = |name: &Name| tell(Notice::Named(name.as_str()));
            Responder::<1024>::new().run(self.stack, name, tell).await;
        }
    }

    async fn report_to_server(&self, counters: &PushCounters, tell: impl Fn(Notice<'_>)) {
        let Some(server) = self.settings.report else { return pending().await };
        tell(Notice::Reporting(server));
        let Board { name, store, .. } = self.board;
        push(self.stack, server.into(), name, store, counters).await;
    }

    async fn measure(&self, own: &mut [Own<'_>], counters: &PushCounters) {
        let mut sent = || counters.reported().into();
        let mut lost = || f64::from(counters.dropped()) + f64::from(counters.refused());
        let mut reports: [Own<'_>; 2] = [(PUSH_SENT, &mut sent), (PUSH_LOST, &mut lost)];
        self.board
            .report_each_time(|board| {
                board.store_own(own);
                board.store_own(&mut reports);
            })
            .await;
    }
}

fn tell_address(address: Option<Ipv4Address>, tell: impl Fn(Notice<'_>)) {
    let Some(address) = address else { return tell(Notice::AddressLost) };
    let port = metric_embassy_net::Settings::default().port;
    tell(Notice::Page(address));
    tell(Notice::Answers(SocketAddrV4::new(address, port)));
}

/// Returns the name in the network, to which `.local` is added.
fn name<'a>(settings: &Settings<'a>) -> &'a str {
    settings.name.unwrap_or("metric")
}
