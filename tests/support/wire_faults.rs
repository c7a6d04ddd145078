//! A wire that spoils answers: it passes calls on to the organization on localhost, counts them by
//! operation, and does to the answers of one what networks and AWS do to answers.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What happens to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Harm {
    /// AWS refuses instead.
    Denied,
    /// AWS throttles instead.
    Throttled,
    /// The connection breaks in the middle of the body.
    CutShort,
    /// Half of the body arrives, as if that were all.
    Halved,
    /// The connection breaks before AWS is asked.
    Lost,
    /// AWS does what it is asked, and the connection breaks before its answer.
    Unanswered,
    /// S3 finds somebody else at the same object.
    InConflict,
}

/// Which answers are spoilt.
#[derive(Clone, Debug)]
pub(crate) struct Spoilt {
    /// As in the header that names it: `ListAccounts`; of S3, which has none, the method: `PUT`.
    pub(crate) operation: String,
    /// From which call of it on, the first being 0.
    pub(crate) from: usize,
    /// How many calls, retries included.
    pub(crate) times: usize,
    pub(crate) harm: Harm,
}

/// The wire's own record.
#[derive(Debug, Default)]
struct Record {
    spoilt: Option<Spoilt>,
    calls: BTreeMap<String, usize>,
}

/// A wire that spoils answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct BadWire(Arc<Mutex<Record>>);

impl BadWire {
    /// A wire to the server at `http://ADDRESS`, and the endpoint of its near end.
    pub(crate) async fn to(server: &str, spoilt: Option<Spoilt>) -> (Self, String) {
        let server = server.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let wire = Self(Arc::new(Mutex::new(Record { spoilt, ..Record::default() })));
        let own = wire.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(own.clone().serve(near, server.clone()));
            }
        });
        (wire, endpoint)
    }

    /// How often each operation was called.
    pub(crate) fn calls(&self) -> BTreeMap<String, usize> {
        self.0.lock().unwrap().calls.clone()
    }

    async fn serve(self, mut near: TcpStream, server: String) {
        let Ok(mut far) = TcpStream::connect(&server).await else { return };
        while let Some((head, body)) = message(&mut near, true).await {
            let harm = self.harm(&operation(&head));
            let has_body = !head.starts_with(b"HEAD ");
            match harm {
                Some(Harm::Lost) => return,
                Some(Harm::InConflict) => {
                    if near.write_all(IN_CONFLICT.as_bytes()).await.is_err() {
                        return;
                    }
                    continue;
                }
                _ => {}
            }
            if far.write_all(&[head, body].concat()).await.is_err() {
                return;
            }
            let Some((head, body)) = message(&mut far, has_body).await else { return };
            let (answer, goes_on) = spoil(harm, head, body);
            if near.write_all(&answer).await.is_err() || !goes_on {
                return;
            }
        }
    }

    /// Counts a call, and says what is to happen to its answer.
    fn harm(&self, operation: &str) -> Option<Harm> {
        let mut record = self.0.lock().unwrap();
        let count = record.calls.entry(operation.to_owned()).or_default();
        let number = *count;
        *count += 1;
        let spoilt = record.spoilt.as_ref()?;
        let is_meant = spoilt.operation == operation
            && (spoilt.from..spoilt.from.saturating_add(spoilt.times)).contains(&number);
        is_meant.then_some(spoilt.harm)
    }
}

/// As S3 says it.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
const IN_CONFLICT: &str = "HTTP/1.1 409 Conflict\r\ncontent-type: application/xml\r\ncontent-length: 61\r\n\r\n\
    <Error><Code>ConditionalRequestConflict</Code></Error>       ";

/// A request or an answer: its head and its body. Nothing, when the connection has ended.
async fn message(stream: &mut TcpStream, has_body: bool) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    // What is asked for a head alone is answered with the length of a body that does not come.
    let length = header(&head, "content-length").filter(|_| has_body);
    let length = length.map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, body))
}

fn header(head: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(head).into_owned();
    let mut lines = text.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
}

fn operation(head: &[u8]) -> String {
    let method = || String::from_utf8_lossy(head).split(' ').next().unwrap_or_default().to_owned();
    let target = header(head, "x-amz-target").unwrap_or_else(method);
    target.rsplit('.').next().unwrap_or_default().to_owned()
}

/// The answer as it arrives, and whether the connection lives on.
fn spoil(harm: Option<Harm>, head: Vec<u8>, body: Vec<u8>) -> (Vec<u8>, bool) {
    let error = |code: &str| {
        let body = format!("{{\"__type\": \"{code}\", \"message\": \"spoilt on the wire\"}}");
        let length = body.len();
        let head = format!(
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {length}\r\n\r\n"
        );
        ([head.into_bytes(), body.into_bytes()].concat(), true)
    };
    let half = &body[..body.len() / 2];
    match harm {
        None => ([head, body].concat(), true),
        Some(Harm::Denied) => error("AccessDeniedException"),
        Some(Harm::Throttled) => error("ThrottlingException"),
        Some(Harm::CutShort) => ([head.as_slice(), half].concat(), false),
        Some(Harm::Halved) => {
            let head = String::from_utf8_lossy(&head).into_owned();
            let whole = format!("content-length: {}\r\n", body.len());
            assert!(head.contains(&whole), "{head}");
            let head = head.replace(&whole, &format!("content-length: {}\r\n", half.len()));
            ([head.as_bytes(), half].concat(), true)
        }
        Some(Harm::Lost | Harm::Unanswered | Harm::InConflict) => (Vec::new(), false),
    }
}
