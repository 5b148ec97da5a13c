//! Access to AWS: credentials, region and endpoint come from the environment or a profile, as in the AWS CLI. Single
//! sign-on is not supported; `aws configure export-credentials` prints its credentials for the environment.

use std::process::ExitCode;

use aws_config::{BehaviorVersion, SdkConfig};

use crate::{fail, say};

/// Does `work` in AWS and prints its result.
pub(super) fn run(
    endpoint: Option<String>,
    work: impl AsyncFnOnce(SdkConfig) -> Result<String, String>,
) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format_args!("no runtime: {error}")),
    };
    let work = async { work(config(endpoint).await?).await };
    match runtime.block_on(work) {
        Ok(message) => {
            say(&format_args!("{message}\n"));
            ExitCode::SUCCESS
        }
        Err(message) => fail(&message),
    }
}

/// The configuration from the environment.
pub(crate) async fn config(endpoint: Option<String>) -> Result<SdkConfig, String> {
    let mut config = aws_config::defaults(BehaviorVersion::latest());
    if let Some(endpoint) = endpoint {
        config = config.endpoint_url(endpoint);
    }
    let config = config.load().await;
    match config.region() {
        Some(_) => Ok(config),
        None => {
            Err("no AWS region is set: export AWS_REGION, or name a profile with one (AWS_PROFILE)"
                .to_owned())
        }
    }
}
