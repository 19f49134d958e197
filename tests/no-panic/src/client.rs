//! The client.

use metric_proto::{Client, InvalidReply, OutputFull, Received, Request};

entries! {
    /// Any request.
    fn client_send(
        client: &mut Client,
        request: &Request<'_>,
        output: &mut [u8],
    ) -> Result<usize, OutputFull> {
        client.send(request, output)
    }

    /// Any bytes.
    fn client_receive(
        client: &mut Client,
        input: &'static [u8],
    ) -> Result<Received<'static>, InvalidReply> {
        client.receive(input)
    }
}
