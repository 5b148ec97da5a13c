//! Publishing policies.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use seatwise_domain::policy::{POINTER_COPIES, PolicyBundle, PolicyPointer};
use seatwise_domain::{Record, Version};

use crate::Store;
use crate::action::Action;
use crate::error::{self, CommitError, Misuse, StoreError};
use crate::item;
use crate::keys::PARTITION;

/// Most bytes of a bundle's files: an item holds 400 KB, names and frame included (AWS limit).
const MAX_BYTES: usize = 350 * 1024;

impl Store {
    /// Makes these the active policies: the bundle first, then every pointer to it at once, so that
    /// no pointer ever names a bundle that is not there.
    pub async fn publish(&self, bundle: &PolicyBundle) -> Result<(), StoreError> {
        let bytes = bundle.files.iter().map(|(path, content)| path.len() + content.len()).sum();
        if bytes > MAX_BYTES {
            return Err(Misuse::BundleTooLarge(bytes).into());
        }
        self.keep(bundle).await?;
        let pointers = (0..POINTER_COPIES).map(|copy| {
            let (version, pack) = (bundle.version.clone(), bundle.pack.clone());
            Action::point(&PolicyPointer { copy, version, pack })?.into_item(&self.table)
        });
        let pointers = pointers.collect::<Result<_, Misuse>>()?;
        Box::pin(self.transact(pointers)).await.map_err(|failure| match failure {
            // Somebody else publishes at this moment.
            CommitError::Conflict | CommitError::Busy => StoreError::Busy,
            CommitError::Failed(cause) => cause,
        })
    }

    /// A version is the hash of its content: if it is there, it is the same.
    async fn keep(&self, bundle: &PolicyBundle) -> Result<(), StoreError> {
        const OPERATION: &str = "PutItem";
        let item: HashMap<String, AttributeValue> =
            item::encode(&Record::PolicyBundle(bundle.clone()), Version(1))?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = put
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", PARTITION);
        match put.send().await {
            Ok(_) => Ok(()),
            Err(failure) if error::code(&failure) == Some("ConditionalCheckFailedException") => Ok(()),
            Err(failure) => Err(error::of_call(OPERATION, &failure)),
        }
    }
}
