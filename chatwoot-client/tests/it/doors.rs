//! The token's kind is in the type: a door of one API has no method of another.
//!
//! The page of the crate's `doors` module holds the same as programs that must not compile. Here a
//! trait offers the other door's methods: a method of the type itself would win over it, and then
//! these lines would not compile.

use chatwoot_client::{Account, Client, Platform};

struct Absent;

macro_rules! absent {
    ($check:ident: $door:ty: $($method:ident)+) => {
        fn $check(door: &$door) {
            trait Other {
                $(fn $method(&self) -> Absent {
                    Absent
                })+
            }
            impl Other for $door {}
            $(let Absent = door.$method();)+
        }
    };
}

absent!(application: Platform:
    agents teams inboxes webhooks labels contacts conversations custom_attributes dashboard_apps);
absent!(platform: Account: accounts users account_users platform);

#[test]
fn no_door_opens_another_api() {
    let client = Client::builder("https://chatwoot.test").build().unwrap();
    application(&client.platform("token"));
    platform(&client.account(1, "token"));
}
