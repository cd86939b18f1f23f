//! The worker processes.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

use super::lock;
use super::servers::Servers;

/// How long a worker may take to start.
const START: Duration = Duration::from_secs(20);

/// The addresses of the workers that are up.
#[derive(Clone, Default)]
pub(super) struct Addresses(Arc<Mutex<Vec<Option<SocketAddr>>>>);

impl Addresses {
    /// Returns one that is up, at random.
    pub(super) fn pick(&self) -> Option<SocketAddr> {
        let addresses = lock(&self.0);
        let up: Vec<SocketAddr> = addresses.iter().flatten().copied().collect();
        fastrand::choice(up)
    }

    fn set(&self, number: usize, address: Option<SocketAddr>) {
        let mut addresses = lock(&self.0);
        if addresses.len() <= number {
            addresses.resize(number + 1, None);
        }
        addresses[number] = address;
    }
}

/// The worker processes. They end when it is dropped, and when the driver is killed.
pub(super) struct Fleet {
    pub(super) addresses: Addresses,
    servers: Servers,
    argument: &'static str,
    log: File,
    workers: Vec<Option<Worker>>,
}

struct Worker {
    process: Child,
    // Its end tells the worker to end.
    _input: ChildStdin,
}

impl Fleet {
    /// Prepares so many workers. They write to the same log.
    pub(super) fn new(
        workers: usize,
        servers: Servers,
        argument: &'static str,
        log: &Path,
    ) -> Result<Self> {
        let log = File::create(log).context("create the workers' log")?;
        let workers = (0..workers).map(|_| None).collect();
        Ok(Self { addresses: Addresses::default(), servers, argument, log, workers })
    }

    pub(super) fn len(&self) -> usize {
        self.workers.len()
    }

    /// Starts a worker, and waits until its endpoint listens.
    pub(super) async fn start(&mut self, number: usize) -> Result<()> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(self.argument)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(self.log.try_clone()?)
            .kill_on_drop(true)
            .spawn()
            .context("start a worker")?;
        let mut input = process.stdin.take().context("its input")?;
        let line = format!("{}\n", serde_json::to_string(&self.servers)?);
        input.write_all(line.as_bytes()).await?;
        let mut output = BufReader::new(process.stdout.take().context("its output")?);
        let mut port = String::new();
        timeout(START, output.read_line(&mut port)).await.context("a worker did not start")??;
        let port = port.trim().parse().context("a worker ended at its start")?;
        self.addresses.set(number, Some((Ipv4Addr::LOCALHOST, port).into()));
        self.workers[number] = Some(Worker { process, _input: input });
        Ok(())
    }

    /// Kills a worker with SIGKILL. The load balancer does not know it before it has happened.
    ///
    /// # Errors
    /// Returns an error if the worker had ended by itself.
    pub(super) async fn kill(&mut self, number: usize) -> Result<()> {
        let Some(mut worker) = self.workers[number].take() else { return Ok(()) };
        if let Some(status) = worker.process.try_wait()? {
            bail!("a worker ended by itself: {status}");
        }
        worker.process.kill().await?;
        self.addresses.set(number, None);
        Ok(())
    }

    /// Kills all workers.
    pub(super) async fn end(&mut self) -> Result<()> {
        for number in 0..self.workers.len() {
            self.kill(number).await?;
        }
        Ok(())
    }
}
