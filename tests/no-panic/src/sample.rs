//! Samples, and the numbers written for them.

use metric_proto::{Key, NotFinite, OutputFull, Request, Sample, parse_sample, write_sample};

entries! {
    /// Any double.
    fn sample_new(value: f64, timestamp: i64) -> Result<Sample, NotFinite> {
        Sample::new(value, timestamp)
    }

    /// A line of a reply, with both numbers.
    fn sample_write(key: Key<'_>, sample: Sample, output: &mut [u8]) -> Result<usize, OutputFull> {
        write_sample(key, sample, output)
    }

    /// Any line of a reply.
    fn sample_parse(line: &[u8]) -> Option<(Key<'_>, Sample)> {
        parse_sample(line)
    }

    /// A line of a request.
    fn request_write(request: &Request<'_>, output: &mut [u8]) -> Result<usize, OutputFull> {
        request.write(output)
    }
}
