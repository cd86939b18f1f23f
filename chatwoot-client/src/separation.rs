//! Handles and tokens of one API cannot be used with another; the programs below must not compile.
//!
//! Each pair differs only in the handle, so that nothing else can be the cause of the error.
//!
//! ```
//! fn labels(account: &chatwoot_client::Account) {
//!     drop(account.labels());
//! }
//! ```
//! ```compile_fail,E0599
//! fn labels(account: &chatwoot_client::Platform) {
//!     drop(account.labels());
//! }
//! ```
//! ```compile_fail,E0599
//! fn labels(account: &chatwoot_client::PublicInbox) {
//!     drop(account.labels());
//! }
//! ```
//! ```
//! fn users(platform: &chatwoot_client::Platform) {
//!     drop(platform.users());
//! }
//! ```
//! ```compile_fail,E0599
//! fn users(platform: &chatwoot_client::Account) {
//!     drop(platform.users());
//! }
//! ```
//! ```compile_fail,E0599
//! fn users(platform: &chatwoot_client::application::profile::Profile) {
//!     drop(platform.users());
//! }
//! ```
//!
//! A token of one kind cannot be passed where another is expected either:
//!
//! ```
//! fn open(client: &chatwoot_client::Client, token: chatwoot_client::PlatformToken) {
//!     drop(client.platform(token));
//! }
//! ```
//! ```compile_fail,E0277
//! fn open(client: &chatwoot_client::Client, token: chatwoot_client::UserToken) {
//!     drop(client.platform(token));
//! }
//! ```
//! ```
//! fn open(client: &chatwoot_client::Client, token: chatwoot_client::UserToken) {
//!     drop(client.account(1, token));
//! }
//! ```
//! ```compile_fail,E0277
//! fn open(client: &chatwoot_client::Client, token: chatwoot_client::PlatformToken) {
//!     drop(client.account(1, token));
//! }
//! ```
