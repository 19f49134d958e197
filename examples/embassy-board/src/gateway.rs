//! Detects a lost network by pinging its gateway.
//!
//! An access point may drop an idle station without the radio's driver noticing: the link stays up,
//! the address is kept, but no frame arrives.

use embassy_net::icmp::{
    ChecksumCapabilities, IcmpEndpoint, IcmpSocket, Icmpv4Packet, Icmpv4Repr, PacketMetadata,
};
use embassy_net::{Ipv4Address, Stack};
use embassy_time::{Duration, Timer, with_timeout};

/// Waits until the gateway has not answered [`MISSES`] pings in a row.
///
/// Some gateways never answer pings, so this waits for ever if the gateway has never answered.
/// While pinging, it uses one of the stack's sockets.
pub(crate) async fn lost(stack: Stack<'_>, gateway: Ipv4Address) {
    let mut has_answered = false;
    let mut misses = 0;
    while !(has_answered && misses >= MISSES) {
        Timer::after(if misses == 0 { PERIOD } else { RETRY }).await;
        if answers(stack, gateway).await {
            (has_answered, misses) = (true, 0);
        } else {
            misses = (misses + 1).min(MISSES);
        }
    }
}

/// Pings and returns whether the gateway answers. embassy-net's `PingManager` would poll without
/// pause.
async fn answers(stack: Stack<'_>, gateway: Ipv4Address) -> bool {
    let (mut rx_meta, mut tx_meta) = ([PacketMetadata::EMPTY], [PacketMetadata::EMPTY]);
    let (mut rx, mut tx, mut packet) = ([0; 32], [0; 32], [0; 32]);
    let mut socket = IcmpSocket::new(stack, &mut rx_meta, &mut rx, &mut tx_meta, &mut tx);
    let ping = Icmpv4Repr::EchoRequest { ident: IDENT, seq_no: 0, data: b"metric-proto" };
    let ping_and_answer = async {
        socket.bind(IcmpEndpoint::Ident(IDENT)).ok()?;
        let request = packet.get_mut(..ping.buffer_len())?;
        ping.emit(
            &mut Icmpv4Packet::new_unchecked(&mut *request),
            &ChecksumCapabilities::default(),
        );
        socket.send_to(request, gateway).await.ok()?;
        socket.recv_from(&mut packet).await.ok()
    };
    with_timeout(PATIENCE, ping_and_answer).await.is_ok_and(|answer| answer.is_some())
}

/// The identifier of our pings and their answers.
const IDENT: u16 = 0x6d70;

/// The number of unanswered pings after which the gateway counts as lost.
const MISSES: u32 = 3;

const PERIOD: Duration = Duration::from_secs(60);
/// The pause after an unanswered ping.
const RETRY: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(5);
