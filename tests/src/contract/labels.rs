//! Labels of the account.

use anyhow::ensure;
use chatwoot_client::ErrorKind;
use chatwoot_client::application::labels::{LabelPatch, NewLabel};

use super::desk::{Cut, Desk};
use super::stage::Stage;

pub(super) async fn labels(desk: &Desk, stage: &Stage) -> Result<(), Cut> {
    let labels = stage.account.labels();
    let new = NewLabel { color: Some("#112233".into()), ..NewLabel::new(desk.name("vip")) };
    let label = desk.done(labels.create(&new)).await?.id;
    desk.refused(labels.create(&new), ErrorKind::Conflict).await;
    let change = LabelPatch { description: "Buys a lot".into(), ..LabelPatch::default() };
    desk.done(labels.update(label, &change)).await?;
    desk.step(labels.get(label), |is| {
        ensure!(is.title == desk.name("vip"));
        ensure!(is.color.as_deref() == Some("#112233"), "what was not named has changed");
        ensure!(is.description.as_deref() == Some("Buys a lot"));
        Ok(())
    })
    .await?;
    desk.step(labels.list(), |list| {
        must!(list.iter().any(|one| one.id == label), "the label is not listed")
    })
    .await?;
    desk.done(labels.delete(label)).await?;
    desk.step(labels.list(), |list| must!(list.iter().all(|one| one.id != label))).await?;
    Ok(())
}
