//! The token's kind is in the type: the handle of one API has no method of another.
//!
//! The crate's `api_separation` module holds the same as programs that must not compile. Here a
//! trait offers the other handle's methods: a method of the type itself would win over it, and then
//! these lines would not compile.

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
fn no_handle_has_a_method_of_another_api() {
    let client = Client::builder("https://chatwoot.test").build().unwrap();
    application(&client.platform("token"));
    platform(&client.account(1, "token"));
}
