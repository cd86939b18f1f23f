//! Maps each operation to the typed method that calls it, so that a recorded response is decoded by
//! the same code as a live one.
//!
//! The type of a response is that of the method, so this table cannot contain a wrong one; a test
//! compares it with `operations()`, both ways, and with the request that each row sends.

mod application;
mod client;
mod help_center;
mod reports;
mod settings;
mod widget;

use std::future::Future;
use std::pin::Pin;

use chatwoot_client::application::profile::Profile;
use chatwoot_client::public::widget::{WebWidget, WidgetVisitor};
use chatwoot_client::{Account, Client, Error, Platform, PublicInbox};
use serde::Serialize;
use serde_json::Value;

use crate::recordings::Exchange;

/// A decoded response, encoded again.
#[derive(Clone, Debug, PartialEq)]
pub enum Encoded {
    /// The method returns nothing.
    Nothing,
    /// The method's return value as JSON.
    Json(Value),
    /// The method's return value cannot be written as JSON.
    Unwritable(String),
}

type Sent = Pin<Box<dyn Future<Output = Result<Encoded, Error>> + Send>>;

/// A typed method.
pub struct Row {
    /// The operation that it calls.
    pub operation: &'static str,
    fits: fn(&Exchange) -> bool,
    send: Box<dyn Fn(Client) -> Sent + Send + Sync>,
}

impl Row {
    /// Returns whether the method is the one for this exchange; this only varies if several methods
    /// share an operation.
    pub fn fits(&self, exchange: &Exchange) -> bool {
        (self.fits)(exchange)
    }

    /// Calls the method with arbitrary arguments, and encodes its return value.
    ///
    /// # Errors
    /// Returns the errors of the method.
    pub async fn send(&self, client: Client) -> Result<Encoded, Error> {
        (self.send)(client).await
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Row").field(&self.operation).finish()
    }
}

/// Returns all rows; if several have the same operation, the first that fits counts.
pub fn rows() -> Vec<Row> {
    let mut rows = client::rows();
    rows.extend(application::rows());
    rows.extend(reports::rows());
    rows.extend(settings::rows());
    rows.extend(widget::rows());
    rows.extend(help_center::rows());
    rows
}

/// Returns the row for an exchange of this operation.
pub fn row<'a>(rows: &'a [Row], operation: &str, exchange: &Exchange) -> Option<&'a Row> {
    rows.iter().find(|row| row.operation == operation && row.fits(exchange))
}

fn encode<T: Serialize>(value: &T) -> Encoded {
    if size_of::<T>() == 0 {
        return Encoded::Nothing;
    }
    match serde_json::to_value(value) {
        Ok(json) => Encoded::Json(json),
        Err(error) => Encoded::Unwritable(error.to_string()),
    }
}

/// Creates a row whose method is on a handle that `open` creates from the client.
fn new<H, T, F>(
    operation: &'static str,
    fits: fn(&Exchange) -> bool,
    open: fn(&Client) -> H,
    call: fn(H) -> F,
) -> Row
where
    H: 'static,
    T: Serialize,
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    let send = move |client: Client| -> Sent {
        let called = call(open(&client));
        Box::pin(async move { called.await.map(|value| encode(&value)) })
    };
    Row { operation, fits, send: Box::new(send) }
}

fn client(client: &Client) -> Client {
    client.clone()
}

fn account(client: &Client) -> Account {
    client.account(1, "a user's token")
}

fn profile(client: &Client) -> Profile {
    client.profile("a user's token")
}

fn platform(client: &Client) -> Platform {
    client.platform("a platform app's token")
}

fn website(client: &Client) -> WebWidget {
    client.web_widget("website")
}

fn visitor(client: &Client) -> WidgetVisitor {
    client.web_widget("website").visitor("token")
}

fn public(client: &Client) -> PublicInbox {
    client.public_inbox("inbox")
}

/// Creates the rows of one handle: `"operation" => call,`, or `"operation" if condition => call,`.
macro_rules! table {
    ($open:ident($handle:ident) { $($name:literal $(if $fits:expr)? => $call:expr,)+ }) => {
        vec![$(
            super::new($name, table!(@fits $($fits)?), super::$open, |$handle| async move {
                $call.await
            }),
        )+]
    };
    (@fits) => { |_| true };
    (@fits $fits:expr) => { $fits };
}
use table;
