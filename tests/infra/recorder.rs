//! Records the calls of functions.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::query::QueryInput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueInput;
use aws_sdk_sesv2::operation::send_email::SendEmailInput;

/// The recorded actions of each function, and the keys of each action.
pub type Seen = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// Records the calls of the running function. One process runs all functions one after the other, and reads the
/// policies once.
#[derive(Clone, Debug, Default)]
pub struct Recorder(pub Arc<Mutex<Recording>>);

#[derive(Debug, Default)]
pub struct Recording {
    pub function: String,
    pub seen: Seen,
}

impl Intercept for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input();
        if let Some(batch) = input.downcast_ref::<BatchGetItemInput>() {
            let tables = batch.request_items().into_iter().flatten();
            let keys = tables.flat_map(|(_, wanted)| wanted.keys());
            keys.for_each(|key| self.saw("dynamodb:BatchGetItem", Some(key)));
        } else if let Some(query) = input.downcast_ref::<QueryInput>() {
            let of = query.expression_attribute_values().and_then(|values| values.get(":pk"));
            // An index is a resource of its own.
            let action = match query.index_name() {
                Some(index) => format!("dynamodb:Query/{index}"),
                None => "dynamodb:Query".to_owned(),
            };
            self.saw_at(&action, of.expect("every query is of one partition"));
        } else if let Some(transaction) = input.downcast_ref::<TransactWriteItemsInput>() {
            transaction.transact_items().iter().for_each(|item| self.saw_write(item));
        } else if let Some(put) = input.downcast_ref::<PutItemInput>() {
            self.saw("dynamodb:PutItem", put.item());
        } else if let Some(get) = input.downcast_ref::<GetSecretValueInput>() {
            self.note("secretsmanager:GetSecretValue", get.secret_id());
        } else if input.downcast_ref::<SendEmailInput>().is_some() {
            self.note("ses:SendEmail", None);
        } else {
            panic!("an unknown call: {input:?}");
        }
        Ok(())
    }
}

impl Recorder {
    /// IAM checks a transaction as its actions on single items.
    fn saw_write(&self, item: &TransactWriteItem) {
        if let Some(put) = item.put() {
            self.saw("dynamodb:PutItem", Some(put.item()));
        }
        if let Some(update) = item.update() {
            self.saw("dynamodb:UpdateItem", Some(update.key()));
        }
        if let Some(delete) = item.delete() {
            self.saw("dynamodb:DeleteItem", Some(delete.key()));
        }
        if let Some(check) = item.condition_check() {
            self.saw("dynamodb:ConditionCheckItem", Some(check.key()));
        }
    }

    fn saw(&self, action: &str, item: Option<&HashMap<String, AttributeValue>>) {
        self.saw_at(action, &item.expect("an item")["pk"]);
    }

    fn saw_at(&self, action: &str, pk: &AttributeValue) {
        let pk = pk.as_s().expect("a text");
        self.note(action, pk.split_inclusive('#').next());
    }

    /// Attributes the following calls to this function.
    pub fn runs(&self, function: &str) {
        function.clone_into(&mut self.0.lock().expect("the recording").function);
    }

    fn note(&self, action: &str, keys: Option<&str>) {
        let Recording { function, seen } = &mut *self.0.lock().expect("the recording");
        let actions = seen.entry(function.clone()).or_default();
        actions.entry(action.to_owned()).or_default().extend(keys.map(str::to_owned));
    }
}
