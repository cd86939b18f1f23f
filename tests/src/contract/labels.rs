//! Labels of the account.

use anyhow::ensure;
use chatwoot_client::ErrorKind;
use chatwoot_client::application::labels::{LabelPatch, NewLabel};

use super::server::{Cut, Server};
use super::stage::Stage;

pub(super) async fn labels(server: &Server, stage: &Stage) -> Result<(), Cut> {
    let labels = stage.account.labels();
    let new = NewLabel { color: Some("#112233".into()), ..NewLabel::new(server.name("vip")) };
    let label = server.done(labels.create(&new)).await?.id;
    server.refused(labels.create(&new), ErrorKind::Conflict).await;
    let change = LabelPatch { description: "Buys a lot".into(), ..LabelPatch::default() };
    server.done(labels.update(label, &change)).await?;
    server
        .step(labels.get(label), |is| {
            ensure!(is.title == server.name("vip"));
            ensure!(is.color.as_deref() == Some("#112233"), "what was not named has changed");
            ensure!(is.description.as_deref() == Some("Buys a lot"));
            Ok(())
        })
        .await?;
    server
        .step(labels.list(), |list| {
            must!(list.iter().any(|one| one.id == label), "the label is not listed")
        })
        .await?;
    server.done(labels.delete(label)).await?;
    server.step(labels.list(), |list| must!(list.iter().all(|one| one.id != label))).await?;
    Ok(())
}
