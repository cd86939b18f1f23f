//! Memory and processor time of a line to a live feed, against a bare WebSocket that only reads.
//!
//! The server is a process, and each kind of line is one, so that each is measured alone.

mod lines;
mod server;

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};
use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use self::lines::run as lines;
pub(crate) use self::server::serve;
use crate::median;

/// The lines of a process, if it is not said otherwise.
const LINES: usize = 1_000;
/// Rounds of each, in turn, so that what else the machine does is in both.
const ROUNDS: usize = 3;
/// The messages that each line is told of.
const MESSAGES: usize = 20;

/// The server and whom its lines belong to: an account each, with its administrator.
#[derive(Serialize, Deserialize)]
struct Stage {
    base: String,
    members: Vec<Member>,
}

#[derive(Serialize, Deserialize)]
struct Member {
    account: u64,
    token: String,
    user: u64,
    pubsub_token: String,
}

/// What a process measured of its lines.
#[derive(Serialize, Deserialize)]
struct Measured {
    /// The memory of a line that has heard nothing but pings, and of one that has heard messages,
    /// in bytes.
    idle_memory: f64,
    busy_memory: f64,
    /// The processor time of a line with pings alone, in microseconds per second.
    idle_time: f64,
    /// The processor time of an event, in microseconds.
    event_time: f64,
    /// The events that all lines heard together.
    events: usize,
}

/// Prints the measurements.
pub(crate) fn report(lines: Option<&str>) -> Result<()> {
    let count: usize = lines.map_or(Ok(LINES), str::parse).context("how many lines?")?;
    ensure!(count > 1, "one line is not measured: the first one pays for all");
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(round("bare", count)?);
        ours.push(round("ours", count)?);
    }
    let heard = |measured: &[Measured]| measured.first().map(|one| one.events);
    let heard = (heard(&ours), heard(&bare));
    ensure!(
        heard.0 >= Some(count * MESSAGES),
        "of {} messages not all were heard: {heard:?}",
        count * MESSAGES
    );
    ensure!(heard.0 == heard.1, "the two did not hear the same: {heard:?}");

    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(["what, of each line", "ours", "bare WebSocket", "ratio"]);
    let mut json = Map::new();
    let kib: fn(f64) -> String = |bytes| format!("{:.1} KiB", bytes / 1_024.0);
    let us: fn(f64) -> String = |micros| format!("{micros:.1} µs");
    for (key, what, of, unit) in [
        (
            "memory_idle",
            "memory, with pings only",
            (|it| it.idle_memory) as fn(&Measured) -> f64,
            kib,
        ),
        ("memory_busy", "memory, after messages", |it| it.busy_memory, kib),
        ("cpu_idle", "processor time a second, with pings only", |it| it.idle_time, us),
        ("cpu_event", "processor time of an event", |it| it.event_time, us),
    ] {
        let (ours, bare) =
            (median(ours.iter().map(of).collect()), median(bare.iter().map(of).collect()));
        table.add_row([what.to_owned(), unit(ours), unit(bare), format!("{:.2}", ours / bare)]);
        for (name, value) in [("", ours), ("_bare", bare), ("_ratio", ours / bare)] {
            json.insert(format!("{key}{name}"), Value::from((value * 1e3).round() / 1e3));
        }
    }
    json.insert("lines".to_owned(), count.into());
    json.insert("events".to_owned(), heard.0.into());
    println!("{table}");
    println!("{}", Value::Object(json));
    Ok(())
}

fn round(kind: &str, count: usize) -> Result<Measured> {
    let mut server = Process::start(&["live-server", &count.to_string()])?;
    let stage: Stage = server.hear()?;
    let mut lines = Process::start(&["live-lines", kind])?;
    lines.tell(&stage)?;
    let idle: usize = lines.hear().context("the lines are not connected")?;
    ensure!(idle == count, "{idle} lines are connected, not {count}");
    server.tell(&MESSAGES)?;
    let sent: usize = server.hear()?;
    lines.tell(&sent)?;
    lines.hear()
}

/// A process of this program that is told things and answers, each as a line of JSON; it is stopped
/// when dropped.
struct Process {
    child: Child,
    to: ChildStdin,
    from: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(arguments: &[&str]) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let to = child.stdin.take().context("the process has an input")?;
        let from = child.stdout.take().context("the process has an output")?;
        Ok(Self { child, to, from: BufReader::new(from).lines() })
    }

    fn tell(&mut self, what: &impl Serialize) -> Result<()> {
        Ok(writeln!(self.to, "{}", serde_json::to_string(what)?)?)
    }

    fn hear<T: DeserializeOwned>(&mut self) -> Result<T> {
        let line = self.from.next().context("the process has ended")??;
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already, which is fine.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Reads a line of JSON from the process that started this one.
fn told<T: DeserializeOwned>() -> Result<T> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

/// Answers the process that started this one.
fn answer(what: &impl Serialize) -> Result<()> {
    println!("{}", serde_json::to_string(what)?);
    Ok(())
}
