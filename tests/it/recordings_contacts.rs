//! Contacts and what belongs to them, against what two live servers answered.

use chatwoot_client::{Client, ContactPatch, Limit, NewContact, NewContactInbox, Secret};
use tests::recordings::load;
use tests::replay::{replay, replay_done};

use crate::asked::{
    account, body, contacts_query, filter, id, map, patch, query, same_body, same_query, text,
};

#[tokio::test]
async fn contacts_are_read_as_recorded() {
    for it in load("contactList").unwrap_or_default() {
        let asked = contacts_query(&it);
        let call = async |c: &Client| account(&it, c).contacts().list(&asked).await;
        same_query(&it, &replay(&it, call).await);
    }
    for it in load("contactSearch").unwrap_or_default() {
        let (q, asked) = (query(&it, "q").expect("a text"), contacts_query(&it));
        let call = async |c: &Client| account(&it, c).contacts().search(&q, &asked).await;
        same_query(&it, &replay(&it, call).await);
    }
    for it in load("contactFilter").unwrap_or_default() {
        let (filter, asked) = (filter(&it), contacts_query(&it));
        let call = async |c: &Client| account(&it, c).contacts().filter(&filter, &asked).await;
        let replayed = replay(&it, call).await;
        same_query(&it, &replayed);
        same_body(&it, &replayed);
    }
    for it in load("contactDetails").unwrap_or_default() {
        let id = it.param("id");
        replay(&it, async |c| account(&it, c).contacts().get(id).await).await;
    }
    for it in load("contactConversations").unwrap_or_default() {
        let id = it.param("id");
        replay(&it, async |c| account(&it, c).contacts().conversations(id).await).await;
    }
    for it in load("contactableInboxesGet").unwrap_or_default() {
        let id = it.param("id");
        replay(&it, async |c| account(&it, c).contacts().contactable_inboxes(id).await).await;
    }
}

#[tokio::test]
async fn contacts_are_written_as_recorded() {
    for it in load("contactCreate").unwrap_or_default() {
        let body = body(&it);
        let contact = NewContact {
            name: text(&body["name"]),
            identifier: text(&body["identifier"]),
            email: text(&body["email"]),
            phone_number: text(&body["phone_number"]),
            additional_attributes: map(&body["additional_attributes"]),
            custom_attributes: map(&body["custom_attributes"]),
            inbox_id: id(&body["inbox_id"]),
            ..NewContact::default()
        };
        let call = async |c: &Client| account(&it, c).contacts().create(&contact).await;
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("contactUpdate").unwrap_or_default() {
        let body = body(&it);
        let to = ContactPatch {
            phone_number: patch(&body, "phone_number", text),
            merge_attributes: map(&body["custom_attributes"]),
            merge_additional_attributes: map(&body["additional_attributes"]),
            ..ContactPatch::default()
        };
        let id = it.param("id");
        let call = async |c: &Client| account(&it, c).contacts().update(id, &to).await;
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("contactDelete").unwrap_or_default() {
        let id = it.param("id");
        replay_done(&it, async |c| account(&it, c).contacts().delete(id).await).await;
    }
    for it in load("contactMerge").unwrap_or_default() {
        let body = body(&it);
        let (base, mergee) = (id(&body["base_contact_id"]), id(&body["mergee_contact_id"]));
        let (base, mergee) = (base.expect("a contact"), mergee.expect("a contact"));
        let call = async |c: &Client| account(&it, c).contacts().merge(base, mergee).await;
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("contact-destroy-custom-attributes").unwrap_or_default() {
        let keys: Vec<String> =
            serde_json::from_value(body(&it)["custom_attributes"].clone()).expect("keys");
        let id = it.param("id");
        let call = async |c: &Client| account(&it, c).contacts().remove_attributes(id, &keys).await;
        same_body(&it, &replay(&it, call).await);
    }
}

#[tokio::test]
async fn what_belongs_to_contacts_answers_as_recorded() {
    for it in load("list-all-labels-of-a-contact").unwrap_or_default() {
        let id = it.param("id");
        replay(&it, async |c| account(&it, c).contact_labels().list(id).await).await;
    }
    for it in load("contact-add-labels").unwrap_or_default() {
        let labels: Vec<String> =
            serde_json::from_value(body(&it)["labels"].clone()).expect("labels");
        let id = it.param("id");
        let call = async |c: &Client| account(&it, c).contact_labels().replace(id, &labels).await;
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("contact-note-list").unwrap_or_default() {
        let id = it.param("id");
        replay(&it, async |c| account(&it, c).contact_notes().list(id).await).await;
    }
    for it in load("contact-note-show").unwrap_or_default() {
        let (id, note) = (it.param("id"), it.param("note_id"));
        replay(&it, async |c| account(&it, c).contact_notes().get(id, note).await).await;
    }
    for it in load("contact-note-create").unwrap_or_default() {
        let (id, content) = (it.param("id"), text(&body(&it)["content"]).expect("a text"));
        let call = async |c: &Client| account(&it, c).contact_notes().create(id, &content).await;
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("contact-note-update").unwrap_or_default() {
        let (id, note) = (it.param("id"), it.param("note_id"));
        let content = text(&body(&it)["content"]).expect("a text");
        let call =
            async |c: &Client| account(&it, c).contact_notes().update(id, note, &content).await;
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("contact-note-delete").unwrap_or_default() {
        let (id, note) = (it.param("id"), it.param("note_id"));
        replay_done(&it, async |c| account(&it, c).contact_notes().delete(id, note).await).await;
    }
    for it in load("contactInboxCreation").unwrap_or_default() {
        let body = body(&it);
        let inbox = NewContactInbox {
            inbox_id: id(&body["inbox_id"]).expect("an inbox"),
            source_id: text(&body["source_id"]).map(Secret::new),
        };
        let id = it.param("id");
        let call = async |c: &Client| account(&it, c).contact_inboxes().create(id, &inbox).await;
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("contact-inboxes-filter").unwrap_or_default() {
        let body = body(&it);
        let inbox = id(&body["inbox_id"]).expect("an inbox");
        let source = text(&body["source_id"]).expect("a source id");
        let call =
            async |c: &Client| account(&it, c).contact_inboxes().filter(inbox, &source).await;
        same_body(&it, &replay(&it, call).await);
    }
}

#[test]
fn only_what_may_be_sent_twice_is_marked_so() {
    let op = |name: &str| chatwoot_client::operations().find(|op| op.name == name).expect(name);
    for name in ["contacts.filter", "conversations.filter", "contact_inboxes.filter"] {
        assert!(op(name).idempotent, "{name} only reads");
    }
    for name in ["contact_labels.replace", "conversations.set_status", "assignments.create"] {
        assert!(op(name).idempotent, "{name} sets a whole value");
    }
    for name in [
        "contacts.create",
        "contacts.merge",
        "contact_inboxes.create",
        "contact_notes.create",
        "conversations.create",
        "messages.create",
        "messages.retry",
        "public_contacts.create",
        "public_conversations.create",
        "public_messages.create",
    ] {
        assert!(!op(name).idempotent, "{name} twice is two");
    }
    assert_eq!(op("contacts.search").limit, Some(Limit::ContactSearch));
    assert_eq!(op("contacts.filter").limit, None);
    assert_eq!(op("conversations.meta").limit, Some(Limit::ConversationMeta));
}
