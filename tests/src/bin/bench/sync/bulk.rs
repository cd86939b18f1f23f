//! A store's first sync within the server's limit, beside another store's live changes; then what
//! single changes cost.

use std::time::Duration;

use anyhow::{Context, ensure};
use store_context::Currency;
use store_context::engine::Engine;
use store_context::model::{Customer, CustomerId, Money, Order, OrderId, OrderStatus, StoreId};
use store_context::sync::{ContactSync, SyncConfig};
use tokio::time::{Instant, interval, sleep};

use super::host::{Confirmed, Host};
use super::purchases::Purchases;
use super::{Bound, Row, ok, simulated};

/// What Chatwoot allows a minute.
const LIMIT: f64 = 3_000.0;

/// How often the other store has a live change.
const LIVE_EVERY: Duration = Duration::from_secs(2);

pub(crate) fn rows(purchases: &Purchases) -> anyhow::Result<Vec<Row>> {
    simulated()?.block_on(async {
        let (bulk, live) = (StoreId::new("bulk")?, StoreId::new("live")?);
        let host = Host::new(&[&bulk, &live]).await?;
        let engine = Engine::builder(host.accounts.clone(), host.ports.clone())
            .reconcile(None)
            .sweep_every(None)
            .purge(None)
            .build();
        let measured = async {
            let mut rows = first_sync(&host, &bulk, &live, purchases).await?;
            rows.extend(single_changes(&host, &bulk, purchases).await?);
            Ok(rows)
        };
        tokio::select! {
            biased;
            rows = measured => rows,
            () = engine.run() => anyhow::bail!("the engine ended"),
            () = sleep(Duration::from_hours(12)) => anyhow::bail!("the sync is never done"),
        }
    })
}

fn wants(host: &Host) -> ContactSync {
    ContactSync::new(host.accounts.clone(), host.ports.clone(), SyncConfig::default())
}

fn customer(id: &str, name: String) -> anyhow::Result<Customer> {
    Ok(Customer {
        email: Some(format!("{id}@mail.example")),
        email_verified: true,
        ..Customer::new(CustomerId::new(id)?, name)
    })
}

fn fill(host: &Host, store: &StoreId, purchases: &Purchases) -> anyhow::Result<()> {
    for (id, bought) in purchases {
        let customer = customer(id, format!("Customer {id}"))?;
        for (number, (placed_at, amount)) in bought.iter().enumerate() {
            let order_id = OrderId::new(format!("{id}-{number}"))?;
            let total = Money::new(*amount, Currency::EUR);
            let order =
                Order::new(order_id, customer.id.clone(), *placed_at, OrderStatus::Paid, total);
            host.shop.put_order(store, order)?;
        }
        host.shop.put_customer(store, customer)?;
    }
    Ok(())
}

async fn first_sync(
    host: &Host,
    bulk: &StoreId,
    live: &StoreId,
    purchases: &Purchases,
) -> anyhow::Result<Vec<Row>> {
    fill(host, bulk, purchases)?;
    let (sync, began) = (wants(host), Instant::now());
    let mut changes = 0;
    let mut every = interval(LIVE_EVERY);
    sync.want_all(bulk).await?;
    while host.told.count() < purchases.len() + changes {
        every.tick().await;
        let person = customer(&format!("live-{}", changes % 25), format!("Change {changes}"))?;
        host.shop.put_customer(live, person.clone())?;
        sync.want(live, &person.id).await?;
        changes += 1;
        if began.elapsed() > Duration::from_hours(2) {
            break;
        }
    }
    sleep(Duration::from_mins(2)).await;
    let told = host.told.all();
    let of = |store: &StoreId| {
        let of = told.iter().filter(|one| one.store == *store);
        of.cloned().collect::<Vec<Confirmed>>()
    };
    let (first_syncs, mut lags) = (of(bulk), of(live));
    ensure!(first_syncs.len() == purchases.len(), "{} were synced", first_syncs.len());
    ensure!(lags.len() == changes, "{} of {changes} live changes were written", lags.len());
    lags.sort_by_key(|one| one.lag);
    let percentile = |part: usize| lags[(lags.len() * part).div_ceil(100) - 1].lag.as_secs_f64();
    let ended = first_syncs.iter().map(|one| one.at).max().context("somebody was synced")?;
    let minutes = (ended - began).as_secs_f64() / 60.0;
    let customers = u32::try_from(purchases.len())?;
    let allowed = f64::from(customers) / LIMIT;
    let refused = host.refused() + usize::try_from(host.client.stats().rate_limited)?;
    let row = |key, what: &str, value, unit, bound| Row {
        key,
        what: what.to_owned(),
        value,
        unit,
        bound,
    };
    Ok(vec![
        Row {
            key: "bulk_minutes",
            what: format!("first sync of {customers} customers; the limit allows {allowed:.3} min"),
            value: minutes,
            unit: "min",
            bound: Bound::None,
        },
        row(
            "bulk_ratio",
            "the same, as a ratio to what the limit allows",
            minutes / allowed,
            "",
            Bound::AtMost(1.05),
        ),
        row(
            "refused",
            "429s meanwhile",
            f64::from(u32::try_from(refused)?),
            "",
            Bound::AtMost(0.0),
        ),
        row(
            "live_p50",
            "another store's live changes meanwhile, from trigger to confirmation: p50",
            percentile(50),
            "s",
            Bound::None,
        ),
        row("live_p99", "the same: p99", percentile(99), "s", Bound::AtMost(5.0)),
    ])
}

async fn single_changes(
    host: &Host,
    store: &StoreId,
    purchases: &Purchases,
) -> anyhow::Result<Vec<Row>> {
    const CHANGES: u32 = 100;
    let sync = wants(host);
    let id = purchases.keys().next().context("a customer")?;

    let before = host.fake.requests();
    sync.want_all(store).await?;
    until_clean(host).await?;
    let unchanged = host.fake.requests() - before;

    let before = host.fake.requests();
    for number in 0..CHANGES {
        let changed = customer(id, format!("Change {number}"))?;
        host.shop.put_customer(store, changed.clone())?;
        sync.want(store, &changed.id).await?;
        sleep(Duration::from_secs(1) / CHANGES).await;
    }
    until_clean(host).await?;
    let changed = host.fake.requests() - before;
    let link = ok(host.ports.sync.link(store, &CustomerId::new(id)?)).await?.context("a link")?;
    let account = host.accounts.open(store).await?.account;
    let shown = account.contacts().get(link.contact).await?.name;
    ensure!(shown.as_deref() == Some("Change 99"), "the last change was not written: {shown:?}");

    let before = host.fake.requests();
    let new = customer("new", "New".to_owned())?;
    host.shop.put_customer(store, new.clone())?;
    sync.want(store, &new.id).await?;
    until_clean(host).await?;
    let added = host.fake.requests() - before;

    let row = |key, what: String, calls: u64, bound| {
        let value = f64::from(u32::try_from(calls)?);
        anyhow::Ok(Row { key, what, value, unit: "", bound: Bound::AtMost(bound) })
    };
    let all = purchases.len();
    Ok(vec![
        row(
            "unchanged",
            format!("calls for {all} unchanged customers, synced again"),
            unchanged,
            0.0,
        )?,
        row(
            "changed",
            format!("calls for one customer changed {CHANGES} times in a second"),
            changed,
            2.0,
        )?,
        row("new", "calls for a new customer".to_owned(), added, 1.0)?,
    ])
}

/// Waits until all that is wanted is confirmed, and a while longer for what should not come.
async fn until_clean(host: &Host) -> anyhow::Result<()> {
    sleep(Duration::from_secs(1)).await;
    while ok(host.ports.sync.counts(None)).await?.waiting > 0 {
        sleep(Duration::from_secs(1)).await;
    }
    sleep(Duration::from_secs(10)).await;
    Ok(())
}
