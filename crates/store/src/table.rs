//! The table itself, for one machine and for tests. On AWS the template makes it.

use aws_sdk_dynamodb::client::Waiters as _;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, LocalSecondaryIndex,
    Projection, ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};

use crate::Store;
use crate::error::{self, StoreError};
use crate::item::{BY_NAME, TTL};
use crate::keys::{BY_NAME_INDEX, PARTITION, SORT};

/// Longest wait for a new table.
const WAIT: std::time::Duration = std::time::Duration::from_secs(30);

impl Store {
    /// Makes the table, unless it is there.
    pub async fn create_table(&self) -> Result<(), StoreError> {
        const OPERATION: &str = "CreateTable";
        let (keys, attributes, by_name) =
            schema().map_err(|failure| StoreError::Failed(Box::new(failure)))?;
        let created = self
            .client
            .create_table()
            .table_name(&self.table)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(keys))
            .set_attribute_definitions(Some(attributes))
            .local_secondary_indexes(by_name)
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

    /// Whether lists can be read by the index, which a table that an earlier version made lacks.
    pub async fn look_at_index(&self) -> Result<(), StoreError> {
        const OPERATION: &str = "Query";
        let query = self.client.query().table_name(&self.table).index_name(BY_NAME_INDEX);
        let query = query
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", PARTITION)
            .expression_attribute_values(":pk", AttributeValue::S("W#".to_owned()))
            .limit(1);
        query.send().await.map(|_| ()).map_err(|failure| error::of_call(OPERATION, &failure))
    }

    async fn let_items_end(&self) -> Result<(), StoreError> {
        let specification = TimeToLiveSpecification::builder().attribute_name(TTL).enabled(true).build();
        let specification = specification.map_err(|failure| StoreError::Failed(Box::new(failure)))?;
        let call = self.client.update_time_to_live().table_name(&self.table);
        let sent = call.time_to_live_specification(specification).send().await;
        sent.map(|_| ()).map_err(|failure| error::of_call("UpdateTimeToLive", &failure))
    }
}

type TableSchema = (Vec<KeySchemaElement>, Vec<AttributeDefinition>, LocalSecondaryIndex);

fn schema() -> Result<TableSchema, BuildError> {
    let key = |name, key_type| KeySchemaElement::builder().attribute_name(name).key_type(key_type).build();
    let keys = vec![key(PARTITION, KeyType::Hash)?, key(SORT, KeyType::Range)?];
    let attribute = |name| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
    };
    let attributes = [PARTITION, SORT, BY_NAME].map(attribute).into_iter().collect::<Result<_, _>>()?;
    let by_name = LocalSecondaryIndex::builder()
        .index_name(BY_NAME_INDEX)
        .key_schema(key(PARTITION, KeyType::Hash)?)
        .key_schema(key(BY_NAME, KeyType::Range)?)
        .projection(Projection::builder().projection_type(ProjectionType::All).build())
        .build()?;
    Ok((keys, attributes, by_name))
}
