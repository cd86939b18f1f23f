//! Budgets of requests that processes share by Redis.
#![expect(clippy::unwrap_used, reason = "a proof stops at its first fault")]

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chatwoot_client::application::contacts::ContactsQuery;
use chatwoot_client::application::conversations::ConversationsQuery;
use chatwoot_client::fake::{FakeChatwoot, FakeLimits};
use chatwoot_client::http::{BudgetAnswer, BudgetRequest, BudgetWindow, RequestBudget};
use chatwoot_client::{Account, Client, Limits};
use examples::local_redis::{RedisServer, prefix, shared_url};
use futures_util::future::join_all;
use jiff::SignedDuration;
use store_context_adapters::redis::{Redis, RedisBudgetConfig};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::redis::{connected, until};

const BASE_URL: &str = "https://chatwoot.test";
const PER_MINUTE: u32 = 600;

/// Three processes with a client each, and a fake with limits whose minute is at `second` now.
struct Processes {
    fake: FakeChatwoot,
    redis: Vec<Redis>,
    clients: Vec<Client>,
    accounts: Vec<Account>,
}

async fn at_second(second: i64) -> Processes {
    let (url, prefix) = (shared_url().unwrap(), prefix());
    let mut redis = Vec::new();
    for _ in 0..3 {
        redis.push(connected(&url, &prefix).await);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let into = i64::try_from(now.as_micros() % 60_000_000).unwrap();
    let ahead = second * 1_000_000 - into;
    let fake = FakeChatwoot::new();
    fake.set_skew(SignedDuration::from_micros(ahead));
    fake.set_limits(Some(FakeLimits { all_per_minute: PER_MINUTE, ..FakeLimits::default() }));
    let (id, token) = fake.add_account("Tea shop");
    let client = |redis: &Redis| {
        let config = RedisBudgetConfig { processes: 3, server_ahead_micros: ahead };
        Client::builder(BASE_URL)
            .transport(fake.clone())
            .limits(Limits { per_minute: Some(PER_MINUTE), narrow: true })
            .budget(Arc::new(redis.budget(config)))
            .build()
            .unwrap()
    };
    let clients: Vec<_> = redis.iter().map(client).collect();
    let accounts = clients.iter().map(|client| client.account(id, token.as_str())).collect();
    Processes { fake, redis, clients, accounts }
}

impl Processes {
    /// How many requests the fake received in each minute; none of them was refused.
    fn minutes(&self) -> Vec<usize> {
        let journal = self.fake.journal();
        assert!(journal.iter().all(|entry| entry.status == Some(200)), "one was refused");
        assert!(self.clients.iter().all(|client| client.stats().rate_limited == 0));
        assert!(self.redis.iter().all(|redis| redis.health().budget_fallbacks == 0));
        let minutes = journal.chunk_by(|a, b| a.at.as_second() / 60 == b.at.as_second() / 60);
        minutes.map(<[_]>::len).collect()
    }
}

/// Keeps calls under way until then; returns how long each took.
async fn flood(account: &Account, calls: usize, until: Instant) -> Vec<Duration> {
    let worker = async || {
        let mut took = Vec::new();
        while Instant::now() < until {
            let began = Instant::now();
            // The last ones are dropped while they wait.
            if let Ok(answer) = timeout_at(until, account.labels().list()).await {
                answer.unwrap();
                took.push(began.elapsed());
            }
        }
        took
    };
    join_all((0..calls).map(|_| worker())).await.concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_processes_use_the_limit_of_two_windows_and_no_more() {
    let processes = at_second(55).await;
    let until = Instant::now() + Duration::from_secs(9);
    join_all(processes.accounts.iter().map(|account| flood(account, 16, until))).await;
    let minutes = processes.minutes();
    let full = PER_MINUTE as usize * 95 / 100..=PER_MINUTE as usize;
    assert!(minutes.len() == 2 && minutes.iter().all(|sent| full.contains(sent)), "{minutes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn live_calls_wait_less_than_bulk() {
    let processes = at_second(48).await;
    let until = Instant::now() + Duration::from_secs(15);
    let bulk = join_all(processes.accounts.iter().map(|account| {
        let account = account.in_background();
        async move { flood(&account, 12, until).await }
    }));
    let live = async {
        let mut took = Vec::new();
        for second in 4..11 {
            sleep_until(until - Duration::from_secs(15 - second)).await;
            for account in &processes.accounts {
                let began = Instant::now();
                account.labels().list().await.unwrap();
                took.push(began.elapsed());
            }
        }
        took
    };
    let (bulk, live) = tokio::join!(bulk, live);
    // The last: the first found room in a minute that is mostly over.
    let mut bulk: Vec<_> = bulk.concat().into_iter().rev().take(100).collect();
    bulk.sort();
    let (live, bulk) = (live.into_iter().max().unwrap(), bulk[bulk.len() / 2]);
    assert!(live < Duration::from_secs(1) && bulk > live, "live {live:?} at most, bulk {bulk:?}");
    let minutes = processes.minutes();
    let used = PER_MINUTE as usize * 95 / 100..=PER_MINUTE as usize;
    assert!(used.contains(&minutes[0]), "{minutes:?}");
}

/// A window long enough that none ends during a test.
fn long_window(name: &str, allowed: u32) -> BudgetWindow {
    BudgetWindow::new(name, allowed, Duration::from_hours(24 * 10_000))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_granted_is_exactly_the_limit() {
    let (url, prefix) = (shared_url().unwrap(), prefix());
    let mut budgets = Vec::new();
    for _ in 0..3 {
        budgets.push(connected(&url, &prefix).await.budget(RedisBudgetConfig::default()));
    }
    let windows = [long_window("wide", 300), long_window("narrow", 100)];
    let take = async |windows: &[BudgetWindow]| {
        let takes = (0..500).map(|number| {
            let budget = &budgets[number % 3];
            async move { budget.take(&BudgetRequest::new(BASE_URL, windows)).await }
        });
        let answers = join_all(takes).await;
        answers.into_iter().fold([0; 3], |mut counts, answer| {
            match answer {
                BudgetAnswer::Granted => counts[0] += 1,
                BudgetAnswer::Wait { window, .. } => counts[window + 1] += 1,
                BudgetAnswer::Unavailable => panic!("Redis is there"),
            }
            counts
        })
    };
    assert_eq!(take(&windows).await, [100, 0, 400], "the narrow one is used up");
    assert_eq!(take(&windows[..1]).await, [200, 300, 0], "what waited took no place");
    let elsewhere = BudgetRequest::new("https://other.test", &windows);
    assert_eq!(budgets[0].take(&elsewhere).await, BudgetAnswer::Granted, "another server");
}

#[tokio::test]
async fn background_requests_are_spread_over_what_all_processes_use() {
    let (url, prefix) = (shared_url().unwrap(), prefix());
    let redis = connected(&url, &prefix).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let hour = Duration::from_hours(1).as_micros();
    // Half of the hour has passed.
    let ahead = i64::try_from(hour / 2).unwrap() - i64::try_from(now.as_micros() % hour).unwrap();
    let budget = redis.budget(RedisBudgetConfig { server_ahead_micros: ahead, processes: 1 });
    let mut window = BudgetWindow::new("everything", 100, Duration::from_hours(1));
    window.spread = Some(80);
    let windows = [window];
    let live = BudgetRequest::new(BASE_URL, &windows);
    let bulk = live.in_background();
    for _ in 0..41 {
        assert_eq!(budget.take(&bulk).await, BudgetAnswer::Granted, "half of 80, and the next");
    }
    let about = |answer, expected: Duration| match answer {
        BudgetAnswer::Wait { window: 0, wait } => {
            let off = wait.abs_diff(expected);
            assert!(off < Duration::from_secs(20), "{wait:?}, not {expected:?}");
        }
        other => panic!("{other:?}"),
    };
    about(budget.take(&bulk).await, Duration::from_hours(1) / 80);
    for _ in 0..59 {
        assert_eq!(budget.take(&live).await, BudgetAnswer::Granted);
    }
    about(budget.take(&live).await, Duration::from_mins(30));
    about(budget.take(&bulk).await, Duration::from_mins(30));
}

/// A request at the end of a window may arrive in the next, so it is counted in both.
#[tokio::test]
async fn what_is_under_way_when_a_window_ends_is_counted_in_the_next() {
    const LATE: usize = 5;
    let (url, prefix) = (shared_url().unwrap(), prefix());
    let redis = connected(&url, &prefix).await;
    let windows = [BudgetWindow::new("everything", 20, Duration::from_mins(1))];
    for attempt in 0..20 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let into = i64::try_from(now.as_micros() % 60_000_000).unwrap();
        let began = Instant::now();
        // 220 milliseconds before the end of a window.
        let config = RedisBudgetConfig { processes: 1, server_ahead_micros: 59_780_000 - into };
        let budget = redis.budget(config);
        let base_url = format!("https://chatwoot-{attempt}.test");
        let request = BudgetRequest::new(&base_url, &windows);
        for _ in 0..LATE {
            assert_eq!(budget.take(&request).await, BudgetAnswer::Granted);
        }
        if began.elapsed() > Duration::from_millis(200) {
            continue; // This machine was busy with something else.
        }
        sleep_until(began + Duration::from_millis(300)).await;
        for _ in 0..20 - LATE {
            assert_eq!(budget.take(&request).await, BudgetAnswer::Granted);
        }
        assert!(matches!(budget.take(&request).await, BudgetAnswer::Wait { window: 0, .. }));
        return;
    }
    panic!("this machine is too busy for the test");
}

#[tokio::test]
async fn narrow_limits_are_shared_too_and_no_key_has_a_token() {
    let processes = at_second(20).await;
    let calls = processes.accounts.iter().cycle().take(100);
    join_all(calls.map(async |account| {
        account.contacts().search("ada", &ContactsQuery::default()).await.unwrap();
    }))
    .await;
    for account in &processes.accounts {
        let soon = Duration::from_secs(1);
        let error = account.contacts().search("ada", &ContactsQuery::default()).deadline(soon);
        assert!(error.await.unwrap_err().is_transient(), "the 101st of the account");
        // One limit that counts each token, for its key.
        account.conversations().meta(&ConversationsQuery::default()).await.unwrap();
        account.labels().list().await.unwrap();
    }
    assert_eq!(processes.minutes(), [106]);
}

/// A client's limits without Redis: its part, by its own count.
#[tokio::test]
async fn without_redis_each_process_keeps_to_its_part() {
    let mut server = RedisServer::start().unwrap();
    let redis = connected(&server.url(), "fallback").await;
    let fake = FakeChatwoot::new();
    let (id, token) = fake.add_account("Tea shop");
    // Ten seconds into a minute, for ever: only the client's own count needs it.
    let held = UNIX_EPOCH + Duration::from_secs(1_790_000_050);
    let client = Client::builder(BASE_URL)
        .transport(fake.clone())
        .limits(Limits { per_minute: Some(30), narrow: true })
        .wall_clock(move || held)
        .budget(Arc::new(redis.budget(RedisBudgetConfig { processes: 3, server_ahead_micros: 0 })))
        .build()
        .unwrap();
    let account = client.account(id, token.as_str());
    let call = async || account.labels().list().deadline(Duration::from_secs(2)).await;
    for _ in 0..4 {
        call().await.unwrap();
    }
    assert_eq!(redis.health().budget_granted, 4);
    server.kill().unwrap();
    for _ in 0..6 {
        call().await.unwrap();
    }
    assert!(call().await.unwrap_err().is_transient(), "a third of 30, with the four before");
    let health = redis.health();
    assert!(health.budget_fallbacks >= 7 && !health.is_answering, "{health:?}");
    server.restart().unwrap();
    until(|| redis.health().is_answering).await;
    call().await.unwrap();
}
