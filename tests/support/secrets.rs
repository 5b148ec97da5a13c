//! A Secrets Manager of the test's own, as much of it as there is use for:
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html>.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Config, Credentials, Region};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use seatwise_functions::Keyring;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The secrets, and how often each was asked for.
#[derive(Default)]
struct Vault {
    secrets: BTreeMap<String, String>,
    asked: usize,
    is_down: bool,
    /// In place of any answer to a reading, broken off in the middle.
    is_garbled: bool,
}

/// A running one. It ends with the test's runtime.
#[derive(Clone)]
pub struct Secrets {
    vault: Arc<Mutex<Vault>>,
    url: String,
}

impl Secrets {
    /// With these keyrings in it.
    pub async fn start<const N: usize>(keyrings: [(&str, Keyring); N]) -> Self {
        let secrets = keyrings.map(|(name, keyring)| (name.to_owned(), keyring.to_text())).into();
        let vault = Arc::new(Mutex::new(Vault { secrets, ..Vault::default() }));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let router = Router::new()
            .route("/", post(answer))
            .route("/sts/", post(identity))
            .with_state(Arc::clone(&vault));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { vault, url }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A client of it.
    pub fn client(&self) -> Client {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
            .retry_config(RetryConfig::disabled())
            .endpoint_url(&self.url)
            .build();
        Client::from_conf(config)
    }

    /// The content of a secret.
    pub fn text(&self, name: &str) -> String {
        self.vault.lock().expect("secrets").secrets[name].clone()
    }

    /// The keyring in a secret.
    pub fn keyring(&self, name: &str) -> Keyring {
        Keyring::parse(&self.text(name)).expect("a keyring")
    }

    /// A secret holds this from now on.
    pub fn put(&self, name: &str, text: &str) {
        self.vault.lock().expect("secrets").secrets.insert(name.to_owned(), text.to_owned());
    }

    /// It answers, or it does not.
    pub fn is_down(&self, is_down: bool) {
        self.vault.lock().expect("secrets").is_down = is_down;
    }

    /// It answers whole, or breaks off.
    pub fn is_garbled(&self, is_garbled: bool) {
        self.vault.lock().expect("secrets").is_garbled = is_garbled;
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.vault.lock().expect("secrets").asked
    }
}

/// The caller, as STS tells them:
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.
async fn identity() -> &'static str {
    "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
     <Arn>arn:aws:iam::111122223333:user/ada</Arn><UserId>AIDA</UserId><Account>111122223333</Account>\
     </GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>\
     </GetCallerIdentityResponse>"
}

async fn answer(State(vault): State<Arc<Mutex<Vault>>>, headers: HeaderMap, asked: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&asked).expect("JSON");
    let mut vault = vault.lock().expect("secrets");
    vault.asked += 1;
    if vault.is_down {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "InternalServiceError");
    }
    let name = asked["SecretId"].as_str().expect("a secret").to_owned();
    let Some(text) = vault.secrets.get(&name).cloned() else {
        return refuse(StatusCode::BAD_REQUEST, "ResourceNotFoundException");
    };
    match headers["x-amz-target"].to_str().expect("an operation") {
        "secretsmanager.GetSecretValue" => {
            let answer = json!({ "Name": name, "SecretString": text });
            if vault.is_garbled {
                let text = answer.to_string();
                return text[..text.len() - 9].to_owned().into_response();
            }
            Json(answer).into_response()
        }
        "secretsmanager.PutSecretValue" => {
            let text = asked["SecretString"].as_str().expect("a text").to_owned();
            vault.secrets.insert(name.clone(), text);
            Json(json!({ "Name": name })).into_response()
        }
        other => panic!("nobody calls {other}"),
    }
}

fn refuse(status: StatusCode, kind: &str) -> Response {
    (status, Json(json!({ "__type": kind, "message": "no" }))).into_response()
}
