//! The doors of other protocols: where they are, and what came in by them.

use std::net::{TcpListener, UdpSocket};
use std::sync::Arc;

use clap::Args;
use metric_graphite::{Clock, Door, DoorCounters, GraphiteLines, OpenTsdbLines, PickleDoor};
use metric_proto::Limits;
use metric_query::TimeUnit;
use metric_tcp::Address;

use crate::listen::{listen, listen_udp};
use crate::overruns::overruns;
use crate::protocol::Protocol;
use crate::run::Program;

/// Where other protocols are spoken.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Other protocols")]
pub(crate) struct DoorOptions {
    /// Take lines of Graphite, `path value time`, over TCP and UDP; the usual port
    /// is 2003. Times are in seconds. Can be given several times
    #[arg(long, value_name = "HOST[:PORT]", value_parser = at::<2003>)]
    graphite: Vec<Address>,

    /// Take what carbon-relay sends in its pickle protocol; the usual port is 2004.
    /// Can be given several times
    #[arg(long, value_name = "HOST[:PORT]", value_parser = at::<2004>)]
    graphite_pickle: Vec<Address>,

    /// Take lines of OpenTSDB, `put name time value tag=value`; the usual port is
    /// 4242. Can be given several times
    #[arg(long, value_name = "HOST[:PORT]", value_parser = at::<4242>)]
    opentsdb: Vec<Address>,
}

fn at<const PORT: u16>(text: &str) -> Result<Address, String> {
    Address::with_port(text, PORT).map_err(|error| error.to_string())
}

impl DoorOptions {
    /// Listens over TCP.
    ///
    /// # Errors
    ///
    /// A line for users.
    pub(crate) fn listen(&self) -> Result<Vec<(TcpListener, Protocol)>, String> {
        let doors = [
            (&self.graphite, Protocol::Graphite),
            (&self.graphite_pickle, Protocol::Pickle),
            (&self.opentsdb, Protocol::OpenTsdb),
        ];
        let mut all = Vec::new();
        for (places, protocol) in doors {
            let listeners = listen(places, protocol.option())?;
            all.extend(listeners.into_iter().map(|listener| (listener, protocol)));
        }
        Ok(all)
    }
}

/// What the connections of each door have in common.
#[derive(Clone, Debug)]
pub(crate) struct Doors {
    pub(crate) graphite: Arc<Door<GraphiteLines>>,
    pub(crate) pickle: Arc<PickleDoor>,
    pub(crate) opentsdb: Arc<Door<OpenTsdbLines>>,
    /// For datagrams of Graphite.
    sockets: Arc<[UdpSocket]>,
    /// The doors that have listeners.
    open: Vec<(&'static str, Arc<DoorCounters>)>,
}

impl Doors {
    /// Opens a socket for datagrams beside each listener for lines of Graphite.
    ///
    /// # Errors
    ///
    /// A line for users.
    pub(crate) fn open(
        program: Program,
        unit: TimeUnit,
        limits: Limits,
        listeners: &[(TcpListener, Protocol)],
    ) -> Result<Self, String> {
        let lines = listeners.iter().filter(|(_, protocol)| *protocol == Protocol::Graphite);
        let sockets = lines.map(|(listener, _)| listen_udp(listener, Protocol::Graphite.option()));
        let sockets = sockets.collect::<Result<_, _>>()?;
        let clock = Clock::system(unit);
        let graphite = Arc::new(Door::new(GraphiteLines::new(clock), limits));
        let pickle = Arc::new(PickleDoor::new(clock, limits));
        let opentsdb = OpenTsdbLines::new(clock, program.name, program.version);
        let opentsdb = Arc::new(Door::new(opentsdb, limits));
        let all = [
            (Protocol::Graphite, "graphite", graphite.counters()),
            (Protocol::Pickle, "graphite_pickle", pickle.counters()),
            (Protocol::OpenTsdb, "opentsdb", opentsdb.counters()),
        ];
        let is_open = |door: Protocol| listeners.iter().any(|(_, protocol)| *protocol == door);
        let open = all.into_iter().filter(|(protocol, ..)| is_open(*protocol));
        let open = open.map(|(_, name, counters)| (name, Arc::clone(counters))).collect();
        Ok(Self { graphite, pickle, opentsdb, sockets, open })
    }

    /// Returns the sockets for datagrams.
    pub(crate) fn sockets(&self) -> &Arc<[UdpSocket]> {
        &self.sockets
    }

    /// Returns how many datagrams the kernel dropped, since they came faster than they were read.
    pub(crate) fn overruns(&self) -> u64 {
        overruns(&self.sockets)
    }

    /// Returns the doors that have listeners, each with its name.
    pub(crate) fn counters(&self) -> &[(&'static str, Arc<DoorCounters>)] {
        &self.open
    }
}
