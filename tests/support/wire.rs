//! A wire with an ear: passes bytes on to a server and remembers them, so that a test can tell what
//! was really asked and answered.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What went over the wire since the last time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wire(Arc<Mutex<Vec<u8>>>);

impl Wire {
    /// A wire to the server at `http://ADDRESS`, and the endpoint of its near end.
    pub(crate) async fn to(server: &str) -> (Self, String) {
        let server = server.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let wire = Self::default();
        let ear = wire.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(&server).await.unwrap();
                let ((near_in, near_out), (far_in, far_out)) =
                    (near.into_split(), far.into_split());
                tokio::spawn(ear.clone().pass(near_in, far_out));
                tokio::spawn(ear.clone().pass(far_in, near_out));
            }
        });
        (wire, endpoint)
    }

    /// What was said since the last time, requests and answers one after the other.
    pub(crate) fn take(&self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut *self.0.lock().unwrap())).into_owned()
    }

    async fn pass(self, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
        let mut piece = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = from.read(&mut piece).await {
            self.0.lock().unwrap().extend(&piece[..length]);
            if to.write_all(&piece[..length]).await.is_err() {
                return;
            }
        }
    }
}
