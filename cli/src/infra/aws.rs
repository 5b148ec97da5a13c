//! Access to AWS: credentials, region and endpoint come from the environment or a profile, as in the AWS CLI. Single
//! sign-on is not supported; `aws configure export-credentials` prints its credentials for the environment.

use std::process::ExitCode;

use aws_config::{BehaviorVersion, SdkConfig};

use crate::{print, work};

/// Does `command` in AWS and prints its result.
pub(super) fn run(command: impl AsyncFnOnce(SdkConfig) -> Result<String, String>) -> ExitCode {
    work(async {
        let done = command(config().await?).await;
        Ok::<_, String>(print(done.map(|message| message + "\n")))
    })
}

/// The configuration from the environment.
pub(crate) async fn config() -> Result<SdkConfig, String> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    match config.region() {
        Some(_) => Ok(config),
        None => {
            Err("no AWS region is set: export AWS_REGION, or name a profile with one (AWS_PROFILE)"
                .to_owned())
        }
    }
}
