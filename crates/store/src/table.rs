//! The table itself, for one machine and for tests. On AWS the template makes it.

use aws_sdk_dynamodb::client::Waiters as _;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};

use crate::Store;
use crate::error::{self, StoreError};
use crate::item::TTL;
use crate::keys::{PARTITION, SORT};

/// Longest wait for a new table.
const WAIT: std::time::Duration = std::time::Duration::from_secs(30);

impl Store {
    /// Makes the table, unless it is there.
    pub async fn create_table(&self) -> Result<(), StoreError> {
        const OPERATION: &str = "CreateTable";
        let (keys, attributes) = schema().map_err(|failure| StoreError::Failed(Box::new(failure)))?;
        let created = self
            .client
            .create_table()
            .table_name(&self.table)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(keys))
            .set_attribute_definitions(Some(attributes))
            .send()
            .await;
        match created {
            Ok(_) => {}
            Err(failure) if error::code(&failure) == Some("ResourceInUseException") => return Ok(()),
            Err(failure) => return Err(error::of_call(OPERATION, &failure)),
        }
        let ready = self.client.wait_until_table_exists().table_name(&self.table).wait(WAIT);
        Box::pin(ready).await.map_err(|_| StoreError::Busy)?;
        self.let_items_end().await
    }

    async fn let_items_end(&self) -> Result<(), StoreError> {
        let specification = TimeToLiveSpecification::builder().attribute_name(TTL).enabled(true).build();
        let specification = specification.map_err(|failure| StoreError::Failed(Box::new(failure)))?;
        let call = self.client.update_time_to_live().table_name(&self.table);
        let sent = call.time_to_live_specification(specification).send().await;
        sent.map(|_| ()).map_err(|failure| error::of_call("UpdateTimeToLive", &failure))
    }
}

fn schema() -> Result<(Vec<KeySchemaElement>, Vec<AttributeDefinition>), BuildError> {
    let keys = [(PARTITION, KeyType::Hash), (SORT, KeyType::Range)];
    let elements = keys
        .clone()
        .into_iter()
        .map(|(name, key_type)| KeySchemaElement::builder().attribute_name(name).key_type(key_type).build());
    let attributes = keys.into_iter().map(|(name, _)| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
    });
    Ok((elements.collect::<Result<_, _>>()?, attributes.collect::<Result<_, _>>()?))
}
