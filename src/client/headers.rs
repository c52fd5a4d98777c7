//! The headers of one destination: read at the start, and again where the server refuses them, as after a rotated token.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    thread,
    time::Duration,
};

use http::HeaderMap;
use tokio::{sync::oneshot, time::timeout};

use super::credentials::Credentials;

/// How long reading may take: a pipe that no one writes to blocks.
const MAX_READ: Duration = Duration::from_secs(5);

type Read = dyn Fn() -> Result<Credentials, String> + Send + Sync;

/// Clones share them.
#[derive(Clone)]
pub struct Headers {
    current: Arc<RwLock<HeaderMap>>,
    read: Option<Arc<Read>>,
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Headers").finish_non_exhaustive()
    }
}

impl Headers {
    pub fn new(headers: HeaderMap) -> Self {
        Self {
            current: Arc::new(RwLock::new(headers)),
            read: None,
        }
    }

    /// The same, which can be read again.
    pub fn read_by(
        self,
        read: impl Fn() -> Result<Credentials, String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            read: Some(Arc::new(read)),
            ..self
        }
    }

    pub fn current(&self) -> HeaderMap {
        let current = self.current.read();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads them again; whether they are others than those that were refused.
    pub async fn renew(&self, refused: &HeaderMap) -> bool {
        let Some(read) = self.read.clone() else {
            return false;
        };
        let (send, receive) = oneshot::channel();
        thread::spawn(move || send.send(read().map(|own| own.headers)).is_ok());
        if let Ok(Ok(Ok(next))) = timeout(MAX_READ, receive).await
            && !next.is_empty()
        {
            let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
            *current = next;
        }
        self.current() != *refused
    }
}
