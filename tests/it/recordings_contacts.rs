//! Tests of contacts and their parts with the recorded responses of two live servers.

use chatwoot_client::application::contacts::{ContactPatch, NewContact, NewContactInbox};
use chatwoot_client::http::Limit;
use chatwoot_client::{Client, ContactId, Secret};
use tests::recordings::load;
use tests::replay::{replay, replay_done};

use crate::asked::{
    account, body, contacts_query, filter, id, map, patch, query, same_body, same_query, text,
};

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn contacts_are_read_as_recorded() {
    for it in load("contactList") {
        let asked = contacts_query(&it);
        let call = async |c: &Client| account(&it, c).contacts().list(&asked).await;
        same_query(&it, &replay(&it, call).await);
    }
    for it in load("contactSearch") {
        let (q, asked) = (query(&it, "q").expect("a text"), contacts_query(&it));
        let call = async |c: &Client| account(&it, c).contacts().search(&q, &asked).await;
        same_query(&it, &replay(&it, call).await);
    }
    for it in load("contactFilter") {
        let (filter, asked) = (filter(&it), contacts_query(&it));
        let call = async |c: &Client| account(&it, c).contacts().filter(&filter, &asked).await;
        let replayed = replay(&it, call).await;
        same_query(&it, &replayed);
        same_body(&it, &replayed);
    }
    for it in load("contactDetails") {
        let id = it.param("id");
        replay(&it, async |c| account(&it, c).contacts().get(id).await).await;
    }
    for it in load("contactConversations") {
        let id: ContactId = it.param("id");
        replay(&it, async |c| account(&it, c).contact(id).conversations().await).await;
    }
    for it in load("contactableInboxesGet") {
        let id: ContactId = it.param("id");
        replay(&it, async |c| account(&it, c).contact(id).inboxes().contactable().await).await;
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn contacts_are_written_as_recorded() {
    for it in load("contactCreate") {
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
    for it in load("contactUpdate") {
        let body = body(&it);
        let to = ContactPatch {
            phone_number: patch(&body, "phone_number", text),
            merge_custom_attributes: map(&body["custom_attributes"]),
            merge_additional_attributes: map(&body["additional_attributes"]),
            ..ContactPatch::default()
        };
        let id = it.param("id");
        let call = async |c: &Client| account(&it, c).contacts().update(id, &to).await;
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("contactDelete") {
        let id = it.param("id");
        replay_done(&it, async |c| account(&it, c).contacts().delete(id).await).await;
    }
    for it in load("contactMerge") {
        let body = body(&it);
        let (base, mergee) = (id(&body["base_contact_id"]), id(&body["mergee_contact_id"]));
        let (base, mergee) = (base.expect("a contact"), mergee.expect("a contact"));
        let call = async |c: &Client| account(&it, c).contacts().merge(base, mergee).await;
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("contact-destroy-custom-attributes") {
        let keys: Vec<String> =
            serde_json::from_value(body(&it)["custom_attributes"].clone()).expect("keys");
        let id: ContactId = it.param("id");
        let call =
            async |c: &Client| account(&it, c).contact(id).remove_custom_attributes(&keys).await;
        same_body(&it, &replay(&it, call).await);
    }
}

#[tokio::test]
#[cfg_attr(no_shared, ignore = "needs ../shared")]
async fn what_belongs_to_contacts_answers_as_recorded() {
    for it in load("list-all-labels-of-a-contact") {
        let id: ContactId = it.param("id");
        replay(&it, async |c| account(&it, c).contact(id).labels().list().await).await;
    }
    for it in load("contact-add-labels") {
        let labels: Vec<String> =
            serde_json::from_value(body(&it)["labels"].clone()).expect("labels");
        let id: ContactId = it.param("id");
        let call = async |c: &Client| account(&it, c).contact(id).labels().replace(&labels).await;
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("contact-note-list") {
        let id: ContactId = it.param("id");
        replay(&it, async |c| account(&it, c).contact(id).notes().list().await).await;
    }
    for it in load("contact-note-show") {
        let (id, note) = (it.param::<ContactId>("id"), it.param("note_id"));
        replay(&it, async |c| account(&it, c).contact(id).notes().get(note).await).await;
    }
    for it in load("contact-note-create") {
        let (id, content) =
            (it.param::<ContactId>("id"), text(&body(&it)["content"]).expect("a text"));
        let call = async |c: &Client| account(&it, c).contact(id).notes().create(&content).await;
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("contact-note-update") {
        let (id, note) = (it.param::<ContactId>("id"), it.param("note_id"));
        let content = text(&body(&it)["content"]).expect("a text");
        let call =
            async |c: &Client| account(&it, c).contact(id).notes().update(note, &content).await;
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("contact-note-delete") {
        let (id, note) = (it.param::<ContactId>("id"), it.param("note_id"));
        replay_done(&it, async |c| account(&it, c).contact(id).notes().delete(note).await).await;
    }
    for it in load("contactInboxCreation") {
        let body = body(&it);
        let inbox = NewContactInbox {
            inbox_id: id(&body["inbox_id"]).expect("an inbox"),
            source_id: text(&body["source_id"]).map(Secret::new),
        };
        let id: ContactId = it.param("id");
        let call = async |c: &Client| account(&it, c).contact(id).inboxes().create(&inbox).await;
        same_body(&it, &replay(&it, call).await);
    }
    for it in load("contact-inboxes-filter") {
        let body = body(&it);
        let inbox = id(&body["inbox_id"]).expect("an inbox");
        let source = text(&body["source_id"]).expect("a source id");
        let call =
            async |c: &Client| account(&it, c).contacts().find_by_source_id(inbox, &source).await;
        same_body(&it, &replay(&it, call).await);
    }
}

#[test]
fn only_what_may_be_sent_twice_is_marked_so() {
    let op = |name: &str| chatwoot_client::operations().find(|op| op.name == name).expect(name);
    for name in ["contacts.filter", "conversations.filter", "contacts.find_by_source_id"] {
        assert!(op(name).idempotent, "{name} only reads");
    }
    for name in ["contact_labels.replace", "conversations.set_status", "conversations.assign"] {
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
