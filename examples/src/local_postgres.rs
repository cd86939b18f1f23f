//! A Postgres server of one's own: the installed one, started in a temporary folder.

use std::env;
use std::ffi::OsString;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

/// A Postgres server in a temporary folder, on a free port of the loopback interface. It ends, and
/// its folder is removed, when the value is dropped or the process ends in any way.
///
/// Its superuser is `postgres`, without a password.
///
/// The crates that start such a server for tests switch durability off or need `sudo`; this one is
/// also for what measures and kills it.
///
/// ```no_run
/// use examples::local_postgres::LocalPostgres;
///
/// let server = LocalPostgres::start(&["fsync=off"])?;
/// println!("psql {}", server.url("postgres"));
/// # Ok::<(), anyhow::Error>(())
/// ```
#[derive(Debug)]
pub struct LocalPostgres {
    folder: TempDir,
    port: u16,
    settings: Vec<String>,
    // Stops the server at a word on its standard input, or at the end of it.
    keeper: Child,
}

/// Runs the server until a line or the end of the standard input comes. The line says whether the
/// server ends as by a crash; the end, that the folder is of no use any more.
const KEEPER: &str = r#"
folder=$1; shift
"$@" </dev/null >>"$folder/log" 2>&1 &
server=$!
if read -r how; then kill "-$how" $server; wait $server
else kill -QUIT $server; wait $server; rm -rf "$folder"; fi
"#;

impl LocalPostgres {
    /// Starts a server with settings besides the defaults: `name=value`.
    ///
    /// # Errors
    /// Returns an error if Postgres is not installed or does not start; it says what to do.
    pub fn start(settings: &[&str]) -> Result<Self> {
        let folder = TempDir::with_prefix("postgres-").context("create a temporary folder")?;
        if let Some((user, group)) = other_user()? {
            chown(folder.path(), Some(user), Some(group)).context("give the folder away")?;
        }
        let mut init = command("initdb")?;
        init.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]);
        init.args(["--no-sync", "--no-instructions", "--pgdata"]).arg(folder.path().join("data"));
        let done = init.output().context("run initdb")?;
        ensure!(done.status.success(), "initdb: {}", String::from_utf8_lossy(&done.stderr));
        let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
        let port = free_port()?;
        let keeper = run(folder.path(), port, &settings)?;
        Ok(Self { folder, port, settings, keeper })
    }

    /// Returns the address of a database with the superuser's name.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Returns the port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Returns the folder of the server's files; its log is the file `log` in it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the path of another program of the installed Postgres, for example `pgbench`.
    ///
    /// # Errors
    /// Returns an error if it is not installed.
    pub fn program(name: &str) -> Result<PathBuf> {
        program(name)
    }

    /// Returns a command that runs a program of the server's own version, such as `pg_dump`, as the
    /// superuser on this server.
    ///
    /// # Errors
    /// Returns an error if the program is not installed.
    pub fn client(&self, name: &str) -> Result<Command> {
        let mut client = Command::new(program(name)?);
        let port = self.port.to_string();
        client.envs([("PGHOST", "127.0.0.1"), ("PGPORT", &port), ("PGUSER", "postgres")]);
        Ok(client)
    }

    /// Stops the server at once, as by a crash, and starts it again on the same data and port.
    ///
    /// # Errors
    /// Returns an error if the server does not start again.
    pub fn crash_and_restart(&mut self) -> Result<()> {
        self.stop("QUIT")?;
        self.keeper = run(self.folder.path(), self.port, &self.settings)?;
        Ok(())
    }

    /// Stops the server; [`LocalPostgres::resume`] starts it again.
    ///
    /// # Errors
    /// Returns an error if the server's keeper is gone.
    pub fn stop(&mut self, signal: &str) -> Result<()> {
        let input = self.keeper.stdin.as_mut().context("the server was stopped before")?;
        writeln!(input, "{signal}").context("stop the server")?;
        self.keeper.wait().context("wait for the server")?;
        Ok(())
    }

    /// Starts a stopped server again on the same data and port.
    ///
    /// # Errors
    /// Returns an error if the server does not start.
    pub fn resume(&mut self) -> Result<()> {
        self.keeper = run(self.folder.path(), self.port, &self.settings)?;
        Ok(())
    }
}

impl Drop for LocalPostgres {
    fn drop(&mut self) {
        // The end of its input tells the keeper to clean up.
        drop(self.keeper.stdin.take());
        if self.keeper.wait().is_err() {
            tracing::warn!("the Postgres server may still run");
        }
    }
}

/// Starts the server and waits until it takes connections.
fn run(folder: &Path, port: u16, settings: &[String]) -> Result<Child> {
    let mut keeper = as_other_user(Command::new("sh"))?;
    keeper.args(["-c", KEEPER, "sh"]).arg(folder).arg(program("postgres")?);
    keeper.arg("-D").arg(folder.join("data")).args(["-p", &port.to_string()]);
    keeper.args(["-c", "listen_addresses=127.0.0.1", "-k"]).arg(folder);
    for setting in settings {
        keeper.args(["-c", setting]);
    }
    let mut keeper = keeper.stdin(Stdio::piped()).spawn().context("start postgres")?;
    let began = Instant::now();
    loop {
        let mut ready = command("pg_isready")?;
        ready.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
        if ready.status().context("run pg_isready")?.success() {
            return Ok(keeper);
        }
        if began.elapsed() > Duration::from_mins(1) {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            keeper.kill().context("stop postgres")?;
            bail!("postgres did not start within a minute: {log}");
        }
        sleep(Duration::from_millis(50));
    }
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("find a free port")?;
    Ok(listener.local_addr()?.port())
}

fn command(name: &str) -> Result<Command> {
    as_other_user(Command::new(program(name)?))
}

/// Runs a command as the user `postgres` if this process is root's: the server refuses to run as
/// root.
fn as_other_user(mut command: Command) -> Result<Command> {
    if let Some((user, group)) = other_user()? {
        command.uid(user).gid(group);
    }
    // The folder that the process is in may be one that the other user may not enter.
    command.current_dir("/");
    Ok(command)
}

fn other_user() -> Result<Option<(u32, u32)>> {
    if id(&["-u"])? != 0 {
        return Ok(None);
    }
    Ok(Some((id(&["-u", "postgres"])?, id(&["-g", "postgres"])?)))
}

fn id(arguments: &[&str]) -> Result<u32> {
    let told = Command::new("id").args(arguments).output().context("run id")?;
    let told = String::from_utf8_lossy(&told.stdout);
    told.trim().parse().context("no user `postgres`: install Debian's package `postgresql`")
}

/// Finds a program of the installed Postgres: Debian has them in a folder of each version, outside
/// `PATH`.
fn program(name: &str) -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let versions = Path::new("/usr/lib/postgresql");
    if let Ok(entries) = versions.read_dir() {
        let mut found: Vec<OsString> =
            entries.filter_map(|entry| Some(entry.ok()?.file_name())).collect();
        found.sort_by_key(|version| version.to_str().and_then(|text| text.parse::<u32>().ok()));
        folders.extend(found.iter().rev().map(|version| versions.join(version).join("bin")));
    }
    folders
        .into_iter()
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
        .with_context(|| format!("`{name}` not found: install Debian's package `postgresql`"))
}
