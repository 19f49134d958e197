//! JSON as Prometheus' API has it.

use hyper::StatusCode;

pub(crate) use metric_web::quote;

/// Returns what Prometheus calls an error with this status.
pub(crate) fn error_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        422 => "execution",
        503 => "unavailable",
        404 => "not_found",
        _ => "bad_data",
    }
}
