//! The way to AWS, with what the environment says.

use std::process::ExitCode;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};

use crate::{fail, say};

/// Does something in AWS, and says what came of it.
pub(super) fn run(
    endpoint: Option<String>,
    work: impl AsyncFnOnce(SdkConfig) -> Result<String, String>,
) -> ExitCode {
    let config = match config(endpoint) {
        Ok(config) => config,
        Err(message) => return fail(&message),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format_args!("no runtime: {error}")),
    };
    match runtime.block_on(work(config)) {
        Ok(told) => {
            say(&format_args!("{told}\n"));
            ExitCode::SUCCESS
        }
        Err(message) => fail(&message),
    }
}

/// The credentials and the region that the environment has.
fn config(endpoint: Option<String>) -> Result<SdkConfig, String> {
    let known = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let required =
        |name: &str| known(name).ok_or_else(|| format!("the environment variable {name} is not set"));
    let credentials = Credentials::new(
        required("AWS_ACCESS_KEY_ID")?,
        required("AWS_SECRET_ACCESS_KEY")?,
        known("AWS_SESSION_TOKEN"),
        None,
        "environment",
    );
    let region = known("AWS_REGION").or_else(|| known("AWS_DEFAULT_REGION"));
    let region = region.ok_or("the environment variable AWS_REGION is not set")?;
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .region(Region::new(region));
    config.set_endpoint_url(endpoint);
    Ok(config.build())
}
