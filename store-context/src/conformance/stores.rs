//! The promises of a store of stores.

use chatwoot_client::{AccountId, InboxId};

use super::{north, ok, sample_stores, south};
use crate::ports::{StoreAccount, Stores};

/// Makes one test for each promise of [`Stores`](crate::ports::Stores); see [`conformance`].
///
/// [`conformance`]: crate::conformance
#[macro_export]
macro_rules! stores_conformance {
    ($fresh:expr $(, $($options:tt)*)?) => {
        $crate::conformance_tests! {
            stores_conformance of stores,
            [
                it_starts_empty,
                a_store_comes_back_whole,
                ids_come_in_rising_order,
                a_store_is_replaced,
                a_store_account_starts_empty,
                a_store_account_is_replaced,
                stores_have_accounts_of_their_own,
                putting_a_store_leaves_its_account,
            ],
            $fresh,
            ($($($options)*)?)
        }
    };
}

/// An unknown store is none, and there are no ids.
pub async fn it_starts_empty(port: &dyn Stores) {
    assert_eq!(ok(port.get(&north()).await), None, "an unknown store");
    assert_eq!(ok(port.ids().await), [], "the ids");
}

/// A store comes back as it was put.
pub async fn a_store_comes_back_whole(port: &dyn Stores) {
    let [first, second] = sample_stores();
    ok(port.put(&first).await);
    assert_eq!(ok(port.get(&north()).await), Some(first), "the store that was put");
    assert_eq!(ok(port.get(&south()).await), None, "the store that was not put");
    ok(port.put(&second).await);
    assert_eq!(ok(port.get(&south()).await), Some(second), "the second store");
}

/// The ids of all stores come in rising order, whatever the order in which they were put.
pub async fn ids_come_in_rising_order(port: &dyn Stores) {
    let [first, second] = sample_stores();
    ok(port.put(&second).await);
    assert_eq!(ok(port.ids().await), [south()], "one store");
    ok(port.put(&first).await);
    assert_eq!(ok(port.ids().await), [north(), south()], "two stores");
}

/// Putting a store again replaces it, and no other.
pub async fn a_store_is_replaced(port: &dyn Stores) {
    let [mut first, second] = put_both(port).await;
    "Renamed".clone_into(&mut first.name);
    ok(port.put(&first).await);
    assert_eq!(ok(port.get(&north()).await), Some(first), "the later store");
    assert_eq!(ok(port.ids().await).len(), 2, "a store that was put twice is one");
    assert_eq!(ok(port.get(&south()).await), Some(second), "the other store");
}

/// A store has nothing in Chatwoot until something is kept, whether the store is known or not.
pub async fn a_store_account_starts_empty(port: &dyn Stores) {
    assert_eq!(ok(port.account(&north()).await), StoreAccount::default(), "an unknown store");
    put_both(port).await;
    assert_eq!(ok(port.account(&north()).await), StoreAccount::default(), "a known store");
}

/// What a store has in Chatwoot comes back whole, and is replaced when it is kept again.
pub async fn a_store_account_is_replaced(port: &dyn Stores) {
    put_both(port).await;
    let begun = StoreAccount { account: Some(AccountId(7)), ..StoreAccount::default() };
    ok(port.put_account(&north(), &begun).await);
    assert_eq!(ok(port.account(&north()).await), begun, "what was kept first");
    let more = more(&begun);
    ok(port.put_account(&north(), &more).await);
    assert_eq!(ok(port.account(&north()).await), more, "what was kept later");
    let less = StoreAccount { website_token: None, ..more };
    ok(port.put_account(&north(), &less).await);
    assert_eq!(ok(port.account(&north()).await), less, "a part that is no longer there");
}

/// What one store has in Chatwoot is not another's.
pub async fn stores_have_accounts_of_their_own(port: &dyn Stores) {
    put_both(port).await;
    let north_has = StoreAccount { account: Some(AccountId(7)), ..StoreAccount::default() };
    ok(port.put_account(&north(), &north_has).await);
    assert_eq!(
        ok(port.account(&south()).await),
        StoreAccount::default(),
        "nothing was kept for it"
    );
    let south_has = StoreAccount { account: Some(AccountId(8)), ..StoreAccount::default() };
    ok(port.put_account(&south(), &south_has).await);
    assert_eq!(ok(port.account(&north()).await), north_has, "the other's was kept later");
}

/// Putting a store again leaves what it has in Chatwoot.
pub async fn putting_a_store_leaves_its_account(port: &dyn Stores) {
    let [first, _] = put_both(port).await;
    let kept = more(&StoreAccount { account: Some(AccountId(7)), ..StoreAccount::default() });
    ok(port.put_account(&north(), &kept).await);
    ok(port.put(&first).await);
    assert_eq!(ok(port.account(&north()).await), kept, "what was kept before");
}

async fn put_both(port: &dyn Stores) -> [crate::model::Store; 2] {
    let stores = sample_stores();
    for store in &stores {
        ok(port.put(store).await);
    }
    stores
}

fn more(begun: &StoreAccount) -> StoreAccount {
    StoreAccount {
        website_inbox: Some(InboxId(u64::from(u32::MAX))),
        website_token: Some("token".to_owned()),
        ..begun.clone()
    }
}
