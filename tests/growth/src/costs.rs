//! Costs that were measured, each with where it is from, and the bounds of machines.

/// What each thing costs. Processor times are microseconds.
#[derive(Clone, Copy, Debug)]
pub struct Costs {
    /// Of a master: a put in a head of few samples, once it was read.
    pub engine_put: f64,
    /// Of a master: to read what one front end sent, and to reply, however many puts that is.
    pub engine_read: f64,
    /// Of a master: to wake up for it, if it had nothing to do.
    pub engine_wake: f64,
    /// Of a master, for each put: sealing, and that heads become longer until then.
    pub engine_seal: f64,
    /// Of a master: to add a series to an index of 4,000 that has it. See [`index`](Self::index).
    pub engine_add: f64,
    /// Of a thread that serves clients: a put.
    pub front_put: f64,
    /// Of that thread: a round of puts, however many.
    pub front_round: f64,
    /// Of the thread that has the connections to masters: a put.
    pub driver_put: f64,
    /// Of that thread: what one master is sent of a round, and its reply.
    pub driver_send: f64,
    /// Of a front end, for each put: sealing.
    pub front_seal: f64,
    /// Of the load generator: a put.
    pub client_put: f64,
    /// After how many puts a head is sealed.
    pub seal_at: f64,
    /// Series of which a front end looks in a second whether their heads are long.
    pub swept: f64,
    /// To list a series of one sample: by the clock, since one client waits for each page.
    pub listed: f64,
    /// Bytes of a series with its runs, besides three times its key and its samples.
    pub series: f64,
    /// Bytes of a sample in a head of at most as many samples as [`short`](Self::short).
    pub head_sample: f64,
    /// Bytes of a sample in a longer head.
    pub long_head_sample: f64,
    /// The most samples of a head that Redis packs.
    pub short: f64,
    /// Bytes of a sample in a run.
    pub sealed_sample: f64,
    /// Bytes of a put and its reply on their way, besides its key.
    pub wire_put: f64,
    /// Bytes of the packets of a read and a reply.
    pub wire_read: f64,
    /// Messages of gossip that a node sends in a second, for each node of the cluster.
    pub gossip_messages: f64,
    /// Bytes of such a message, besides what it tells of other nodes.
    pub gossip_message: f64,
    /// Bytes of what it tells of one of them.
    pub gossip_told: f64,
    /// To send or to read a message of three nodes.
    pub gossip_work: f64,
    /// Bytes of a connection that says nothing.
    pub connection: f64,
    /// Of a master, in a second, for such a connection.
    pub connection_work: f64,
}

/// Measured on a virtual machine with two cores of an AMD EPYC, at a load of 4 to 6 from other work, with Redis
/// 7.0.15, on 2026-11-29. `tests/bench/growth` measures all that is not from elsewhere.
pub const MEASURED: Costs = Costs {
    // `rounds`: 3 masters, rounds of 500: 3.5 with the read. 2.1 of a server alone.
    engine_put: 3.2,
    // `reads`: 17.3 alone, and 3.8 of a hundred together.
    engine_read: 13.4,
    // `rounds`: 37 for each master that a round goes to. They sleep between rounds.
    engine_wake: 24.0,
    // 3 masters, rounds of 100: 6.8 with 400 samples in a series, 3.6 with few.
    engine_seal: 3.2,
    // `index`: 1.1, 2.1, 4.8 and 10 with 4,000, 40,000, 400,000 and 4 million members.
    engine_add: 1.1,
    // `rounds`, by threads: 47.7, 8.1, 2.2 and 2.3 for rounds of 1, 10, 100 and 500.
    front_put: 1.8,
    front_round: 46.0,
    // The same: 58.7, 12.1, 1.4 and 1.2 with 3 masters, 0.8 with one and rounds of 100.
    driver_put: 0.4,
    driver_send: 38.0,
    // 5.5 with 400 samples in a series, 3.7 with few.
    front_seal: 1.8,
    // metric-bench's own CPU.
    client_put: 0.27,
    // `Settings::default` of the store, and its upkeep.
    seal_at: 192.0,
    swept: 256.0,
    // `listing`: 12.7 of the front end and 10.8 of the masters, in turns.
    listed: 25.8,
    // BENCHMARKS.md: some 350 with a key of 20 bytes; `series`: 272 before it is sealed.
    series: 290.0,
    // `series`: 16 to 500 samples 12 to 14 each; 600 samples 70 each, since Redis packs 512 fields.
    head_sample: 12.6,
    long_head_sample: 70.0,
    short: 510.0,
    // BENCHMARKS.md: 1.73 with the series.
    sealed_sample: 1.65,
    // Counted: HSET with two fields, and a number.
    wire_put: 73.0,
    // Two packets with data, and as many that say that they came.
    wire_read: 264.0,
    // `gossip`: 3.9, 9.5, 18.2, 38.2 and 68.9 with 3 to 48 nodes and a node timeout of 2 s.
    gossip_messages: 1.5,
    // Of Redis' cluster bus: the head has a bit for each slot; a tenth of the nodes, at least 3, are told.
    gossip_message: 2_256.0,
    gossip_told: 104.0,
    // `gossip`: 5.4 ms a second with 48 nodes, 1.5 of that with none.
    gossip_work: 28.0,
    // `connections`, of 5,000.
    connection: 2_258.0,
    connection_work: 1.2,
};

impl Costs {
    /// Returns what it takes to add a series to an index of so many, by a curve through what was measured.
    #[must_use]
    pub fn index(&self, members: f64) -> f64 {
        self.engine_add * (members / 4_000.0).max(1.0).powf(0.32)
    }

    /// Returns what a read costs a master that is busy for a share of the time: only one that sleeps wakes up.
    #[must_use]
    pub fn read(&self, busy: f64) -> f64 {
        self.engine_read + self.engine_wake * (1.0 - busy)
    }

    /// Returns the bytes that a node gets and sends in a second, in a cluster of so many.
    #[must_use]
    pub fn gossip(&self, nodes: f64) -> f64 {
        2.0 * self.gossip_messages * nodes * self.message(nodes)
    }

    /// Returns the share of a core that this takes.
    #[must_use]
    pub fn gossip_share(&self, nodes: f64) -> f64 {
        let work = self.gossip_work * self.message(nodes) / self.message(30.0);
        2.0 * self.gossip_messages * nodes * work / 1e6
    }

    fn message(&self, nodes: f64) -> f64 {
        self.gossip_message + self.gossip_told * (nodes / 10.0).max(3.0)
    }
}

/// What a machine has, and what is built in.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// The share of a core that may be busy, so that queues stay short.
    pub busy: f64,
    /// Bytes of a master's memory for samples: of 32 GB, since a copy of what changes is needed now and then.
    pub memory: f64,
    /// Bytes a second of a master's network: half of 10 Gbit/s.
    pub network: f64,
    /// Masters that can have a part.
    pub parts: f64,
    /// Cores of a front end that serve clients.
    pub front_cores: f64,
    /// Replicas of each master.
    pub replicas: u8,
    /// Series that a front end knows, in 24 MiB.
    pub known: f64,
    /// The same with 1.6 GB of memory for them.
    pub more_known: f64,
    /// Seconds for which rounds are gathered, if that is so.
    pub gathered: f64,
}

impl Default for Bound {
    fn default() -> Self {
        Self {
            busy: 0.6,
            memory: 24e9,
            network: 0.6e9,
            parts: 256.0,
            front_cores: 8.0,
            replicas: 1,
            known: f64::from(1 << 20),
            more_known: f64::from(1 << 26),
            gathered: 0.01,
        }
    }
}
