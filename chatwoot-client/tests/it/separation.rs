//! The kind of a token is part of its type: a handle of one API has no method of another.
//!
//! The crate's `separation` module proves the same with programs that must not compile. Here a
//! trait offers the other handle's methods: a method of the type itself would take precedence, and
//! then these lines would not compile.

use chatwoot_client::{Account, Client, Platform};

struct Absent;

macro_rules! absent {
    ($check:ident: $handle:ty: $($method:ident)+) => {
        fn $check(handle: &$handle) {
            trait Other {
                $(fn $method(&self) -> Absent {
                    Absent
                })+
            }
            impl Other for $handle {}
            $(let Absent = handle.$method();)+
        }
    };
}

absent!(application: Platform:
    agents teams inboxes webhooks labels contacts conversations attribute_definitions dashboard_apps);
absent!(platform: Account: accounts users account_users platform);

#[test]
fn no_handle_reaches_another_api() {
    let client = Client::builder("https://chatwoot.test").build().unwrap();
    application(&client.platform("token"));
    platform(&client.account(1, "token"));
}
