//! What the simulation says: beside what was measured on one machine, and beyond it.

use crate::costs::{Bound, Costs};
use crate::scene::{Failure, Outcome, Scene};
use crate::simulation::simulate;
use crate::sums::{Design, need};
use crate::table::load;

/// What was measured through one front end over three masters, all on two cores, without sealing.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Puts of a round; there was one round at a time.
    pub batch: usize,
    /// Puts a second.
    pub puts: f64,
    /// Microseconds of a round, half of them.
    pub median: f64,
    /// Microseconds of the masters' processors a put.
    pub engine: f64,
    /// Microseconds of the front end's processors a put.
    pub front: f64,
}

/// Measured with `metric-bench`, at a load of 4 to 6 from other work; the medians of three runs.
pub const MEASURED: [Measured; 4] = [
    Measured { batch: 1, puts: 4_624.0, median: 154.0, engine: 46.0, front: 107.2 },
    Measured { batch: 10, puts: 28_093.0, median: 310.0, engine: 12.3, front: 20.3 },
    Measured { batch: 100, puts: 114_936.0, median: 681.0, engine: 3.6, front: 3.7 },
    Measured { batch: 500, puts: 123_460.0, median: 2_847.0, engine: 3.5, front: 3.6 },
];

/// Returns the scene of what was measured.
#[must_use]
pub fn one_machine(batch: usize) -> Scene {
    Scene {
        fronts: 1,
        threads: 1,
        masters: 3,
        batch,
        puts: None,
        way: 5.0,
        shared: Some(2),
        failure: None,
        rounds: 2_000,
        seed: 1,
    }
}

/// Returns costs as they are while nothing is sealed.
#[must_use]
pub fn unsealed(costs: &Costs) -> Costs {
    Costs { engine_seal: 0.0, front_seal: 0.0, ..*costs }
}

/// Prints what was measured, and what is simulated of it.
pub fn validation(costs: &Costs) {
    println!(
        "| puts of a round | figure | measured | simulated | off |\n| ---: | --- | ---: | ---: | ---: |"
    );
    for measured in MEASURED {
        let outcome = simulate(&one_machine(measured.batch), &unsealed(costs));
        for (figure, due, is) in [
            ("engine, us a put", measured.engine, outcome.engine),
            ("front end, us a put", measured.front, outcome.front),
            ("median of a round, us", measured.median, outcome.latency(0.5)),
            ("puts a second", measured.puts, outcome.puts),
        ] {
            let off = 100.0 * (is / due - 1.0);
            println!("| {} | {figure} | {due:.1} | {is:.1} | {off:+.0} % |", measured.batch);
        }
    }
    println!();
}

/// Returns a scene with machines for all, and rounds of 100 from many clients.
#[must_use]
pub fn many_machines(puts: f64, (masters, fronts): (usize, usize)) -> Scene {
    let rounds = (puts / 100.0 * 0.25) as usize;
    let (puts, way) = (Some(puts), 50.0);
    Scene { fronts, threads: 8, masters, puts, way, shared: None, rounds, ..one_machine(100) }
}

/// Prints what larger clusters do, and what a master that dies does to them.
pub fn beyond(costs: &Costs) {
    println!(
        "| puts a second | masters | front ends | busiest master | engine, front end us a put | puts of a read \
         | p50 ms | p99 ms | longest ms |"
    );
    println!("|{}", " ---: |".repeat(9));
    for puts in [1e5, 3e5, 1e6, 3e6, 1e7] {
        let need = need(&load(puts, 1e6), costs, &Bound::default(), Design::Built);
        let scene = many_machines(puts, (need.masters as usize, need.fronts as usize));
        println!("{}", row(&scene, &simulate(&scene, costs)));
    }
    let failure = Some(Failure { at: 1.0, lasts: 3.6 });
    let scene = Scene { failure, rounds: 8_000, ..many_machines(1e5, (3, 1)) };
    println!("{} while a master is gone for 3.6 s", row(&scene, &simulate(&scene, costs)));
    println!();
}

fn row(scene: &Scene, outcome: &Outcome) -> String {
    let [p50, p99, longest] = [0.5, 0.99, 1.0].map(|share| outcome.latency(share) / 1e3);
    format!(
        "| {:.0e} | {} | {} | {:.0} % | {:.1}, {:.1} | {:.1} | {p50:.1} | {p99:.1} | {longest:.0} |",
        scene.puts.unwrap_or_default(),
        scene.masters,
        scene.fronts,
        100.0 * outcome.master,
        outcome.engine,
        outcome.front,
        outcome.read,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::costs::MEASURED as COSTS;

    #[test]
    fn the_simulation_is_near_what_was_measured() {
        for measured in MEASURED {
            let scene = Scene { rounds: 300, ..one_machine(measured.batch) };
            let outcome = simulate(&scene, &unsealed(&COSTS));
            let near = |is: f64, due: f64, by: f64| is > due * (1.0 - by) && is < due * (1.0 + by);
            assert!(near(outcome.engine, measured.engine, 0.3), "{measured:?}: {}", outcome.engine);
            assert!(near(outcome.front, measured.front, 0.35), "{measured:?}: {}", outcome.front);
            let median = outcome.latency(0.5);
            assert!(near(median, measured.median, 0.4), "{measured:?}: {median}");
        }
    }

    #[test]
    fn the_simulation_needs_what_the_sums_say() {
        let need = need(&load(3e5, 1e6), &COSTS, &Bound::default(), Design::Built);
        let scene = many_machines(3e5, (need.masters as usize, need.fronts as usize));
        let outcome = simulate(&Scene { rounds: 1_500, ..scene }, &COSTS);
        assert!(
            (outcome.engine / need.engine - 1.0).abs() < 0.15,
            "{} {}",
            outcome.engine,
            need.engine
        );
        assert!(
            (outcome.front / need.front - 1.0).abs() < 0.15,
            "{} {}",
            outcome.front,
            need.front
        );
        assert!(outcome.master < 0.7, "{}", outcome.master);
    }

    #[test]
    fn the_same_seed_is_the_same_run() {
        let scene = Scene { rounds: 200, ..many_machines(1e5, (3, 1)) };
        let of = |seed| simulate(&Scene { seed, ..scene }, &COSTS).latencies;
        assert!(of(1) == of(1) && of(1) != of(2));
    }

    #[test]
    fn a_master_that_dies_holds_up_only_what_it_is_sent() {
        let failure = Some(Failure { at: 0.1, lasts: 0.5 });
        let scene = Scene { failure, rounds: 400, batch: 1, ..many_machines(1e3, (3, 1)) };
        let outcome = simulate(&scene, &COSTS);
        assert!(outcome.latency(0.5) < 1e4, "{}", outcome.latency(0.5));
        assert!((5e5..7e5).contains(&outcome.latency(1.0)), "{}", outcome.latency(1.0));
    }
}
