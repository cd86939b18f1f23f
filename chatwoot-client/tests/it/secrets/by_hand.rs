//! What is sent, what is called, and what JSON makes in more than one way.

use chatwoot_client::application::agent_bots::{AgentBotPatch, NewAgentBot};
use chatwoot_client::application::audit_logs::AuditedChanges;
use chatwoot_client::application::automation_rules::{Action, ActionName};
use chatwoot_client::application::contacts::{NewContact, NewContactInbox};
use chatwoot_client::application::conversations::{ConversationsQuery, NewConversation};
use chatwoot_client::application::dashboard_apps::{
    DashboardAppContent, DashboardAppPatch, NewDashboardApp,
};
use chatwoot_client::application::inboxes::{
    ChannelPatch, InboxPatch, NewApiChannel, NewChannel, NewInbox, ProviderConfig,
};
use chatwoot_client::application::integrations::{
    HookSettings, IntegrationHookPatch, NewIntegrationHook,
};
use chatwoot_client::application::webhooks::{NewWebhook, WebhookPatch};
use chatwoot_client::platform::{NewPlatformAgentBot, NewUser, PlatformAgentBotPatch, UserPatch};
use chatwoot_client::public::{NewPublicContact, PublicContactPatch};
use chatwoot_client::types::Extra;
use chatwoot_client::types::{AgentBotToken, OpenMap, Sender};
use chatwoot_client::webhook;
use chatwoot_client::webhook::Verifier;
use chatwoot_client::widget::{WidgetSettings, WidgetUser};
use chatwoot_client::{Client, Patch, PlatformToken, Secret, UserToken};
use serde_json::{Map, json};

use super::{MARKER, Shown};

/// Everything else that holds a secret: what is sent, and what is called.
pub(super) fn by_hand() -> Shown {
    let mut all = Shown::default();
    all.tokens();
    all.handles();
    all.requests();
    #[cfg(feature = "live")]
    all.live();
    all
}

fn secret() -> Secret {
    Secret::new(MARKER)
}

fn extra() -> Extra {
    Extra::from(Map::from_iter([("unnamed".to_owned(), MARKER.into())]))
}

impl Shown {
    fn tokens(&mut self) {
        self.add("Secret", &secret());
        self.add("PlatformToken", &PlatformToken::new(MARKER));
        self.add("UserToken", &UserToken::new(MARKER));
        for json in [json!(MARKER), json!({"token": MARKER, "unnamed": MARKER})] {
            let token: AgentBotToken = serde_json::from_value(json).unwrap();
            self.add("AgentBotToken", &token);
        }
        self.add("Extra", &extra());
        let map: OpenMap<u64, u64> = serde_json::from_value(json!({ "unnamed": MARKER })).unwrap();
        self.add("OpenMap", &map);
        self.add("ProviderConfig", &ProviderConfig(extra().into_inner()));
        self.add("HookSettings", &HookSettings(extra().into_inner()));
        self.add("AuditedChanges", &AuditedChanges(extra().into_inner()));
        let verifier = Verifier::new(MARKER).and_then(|verifier| verifier.or_previous(MARKER));
        self.add("webhook::Verifier", &verifier.unwrap());
        let body = json!({"event": "new_event", "source_id": MARKER, "token": {"a": [MARKER]}});
        let event = webhook::Event::parse(body.to_string().as_bytes()).unwrap();
        assert!(matches!(event, webhook::Event::Unknown { .. }), "{event:?}");
        self.add("webhook::Event", &event);
        let place = json!({"id": 1, "name": "Shop", "unnamed": MARKER});
        let place: webhook::AccountRef = serde_json::from_value(place).unwrap();
        self.add("webhook::AccountRef", &place);
        let sender = json!({"type": "new_type", "pubsub_token": MARKER});
        let sender: Sender = serde_json::from_value(sender).unwrap();
        self.add("Sender", &sender);
    }

    fn handles(&mut self) {
        let client = Client::builder("https://chatwoot.test").build().unwrap();
        self.add("Client", &client);
        let account = client.account(1, MARKER);
        let platform = client.platform(MARKER);
        let inbox = client.public_inbox("public");
        self.add("Contacts", &account.contacts());
        self.add("PlatformUsers", &platform.users());
        self.add("Account", &account);
        self.add("Platform", &platform);
        self.add("Profile", &client.profile(MARKER));
        self.add("WidgetVisitor", &client.web_widget("public").visitor(MARKER));
        self.add("PublicConversations", &inbox.conversations(MARKER));
        let conversation = inbox.conversations(MARKER).conversation(1);
        self.add("PublicConversationHandle", &conversation);
        self.add("PublicMessages", &conversation.messages());
    }

    fn requests(&mut self) {
        self.add("NewUser", &NewUser::new("Ada", "ada@shop.example", MARKER));
        let patch = UserPatch { password: Patch::Set(secret()), ..UserPatch::default() };
        self.add("UserPatch", &patch);
        let api = NewApiChannel { webhook_url: Some(secret()), ..NewApiChannel::default() };
        self.add("NewApiChannel", &api);
        self.add("NewInbox", &NewInbox::new("Shop", api));
        self.add("NewChannel", &NewChannel::Raw(extra()));
        let channel = ChannelPatch {
            webhook_url: MARKER.into(),
            imap_password: Patch::Set(secret()),
            smtp_password: Patch::Set(secret()),
            ..ChannelPatch::default()
        };
        self.add("ChannelPatch", &channel);
        self.add("InboxPatch", &InboxPatch { channel: Some(channel), ..InboxPatch::default() });
        let contact = NewPublicContact {
            source_id: Some(secret()),
            identifier_hash: Some(secret()),
            ..NewPublicContact::default()
        };
        self.add("NewPublicContact", &contact);
        let change = PublicContactPatch { identifier_hash: Some(secret()), ..Default::default() };
        self.add("PublicContactPatch", &change);
        let mut user = WidgetUser::new("shop-1").unwrap();
        (user.identifier_hash, user.extra) = (Some(secret()), extra());
        self.add("WidgetUser", &user);
        let settings = WidgetSettings { extra: extra(), ..WidgetSettings::default() };
        self.add("WidgetSettings", &settings);
        let contact = NewContact { source_id: Some(secret()), ..NewContact::default() };
        self.add("NewContact", &contact);
        self.add("NewContactInbox", &NewContactInbox::new(1.into()).source_id(MARKER));
        let talk = NewConversation { source_id: Some(secret()), ..NewConversation::default() };
        self.add("NewConversation", &talk);
        let query = ConversationsQuery { source_id: Some(secret()), ..Default::default() };
        self.add("ConversationsQuery", &query);

        self.add("NewWebhook", &NewWebhook::new(MARKER, []));
        let patch = WebhookPatch { url: MARKER.into(), ..WebhookPatch::default() };
        self.add("WebhookPatch", &patch);
        self.add("NewDashboardApp", &NewDashboardApp::frame("Store", MARKER));
        let content = Patch::Set(vec![DashboardAppContent::frame(MARKER)]);
        let patch = DashboardAppPatch { content, ..DashboardAppPatch::default() };
        self.add("DashboardAppPatch", &patch);
        let bot = NewAgentBot { bot_config: Some(extra()), ..NewAgentBot::new("Bot", MARKER) };
        self.add("NewAgentBot", &bot);
        let patch = AgentBotPatch {
            outgoing_url: MARKER.into(),
            replace_bot_config: Patch::Set(extra()),
            ..AgentBotPatch::default()
        };
        self.add("AgentBotPatch", &patch);
        self.add("NewPlatformAgentBot", &NewPlatformAgentBot::new("Bot", MARKER, 1));
        let patch = PlatformAgentBotPatch { outgoing_url: MARKER.into(), ..Default::default() };
        self.add("PlatformAgentBotPatch", &patch);
        let settings = || HookSettings(extra().into_inner());
        let hook = NewIntegrationHook { settings: settings(), ..NewIntegrationHook::new("crm") };
        self.add("NewIntegrationHook", &hook);
        let patch = IntegrationHookPatch {
            replace_settings: Patch::Set(settings()),
            ..IntegrationHookPatch::default()
        };
        self.add("IntegrationHookPatch", &patch);
        self.add("Action", &Action::new(ActionName::SendWebhookEvent, [MARKER]));
    }

    #[cfg(feature = "live")]
    fn live(&mut self) {
        use chatwoot_client::live::{ClientCommand, LiveEvent, RawData, ServerFrame, Subscription};

        let data = json!({"pubsub_token": MARKER, "deep": [MARKER]});
        self.add("live::RawData", &RawData(data.clone()));
        let event = json!({"event": "new.event", "data": data, "unnamed": MARKER});
        self.add("live::LiveEvent", &LiveEvent::from_value(event.clone()).unwrap());
        let identifier = Subscription::user(MARKER, 1.into(), 2.into()).identifier();
        self.add("live::Identifier", &identifier);
        self.add(
            "live::ClientCommand",
            &ClientCommand::Subscribe { identifier: identifier.clone() },
        );
        for frame in [
            json!({"identifier": identifier, "message": event, "unnamed": MARKER}),
            json!({"identifier": identifier, "type": "confirm_subscription", "unnamed": MARKER}),
            json!({"type": "new_type", "unnamed": MARKER}),
        ] {
            self.add("live::ServerFrame", &ServerFrame::decode(&frame.to_string()).unwrap());
        }
        let account = Client::builder("https://chatwoot.test").build().unwrap().account(1, MARKER);
        self.add("live::Live", &account.live());
        self.add("live::LiveStream", &account.live().connect());
    }
}
