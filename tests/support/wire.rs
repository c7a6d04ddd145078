//! A wire with an ear: passes bytes on to a server and remembers them, so that a test can tell what
//! was really asked and answered.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What went over the wire.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wire {
    /// Requests and answers since the last time.
    said: Arc<Mutex<Vec<u8>>>,
    /// What came in at the near end so far, each connection for itself.
    asked: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// What a request is for, without what it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    /// `AmazonSQS.SendMessage`, of the services that say it so.
    pub(crate) target: Option<String>,
    /// The name of the queue that it is about, where it is about one.
    pub(crate) queue: Option<String>,
}

const METHODS: [&str; 5] = ["GET", "HEAD", "PUT", "POST", "DELETE"];

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
                let connection = ear.new_connection();
                tokio::spawn(ear.clone().pass(near_in, far_out, Some(connection)));
                tokio::spawn(ear.clone().pass(far_in, near_out, None));
            }
        });
        (wire, endpoint)
    }

    /// What was said since the last time, requests and answers one after the other.
    pub(crate) fn take(&self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut *self.said.lock().unwrap())).into_owned()
    }

    /// All requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        let asked = self.asked.lock().unwrap();
        let heads = asked.iter().flat_map(|bytes| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            let lines: Vec<&str> = text.split("\r\n").collect();
            let starts = lines.iter().enumerate().filter_map(|(at, line)| {
                let (method, path) = line.strip_suffix(" HTTP/1.1")?.rsplit_once(' ')?;
                // A request follows the body of the one before without a line's end between them.
                let method = METHODS.iter().find(|known| method.ends_with(**known))?;
                let headers = lines.iter().skip(at + 1).take_while(|line| !line.is_empty());
                let target = headers
                    .filter_map(|line| line.split_once(": "))
                    .find(|(name, _)| name.eq_ignore_ascii_case("x-amz-target"))
                    .map(|(_, target)| target.to_owned());
                let body = lines.iter().skip(at + 1).skip_while(|line| !line.is_empty()).nth(1);
                let queue = body.and_then(|body| queue_of(body));
                Some(Request { method: (*method).to_owned(), path: path.to_owned(), target, queue })
            });
            starts.collect::<Vec<_>>()
        });
        heads.collect()
    }

    fn new_connection(&self) -> usize {
        let mut asked = self.asked.lock().unwrap();
        asked.push(Vec::new());
        asked.len() - 1
    }

    async fn pass(
        self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
        connection: Option<usize>,
    ) {
        let mut piece = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = from.read(&mut piece).await {
            self.said.lock().unwrap().extend(&piece[..length]);
            if let Some(connection) = connection {
                self.asked.lock().unwrap()[connection].extend(&piece[..length]);
            }
            if to.write_all(&piece[..length]).await.is_err() {
                return;
            }
        }
    }
}

/// The name of the queue whose URL the body of a request has.
fn queue_of(body: &str) -> Option<String> {
    let (_, rest) = body.split_once("\"QueueUrl\":\"")?;
    let (url, _) = rest.split_once('"')?;
    url.rsplit('/').next().map(str::to_owned)
}
