//! Tests of the stream over all contacts, with the recorded pages of two live servers.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chatwoot_client::application::contacts::ContactsQuery;
use chatwoot_client::http::Body;
use chatwoot_client::http::transport::TransportError;
use chatwoot_client::{Client, Error, Transport};
use futures_util::TryStreamExt;
use tests::recordings::{Exchange, load};

/// A transport that returns each page as it was recorded, and an empty one past the end.
#[derive(Clone, Debug)]
struct Pages {
    recorded: Vec<Exchange>,
    asked: Arc<Mutex<Vec<String>>>,
}

#[async_trait::async_trait]
impl Transport for Pages {
    async fn send(
        &self,
        request: http::Request<Body>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let page = query.split('&').find_map(|pair| pair.strip_prefix("page="));
        let number = page.and_then(|page| page.parse::<usize>().ok()).unwrap_or_default();
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(query);
        let recorded = self.recorded.get(number.wrapping_sub(1));
        let past = || Bytes::from_static(br#"{"meta": {"count": 35}, "payload": []}"#);
        Ok(http::Response::new(recorded.map_or_else(past, Exchange::bytes)))
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn every_contact_comes_once_over_the_recorded_pages() -> Result<(), Error> {
    let all = load("contactList");
    for version in ["4.15.1", "4.9.1"] {
        let by_name = |it: &&Exchange| {
            let query = it.request.query.clone().unwrap_or_default();
            it.version == version && query["sort"] == "name"
        };
        let recorded: Vec<Exchange> = all.iter().filter(by_name).cloned().collect();
        assert_eq!(recorded.len(), 3, "{version}");
        let transport = Pages { recorded, asked: Arc::default() };
        let builder = Client::builder("https://chatwoot.test").transport(transport.clone());
        let account = builder.build().expect("the base URL is a URL").account(2, "t");
        let contacts = account.contacts();
        let query = ContactsQuery { page: Some(3), ..ContactsQuery::default() };
        let mut stream = contacts.all(query);
        let mut ids = Vec::new();
        while let Some(contact) = stream.try_next().await? {
            ids.push(contact.id);
        }
        assert_eq!(ids.len(), 35, "{version}");
        let asked = transport.asked.lock().expect("no panic").clone();
        // Each page is requested again after the next one; the third is not full, so it is the
        // last.
        let expected = [1, 2, 1, 3, 2].map(|page| format!("page={page}&sort=-created_at"));
        assert_eq!(asked, expected, "{version}");
    }
    Ok(())
}
