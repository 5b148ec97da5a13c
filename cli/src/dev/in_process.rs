//! The way from the client of DynamoDB to the embedded engine: calls in one process, without a socket.

use std::fmt;

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::{Builder, HttpClient, RuntimeComponents};
use aws_smithy_runtime_api::client::auth::AuthSchemeId;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use dynoxide::actions::transact_write_items::TransactWriteItemsRequest;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::task::yield_now;

/// The header that names the operation (AWS JSON 1.0 protocol).
const TARGET: &str = "x-amz-target";

/// The SDK's name for requests without a signature.
const NO_AUTH: AuthSchemeId = AuthSchemeId::new("noAuth");

/// A client's HTTP connector that answers with the engine in this process. Bodies are the bytes that a socket would
/// carry. The engine's own server also checks signatures, and values that the client cannot send. Tests
/// with faults, and the commands of an operator, use that server.
#[derive(Clone)]
pub struct InProcess(Database);

impl InProcess {
    /// The configuration of a client that calls this engine. It signs nothing, since nothing here checks it.
    pub fn configure(database: Database, config: Builder) -> Builder {
        // The client needs an address.
        let config = config.endpoint_url("http://in-process.invalid").http_client(Self(database));
        config.allow_no_auth().auth_scheme_preference([NO_AUTH])
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let target = request.headers().get(TARGET).unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let (status, body) = match self.perform(operation, request.body().bytes().unwrap_or_default()) {
            Ok(body) => (200, body),
            Err(error) => (error.status_code(), error.to_json().into_bytes()),
        };
        let status = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        HttpResponse::new(status.into(), body.into())
    }

    /// Performs the operations that the store and the tests use.
    fn perform(&self, operation: &str, body: &[u8]) -> Result<Vec<u8>, DynoxideError> {
        let database = &self.0;
        match operation {
            "BatchGetItem" => perform(body, |request| database.batch_get_item(request)),
            "Query" => perform(body, |request| database.query(request)),
            "TransactWriteItems" => perform(body, |mut request: TransactWriteItemsRequest| {
                // A token protects a repetition after a lost answer, and no answer can be lost here. At each write
                // the engine would look through all tokens of the last ten minutes.
                request.client_request_token = None;
                database.transact_write_items(request)
            }),
            "PutItem" => perform(body, |request| database.put_item(request)),
            "UpdateItem" => perform(body, |request| database.update_item(request)),
            "DeleteItem" => perform(body, |request| database.delete_item(request)),
            "Scan" => perform(body, |request| database.scan(request)),
            "CreateTable" => perform(body, |request| database.create_table(request)),
            "DescribeTable" => perform(body, |request| database.describe_table(request)),
            "UpdateTimeToLive" => perform(body, |request| database.update_time_to_live(request)),
            _ => Err(DynoxideError::UnsupportedCapability(format!(
                "{operation} is not reached in one process"
            ))),
        }
    }
}

fn perform<I: DeserializeOwned, O: Serialize>(
    body: &[u8],
    action: impl FnOnce(I) -> Result<O, DynoxideError>,
) -> Result<Vec<u8>, DynoxideError> {
    let request = serde_json::from_slice(body)
        .map_err(|error| DynoxideError::SerializationException(error.to_string()))?;
    serde_json::to_vec(&action(request)?)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let engine = self.clone();
        HttpConnectorFuture::new(async move {
            // The engine answers without waiting. Other requests take their turn here, as they would on a socket.
            yield_now().await;
            Ok(engine.answer(&request))
        })
    }
}

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
