//! Labels of the account.

use anyhow::ensure;
use chatwoot_client::ErrorKind;
use chatwoot_client::application::labels::{LabelPatch, NewLabel};

use super::session::{Cut, Session};
use super::stage::Stage;

pub(super) async fn labels(session: &Session, stage: &Stage) -> Result<(), Cut> {
    let labels = stage.account.labels();
    let new = NewLabel { color: Some("#112233".into()), ..NewLabel::new(session.name("vip")) };
    let label = session.done(labels.create(&new)).await?.id;
    session.refused(labels.create(&new), ErrorKind::Conflict).await;
    let change = LabelPatch { description: "Buys a lot".into(), ..LabelPatch::default() };
    session.done(labels.update(label, &change)).await?;
    session
        .step(labels.get(label), |is| {
            ensure!(is.title == session.name("vip"));
            ensure!(is.color.as_deref() == Some("#112233"), "what was not named has changed");
            ensure!(is.description.as_deref() == Some("Buys a lot"));
            Ok(())
        })
        .await?;
    session
        .step(labels.list(), |list| {
            must!(list.iter().any(|one| one.id == label), "the label is not listed")
        })
        .await?;
    session.done(labels.delete(label)).await?;
    session.step(labels.list(), |list| must!(list.iter().all(|one| one.id != label))).await?;
    Ok(())
}
