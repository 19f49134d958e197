//! Sends this machine's load, memory, disk and network use to a server, every 5 seconds.
//!
//! The server is the first argument. Nothing is measured while the server is away; `metric agent`
//! does better.

#![forbid(unsafe_code)]

use std::error::Error;
use std::thread::sleep;
use std::time::Duration;

use metric_blocking::Client;
use sysinfo::{Disks, Networks, System};

const EVERY: Duration = Duration::from_secs(5);

struct Machine {
    system: System,
    networks: Networks,
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = std::env::args().nth(1).unwrap_or("127.0.0.1:8888".to_owned());
    let host = System::host_name()?.replace(char::is_whitespace, "_");
    let networks = Networks::new_with_refreshed_list()?;
    let mut machine = Machine { system: System::new()?, networks };
    loop {
        if let Err(error) = send(&server, &host, &mut machine) {
            eprintln!("{server}: {error}; trying again");
        }
        sleep(EVERY);
    }
}

/// Measures and sends over one connection until it breaks.
fn send(server: &str, host: &str, machine: &mut Machine) -> Result<(), Box<dyn Error>> {
    let mut client = Client::connect(server, EVERY)?;
    measure(machine)?; // Load and traffic are counted from here on.
    loop {
        sleep(EVERY);
        for (name, value) in measure(machine)? {
            client.put_now(&format!("{host}.{name}"), value)?;
        }
    }
}

/// Measures percentages, and bytes per second since the last call.
fn measure(machine: &mut Machine) -> Result<[(&'static str, f64); 4], sysinfo::Error> {
    let Machine { system, networks } = machine;
    system.refresh_cpu_usage();
    system.refresh_memory();
    networks.refresh(true);
    let disks = Disks::new_with_refreshed_list()?;
    let space: u64 = disks.iter().map(|disk| disk.total_space()).sum();
    let free: u64 = disks.iter().map(|disk| disk.available_space()).sum();
    let traffic: u64 = networks.values().map(|each| each.received() + each.transmitted()).sum();
    Ok([
        ("cpu", system.global_cpu_usage().into()),
        ("usage", percent(system.used_memory(), system.total_memory())),
        ("disk_usage", percent(space.saturating_sub(free), space)),
        ("network_usage", traffic as f64 / EVERY.as_secs_f64()),
    ])
}

fn percent(part: u64, of: u64) -> f64 {
    part as f64 / of.max(1) as f64 * 100.0
}
