//! What a store of stores must do.

use chatwoot_client::{AccountId, InboxId};

use super::{north, ok, sample_stores, south};
use crate::ports::{Desk, Stores};

/// Checks an empty [`Stores`].
///
/// # Panics
/// It does not do what the port says.
pub async fn stores(port: &dyn Stores) {
    let [mut first, second] = sample_stores();
    assert_eq!(ok(port.get(&north()).await), None, "an unknown store is none");
    assert_eq!(ok(port.ids().await), [], "an empty port has no ids");
    assert_eq!(ok(port.desk(&north()).await), Desk::default(), "a desk starts empty");

    ok(port.put(&second).await);
    ok(port.put(&first).await);
    assert_eq!(ok(port.get(&north()).await).as_ref(), Some(&first), "a store comes back whole");
    assert_eq!(ok(port.ids().await), [north(), south()], "ids come in rising order");

    "Renamed".clone_into(&mut first.name);
    ok(port.put(&first).await);
    assert_eq!(ok(port.get(&north()).await), Some(first.clone()), "a store is put in place");
    assert_eq!(ok(port.ids().await).len(), 2, "a store that was put twice is one");
    assert_eq!(ok(port.get(&south()).await), Some(second), "other stores stay as they are");

    let begun = Desk { account: Some(AccountId(7)), ..Desk::default() };
    ok(port.put_desk(&north(), &begun).await);
    assert_eq!(ok(port.desk(&north()).await), begun, "a desk comes back");
    let more = Desk {
        website_inbox: Some(InboxId(u64::from(u32::MAX))),
        website_token: Some("token".to_owned()),
        ..begun
    };
    ok(port.put_desk(&north(), &more).await);
    assert_eq!(ok(port.desk(&north()).await), more, "a desk is put in place");
    assert_eq!(ok(port.desk(&south()).await), Desk::default(), "desks are apart");
    ok(port.put(&first).await);
    assert_eq!(ok(port.desk(&north()).await), more, "putting a store leaves its desk");
}
