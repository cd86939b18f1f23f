//! The contact store, with its uniqueness rules and the indexes that keep 25,000 contacts fast.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use serde_json::Value;

use crate::fake::application::contacts::inboxes::ContactInbox;
use crate::fake::application::contacts::notes::Note;
use crate::fake::application::contacts::record::{Contact, is_email, is_phone};
use crate::fake::http::response::ErrorResponse;
use crate::fake::table::Table;

/// Mail hosts that do not belong to a company.
const PRIVATE_MAIL: [&str; 6] =
    ["gmail.com", "hotmail.com", "icloud.com", "outlook.com", "proton.me", "yahoo.com"];

/// Contacts, contact inboxes and notes.
#[derive(Debug, Default)]
pub(in crate::fake) struct ContactStore {
    rows: Table<Contact>,
    by_email: HashMap<(i64, String), i64>,
    by_phone: HashMap<(i64, String), i64>,
    /// Case-sensitive, as the uniqueness rule; the filter ignores case.
    by_identifier: HashMap<(i64, String), i64>,
    by_identifier_folded: HashMap<(i64, String), BTreeSet<i64>>,
    /// Id and name of the company, by account and mail host.
    companies: HashMap<(i64, String), (i64, String)>,
    last_company: i64,
    pub(in crate::fake) inboxes: Table<ContactInbox>,
    /// By inbox and source id.
    pub(in crate::fake) inbox_by_source: HashMap<(i64, String), i64>,
    /// By contact, oldest first.
    pub(in crate::fake) inboxes_of: HashMap<i64, Vec<i64>>,
    pub(in crate::fake) notes: Table<Note>,
    /// The time between the read and the write of a merge.
    pub(in crate::fake) merge_window: Duration,
    /// How long the records of a deleted contact remain.
    pub(in crate::fake) removal_delay: Option<Duration>,
    /// Account and contact of whoever has a widget open.
    pub(in crate::fake) online: BTreeSet<(i64, i64)>,
}

fn blank(field: Option<&String>) -> bool {
    field.is_none_or(|text| text.trim().is_empty())
}

impl ContactStore {
    pub(in crate::fake) fn get(&self, account: i64, id: i64) -> Option<&Contact> {
        self.rows.get(account, id)
    }

    pub(in crate::fake) fn find(&self, account: i64, id: i64) -> Result<&Contact, ErrorResponse> {
        self.get(account, id).ok_or_else(ErrorResponse::not_found)
    }

    pub(in crate::fake) fn of(&self, account: i64) -> impl DoubleEndedIterator<Item = &Contact> {
        self.rows.of(account)
    }

    pub(in crate::fake) fn by_email(&self, account: i64, email: &str) -> Option<&Contact> {
        let id = self.by_email.get(&(account, email.to_lowercase()))?;
        self.get(account, *id)
    }

    pub(in crate::fake) fn by_phone(&self, account: i64, phone: &str) -> Option<&Contact> {
        let id = self.by_phone.get(&(account, phone.to_owned()))?;
        self.get(account, *id)
    }

    pub(in crate::fake) fn by_identifier(
        &self,
        account: i64,
        identifier: &str,
    ) -> Option<&Contact> {
        let id = self.by_identifier.get(&(account, identifier.to_owned()))?;
        self.get(account, *id)
    }

    /// Returns all contacts with this identifier, ignoring case.
    pub(in crate::fake) fn by_folded(&self, account: i64, identifier: &str) -> Vec<&Contact> {
        let key = (account, identifier.to_lowercase());
        let ids = self.by_identifier_folded.get(&key).into_iter().flatten();
        ids.filter_map(|id| self.get(account, *id)).collect()
    }

    /// Normalizes a draft as the server would store it, or returns its validation errors.
    pub(in crate::fake) fn normalize(&mut self, draft: &mut Contact) -> Result<(), ErrorResponse> {
        draft.email = draft
            .email
            .take()
            .filter(|email| !email.trim().is_empty())
            .map(|email| email.to_lowercase());
        self.check(draft)?;
        self.set_company(draft);
        let social = draft.additional.keys().any(|key| key.starts_with("social_"));
        if draft.email.is_some() || !blank(draft.phone_number.as_ref()) || social {
            draft.visitor = false;
        }
        Ok(())
    }

    fn check(&self, draft: &Contact) -> Result<(), ErrorResponse> {
        let mut faults = draft.faults_of_length();
        let taken = |holder: Option<&Contact>| holder.is_some_and(|other| other.id != draft.id);
        if let Some(email) = &draft.email {
            if taken(self.by_email(draft.account, email)) {
                faults.push(("email", "Email has already been taken"));
            }
            if !is_email(email) {
                faults.push(("email", "Email Invalid email"));
            }
        }
        if let Some(identifier) = draft.identifier.as_ref().filter(|text| !text.trim().is_empty())
            && taken(self.by_identifier(draft.account, identifier))
        {
            faults.push(("identifier", "Identifier has already been taken"));
        }
        if let Some(phone) = draft.phone_number.as_ref().filter(|text| !text.trim().is_empty()) {
            if taken(self.by_phone(draft.account, phone)) {
                faults.push(("phone_number", "Phone number has already been taken"));
            }
            if !is_phone(phone) {
                faults.push(("phone_number", "Phone number should be in e164 format"));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(ErrorResponse::invalid(&faults)) }
    }

    /// Sets the company of a contact with a business address, by its mail host.
    fn set_company(&mut self, draft: &mut Contact) {
        let Some((_, host)) = draft.email.as_deref().and_then(|email| email.split_once('@')) else {
            return;
        };
        if draft.company.is_some() || PRIVATE_MAIL.contains(&host) {
            return;
        }
        let given = draft.additional.get("company_name").and_then(Value::as_str);
        let last = &mut self.last_company;
        let (id, name) =
            self.companies.entry((draft.account, host.to_owned())).or_insert_with(|| {
                *last += 1;
                (*last, given.map_or_else(|| company_name(host), str::to_owned))
            });
        draft.company = Some(*id);
        draft.additional.entry("company_name").or_insert_with(|| Value::String(name.clone()));
    }

    /// Stores a settled draft as a new row.
    pub(in crate::fake) fn insert(&mut self, mut draft: Contact) -> i64 {
        draft.id = self.rows.next_id();
        let (account, id) = (draft.account, draft.id);
        self.index(&draft);
        self.rows.put(account, id, draft);
        id
    }

    /// Stores a settled draft over the existing row, and returns the old one.
    pub(in crate::fake) fn replace(&mut self, draft: Contact) -> Option<Contact> {
        let old = self.rows.get(draft.account, draft.id).cloned()?;
        self.unindex(&old);
        self.index(&draft);
        self.rows.put(draft.account, draft.id, draft);
        Some(old)
    }

    pub(in crate::fake) fn remove(&mut self, account: i64, id: i64) -> Option<Contact> {
        let removed = self.rows.remove(account, id)?;
        self.unindex(&removed);
        Some(removed)
    }

    /// Removes all rows of an account.
    pub(in crate::fake) fn remove_account(&mut self, account: i64) {
        let ids: Vec<i64> = self.of(account).map(|contact| contact.id).collect();
        for id in ids {
            self.remove(account, id);
            self.unlink(account, id);
        }
        self.notes.retain_of(account, |_| false);
    }

    fn index(&mut self, contact: &Contact) {
        let key = |text: &String| (contact.account, text.clone());
        if let Some(email) = &contact.email {
            self.by_email.insert(key(email), contact.id);
        }
        if let Some(phone) = &contact.phone_number {
            self.by_phone.insert(key(phone), contact.id);
        }
        if let Some(identifier) = &contact.identifier {
            self.by_identifier.insert(key(identifier), contact.id);
            let folded = key(&identifier.to_lowercase());
            self.by_identifier_folded.entry(folded).or_default().insert(contact.id);
        }
    }

    fn unindex(&mut self, contact: &Contact) {
        let key = |text: &String| (contact.account, text.clone());
        let drop_from = |map: &mut HashMap<(i64, String), i64>, text: Option<&String>| {
            if let Some(text) = text
                && map.get(&key(text)) == Some(&contact.id)
            {
                map.remove(&key(text));
            }
        };
        drop_from(&mut self.by_email, contact.email.as_ref());
        drop_from(&mut self.by_phone, contact.phone_number.as_ref());
        drop_from(&mut self.by_identifier, contact.identifier.as_ref());
        if let Some(identifier) = &contact.identifier {
            let folded = key(&identifier.to_lowercase());
            if let Some(ids) = self.by_identifier_folded.get_mut(&folded) {
                ids.remove(&contact.id);
                if ids.is_empty() {
                    self.by_identifier_folded.remove(&folded);
                }
            }
        }
    }
}

/// Returns the company name of a mail host: `x.com` is `X`.
fn company_name(host: &str) -> String {
    let label = host.split('.').next().unwrap_or(host);
    let mut letters = label.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
