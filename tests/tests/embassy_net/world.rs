//! A board that serves, a desk with its clients, and a cable between them, all in one thread.

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use embassy_net::{
    Config, IpEndpoint, Ipv4Address, Ipv4Cidr, Stack, StackResources, StaticConfigV4,
};
use metric_embassy_net::{Counters, Settings, Worker};
use metric_proto::FixedStore;
use smol::LocalExecutor;

use crate::clock::{self, Pace};
use crate::link::{Plug, Way, cable};

/// The parts of a world that a script uses.
pub(crate) struct World<'e, 'a> {
    pub(crate) executor: &'e LocalExecutor<'a>,
    pub(crate) desk: Stack<'a>,
    pub(crate) board: Stack<'a>,
    pub(crate) to_board: Rc<Way>,
    pub(crate) to_desk: Rc<Way>,
    pub(crate) counters: &'a Counters,
    pub(crate) settings: &'a Settings,
}

/// A board: the sizes of its store and of its workers, and the number of workers.
pub(crate) struct Board<
    const SERIES: usize,
    const SAMPLES: usize,
    const KEY: usize,
    const IN: usize,
    const OUT: usize,
    const RX: usize,
    const TX: usize,
> {
    pub(crate) workers: usize,
    pub(crate) settings: Settings,
}

impl<
    const SERIES: usize,
    const SAMPLES: usize,
    const KEY: usize,
    const IN: usize,
    const OUT: usize,
    const RX: usize,
    const TX: usize,
> Board<SERIES, SAMPLES, KEY, IN, OUT, RX, TX>
{
    /// Runs a script in a new world with this board. The world ends with the script.
    pub(crate) fn run<T>(self, pace: Pace, script: impl AsyncFnOnce(&World<'_, '_>) -> T) -> T {
        clock::start(pace);
        let Self { workers, settings } = &self;
        let (board, desk) = cable();
        let (to_desk, to_board) = (board.way_out(), desk.way_out());
        let mut resources = (StackResources::<256>::new(), StackResources::<256>::new());
        let (board, mut board_runner) = host(board, 1, &mut resources.0);
        let (desk, mut desk_runner) = host(desk, 2, &mut resources.1);
        let store = Box::new(RefCell::new(FixedStore::<SERIES, SAMPLES, KEY>::new()));
        let (store, counters) = (&*store, &Counters::new());
        let executor = LocalExecutor::new();
        executor.spawn(async move { board_runner.run().await }).detach();
        executor.spawn(async move { desk_runner.run().await }).detach();
        for _ in 0..*workers {
            let work = async move {
                Worker::<IN, OUT, RX, TX>::new().run(board, store, settings, counters).await
            };
            executor.spawn(work).detach();
        }
        let world =
            World { executor: &executor, desk, board, to_board, to_desk, counters, settings };
        drive(executor.run(script(&world)))
    }
}

/// Returns the address at which the board listens.
pub(crate) fn address(settings: &Settings) -> IpEndpoint {
    port(settings.port)
}

/// Returns the address of a port of the board.
pub(crate) fn port(number: u16) -> IpEndpoint {
    (Ipv4Address::new(10, 0, 0, 1), number).into()
}

fn host<const SOCKETS: usize>(
    plug: Plug,
    number: u8,
    resources: &mut StackResources<SOCKETS>,
) -> (Stack<'_>, embassy_net::Runner<'_, Plug>) {
    let address = Ipv4Cidr::new(Ipv4Address::new(10, 0, 0, number), 24);
    let address = StaticConfigV4 { address, gateway: None, dns_servers: Default::default() };
    embassy_net::new(plug, Config::ipv4_static(address), resources, number.into())
}

/// Polls a future until it is ready. Lets time go on whenever it has nothing to do.
fn drive<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let bell = Arc::new(Bell { thread: thread::current(), rung: AtomicBool::new(false) });
    let waker = Waker::from(Arc::clone(&bell));
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        if bell.rung.swap(false, SeqCst) {
            continue;
        }
        if let Some(wait) = clock::go_on() {
            thread::park_timeout(wait);
        }
    }
}

/// The waker of [`drive`].
struct Bell {
    thread: Thread,
    rung: AtomicBool,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, SeqCst);
        self.thread.unpark();
    }
}
