//! Background calls against a fake that keeps the server's limit, on paused time.

use std::cell::{Cell, RefCell};
use std::time::{Duration, SystemTime};

use chatwoot_client::application::contacts::ContactsQuery;
use chatwoot_client::fake::{FakeChatwoot, FakeLimits};
use chatwoot_client::{Account, Client, ErrorKind, Limits};
use futures_util::future::join_all;
use tokio::time::{Instant, interval, sleep, sleep_until, timeout_at};

/// A fake with the server's limits and a client of it, whose clocks follow tokio's from this second
/// of a minute on.
fn at_second(second: u64, per_minute: u32) -> (FakeChatwoot, Client, Account) {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_040 + second);
    let began = Instant::now();
    let fake = FakeChatwoot::new();
    fake.follow_tokio(start.try_into().unwrap());
    fake.set_limits(Some(FakeLimits { all_per_minute: per_minute, ..FakeLimits::default() }));
    let client = Client::builder("https://chatwoot.test")
        .transport(fake.clone())
        .limits(Limits { per_minute: Some(per_minute), ..Limits::server() })
        .wall_clock(move || start + began.elapsed())
        .build()
        .unwrap();
    let (id, token) = fake.add_account("Tea shop");
    let account = client.account(id, token);
    (fake, client, account)
}

/// Keeps this many background calls under way until then.
async fn flood(account: &Account, calls: usize, until: Instant) {
    let bulk = account.in_background();
    let worker = async || {
        while Instant::now() < until {
            // The last ones are dropped while they wait.
            if let Ok(answer) = timeout_at(until, bulk.labels().list()).await {
                answer.unwrap();
            }
        }
    };
    join_all((0..calls).map(|_| worker())).await;
}

/// How many requests the fake answered in each minute, and how many of them with 429.
fn minutes(fake: &FakeChatwoot) -> (Vec<usize>, usize) {
    let journal = fake.journal();
    let refused = journal.iter().filter(|entry| entry.status == Some(429)).count();
    let minutes = journal.chunk_by(|a, b| a.at.as_second() / 60 == b.at.as_second() / 60);
    (minutes.map(<[_]>::len).collect(), refused)
}

#[tokio::test(start_paused = true)]
async fn background_calls_alone_use_the_limit_but_for_the_reserve() {
    let (fake, client, account) = at_second(0, 3_000);
    flood(&account, 64, Instant::now() + Duration::from_mins(2)).await;
    let (minutes, refused) = minutes(&fake);
    assert_eq!((refused, client.stats().rate_limited), (0, 0));
    assert!(minutes.iter().take(2).all(|sent| (2_910..=2_940).contains(sent)), "{minutes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_background_calls_keeps_no_live_call_waiting() {
    for start in [0, 37] {
        let (fake, client, account) = at_second(start, 3_000);
        let until = Instant::now() + Duration::from_secs(130);
        let slowest = Cell::new(Duration::ZERO);
        let live = async {
            let mut ticks = interval(Duration::from_millis(100));
            while Instant::now() < until {
                ticks.tick().await;
                let answer = account.labels().list().with_meta().await.unwrap();
                slowest.set(slowest.get().max(answer.elapsed));
            }
        };
        tokio::join!(live, flood(&account, 64, until));
        let (minutes, refused) = minutes(&fake);
        assert!(slowest.get() < Duration::from_millis(10), "{:?} from {start}", slowest.get());
        assert_eq!((refused, client.stats().rate_limited), (0, 0), "from {start}");
        assert!(minutes[1] >= 2_910, "live and background together: {minutes:?}");
    }
}

/// A burst of live calls waits for the end of the minute at the most where the minute is nearly
/// over, and so for no longer than that takes.
#[tokio::test(start_paused = true)]
async fn a_burst_of_live_calls_finds_room_at_any_moment() {
    for second in [5, 20, 40, 59] {
        let (fake, client, account) = at_second(0, 3_000);
        let until = Instant::now() + Duration::from_secs(90);
        let burst = async {
            sleep(Duration::from_secs(second)).await;
            let calls = (0..100)
                .map(|_| async { account.labels().list().with_meta().await.unwrap().elapsed });
            join_all(calls).await.into_iter().max().unwrap()
        };
        let (slowest, ()) = tokio::join!(burst, flood(&account, 64, until));
        assert!(slowest <= Duration::from_millis(1_100), "{slowest:?} at {second} s");
        assert_eq!((minutes(&fake).1, client.stats().rate_limited), (0, 0), "at {second} s");
    }
}

#[tokio::test(start_paused = true)]
async fn background_calls_are_sent_in_the_order_in_which_they_began_to_wait() {
    let (_fake, _client, account) = at_second(0, 60);
    let (bulk, sent) = (account.in_background(), RefCell::new(Vec::new()));
    let began = Instant::now();
    join_all((0..40).map(|number| {
        let (bulk, sent) = (&bulk, &sent);
        async move {
            let call = bulk.labels().list().deadline(Duration::from_mins(5)).await;
            call.unwrap();
            sent.borrow_mut().push((number, began.elapsed().as_secs()));
        }
    }))
    .await;
    // A reserve of one in 60: one in 60/59 s.
    let expected: Vec<(u64, u64)> = (0..40).map(|number| (number, number * 60 / 59)).collect();
    assert_eq!(sent.into_inner(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_background_call_gives_its_turn_to_the_next() {
    let (_fake, _client, account) = at_second(0, 60);
    let bulk = account.in_background();
    bulk.labels().list().await.unwrap();
    let began = Instant::now();
    let dropped = timeout_at(began + Duration::from_millis(300), bulk.labels().list());
    let (dropped, next) = tokio::join!(dropped, bulk.labels().list());
    assert!(dropped.is_err());
    next.unwrap();
    assert!((1_000..1_100).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_background_call_that_waits_for_a_narrow_limit_stops_no_other() {
    let (_fake, _client, account) = at_second(30, 3_000);
    let bulk = account.in_background();
    for _ in 0..100 {
        account.contacts().search("ada", &ContactsQuery::default()).await.unwrap();
    }
    let began = Instant::now();
    let query = ContactsQuery::default();
    let search = async {
        bulk.contacts().search("ada", &query).await.unwrap();
        began.elapsed()
    };
    let list = async {
        bulk.labels().list().await.unwrap();
        began.elapsed()
    };
    let (search, list) = tokio::join!(search, list);
    assert!(search >= Duration::from_secs(29), "{search:?}");
    assert!(list < Duration::from_secs(3), "{list:?}");
}

#[tokio::test(start_paused = true)]
async fn a_background_call_ends_with_its_deadline() {
    let (fake, _client, account) = at_second(0, 60);
    let bulk = account.in_background();
    for _ in 0..30 {
        account.labels().list().await.unwrap();
    }
    let soon = Duration::from_secs(5);
    let calls = [bulk.labels().list().deadline(soon), bulk.labels().list().deadline(soon)];
    let [first, second] = calls.map(IntoFuture::into_future);
    let (first, second) = tokio::join!(first, second);
    for refused in [first, second] {
        let error = refused.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::RateLimited, 0), "{error}");
    }
    assert_eq!(fake.requests(), 30);
    account.labels().list().in_background().deadline(Duration::from_secs(40)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn live_calls_may_use_the_whole_limit() {
    let (fake, client, account) = at_second(0, 60);
    join_all((0..60).map(|_| account.labels().list().into_future())).await;
    assert_eq!(client.stats().held_back, 0);
    let began = Instant::now();
    client.in_background().account(account.id(), "x").labels().list().await.unwrap_err();
    assert!(began.elapsed() >= Duration::from_mins(1), "the next minute, {:?}", began.elapsed());
    assert_eq!(minutes(&fake), (vec![60, 1], 0));
}

/// All there is of time and chance is given, so two runs are one.
#[test]
fn a_run_on_paused_time_repeats_with_its_seed() {
    let run = |seed: u64| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        fastrand::seed(seed);
        runtime.block_on(async {
            let (fake, client, account) = at_second(50, 120);
            let mut random = fastrand::Rng::with_seed(seed);
            fake.set_fault_script(move |_| {
                use chatwoot_client::fake::FaultKind;
                match random.u8(..) {
                    0..30 => Some(FaultKind::ErrorBefore),
                    30..40 => Some(FaultKind::RateLimited),
                    40..50 => Some(FaultKind::TimeoutAfter),
                    50..90 => Some(FaultKind::Delay(Duration::from_millis(random.u64(0..900)))),
                    _ => None,
                }
            });
            let until = Instant::now() + Duration::from_mins(2);
            let bulk = account.in_background();
            let calls = (0..40).map(|number| {
                let account = if number % 2 == 0 { &account } else { &bulk };
                async move {
                    while Instant::now() < until {
                        // Some of them fail.
                        let _ = account.labels().list().await;
                    }
                }
            });
            tokio::join!(join_all(calls), sleep_until(until));
            let journal = fake.journal();
            let told: Vec<_> = journal.into_iter().map(|it| (it.at, it.status)).collect();
            (told, client.stats())
        })
    };
    let first = run(7);
    assert!(first.0.len() > 100 && first.1.retries > 0);
    assert_eq!(first, run(7));
    assert_ne!(first, run(8));
}
