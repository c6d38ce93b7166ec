//! A receiver that runs by itself, and what a proxy has behind it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::thread::JoinHandle;

fn otelbox(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_otelbox"));
    command
        .arg("serve")
        .args(arguments)
        // Clap takes no option twice: who has a port of its own names both.
        .args(if arguments.contains(&"--grpc") {
            &[][..]
        } else {
            &FREE_PORTS
        })
        .env_clear()
        .stdin(Stdio::null());
    command
}

const FREE_PORTS: [&str; 4] = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"];

/// A receiver or a proxy that is ready, and the lines that said so.
pub(crate) struct Served {
    child: Child,
    pub(crate) http: SocketAddr,
    pub(crate) said: Vec<String>,
    /// Open, so that it can go on to write.
    _stderr: BufReader<ChildStderr>,
}

impl Served {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = otelbox(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("otelbox runs");
        let mut stderr = BufReader::new(child.stderr.take().expect("stderr"));
        let mut said = Vec::new();
        while said
            .last()
            .is_none_or(|line: &String| !line.starts_with("Everything"))
        {
            let mut line = String::new();
            assert!(stderr.read_line(&mut line).expect("UTF-8") > 0, "{said:?}");
            said.push(line.trim_end().to_owned());
        }
        let (_, address) = said[1].split_once("://").expect("an address");
        let address = address.split(' ').next().expect("an address");
        Self {
            http: address.parse().expect("an address"),
            child,
            said,
            _stderr: stderr,
        }
    }

    /// Sends bytes and reads to the end of the answer.
    pub(crate) fn answer(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.http).expect("it listens");
        stream.write_all(request.as_bytes()).expect("it is read");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    pub(crate) fn end(self) -> Output {
        let killed = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status();
        assert!(killed.is_ok_and(|status| status.success()));
        self.child.wait_with_output().expect("it ends")
    }
}

pub(crate) const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 43\r\n\r\n\
    {\"partialSuccess\":{\"rejectedLogRecords\":1}}";

/// Two log records in one request.
pub(crate) const LOGS: &str = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{},{}]}]}]}"#;

pub(crate) fn request(body: &str) -> String {
    format!(
        "POST /v1/logs HTTP/1.1\r\nhost: otelbox\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A server that answers one request, and returns what came.
pub(crate) fn upstream(answer: &'static str) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let serving = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut arrived = Vec::new();
        while !arrived.ends_with(LOGS.as_bytes()) {
            let mut buffer = [0; 1024];
            match stream.read(&mut buffer).expect("a request") {
                0 => break,
                read => arrived.extend_from_slice(&buffer[..read]),
            }
        }
        stream.write_all(answer.as_bytes()).expect("it is read");
        String::from_utf8(arrived).expect("text")
    });
    (address, serving)
}

/// Exit code and standard error of one that does not start.
pub(crate) fn refusal(arguments: &[&str]) -> (Option<i32>, String) {
    let output = otelbox(arguments).output().expect("otelbox runs");
    (
        output.status.code(),
        String::from_utf8(output.stderr).expect("UTF-8"),
    )
}
