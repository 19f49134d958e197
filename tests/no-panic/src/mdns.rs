//! The responder of multicast DNS.

use metric_mdns::{Answer, Host, answer, is_conflict};

entries! {
    /// Any message, any host, and an output of any size.
    fn mdns_answer(
        message: &[u8],
        port: u16,
        host: &Host,
        output: &mut [u8],
    ) -> Option<Answer> {
        answer(message, port, host, output)
    }

    /// Any message and any host.
    fn mdns_conflict(message: &[u8], host: &Host) -> bool {
        is_conflict(message, host)
    }
}
