//! Sums: what a load needs, and which resource binds first.

use crate::costs::{Bound, Costs};

/// What is asked of front ends and engine together.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Puts a second.
    pub puts: f64,
    /// Series that are put in turn.
    pub series: f64,
    /// Seconds for which samples are kept.
    pub kept: f64,
    /// Bytes of a key.
    pub key: f64,
    /// Puts that a client sends together.
    pub batch: f64,
}

/// What may be built otherwise than it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Design {
    /// As it is: any client talks to any front end, and each round is sent by itself.
    Built,
    /// Clients keep to a front end by their keys, and it has room to know all of these. What all its
    /// connections want within [`Bound::gathered`] is sent together, by any of its threads.
    Moved,
}

/// The resource of which there is not enough first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The processor of masters.
    Processor,
    /// Their memory.
    Memory,
    /// Their network.
    Network,
    /// The 256 parts, of which each master needs one.
    Parts,
}

/// What a load needs.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// Masters; each has as many replicas as [`Bound::replicas`] says.
    pub masters: f64,
    /// Front ends.
    pub fronts: f64,
    /// Masters that would be enough, were the puts of a round divided among as many as there are.
    wanted: f64,
    /// Front ends that would be enough, in the same way.
    wanted_fronts: f64,
    /// Puts in what one master gets from a round.
    pub together: f64,
    /// Share of the puts whose series their front end does not know, which takes three commands.
    pub unknown: f64,
    /// Microseconds of a master's processor a put.
    pub engine: f64,
    /// Microseconds of a front end's processors a put.
    pub front: f64,
    /// Of that, those of the only thread that has its connections to masters.
    pub driver: f64,
    /// Bytes of memory of all masters, without replicas.
    pub memory: f64,
    /// Bytes a second to, from and between all masters and replicas, without gossip.
    pub network: f64,
    /// Bytes a second of gossip that each node gets and sends.
    pub gossip: f64,
    /// Seconds until idle heads are looked at again.
    pub sweep: f64,
    /// Seconds of a listing of all series, by one client.
    pub listing: f64,
    /// What binds first.
    pub limit: Limit,
}

impl Need {
    /// Connections from front ends to all masters.
    #[must_use]
    pub fn connections(&self) -> f64 {
        self.masters * self.fronts
    }

    /// Whether the engine can be that large.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.limit != Limit::Parts
    }
}

/// Returns what a load needs: the fewest masters that are enough. The more there are, the fewer puts each gets
/// from a round, and the more each put costs; so more are not always enough for more.
#[must_use]
pub fn need(load: &Load, costs: &Costs, bound: &Bound, design: Design) -> Need {
    let mut last = None;
    for masters in 1..=bound.parts as u32 {
        let need = with_masters(load, costs, bound, (design, f64::from(masters)));
        if need.wanted <= need.masters {
            return need;
        }
        last = Some(need);
    }
    let none = |need| Need { limit: Limit::Parts, ..need };
    last.map_or_else(|| need_of(load, costs, bound, (design, 1.0, 1.0)), none)
}

/// Returns what a load needs with so many masters, if there are enough of them: the fewest front ends.
fn with_masters(
    load: &Load,
    costs: &Costs,
    bound: &Bound,
    (design, masters): (Design, f64),
) -> Need {
    let mut fronts = match design {
        Design::Built => 1.0,
        // So that they know all series.
        Design::Moved => (load.series / bound.more_known).ceil().max(1.0),
    };
    loop {
        let need = need_of(load, costs, bound, (design, masters, fronts));
        if need.wanted_fronts <= fronts || fronts >= MOST_FRONTS {
            return need;
        }
        fronts = (fronts * 1.02).ceil();
    }
}

/// More front ends are not looked for.
const MOST_FRONTS: f64 = 10_000.0;

fn need_of(
    load: &Load,
    costs: &Costs,
    bound: &Bound,
    (design, masters, fronts): (Design, f64, f64),
) -> Need {
    let round = match design {
        Design::Built => load.batch,
        Design::Moved => load.batch.max(load.puts / fronts * bound.gathered),
    };
    let together = round / touched(masters, round);
    let unknown = unknown(load, bound, (design, fronts));
    let engine = costs.engine_put
        + costs.engine_seal
        + costs.read(bound.busy) / together
        + unknown * 2.0 * costs.index(load.series / bound.parts);
    let (thread, driver) = (
        costs.front_put + costs.front_round / load.batch,
        costs.driver_put + costs.driver_send / together,
    );
    let sweep = load.series / (costs.swept * fronts);
    let memory = memory(load, costs, (unknown, sweep));
    let wire = costs.wire_put + load.key + costs.wire_read / together;
    let network = load.puts * wire * f64::from(1 + bound.replicas);
    let nodes = masters * f64::from(1 + bound.replicas);
    let idle = costs.gossip_share(nodes) + costs.connection_work * fronts / 1e6;
    let by = [
        (Limit::Processor, load.puts * engine / (1e6 * (bound.busy - idle))),
        (Limit::Memory, memory / bound.memory),
        (Limit::Network, (network + costs.gossip(nodes) * masters) / bound.network),
    ];
    let (limit, least) = by.into_iter().fold(by[0], |a, b| if b.1 > a.1 { b } else { a });
    let serving = thread + costs.front_seal;
    let by_cores = (serving + driver) / bound.front_cores;
    let busiest = match design {
        Design::Built => driver.max(by_cores),
        Design::Moved => by_cores,
    };
    Need {
        masters,
        wanted: least.ceil().max(1.0),
        fronts,
        wanted_fronts: (load.puts * busiest / (1e6 * bound.busy)).ceil().max(1.0),
        together,
        unknown,
        engine,
        front: thread + driver + costs.front_seal,
        driver,
        memory,
        network,
        gossip: costs.gossip(nodes),
        sweep,
        listing: load.series * costs.listed / 1e6,
        limit,
    }
}

/// Returns how many masters a round goes to, whose puts lie anywhere.
#[must_use]
pub fn touched(masters: f64, round: f64) -> f64 {
    masters * (1.0 - (1.0 - 1.0 / masters).powf(round))
}

/// Returns the share of the puts whose series is not in the cache of its front end. Series are put in turn, so a
/// cache that they do not fit has been emptied whenever one of them comes again.
fn unknown(load: &Load, bound: &Bound, (design, fronts): (Design, f64)) -> f64 {
    let (series, known) = match design {
        Design::Built => (load.series, bound.known),
        Design::Moved => (load.series / fronts, bound.more_known),
    };
    if series <= known { 0.0 } else { 1.0 }
}

/// Returns the bytes of all series with their samples. Heads hold what is not sealed yet: up to 192 samples of a
/// series that its front ends know, and of others what came since they were looked at last.
fn memory(load: &Load, costs: &Costs, (unknown, sweep): (f64, f64)) -> f64 {
    let each = load.puts * load.kept / load.series;
    let until_swept = load.puts / load.series * sweep;
    let head = if unknown > 0.0 { until_swept } else { until_swept.min(costs.seal_at) };
    let head = (head / 2.0).min(each);
    let per_head = if head > costs.short { costs.long_head_sample } else { costs.head_sample };
    let sealed = (each - head).max(0.0);
    load.series * (costs.series + 3.0 * load.key + head * per_head + sealed * costs.sealed_sample)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::costs::MEASURED;
    use crate::table::load;

    fn needs(puts: f64, series: f64, design: Design) -> Need {
        need(&load(puts, series), &MEASURED, &Bound::default(), design)
    }

    #[test]
    fn a_round_that_goes_to_many_masters_goes_to_each_with_few_puts() {
        let due = [(1.0, 100.0, 1.0), (3.0, 100.0, 3.0), (100.0, 1.0, 1.0), (100.0, 100.0, 63.4)];
        for (masters, round, due) in due {
            assert!((touched(masters, round) - due).abs() < 0.1, "{masters} {round}");
        }
    }

    #[test]
    fn more_of_anything_never_needs_less() {
        for design in [Design::Built, Design::Moved] {
            for power in 4..=7 {
                let of = |series| needs(10_f64.powi(power), 10_f64.powi(series), design);
                let masters: Vec<_> = (4..=9).map(|series| of(series).masters).collect();
                assert!(masters.is_sorted(), "{masters:?}");
                let more = needs(10_f64.powi(power + 1), 1e6, design);
                assert!(more.masters >= of(6).masters && more.fronts >= of(6).fronts);
            }
        }
    }

    #[test]
    fn few_series_are_bound_by_the_processor_and_many_by_memory() {
        assert_eq!(needs(1e5, 1e4, Design::Built).limit, Limit::Processor);
        assert_eq!(needs(1e4, 1e9, Design::Built).limit, Limit::Memory);
    }

    #[test]
    fn front_ends_that_share_the_series_know_them() {
        assert!(needs(1e6, 1e7, Design::Built).unknown > 0.0);
        assert!(needs(1e7, 1e7, Design::Moved).unknown == 0.0);
    }
}
