//! The permissions that a call of an AWS client needs.

use std::collections::HashMap;

use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::query::QueryInput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueInput;
use aws_sdk_sesv2::operation::send_email::SendEmailInput;

/// An action of IAM, and the resource that a role can limit it to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The action. An index is a resource of its own, so its name follows after a slash.
    pub action: String,
    /// The prefix of the partition key, or the name of the secret.
    pub key: Option<String>,
}

/// The accesses of a call. `None` for a call that no function makes.
pub fn accesses(call: &BeforeSerializationInterceptorContextRef<'_>) -> Option<Vec<Access>> {
    let input = call.input();
    if let Some(batch) = input.downcast_ref::<BatchGetItemInput>() {
        let tables = batch.request_items().into_iter().flatten();
        let keys = tables.flat_map(|(_, wanted)| wanted.keys());
        Some(keys.map(|key| to_item("dynamodb:BatchGetItem", Some(key))).collect())
    } else if let Some(query) = input.downcast_ref::<QueryInput>() {
        let partition = query.expression_attribute_values().and_then(|values| values.get(":pk"));
        let index = query.index_name().map(|index| format!("/{index}")).unwrap_or_default();
        Some(vec![Access { action: format!("dynamodb:Query{index}"), key: prefix(partition) }])
    } else if let Some(transaction) = input.downcast_ref::<TransactWriteItemsInput>() {
        Some(transaction.transact_items().iter().flat_map(writes).collect())
    } else if let Some(put) = input.downcast_ref::<PutItemInput>() {
        Some(vec![to_item("dynamodb:PutItem", put.item())])
    } else if let Some(update) = input.downcast_ref::<UpdateItemInput>() {
        Some(vec![to_item("dynamodb:UpdateItem", update.key())])
    } else if let Some(get) = input.downcast_ref::<GetSecretValueInput>() {
        let key = get.secret_id().map(str::to_owned);
        Some(vec![Access { action: "secretsmanager:GetSecretValue".to_owned(), key }])
    } else if input.downcast_ref::<SendEmailInput>().is_some() {
        Some(vec![Access { action: "ses:SendEmail".to_owned(), key: None }])
    } else {
        None
    }
}

/// IAM checks a transaction as its actions on single items.
fn writes(item: &TransactWriteItem) -> Vec<Access> {
    let put = item.put().map(|put| to_item("dynamodb:PutItem", Some(put.item())));
    let update = item.update().map(|update| to_item("dynamodb:UpdateItem", Some(update.key())));
    let delete = item.delete().map(|delete| to_item("dynamodb:DeleteItem", Some(delete.key())));
    let check = item.condition_check();
    let check = check.map(|check| to_item("dynamodb:ConditionCheckItem", Some(check.key())));
    [put, update, delete, check].into_iter().flatten().collect()
}

fn to_item(action: &str, item: Option<&HashMap<String, AttributeValue>>) -> Access {
    Access { action: action.to_owned(), key: prefix(item.and_then(|item| item.get("pk"))) }
}

fn prefix(pk: Option<&AttributeValue>) -> Option<String> {
    pk?.as_s().ok()?.split_inclusive('#').next().map(str::to_owned)
}
