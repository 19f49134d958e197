//! Measures the time that the parts of a server take for a thousand requests.

use divan::Bencher;
use divan::counter::ItemsCount;
use metric_tests::work::{ROUND, TASKS, Task};

fn main() {
    divan::main();
}

#[divan::bench(args = TASKS, max_time = 0.3)]
fn round(bencher: Bencher<'_, '_>, task: &Task) {
    bencher.counter(ItemsCount::new(ROUND)).bench_local(task.prepare());
}
