//! The interface to a runtime, and how its connections are served.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;

use embedded_io_async::{Read, Write};
use metric_driver::{Readable, Shutdown};
use metric_graphite::{LineSession, PickleSession};
use metric_tcp::{
    Accepted, ConnectionGuard, Detect, HandedOver, Outcome, Rewound, ServerHandle, Settings, Sleep,
    Speaks, connection, is_http, lines,
};
use metric_web::{Backend, Duplex, Web, serve};

use crate::protocol::{Protocol, Spoken};
use crate::served::Served;
use crate::service::{Server, Service};

/// A runtime that serves listeners.
pub trait Serve {
    /// Returns the timers of the runtime, for HTTP.
    fn timer(&self) -> metric_web::Sleep;

    /// Serves listeners, each with its protocol, until `handle` stops it. A connection is served by
    /// [`serve_connection`].
    ///
    /// # Errors
    ///
    /// If a listener cannot be registered with the system, or a thread does not start.
    fn serve<S: Served>(
        self,
        listeners: Vec<(TcpListener, Protocol)>,
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
    accepted: Accepted<T, Protocol>,
    service: &Service<S>,
) -> impl Future<Output = ()> + use<R, T, I, S>
where
    R: Sleep,
    T: Read<Error = io::Error> + Write + Readable + Shutdown + TryInto<I>,
    I: Duplex + 'static,
    S: Served,
{
    let settings = service.settings();
    let (store, doors, peer) = (service.store().handle(), service.doors(), accepted.peer);
    let session = match accepted.protocol {
        Protocol::Native(speaks) => {
            let native = lines(settings.limits, store, accepted.guard.share());
            Spoken::Native(Detect::new(native, settings.limits, speaks))
        }
        Protocol::Graphite => {
            Spoken::Graphite(LineSession::new(store, Arc::clone(&doors.graphite), peer))
        }
        Protocol::Pickle => {
            Spoken::Pickle(PickleSession::new(store, Arc::clone(&doors.pickle), peer))
        }
        Protocol::OpenTsdb => {
            Spoken::OpenTsdb(LineSession::new(store, Arc::clone(&doors.opentsdb), peer))
        }
    };
    let served = connection::<R, _, _, _>(accepted, session, settings);
    let service = service.clone();
    async move {
        if let Some(HandedOver { stream, unread, session, guard }) = served.await {
            let handed = HandedOver { stream, unread, session: session.speaks(), guard };
            let (settings, web) = (service.settings(), service.web());
            Box::pin(go_on::<R, T, I>(handed, settings, web)).await;
        }
    }
}

/// Stands for the peer of a connection that was handed over. The native protocol does not ask for it, and
/// each idle connection would take 32 bytes more if it were kept.
const FORGOTTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Goes on with a connection that speaks HTTP, or may do so.
async fn go_on<R, T, I>(
    mut handed: HandedOver<T, Speaks>,
    settings: &Settings,
    web: &Arc<Web<Server>>,
) where
    R: Sleep,
    T: Read<Error = io::Error> + Write + Readable + Shutdown + TryInto<I>,
    I: Duplex + 'static,
{
    // Boxed, so that it takes nothing from then on.
    let told = Box::pin(is_http::<R, T>(&mut handed, settings.limits)).await;
    let HandedOver { stream, unread, mut guard, .. } = handed;
    match told {
        Ok(true) => match stream.try_into() {
            Ok(stream) => http(Box::new(stream), unread, guard, Arc::clone(web)).await,
            Err(_) => guard.end(Outcome::Broken),
        },
        Ok(false) => {
            let session = lines(settings.limits, web.backend().store(), guard.share());
            let stream = Rewound::new(unread, stream);
            let accepted = Accepted { stream, peer: FORGOTTEN, protocol: (), guard };
            // Boxed, since hardly any connection comes here.
            Box::pin(connection::<R, _, _, _>(accepted, session, settings)).await;
        }
        Err(error) if error.kind() == io::ErrorKind::TimedOut => guard.end(Outcome::TimedOut),
        Err(_) => guard.end(Outcome::Whole),
    }
}

/// Serves a connection that speaks HTTP. It is boxed here, so that it is compiled with this crate: for
/// size, and once.
fn http(
    stream: Box<dyn Duplex>,
    unread: Box<[u8]>,
    guard: ConnectionGuard,
    web: Arc<Web<Server>>,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move { serve(stream, unread, guard, &web).await })
}
