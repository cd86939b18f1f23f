//! A headless Chromium, controlled over its pipe: what a page and its frames show.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::program::Scratch;

const PATIENCE: Duration = Duration::from_mins(1);

/// The browser reads commands from its descriptor 3 and writes responses to 4, each ended by a NUL.
const START: &str = r#"exec chromium "$@" 3<&0 4>&1 1>&2"#;

const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--remote-debugging-pipe",
];

pub(crate) struct Browser {
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: Option<String>,
    last: u64,
    _child: Child,
    _profile: Scratch,
}

impl Browser {
    pub(crate) async fn start() -> Self {
        let profile = Scratch::path("browser");
        let mut child = Command::new("sh")
            .args(["-c", START, "chromium"])
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.as_str()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let to = child.stdin.take().unwrap();
        let from = BufReader::new(child.stdout.take().unwrap());
        let (session, last) = (None, 0);
        let mut browser = Self { to, from, session, last, _child: child, _profile: profile };
        let page = browser.call("Target.createTarget", json!({ "url": "about:blank" })).await;
        let attach = json!({ "targetId": page["targetId"], "flatten": true });
        let attached = browser.call("Target.attachToTarget", attach).await;
        browser.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        browser
    }

    pub(crate) async fn open(&mut self, url: &str) {
        self.call("Page.navigate", json!({ "url": url })).await;
    }

    /// Waits until every text appears in the page or in one of its frames.
    pub(crate) async fn shows(&mut self, texts: &[&str]) {
        let mut shown = Value::Null;
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                let ask = json!({ "computedStyles": [] });
                shown = self.call("DOMSnapshot.captureSnapshot", ask).await["strings"].take();
                let strings: Vec<&str> =
                    shown.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                let stands = |text: &&str| strings.iter().any(|string| string.trim() == *text);
                if texts.iter().all(stands) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        assert!(found.await.is_ok(), "{texts:?} do not all show: {shown}");
    }

    /// Waits until an expression of the page is true.
    pub(crate) async fn until(&mut self, expression: &str) {
        let found = tokio::time::timeout(PATIENCE, async {
            while self.value(expression).await != true {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        assert!(found.await.is_ok(), "`{expression}` does not become true");
    }

    /// Returns the value of an expression of the page.
    pub(crate) async fn value(&mut self, expression: &str) -> Value {
        let ask = json!({ "expression": expression, "returnByValue": true });
        self.call("Runtime.evaluate", ask).await["result"]["value"].take()
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).await.unwrap();
        loop {
            let mut answer = Vec::new();
            let read = self.from.read_until(0, &mut answer);
            let read = tokio::time::timeout(PATIENCE, read).await.expect("chromium is silent");
            assert!(read.unwrap() > 0, "chromium does not start: run scripts/test, it installs it");
            answer.pop();
            let mut answer: Value = serde_json::from_slice(&answer).unwrap();
            if answer["id"] == self.last {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].take();
            }
        }
    }
}
