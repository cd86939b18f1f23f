//! A `redis-server` in a folder of its own.

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// Runs the server until its input ends, which it also does when the test's process is killed.
const KEEPER: &str = r#"
folder=$1
redis-server --port 0 --unixsocket "$folder/socket" --dir "$folder" --save '' >"$folder/log" 2>&1 &
echo $!
cat
kill -KILL $!
rm -rf "$folder"
"#;

/// How long a server may take to start.
const START: Duration = Duration::from_secs(20);

/// A running `redis-server` without data, which listens on a socket in a temporary folder. Dropping
/// it ends the server and removes the folder.
#[derive(Debug)]
pub struct RedisServer {
    folder: PathBuf,
    keeper: Child,
    id: u32,
}

/// The number of servers that this process started.
static STARTED: AtomicU32 = AtomicU32::new(0);

impl RedisServer {
    /// Starts a server.
    pub fn start() -> Result<Self> {
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let name = format!("redis-test-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder)?;
        let (keeper, id) = keep(&folder)?;
        let server = Self { folder, keeper, id };
        server.wait()?;
        Ok(server)
    }

    /// Returns the URL of the server.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.join("socket").display())
    }

    /// Kills the server: its connections are closed, and new ones refused.
    pub fn kill(&mut self) -> Result<()> {
        self.signal("KILL")
    }

    /// Starts the server again, without its data.
    pub fn restart(&mut self) -> Result<()> {
        self.end();
        std::fs::create_dir(&self.folder)?;
        (self.keeper, self.id) = keep(&self.folder)?;
        self.wait()
    }

    /// Stops the server: it takes connections and commands, and answers none.
    pub fn hang(&self) -> Result<()> {
        self.signal("STOP")
    }

    /// Continues a server that hangs.
    pub fn go_on(&self) -> Result<()> {
        self.signal("CONT")
    }

    fn signal(&self, signal: &str) -> Result<()> {
        let id = self.id.to_string();
        let told = Command::new("kill").args(["-s", signal, &id]).output()?;
        ensure!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        Ok(())
    }

    fn wait(&self) -> Result<()> {
        let began = Instant::now();
        while UnixStream::connect(self.folder.join("socket")).is_err() {
            let log = || std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            ensure!(began.elapsed() < START, "redis-server does not start: {}", log());
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Ends the server and removes its folder.
    fn end(&mut self) {
        drop(self.keeper.stdin.take());
        let _ended = self.keeper.wait();
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.end();
    }
}

fn keep(folder: &Path) -> Result<(Child, u32)> {
    let mut command = Command::new("sh");
    command.args(["-c", KEEPER, "sh"]).arg(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut keeper = command.spawn()?;
    let mut line = String::new();
    BufReader::new(keeper.stdout.take().context("its output")?).read_line(&mut line)?;
    Ok((keeper, line.trim().parse()?))
}

/// Returns the URL of a server that all tests of the process share: that of `REDIS_URL`, or one that
/// is started for them. Each test uses a prefix of its own.
pub fn shared_url() -> Result<String> {
    static SERVER: OnceLock<Result<RedisServer, String>> = OnceLock::new();
    if let Ok(url) = std::env::var("REDIS_URL") {
        return Ok(url);
    }
    let server = SERVER.get_or_init(|| RedisServer::start().map_err(|error| format!("{error:#}")));
    server.as_ref().map(RedisServer::url).map_err(|error| anyhow::anyhow!(error.clone()))
}

/// Returns a prefix of keys that no other test uses.
pub fn prefix() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    format!("test-{}-{}-{number}", std::process::id(), since.as_nanos())
}
