//! Publishing policies.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use seatwise_domain::policy::{POINTER_COPIES, PolicyBundle, PolicyPointer, PolicySignature, PolicyVersion};
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
    /// no pointer ever names a bundle that is not there. It is a conflict if what was active is not
    /// `over` any more: somebody else has published meanwhile.
    pub async fn publish(
        &self,
        bundle: &PolicyBundle,
        signature: &PolicySignature,
        over: Option<&PolicyVersion>,
    ) -> Result<(), CommitError> {
        let bytes = bundle.files.iter().map(|(path, content)| path.len() + content.len()).sum();
        if bytes > MAX_BYTES {
            return Err(Misuse::BundleTooLarge(bytes).into());
        }
        self.keep(bundle).await.map_err(CommitError::Failed)?;
        let pointers = (0..POINTER_COPIES).map(|copy| {
            let (version, pack) = (bundle.version.clone(), bundle.pack.clone());
            let pointer = PolicyPointer { copy, version, pack, signature: signature.clone() };
            // Whoever publishes writes all copies, so one tells whether somebody else has meanwhile. Were
            // each of them asked, one that is damaged could never be mended.
            let action = Action::point(&pointer)?;
            let action = if copy == 0 { action.only_over(over)? } else { action };
            action.into_item(&self.table)
        });
        let pointers = pointers.collect::<Result<_, Misuse>>()?;
        Box::pin(self.transact(pointers)).await
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
