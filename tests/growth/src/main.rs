//! Prints what loads need, and what the simulation says of some of them.

use metric_growth::costs::MEASURED;
use metric_growth::report;
use metric_growth::sums::Design;
use metric_growth::table;

fn main() {
    println!("As it is built:\n");
    table::print(Design::Built);
    println!("With what would move the limits:\n");
    table::print(Design::Moved);
    println!("Simulated as it was measured, on two cores that all share:\n");
    report::validation(&MEASURED);
    println!("Simulated beyond this machine, a core for each master and thread:\n");
    report::beyond(&MEASURED);
}
