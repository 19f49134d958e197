//! The table: needs over puts and series, in Markdown.

use crate::costs::{Bound, MEASURED};
use crate::sums::{Design, Limit, Load, Need, need};

/// Returns the load of a cell: keys of 20 bytes, rounds of 100 puts, samples kept for a day.
#[must_use]
pub fn load(puts: f64, series: f64) -> Load {
    Load { puts, series, kept: 86_400.0, key: 20.0, batch: 100.0 }
}

/// Prints what each load needs, in one design.
pub fn print(design: Design) {
    let bound = Bound::default();
    println!(
        "| puts a second | series | masters | front ends | engine, front end us a put | puts at once \
         | memory | network | connections | gossip a node | idle heads looked at | first limit |"
    );
    println!("|{}", " ---: |".repeat(11) + " --- |");
    for puts in [1e4, 1e5, 1e6, 1e7] {
        for series in [1e4, 1e5, 1e6, 1e7, 1e8, 1e9] {
            let need = need(&load(puts, series), &MEASURED, &bound, design);
            println!("{}", row(puts, series, &need));
        }
    }
    println!();
}

fn row(puts: f64, series: f64, need: &Need) -> String {
    let masters =
        if need.is_possible() { format!("{}", need.masters) } else { "**none**".to_owned() };
    [
        String::new(),
        power(puts),
        power(series),
        masters,
        format!("{}", need.fronts),
        format!("{:.1}, {:.1}", need.engine, need.front),
        format!("{:.1}", need.together),
        bytes(need.memory),
        format!("{}/s", bytes(need.network)),
        format!("{}", need.connections()),
        format!("{}/s", bytes(need.gossip)),
        format!("every {}", time(need.sweep)),
        limit(need).to_owned(),
        String::new(),
    ]
    .join(" | ")
    .trim()
    .to_owned()
}

fn limit(need: &Need) -> &'static str {
    match need.limit {
        Limit::Processor if need.unknown > 0.0 => {
            "masters' processor; front ends do not know all series"
        }
        Limit::Processor => "masters' processor",
        Limit::Memory => "masters' memory",
        Limit::Network => "masters' network",
        Limit::Parts => "256 parts",
    }
}

fn power(number: f64) -> String {
    format!("10^{}", number.log10().round())
}

fn bytes(number: f64) -> String {
    let units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let (size, unit) = units.into_iter().find(|(size, _)| number >= *size).unwrap_or((1.0, "B"));
    format!("{:.1} {unit}", number / size)
}

fn time(seconds: f64) -> String {
    let units = [(86_400.0, "d"), (3_600.0, "h"), (60.0, "min")];
    let (size, unit) = units.into_iter().find(|(size, _)| seconds >= *size).unwrap_or((1.0, "s"));
    format!("{:.1} {unit}", seconds / size)
}
