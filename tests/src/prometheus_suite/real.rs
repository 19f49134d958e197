//! A real Prometheus scrapes and writes to the server, another one reads from it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering::SeqCst;

use metric_prometheus::{CHUNK, Chunk, STALE, read_chunk};

use super::peer::{Exporter, Prometheus, until};
use super::wire::{Series, read, stream};
use crate::http::{Http, get};
use crate::running::Running;

/// All series.
const ALL: &str = ".+";

pub(super) fn check(program: &Path) {
    for options in [&["--time-unit", "ms"][..], &["--time-unit", "us", "--threads", "2"]] {
        println!("with {options:?}");
        check_with(&Running::start(program, options));
    }
}

fn check_with(server: &Running) {
    let exporter = Exporter::start();
    let writer = Prometheus::start(&format!(
        "global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}\n\
         scrape_configs:\n\
         - job_name: self\n  static_configs: [{{targets: [SELF]}}]\n\
         - job_name: odd\n  static_configs: [{{targets: ['{}']}}]\n\
         remote_write:\n\
         - url: http://{}/api/v1/write\n  queue_config: {{max_shards: 1, batch_send_deadline: 100ms}}\n",
        exporter.address,
        server.address(),
    ));
    let end = until("all is written", || written(server, &exporter));
    compare(server, &writer, end);
    check_chunks(server, &writer, end);
    let address = server.address();
    let reader = Prometheus::start(&format!(
        "remote_read: [{{url: 'http://{address}/api/v1/read', read_recent: true}}]\n"
    ));
    for promql in [
        "up[1m]",
        "odd_random[5m]",
        "count_over_time(odd_random[1m]) > 1",
        "sum by (job, code) (rate(prometheus_http_requests_total{handler=~\"/m.*|/-/.*\"}[10s]))",
        "histogram_quantile(0.9, sum by (le) (rate(prometheus_http_request_duration_seconds_bucket[10s])))",
        "{__name__=~\"odd_(tenth|huge)\", instance!=\"\", job!~\"self|x\"}",
        "odd_labels{path=\"/a;b=c% d\"}",
        "absent(odd_none)",
    ] {
        let told = reader.query(promql, end);
        assert_eq!(told, writer.query(promql, end), "{promql}");
        assert!(told.as_array().is_some_and(|told| !told.is_empty()), "{promql} tells something");
    }
    // What ended is shown for five minutes, since there are no stale markers here.
    let ended = "count(odd_ending)";
    assert_eq!(writer.query(ended, end).as_array().map(Vec::len), Some(0));
    assert_eq!(reader.query(ended, end).as_array().map(Vec::len), Some(1));
}

/// Returns the time until which all was written, once a series has ended and some more scrapes were
/// written. Prometheus sends in the order in which it scrapes.
fn written(server: &Running, exporter: &Exporter) -> Option<i64> {
    let metrics = get(server, "/metrics");
    let stale = "metric_remote_write_samples_total{outcome=\"stale_marker\"} 0\n";
    if metrics.text().contains(stale) || exporter.scrapes.load(SeqCst) < 20 {
        return None;
    }
    let ups = read(&mut Http::to(server), "up", (0, i64::MAX));
    let newest = ups.values().filter_map(|samples| samples.last_key_value());
    let end = newest.map(|(time, _)| *time).min()? - 1_000;
    let first = ups
        .values()
        .filter_map(|samples| samples.first_key_value())
        .map(|(time, _)| *time)
        .max()?;
    (ups.len() == 2 && end - first > 2_000).then_some(end)
}

/// Compares all samples with those that Prometheus tells.
fn compare(server: &Running, writer: &Prometheus, end: i64) {
    let stored = read(&mut Http::to(server), ALL, (0, end));
    let told = read(&mut writer.connect(), ALL, (0, end));
    let finite = |bits: &u64| f64::from_bits(*bits).is_finite();
    let kept = |samples: &mut BTreeMap<i64, u64>| {
        samples.retain(|_, bits| finite(bits));
        !samples.is_empty()
    };
    let mut expected = told.clone();
    expected.retain(|_, samples| kept(samples));
    assert!(stored.len() > 200 && expected.len() == stored.len(), "{}", stored.len());
    assert_eq!(stored, expected);
    // It ends a series by a mark among its samples, which is no value.
    assert!(told.values().flat_map(BTreeMap::values).any(|bits| *bits == STALE));
}

/// Compares the chunks with the samples, and those of Prometheus with what is written here of their
/// samples.
fn check_chunks(server: &Running, writer: &Prometheus, end: i64) {
    let samples = |chunks: &[Vec<u8>]| {
        let samples = chunks.iter().flat_map(|chunk| read_chunk(chunk).expect("a chunk"));
        samples.map(|(time, value)| (time, value.to_bits())).collect()
    };
    let ours = stream(&mut Http::to(server), ALL, (0, end));
    assert!(
        ours.is_sorted_by(|(one, _), (other, _)| one.iter().lt(other.iter())),
        "series are sorted"
    );
    let ours: Series =
        ours.iter().map(|(labels, chunks)| (labels.clone(), samples(chunks))).collect();
    assert_eq!(ours, read(&mut Http::to(server), ALL, (0, end)));
    let (mut compared, theirs) = (0, stream(&mut writer.connect(), ALL, (0, end)));
    for chunk in theirs.iter().flat_map(|(_, chunks)| chunks) {
        let samples = read_chunk(chunk).expect("a chunk");
        if samples.len() <= CHUNK {
            let mut written = Chunk::default();
            samples.iter().for_each(|(time, value)| assert!(written.push(*time, *value)));
            // Prometheus may be appending to the chunk that it sends, which shows in its last bits.
            let whole = &written.as_bytes()[..written.as_bytes().len() - 1];
            assert!(chunk.starts_with(whole), "{chunk:?} begins with {whole:?}");
            compared += 1;
        }
    }
    assert!(compared > 200, "{compared} chunks were compared");
}
