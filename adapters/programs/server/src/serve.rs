//! The interface to a runtime, and how its connections are served.

use std::fmt::Display;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;

use embedded_io_async::{Read, Write};
use metric_driver::{Readable, Shutdown};
use metric_graphite::{LineSession, PickleSession};
use metric_proto::Store;
use metric_tcp::{
    Accepted, ConnectionGuard, Detect, HandedOver, Outcome, Rewound, ServerHandle, Settings, Sleep,
    Speaks, connection, is_http, lines,
};
use metric_web::{Duplex, Web, serve};

use crate::kept::Kept;
use crate::protocol::{Protocol, Spoken};
use crate::service::{Server, Service};

/// A runtime that serves listeners.
pub trait Serve: Sync {
    /// Returns the timers of the runtime, for HTTP.
    fn timer(&self) -> metric_web::Sleep;

    /// Serves listeners, each with its protocol, until `handle` stops it. A connection is served by
    /// [`serve_connection`].
    ///
    /// # Errors
    ///
    /// If a listener cannot be registered with the system, or a thread does not start.
    fn serve(
        &self,
        listeners: Vec<(TcpListener, Protocol)>,
        service: Service,
        settings: &Settings,
        handle: &ServerHandle,
    ) -> io::Result<()>;
}

/// Serves a connection until it ends. `I` is what the runtime takes a stream for.
///
/// What only HTTP needs is boxed, so that an idle connection of the native protocol does not pay for
/// it.
pub fn serve_connection<R, T, I>(
    accepted: Accepted<T, Protocol>,
    service: &Service,
) -> impl Future<Output = ()> + use<R, T, I>
where
    R: Sleep,
    T: Read<Error = io::Error> + Write + Readable + Shutdown + TryInto<I, Error: Display>,
    I: Duplex + 'static,
{
    let session = match service.store() {
        Kept::Memory(store) => spoken(*store, &accepted, service),
        Kept::Disk(store) => spoken(store.handle(), &accepted, service),
        #[cfg(feature = "engine")]
        Kept::Engine(engine) => spoken(engine.handle(), &accepted, service),
    };
    let served = connection::<R, _, _, _>(accepted, session, service.settings());
    let service = service.clone();
    async move {
        if let Some(HandedOver { stream, unread, session, guard }) = served.await {
            let handed = HandedOver { stream, unread, session: session.0.speaks(), guard };
            Box::pin(go_on::<R, T, I>(handed, session, &service)).await;
        }
    }
}

/// Returns the session of a new connection over a store, for which it is compiled.
fn spoken<S: Store + Send + 'static, T>(
    store: S,
    accepted: &Accepted<T, Protocol>,
    service: &Service,
) -> Spoken {
    let (doors, peer) = (service.doors(), accepted.peer);
    Spoken(match accepted.protocol {
        Protocol::Native(speaks) => {
            let limits = service.settings().limits;
            let native = lines(limits, store, accepted.guard.share());
            Box::new(Detect::new(native, limits, speaks))
        }
        Protocol::Graphite => Box::new(LineSession::new(store, Arc::clone(&doors.graphite), peer)),
        Protocol::Pickle => Box::new(PickleSession::new(store, Arc::clone(&doors.pickle), peer)),
        Protocol::OpenTsdb => Box::new(LineSession::new(store, Arc::clone(&doors.opentsdb), peer)),
    })
}

/// Stands for the peer of a connection that was handed over. The native protocol does not ask for it, and
/// each idle connection would take 32 bytes more if it were kept.
const FORGOTTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Goes on with a connection that speaks HTTP, or may do so.
async fn go_on<R, T, I>(mut handed: HandedOver<T, Speaks>, mut session: Spoken, service: &Service)
where
    R: Sleep,
    T: Read<Error = io::Error> + Write + Readable + Shutdown + TryInto<I, Error: Display>,
    I: Duplex + 'static,
{
    let settings = service.settings();
    // Boxed, so that it takes nothing from then on.
    let told = Box::pin(is_http::<R, T>(&mut handed, settings.limits)).await;
    let HandedOver { stream, unread, mut guard, .. } = handed;
    match told {
        Ok(true) => match stream.try_into() {
            Ok(stream) => {
                drop(session);
                http(Box::new(stream), unread, guard, Arc::clone(service.web())).await;
            }
            Err(error) => {
                log::debug!("a connection that speaks HTTP is not served: {error}");
                guard.end(Outcome::Broken);
            }
        },
        Ok(false) => {
            session.0.speak_native();
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
