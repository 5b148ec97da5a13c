//! Publishing policies.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use seatwise_domain::{
    Change, MAX_BUNDLE_BYTES, POINTER_COPIES, PolicyBundle, PolicyPointer, PolicySchema, Publication, Record,
    Version,
};

use crate::error::{self, CommitError, Misuse, StoreError};
use crate::item;
use crate::keys::PARTITION;
use crate::{Reads, Store};

impl Store {
    /// Makes a version the active one. Writes first the bundle and its schema, then the line of the history
    /// and every copy of the pointer at once, so that no pointer ever names a bundle that is not there.
    ///
    /// It is a conflict if there is a publication of that number: somebody else has published since the
    /// history was read. That one condition is enough, since a pointer moves only with a new line. The copies
    /// have no condition, because publishing must mend a damaged one.
    pub async fn publish(
        &self,
        publication: &Publication,
        pointer: &PolicyPointer,
        bundle: &PolicyBundle,
        schema: &PolicySchema,
    ) -> Result<(), CommitError> {
        let bytes = bundle.files.iter().map(|(path, content)| path.len() + content.len()).sum();
        if bytes > MAX_BUNDLE_BYTES {
            return Err(Misuse::BundleTooLarge(bytes).into());
        }
        for record in [Record::PolicyBundle(bundle.clone()), Record::PolicySchema(schema.clone())] {
            self.keep(record).await.map_err(CommitError::Failed)?;
        }
        let copies = (0..POINTER_COPIES).map(|copy| {
            Change::Replace(Record::PolicyPointer(PolicyPointer { copy, ..pointer.clone() }), None)
        });
        let line = Change::Create(Record::Publication(publication.clone()));
        self.commit_without_events(&[line].into_iter().chain(copies).collect::<Vec<_>>()).await
    }

    /// Writes a record that is named by the hash of its content, if it is not there. A different record in
    /// its place is damaged, and is replaced.
    async fn keep(&self, record: Record) -> Result<(), StoreError> {
        let key = record.key();
        if self.put(&record, true).await? {
            return Ok(());
        }
        let mut reads = Reads::new();
        let stored = reads.any(key);
        let is_whole = self.read(&reads).await?.one(stored).is_some_and(|stored| stored.value == record);
        if !is_whole {
            self.put(&record, false).await?;
        }
        Ok(())
    }

    /// Writes the record, and tells whether it was written.
    async fn put(&self, record: &Record, only_new: bool) -> Result<bool, StoreError> {
        const OPERATION: &str = "PutItem";
        let item: HashMap<String, AttributeValue> = item::encode(record, Version(1))?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = if only_new {
            put.condition_expression("attribute_not_exists(#pk)").expression_attribute_names("#pk", PARTITION)
        } else {
            put
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(failure) if error::code(&failure) == Some("ConditionalCheckFailedException") => Ok(false),
            Err(failure) => Err(error::of_call(OPERATION, &failure)),
        }
    }
}
