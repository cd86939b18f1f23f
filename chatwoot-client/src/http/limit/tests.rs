//! The counts of a client: whose each is, when it is full, and for how long.

use super::*;

const SEARCH: Op = Op::get("contacts.search", "/search").limited(Limit::ContactSearch);
const SCOPE: Scope<'_> = Scope { account: Some("1"), token: Some("t") };

const ALL: [Limit; 7] = [
    Limit::ContactSearch,
    Limit::ConversationMeta,
    Limit::Reports,
    Limit::Upload,
    Limit::Transcript,
    Limit::WidgetConversation,
    Limit::WidgetPage,
];

fn at(seconds: u64) -> CallClock {
    CallClock { since_epoch: Duration::from_secs(seconds), started: Instant::now() }
}

/// Uses up the limit's window for one account and token.
fn use_up(counts: &Counts, op: &Op, limit: Limit, clock: CallClock) {
    for _ in 0..limit.allowed() {
        assert_eq!(counts.take_own(op, &SCOPE, clock), Ok(()), "{limit:?}");
    }
}

/// The figures of Chatwoot 4.15.1: requests, seconds, per token, per client address.
#[test]
fn each_limit_is_the_servers() {
    let figures = ALL.map(|limit| {
        let seconds = limit.window().as_secs();
        (limit.allowed(), seconds, limit.is_per_token(), limit.is_per_address())
    });
    let expected = [
        (100, 60, false, false),
        (30, 60, true, false),
        (100, 60, true, false),
        (60, 3_600, false, false),
        (1_000, 3_600, false, false),
        (6, 43_200, false, true),
        (5, 3_600, false, true),
    ];
    assert_eq!(figures, expected, "{ALL:?}");
    assert_eq!(Limits::default(), Limits { per_minute: Some(3_000), narrow: true });
    assert_eq!(Limits::off(), Limits { per_minute: None, narrow: false });
}

/// A limit that is used up one second into its window makes a call wait exactly to the window's
/// end, for windows of a minute and of an hour.
#[tokio::test(start_paused = true)]
async fn each_limit_is_kept_for_the_whole_of_its_window() {
    for limit in ALL.into_iter().filter(|limit| !limit.is_per_address()) {
        let counts = Counts::new(Limits { per_minute: None, narrow: true });
        let op = Op::get("test", "/test").limited(limit);
        let start = 1_000_000 * limit.window().as_secs();
        use_up(&counts, &op, limit, at(start + 1));
        let left = Duration::from_secs(limit.window().as_secs() - 1);
        assert_eq!(counts.take_own(&op, &SCOPE, at(start + 1)), Err(left), "{limit:?}");
        let last_second = start + limit.window().as_secs() - 1;
        let wait = counts.take_own(&op, &SCOPE, at(last_second));
        assert_eq!(wait, Err(Duration::from_secs(1)), "{limit:?}");
        use_up(&counts, &op, limit, at(last_second + 1));
    }
}

/// Tokens of one account have separate counts where the server counts per token, and share one
/// where it counts per account.
#[tokio::test(start_paused = true)]
async fn a_limit_is_counted_per_token_or_per_account_as_the_server_does() {
    for limit in ALL.into_iter().filter(|limit| !limit.is_per_address()) {
        let counts = Counts::new(Limits { per_minute: None, narrow: true });
        let op = Op::get("test", "/test").limited(limit);
        use_up(&counts, &op, limit, at(0));
        let other_token = Scope { token: Some("u"), ..SCOPE };
        let own_count = matches!(limit, Limit::ConversationMeta | Limit::Reports);
        let taken = counts.take_own(&op, &other_token, at(0));
        assert_eq!(taken.is_ok(), own_count, "{limit:?}: another token of the account");
        let other_account = Scope { account: Some("2"), ..SCOPE };
        let taken = counts.take_own(&op, &other_account, at(0));
        assert_eq!(taken, Ok(()), "{limit:?}: the token in another account");
    }
}

#[tokio::test(start_paused = true)]
async fn each_limit_has_a_count_of_its_own() {
    let counts = Counts::new(Limits::server());
    let upload = Op::post("test", "/test").limited(Limit::Upload);
    use_up(&counts, &SEARCH, Limit::ContactSearch, at(0));
    use_up(&counts, &upload, Limit::Upload, at(0));
    assert!(counts.take_own(&SEARCH, &SCOPE, at(0)).is_err());
    assert!(counts.take_own(&upload, &SCOPE, at(0)).is_err());
}

/// A call that waits for a narrow limit does not use up the wide one meanwhile.
#[tokio::test(start_paused = true)]
async fn a_call_that_waits_takes_no_place() {
    let counts = Counts::new(Limits { per_minute: Some(102), narrow: true });
    let plain = Op::get("labels.list", "/labels");
    use_up(&counts, &SEARCH, Limit::ContactSearch, at(0));
    for _ in 0..5 {
        assert!(counts.take_own(&SEARCH, &SCOPE, at(0)).is_err(), "no search is left");
    }
    assert_eq!(counts.take_own(&plain, &SCOPE, at(0)), Ok(()), "101st");
    assert_eq!(counts.take_own(&plain, &SCOPE, at(0)), Ok(()), "102nd");
    assert!(counts.take_own(&plain, &SCOPE, at(0)).is_err(), "103rd");
}

#[tokio::test(start_paused = true)]
async fn narrow_limits_can_be_left_to_the_server() {
    let counts = Counts::new(Limits { per_minute: None, narrow: false });
    use_up(&counts, &SEARCH, Limit::ContactSearch, at(0));
    assert_eq!(counts.take_own(&SEARCH, &SCOPE, at(0)), Ok(()), "101st");
}

#[tokio::test(start_paused = true)]
async fn a_window_ends_on_the_clock_not_after_the_first_request() {
    let counts = Counts::new(Limits::server());
    let clock = at(1_000_000_030);
    for _ in 0..100 {
        assert_eq!(counts.take_own(&SEARCH, &SCOPE, clock), Ok(()));
    }
    let wait = counts.take_own(&SEARCH, &SCOPE, clock).expect_err("used up");
    assert_eq!(wait, Duration::from_secs(60 - 1_000_000_030 % 60));
    tokio::time::advance(wait).await;
    assert_eq!(counts.take_own(&SEARCH, &SCOPE, clock), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn each_account_has_its_own_count() {
    let counts = Counts::new(Limits::server());
    let clock = at(0);
    for _ in 0..100 {
        assert_eq!(counts.take_own(&SEARCH, &SCOPE, clock), Ok(()));
    }
    let other = Scope { account: Some("2"), ..SCOPE };
    assert_eq!(counts.take_own(&SEARCH, &other, clock), Ok(()));
    let other_token = Scope { token: Some("u"), ..SCOPE };
    assert!(counts.take_own(&SEARCH, &other_token, clock).is_err(), "tokens share this one");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_lags_behind_does_not_empty_the_count() {
    let counts = Counts::new(Limits { per_minute: Some(2), narrow: false });
    assert_eq!(counts.take_own(&SEARCH, &SCOPE, at(59)), Ok(()));
    assert_eq!(counts.take_own(&SEARCH, &SCOPE, at(60)), Ok(()));
    assert_eq!(counts.take_own(&SEARCH, &SCOPE, at(59)), Ok(()));
    assert!(counts.take_own(&SEARCH, &SCOPE, at(60)).is_err(), "two in this window");
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_does_not_block_for_long() {
    let counts = Counts::new(Limits { per_minute: Some(1), narrow: false });
    assert_eq!(counts.take_own(&SEARCH, &SCOPE, at(100_000)), Ok(()));
    assert_eq!(counts.take_own(&SEARCH, &SCOPE, at(1_000)), Ok(()));
    // Two windows back means that the clock was set back; one means that the call is late.
    assert_eq!(counts.take_own(&SEARCH, &SCOPE, at(1_000 - 120)), Ok(()));
    assert!(counts.take_own(&SEARCH, &SCOPE, at(1_000 - 180)).is_err());
}

#[tokio::test(start_paused = true)]
async fn what_an_address_shares_is_left_to_the_server() {
    let counts = Counts::new(Limits::server());
    for limit in [Limit::WidgetConversation, Limit::WidgetPage] {
        let op = Op::get("test", "/widget").limited(limit);
        use_up(&counts, &op, limit, at(0));
        assert_eq!(counts.take_own(&op, &SCOPE, at(0)), Ok(()), "{limit:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn everything_counts_together() {
    let counts = Counts::new(Limits { per_minute: Some(2), narrow: false });
    let clock = at(0);
    let plain = Op::get("labels.list", "/labels");
    assert_eq!(counts.take_own(&plain, &SCOPE, clock), Ok(()));
    assert_eq!(counts.take_own(&SEARCH, &SCOPE, clock), Ok(()));
    assert_eq!(counts.take_own(&plain, &SCOPE, clock), Err(Duration::from_mins(1)));
}
