//! The loop over a UDP socket.

use embassy_futures::select::{Either, select};
use embassy_net::udp::{PacketMetadata, UdpMetadata, UdpSocket};
use embassy_net::{IpAddress, IpEndpoint, Stack};
use embassy_time::{Duration, Instant, Timer, with_timeout};
use metric_mdns::{
    Answer, GROUP, HOP_LIMIT, Host, MAX_MESSAGE, Name, PORT, To, announce, answer, is_conflict,
    probe,
};

/// The memory of a responder: `RX` bytes for what was received and is not yet read. Longer datagrams
/// are not seen; questions have some 50 bytes, with what the asker knows some hundred.
#[derive(Debug)]
pub struct Responder<const RX: usize> {
    received: [PacketMetadata; 4],
    rx: [u8; RX],
    sent: [PacketMetadata; 1],
    tx: [u8; MAX_MESSAGE],
}

impl<const RX: usize> Responder<RX> {
    /// Creates a responder with empty buffers.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            received: [PacketMetadata::EMPTY; 4],
            rx: [0; RX],
            sent: [PacketMetadata::EMPTY; 1],
            tx: [0; MAX_MESSAGE],
        }
    }

    /// Answers questions for a name, whenever the board has an address. Calls `tell` with the name that
    /// the board has got: another host may have had `name`, and then it is the [next](Name::next).
    ///
    /// Takes one of the stack's sockets. The driver must let frames to the group 224.0.0.251 in.
    ///
    /// It waits by the stack's `wait_config_up` and `wait_config_down`, which keep the waker of one task. A
    /// second task in such a wait and this one would wake each other for ever: look at
    /// `Stack::is_config_up` now and then instead.
    ///
    /// # Panics
    ///
    /// If the stack has no socket left.
    pub async fn run(&mut self, stack: Stack<'_>, mut name: Name, tell: impl Fn(&Name)) -> ! {
        let Self { received, rx, sent, tx } = self;
        let mut socket = UdpSocket::new(stack, received, rx, sent, tx);
        socket.set_hop_limit(Some(HOP_LIMIT));
        open(&mut socket);
        loop {
            stack.wait_config_up().await;
            let Some(config) = stack.config_v4() else { continue };
            // Routers are told of it now, with an address. It fails only if there is no room for a group.
            let _ = stack.join_multicast_group(GROUP);
            let host = Host { name: name.clone(), address: config.address.address() };
            let mut speaker =
                Speaker { stack, socket: &mut socket, host, output: [0; MAX_MESSAGE] };
            let spoken = select(stack.wait_config_down(), speaker.speak(&tell)).await;
            if let Either::Second(Outcome::NameTaken) = spoken {
                name = name.next();
            }
        }
    }
}

impl<const RX: usize> Default for Responder<RX> {
    fn default() -> Self {
        Self::new()
    }
}

/// Why a responder begins anew.
enum Outcome {
    /// Another host has the name.
    NameTaken,
    /// Another host has taken the name, too, or the board has another address.
    Changed,
}

/// Speaks for one name and one address.
struct Speaker<'a, 's> {
    stack: Stack<'s>,
    socket: &'a mut UdpSocket<'s>,
    host: Host,
    output: [u8; MAX_MESSAGE],
}

impl Speaker<'_, '_> {
    async fn speak(&mut self, tell: &impl Fn(&Name)) -> Outcome {
        // 1. Probe. Hosts that start together begin at different times, since their addresses differ.
        let [.., last] = self.host.address.octets();
        Timer::after_millis(last.into()).await;
        for _ in 0..PROBES {
            self.send_to_group(probe).await;
            if with_timeout(PROBE_PAUSE, self.hear_conflict()).await.is_ok() {
                return Outcome::NameTaken;
            }
        }
        // 2. Announce the name, twice.
        tell(&self.host.name);
        self.send_to_group(announce).await;
        if with_timeout(SECOND, self.answer_all()).await.is_ok() {
            return Outcome::Changed;
        }
        self.send_to_group(announce).await;
        // 3. Answer.
        self.answer_all().await;
        Outcome::Changed
    }

    /// Waits for a message that says that another host has the name.
    async fn hear_conflict(&mut self) {
        let Self { socket, host, .. } = self;
        while !socket.recv_from_with(|message, _| is_conflict(message, host)).await {}
    }

    /// Answers until there is a conflict, or until the address is another one.
    async fn answer_all(&mut self) {
        let mut last = Instant::now();
        loop {
            let Self { socket, host, output, .. } = &mut *self;
            let hear = |message: &[u8], from: UdpMetadata| {
                let asker = from.endpoint;
                let heard = if is_conflict(message, host) {
                    Heard::Conflict
                } else {
                    answer(message, asker.port, host, output)
                        .map_or(Heard::Nothing, Heard::Question)
                };
                (heard, asker)
            };
            let (heard, asker) = socket.recv_from_with(hear).await;
            match heard {
                Heard::Conflict => return,
                _ if self.has_other_address() => return,
                Heard::Question(Answer { length, to, defends }) if self.is_neighbor(asker.addr) => {
                    let pause = if defends { PROBE_PAUSE } else { SECOND };
                    match to {
                        To::Group if last.elapsed() < pause => continue,
                        To::Group => {
                            last = Instant::now();
                            self.send(length, IpEndpoint::new(GROUP.into(), PORT)).await;
                        }
                        To::Asker => self.send(length, asker).await,
                    }
                }
                _ => {}
            }
        }
    }

    fn has_other_address(&self) -> bool {
        let config = self.stack.config_v4();
        config.is_none_or(|config| config.address.address() != self.host.address)
    }

    /// Whether an address is one of this network. Others are not answered, so that nobody outside can
    /// have the board send messages to a third.
    fn is_neighbor(&self, asker: IpAddress) -> bool {
        let IpAddress::Ipv4(asker) = asker;
        self.stack.config_v4().is_some_and(|config| config.address.contains_addr(&asker))
    }

    async fn send_to_group(&mut self, write: fn(&Host, &mut [u8]) -> Option<usize>) {
        if let Some(length) = write(&self.host, &mut self.output) {
            self.send(length, IpEndpoint::new(GROUP.into(), PORT)).await;
        }
    }

    /// Sends a message. If the stack cannot send it for a second, it is discarded: whoever asks with the
    /// address of a host that does not exist would keep all others waiting.
    async fn send(&mut self, length: usize, to: IpEndpoint) {
        let message = self.output.get(..length).unwrap_or_default();
        // It fails only if there is no route, and then nobody is waiting.
        let sent = self.socket.send_to(message, to).await;
        if sent.is_ok() && with_timeout(SECOND, self.socket.flush()).await.is_err() {
            self.socket.close();
            open(self.socket);
        }
    }
}

/// What a message means.
enum Heard {
    Question(Answer),
    Conflict,
    Nothing,
}

/// Opens a socket that is closed.
fn open(socket: &mut UdpSocket<'_>) {
    // It fails only if the socket is open or the port is 0.
    let _ = socket.bind(PORT);
}

/// The number of probes, and the time to wait for an answer to each.
const PROBES: usize = 3;
const PROBE_PAUSE: Duration = Duration::from_millis(250);

const SECOND: Duration = Duration::from_secs(1);
