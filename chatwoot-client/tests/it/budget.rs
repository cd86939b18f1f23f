//! A budget that clients share: what it is asked, and what its answers do.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chatwoot_client::application::contacts::ContactsQuery;
use chatwoot_client::application::conversations::ConversationsQuery;
use chatwoot_client::fake::FakeChatwoot;
use chatwoot_client::http::{BudgetAnswer, BudgetRequest, RequestBudget};
use chatwoot_client::{Account, Client, ErrorKind, Limits};
use tokio::time::Instant;

use BudgetAnswer::{Granted, Unavailable, Wait};

/// Answers what it was given, then grants all; keeps what it was asked.
#[derive(Default)]
struct Scripted {
    answers: Mutex<VecDeque<BudgetAnswer>>,
    asked: Mutex<Vec<String>>,
    clients: u32,
}

#[async_trait]
impl RequestBudget for Scripted {
    async fn take(&self, request: &BudgetRequest<'_>) -> BudgetAnswer {
        let windows = request.windows.iter().map(|it| {
            let spread = it.spread.map(|spread| format!("/{spread}")).unwrap_or_default();
            format!(" {} {}{spread} in {:?}", it.name, it.allowed, it.length)
        });
        let kind = if request.background { "bulk" } else { "live" };
        let asked = format!("{kind} {}{}", request.base_url, windows.collect::<String>());
        self.asked.lock().unwrap().push(asked);
        self.answers.lock().unwrap().pop_front().unwrap_or(Granted)
    }

    fn clients(&self) -> u32 {
        self.clients
    }
}

fn account(limits: Limits, clients: u32, answers: &[BudgetAnswer]) -> (Account, Arc<Scripted>) {
    let answers = Mutex::new(answers.iter().copied().collect());
    let budget = Arc::new(Scripted { answers, clients, ..Scripted::default() });
    let fake = FakeChatwoot::new();
    let (id, token) = fake.add_account("Tea shop");
    let start = std::time::UNIX_EPOCH + Duration::from_mins(29_833_334);
    let began = Instant::now();
    let client = Client::builder("https://chatwoot.test/")
        .transport(fake)
        .limits(limits)
        .wall_clock(move || start + began.elapsed())
        .budget(budget.clone())
        .build()
        .unwrap();
    (client.account(id, token), budget)
}

#[tokio::test(start_paused = true)]
async fn a_request_is_asked_for_with_its_windows_and_no_secret() {
    let (account, budget) = account(Limits::server(), 1, &[]);
    account.labels().list().await.unwrap();
    account.in_background().contacts().search("ada", &ContactsQuery::default()).await.unwrap();
    account.conversations().meta(&ConversationsQuery::default()).await.unwrap();
    let asked = budget.asked.lock().unwrap();
    let everything = "https://chatwoot.test everything 3000/2940 in 60s";
    let id = account.id();
    assert_eq!(asked[0], format!("live {everything}"));
    assert_eq!(asked[1], format!("bulk {everything} contact-search:{id} 100 in 60s"));
    let hash = asked[2].strip_prefix(&format!("live {everything} conversation-meta:{id}:"));
    let hash = hash.and_then(|it| it.strip_suffix(" 30 in 60s")).unwrap();
    assert!(hash.len() == 16 && hash.bytes().all(|it| it.is_ascii_hexdigit()), "{hash}");
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_as_long_as_it_is_told_and_asks_again() {
    let waits = [3, 2].map(|s| Wait { window: 0, wait: Duration::from_secs(s) });
    for background in [false, true] {
        let (account, budget) = account(Limits::server(), 1, &waits);
        let account = if background { account.in_background() } else { account };
        let answer = account.labels().list().with_meta().await.unwrap();
        assert_eq!((answer.attempts, answer.elapsed.as_secs()), (1, 5));
        assert_eq!(budget.asked.lock().unwrap().len(), 3);
        assert_eq!(account.stats().held_back, 2);
    }
    let long = [Wait { window: 0, wait: Duration::from_mins(5) }];
    let (account, _) = account(Limits::server(), 1, &long);
    let error = account.labels().list().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::RateLimited, 0));
}

/// Bulk that waits for a narrow limit lets the others go first.
#[tokio::test(start_paused = true)]
async fn bulk_that_waits_for_a_narrow_limit_stops_no_other() {
    let answers = [Wait { window: 1, wait: Duration::from_secs(30) }];
    let (account, _) = account(Limits::server(), 1, &answers);
    let bulk = account.in_background();
    let (query, began) = (ContactsQuery::default(), Instant::now());
    let search = async {
        bulk.contacts().search("ada", &query).await.unwrap();
        began.elapsed().as_secs()
    };
    let list = async {
        bulk.labels().list().await.unwrap();
        began.elapsed().as_secs()
    };
    assert_eq!(tokio::join!(search, list), (30, 0));
}

/// The client goes on with its part of the limits, of which it has used what the budget granted.
#[tokio::test(start_paused = true)]
async fn without_the_budget_a_client_keeps_to_its_part() {
    let answers = [&[Granted; 4][..], &[Unavailable; 20]].concat();
    let limits = Limits { per_minute: Some(30), narrow: true };
    let (account, _) = account(limits, 3, &answers);
    let began = Instant::now();
    for _ in 0..10 {
        account.labels().list().await.unwrap();
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
    account.labels().list().await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn without_limits_a_budget_is_not_asked() {
    let (account, budget) = account(Limits::off(), 1, &[]);
    account.labels().list().await.unwrap();
    account.in_background().labels().list().await.unwrap();
    assert_eq!(budget.asked.lock().unwrap().len(), 0);
}
