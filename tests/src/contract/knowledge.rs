//! Data about the session's work, and features of some plans: search, surveys, events, roles,
//! service levels, companies, policies, audits.

use chatwoot_client::application::assignment_policies::NewAssignmentPolicy;
use chatwoot_client::application::audit_logs::AuditLogsQuery;
use chatwoot_client::application::companies::{CompaniesQuery, NewCompany};
use chatwoot_client::application::conversations::NewConversation;
use chatwoot_client::application::csat::CsatQuery;
use chatwoot_client::application::custom_roles::{NewCustomRole, Permission};
use chatwoot_client::application::messages::{MessageDirection, NewMessage};
use chatwoot_client::application::reports::ReportingEventsQuery;
use chatwoot_client::application::search::SearchQuery;
use chatwoot_client::application::sla_policies::NewSlaPolicy;
use chatwoot_client::public::CsatAnswer;
use chatwoot_client::types::ContentType;

use super::session::{Cut, Session};
use super::stage::Stage;

pub(super) async fn search(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let (search, query) = (stage.account.search(), SearchQuery::new(&session.run));
    // Not `?`: the kinds are independent.
    drop(session.done(search.all(&query)).await);
    let contacts = session.step(search.contacts(&query), |list| {
        must!(list.iter().any(|one| one.id == stage.contact.id), "the contact is missing")
    });
    drop(contacts.await);
    drop(session.done(search.conversations(&query)).await);
    drop(session.done(search.messages(&query)).await);
    drop(session.done(search.articles(&query)).await);
    Ok(())
}

pub(super) async fn csat(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let (csat, query) = (stage.account.csat(), CsatQuery::default());
    session.done(csat.list(&query)).await?;
    session.done(csat.metrics(&query)).await?;
    Ok(())
}

pub(super) async fn csat_survey(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let new = NewConversation {
        contact_id: Some(stage.contact.id),
        inbox_id: Some(stage.inbox.id),
        ..NewConversation::default()
    };
    let talk = session.done(stage.account.conversations().create(&new)).await?;
    let ask = NewMessage {
        content_type: Some(ContentType::InputCsat),
        message_type: Some(MessageDirection::Outgoing),
        ..NewMessage::text("How did we do?")
    };
    session.done(stage.account.conversation(talk.id).messages().create(&ask)).await?;
    let uuid = talk.uuid.unwrap_or_default();
    let survey = session.client.csat_survey();
    session.done(survey.page(&uuid)).await?;
    session.done(survey.get(&uuid)).await?;
    let answer = CsatAnswer { rating: 5, feedback_message: Some("quick".into()) };
    session.done(survey.answer(&uuid, &answer)).await?;
    session
        .step(survey.get(&uuid), |is| {
            let said = is.csat_survey_response.as_ref().and_then(|said| said.rating);
            must!(said.is_none_or(|rating| rating == 5), "another rating")
        })
        .await?;
    Ok(())
}

pub(super) async fn reporting_events(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let events = stage.account.reporting_events();
    session.done(events.list(&ReportingEventsQuery::default())).await?;
    session.done(events.of_conversation(stage.conversation.id)).await?;
    Ok(())
}

pub(super) async fn custom_roles(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let roles = stage.account.custom_roles();
    let new = NewCustomRole::new(session.name("role"), [Permission::ConversationManage]);
    let role = session.done(roles.create(&new)).await?.id;
    session
        .step(roles.list(), |list| {
            must!(list.iter().any(|one| one.id == role), "the role is not listed")
        })
        .await?;
    Ok(())
}

pub(super) async fn sla_policies(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let policies = stage.account.sla_policies();
    let new = NewSlaPolicy {
        first_response_time_threshold: Some(600),
        next_response_time_threshold: Some(1_200),
        resolution_time_threshold: Some(7_200),
        only_during_business_hours: Some(false),
        ..NewSlaPolicy::new(session.name("gold"))
    };
    let policy = session.done(policies.create(&new)).await?.id;
    session
        .step(policies.list(), |list| {
            must!(list.iter().any(|one| one.id == policy), "the policy is not listed")
        })
        .await?;
    Ok(())
}

pub(super) async fn companies(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let companies = stage.account.companies();
    let company = session.done(companies.create(&NewCompany::new(session.name("Acme")))).await?.id;
    session
        .step(companies.list(&CompaniesQuery::default()), |page| {
            must!(page.payload.iter().any(|one| one.id == company), "the company is not listed")
        })
        .await?;
    Ok(())
}

pub(super) async fn assignment_policies(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let (policies, inbox) = (stage.account.assignment_policies(), stage.website.id);
    let new = NewAssignmentPolicy {
        description: Some("Contract".into()),
        fair_distribution_limit: Some(10),
        fair_distribution_window: Some(3_600),
        enabled: Some(true),
        ..NewAssignmentPolicy::new(session.name("policy"))
    };
    let policy = session.done(policies.create(&new)).await?.id;
    session
        .step(policies.list(), |list| {
            must!(list.iter().any(|one| one.id == policy), "the policy is not listed")
        })
        .await?;
    session.done(policies.set_for_inbox(inbox, policy)).await?;
    session.step(policies.of_inbox(inbox), |is| must!(is.id == policy)).await?;
    Ok(())
}

pub(super) async fn audit_logs(session: &Session, stage: &Stage) -> Result<(), Cut> {
    session.done(stage.account.audit_logs().list(&AuditLogsQuery::default())).await?;
    Ok(())
}

pub(super) async fn uploads(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let file = chatwoot_client::Upload::bytes("dot.gif", "image/gif", super::contacts::PIXEL);
    session
        .step(stage.account.uploads().create(&file), |is| {
            must!(is.file_url.starts_with("http"), "no address")
        })
        .await?;
    Ok(())
}
