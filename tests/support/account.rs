//! Functions as Lambda runs them: processes of the executable, for one deployment.

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::join_all;
use seatwise_functions::Keyring;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::cli::{Ended, ended, policies};
use super::deployment::{APP_URL, Deployment, MAIL_FROM, TOKEN_SECRET};
use super::person::Person;
use super::process::event;
use super::publishing::{PUBLISHER_SEED, publishers};
use super::runtime_api::{Function, Settings};
use super::sealing::SEAL_SEED;
use super::secrets::Secrets;

/// A process for each function that was called, kept warm.
pub struct Account {
    /// Table, time and mailbox.
    pub deployment: Deployment,
    /// The settings that the deployment gives its functions.
    pub settings: Settings,
    warm: Mutex<HashMap<String, Arc<Function>>>,
}

/// The secret that tokens are made with, as text.
pub fn secret() -> String {
    TOKEN_SECRET.map(|byte| format!("{byte:02x}")).concat()
}

/// The secrets of a deployment.
pub async fn secrets() -> Secrets {
    let links = Keyring::of(1, TOKEN_SECRET);
    let signing = Keyring::of(1, PUBLISHER_SEED);
    let seals = Keyring::of(1, SEAL_SEED);
    Secrets::start([("links", links), ("policies", publishers()), ("signing", signing), ("seals", seals)])
        .await
}

/// The settings of a deployment, for this table and this mailbox.
pub fn settings(deployment: &Deployment, secrets: &Secrets) -> Settings {
    HashMap::from([
        ("SEATWISE_TABLE", deployment.table().to_owned()),
        ("SEATWISE_APP_URL", APP_URL.to_owned()),
        ("SEATWISE_MAIL_FROM", MAIL_FROM.to_owned()),
        ("SEATWISE_MAIL_CONFIGURATION_SET", "bounces".to_owned()),
        ("SEATWISE_LINK_KEYS", "links".to_owned()),
        ("SEATWISE_POLICY_KEYS", "policies".to_owned()),
        ("SEATWISE_SEAL_KEYS", "seals".to_owned()),
        // The most that an operator may ask for: even then nothing secret is written.
        ("SEATWISE_LOG", "trace".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", deployment.engine.endpoint().to_owned()),
        ("AWS_ENDPOINT_URL_SESV2", deployment.mailbox.url().to_owned()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.url().to_owned()),
    ])
}

impl Account {
    /// A new account with one deployment.
    pub async fn new() -> Self {
        Self::over(Deployment::new().await).await
    }

    /// Over a table that was made already.
    pub async fn over(deployment: Deployment) -> Self {
        let secrets = secrets().await;
        Self { settings: settings(&deployment, &secrets), deployment, warm: Mutex::default() }
    }

    /// A new process of a function.
    pub async fn start(&self, handler: &str) -> Function {
        Function::start(handler, &self.settings).await
    }

    /// `seatwise policies …` as who may publish, for this table.
    pub async fn policies(&self, arguments: &[&str]) -> Ended {
        let table = ["--table", self.deployment.table(), "--signing", "signing"];
        let mut command = policies(arguments, &table);
        command.envs(&self.settings);
        command.env(
            "AWS_ENDPOINT_URL_STS",
            format!("{}/sts", self.settings["AWS_ENDPOINT_URL_SECRETS_MANAGER"]),
        );
        for (name, value) in
            [("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")]
        {
            command.env(name, value);
        }
        ended(command).await
    }

    /// The warm process of a function; a cold one, if there is none.
    pub async fn function(&self, handler: &str) -> Arc<Function> {
        let mut warm = self.warm.lock().await;
        if let Some(function) = warm.get(handler) {
            return Arc::clone(function);
        }
        let function = Arc::new(Function::start(handler, &self.settings).await);
        warm.insert(handler.to_owned(), Arc::clone(&function));
        function
    }

    /// One request of somebody; the body of the answer, which must have this status.
    pub async fn call(&self, who: &Person, method: &str, path: &str, body: Value, status: u16) -> Value {
        let (row, event) = event(who, method, path, &body, self.deployment.clock.now());
        body_of(&self.function(row.name).await.invoke(&event).await, status)
    }

    /// Brings the mails that wait to the function on the stream.
    pub async fn deliver(&self) {
        let event = json!({ "Records": self.deployment.records().await });
        let parsed = serde_json::from_value::<aws_lambda_events::dynamodb::Event>(event.clone());
        assert!(!parsed.expect("an event of a stream").records.is_empty());
        let answer = self.function("run-tasks").await.invoke(&event).await;
        assert_eq!(answer, json!({ "batchItemFailures": [] }));
    }

    /// Ends all processes; what each wrote.
    pub async fn shut_down(self) -> Vec<(String, String)> {
        let warm = self.warm.into_inner().into_iter();
        join_all(warm.map(|(name, function)| async move {
            let function = Arc::into_inner(function).expect("nobody else holds it");
            (name, function.kill().await)
        }))
        .await
    }
}

/// The body of an answer to API Gateway.
#[track_caller]
pub fn body_of(answer: &Value, status: u16) -> Value {
    assert_eq!(answer["statusCode"], status, "{answer}");
    let is_failure = status >= 400;
    let kind = if is_failure { "application/problem+json" } else { "application/json" };
    assert_eq!(answer["headers"]["content-type"], kind, "{answer}");
    assert_eq!(answer["isBase64Encoded"], false, "{answer}");
    serde_json::from_str(answer["body"].as_str().expect("a text")).expect("JSON")
}
