//! The way to AWS: credentials, region and endpoints where the AWS CLI looks for them, too (environment,
//! profile). Single sign-on is not among them: `aws configure export-credentials` hands it over.

use std::process::ExitCode;

use aws_config::{BehaviorVersion, SdkConfig};

use crate::{fail, say};

/// Does something in AWS, and says what came of it.
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
        Ok(told) => {
            say(&format_args!("{told}\n"));
            ExitCode::SUCCESS
        }
        Err(message) => fail(&message),
    }
}

/// What the environment says.
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
