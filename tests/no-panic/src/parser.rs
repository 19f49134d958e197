//! The parser.

use metric_proto::{Request, WrongCommand, parse_request};

entries! {
    /// Any line.
    fn parser(line: &[u8]) -> Result<Request<'_>, WrongCommand> {
        parse_request(line)
    }
}
