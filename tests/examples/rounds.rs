//! Runs a number of rounds of a named task, for a profiler. Without arguments, lists all tasks.
//!
//! ```sh
//! cargo run --release -p metric-tests --example rounds -- "parse: put" 100
//! ```

use std::env;

use metric_tests::work::TASKS;

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [name, rounds] = arguments.as_slice() else {
        return TASKS.iter().for_each(|task| println!("{task}"));
    };
    let task = TASKS.iter().find(|task| task.to_string() == *name).expect("no such task");
    let mut round = task.prepare();
    for _ in 0..rounds.parse::<u64>().expect("how many rounds") {
        round();
    }
}
