//! The interface to a runtime, and how its connections are served.

use std::io;
use std::net::TcpListener;

use embedded_io_async::{Read, Write};
use futures_lite::{AsyncRead, AsyncWrite};
use metric_driver::{Readable, Session, Shutdown};
use metric_tcp::{
    Accepted, Detect, HandedOver, Outcome, Rewound, ServerHandle, Settings, Sleep, Speaks, close,
    connection, is_http, lines,
};
use metric_web::{Closing, serve};

use crate::served::Served;
use crate::service::Service;

/// A runtime that serves listeners.
pub trait Serve {
    /// Serves listeners, each with its protocol, until `handle` stops it. A connection is served by
    /// [`serve_connection`].
    ///
    /// # Errors
    ///
    /// If a listener cannot be registered with the system, or a thread does not start.
    fn serve<S: Served>(
        self,
        listeners: Vec<(TcpListener, Speaks)>,
        service: Service<S>,
        settings: &Settings,
        handle: &ServerHandle,
    ) -> io::Result<()>;
}

/// Serves a connection until it ends. `I` is what the runtime takes a stream for.
///
/// What only HTTP needs is boxed, so that an idle connection of the native protocol does not pay for
/// it.
pub fn serve_connection<R, T, I, S>(
    accepted: Accepted<T, Speaks>,
    service: &Service<S>,
) -> impl Future<Output = ()> + use<R, T, I, S>
where
    R: Sleep,
    T: Read<Error = io::Error> + Write + Readable + Shutdown + Into<I> + From<I>,
    I: AsyncRead + AsyncWrite + Unpin,
    S: Served,
{
    let settings = service.settings();
    let native = lines(settings.limits, service.store().handle(), accepted.guard.share());
    let session = Detect::new(native, settings.limits, accepted.protocol);
    let served = connection::<R, _, _, _>(accepted, session, settings);
    let service = service.clone();
    async move {
        if let Some(handed) = served.await {
            Box::pin(go_on::<R, T, I, S, _>(handed, service)).await;
        }
    }
}

/// Goes on with a connection that speaks HTTP, or may do so.
async fn go_on<R, T, I, S, N>(mut handed: HandedOver<T, Detect<N>>, service: Service<S>)
where
    R: Sleep,
    T: Read<Error = io::Error> + Write + Readable + Shutdown + Into<I> + From<I>,
    I: AsyncRead + AsyncWrite + Unpin,
    S: Served,
    N: Session,
{
    let told = is_http::<R, T, _>(&mut handed).await;
    let HandedOver { stream, unread, session, mut guard } = handed;
    match told {
        Ok(true) => {
            let served = serve::<R, I, _>(stream.into(), unread, guard, service.web()).await;
            if let Some(Closing { stream, .. }) = served {
                close::<R, T>(stream.into()).await;
            }
        }
        Ok(false) => {
            let accepted = Accepted { stream: Rewound::new(unread, stream), protocol: (), guard };
            let session = session.into_native();
            connection::<R, _, _, _>(accepted, session, service.settings()).await;
        }
        Err(error) if error.kind() == io::ErrorKind::TimedOut => guard.end(Outcome::TimedOut),
        Err(_) => guard.end(Outcome::Whole),
    }
}
