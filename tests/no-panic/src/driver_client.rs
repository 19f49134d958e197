//! The loop of a client.

use core::pin::pin;
use core::task::{Context, Poll};

use embedded_io_async::ErrorKind;
use metric_driver::client::{Answer, Answers, Client, Error};
use metric_proto::{Key, MAX_REQUEST, Sample, Selector};

use crate::driver::Connection;

/// A client of the size on a board, over an unknown stream.
pub type Board<'a> = Client<Connection<'a>, 642, MAX_REQUEST>;

/// An unknown source of samples.
pub type Samples<'a> = &'a mut dyn Iterator<Item = (Key<'static>, Sample)>;

entries! {
    /// One put.
    fn client_put(
        client: &mut Board<'_>,
        key: Key<'_>,
        sample: Sample,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Error<ErrorKind>>> {
        pin!(client.put(key, sample)).poll(context)
    }

    /// Many pipelined puts.
    fn client_put_all(
        client: &mut Board<'_>,
        samples: Samples<'_>,
        answered: &mut dyn FnMut(usize, Answer),
        context: &mut Context<'_>,
    ) -> Poll<Result<Answers, Error<ErrorKind>>> {
        pin!(client.put_all(samples, answered)).poll(context)
    }

    /// A listing, with each sample visited.
    fn client_samples(
        client: &mut Board<'_>,
        selector: Selector<'_>,
        visit: &mut dyn FnMut(Key<'_>, Sample),
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Error<ErrorKind>>> {
        let list = async {
            let mut samples = client.samples(selector).await?;
            while let Some((key, sample)) = samples.next().await? {
                visit(key, sample);
            }
            Ok(())
        };
        pin!(list).poll(context)
    }
}
