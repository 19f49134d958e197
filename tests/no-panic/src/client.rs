//! The client.

use metric_proto::{ClientConnection, InvalidReply, OutputFull, Received, Request};

entries! {
    /// Any request.
    fn client_send(
        client: &mut ClientConnection,
        request: &Request<'_>,
        output: &mut [u8],
    ) -> Result<usize, OutputFull> {
        client.send(request, output)
    }

    /// Any bytes.
    fn client_receive(
        client: &mut ClientConnection,
        input: &'static [u8],
    ) -> Result<Received<'static>, InvalidReply> {
        client.receive(input)
    }
}
