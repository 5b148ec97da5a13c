//! `seatwise`: the whole service on one machine, and the tools of the operator.
//!
//! A library as well as a program, so that tests can start the service inside themselves
//! ([`dev::start`]) and send it requests without a socket.

mod ask;
pub mod audit;
pub mod billing;
mod counted;
pub mod dev;
pub mod infra;
mod logging;
pub mod pack;
mod policies;
pub mod publish;

use std::fmt::Display;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use seatwise_domain::{DomainName, WorkspaceId};
use seatwise_functions::service_clients::ServiceClients;
use serde::Serialize;

/// Something the user has to mend: flags, files, ports.
const EXIT_USAGE: u8 = 2;

/// Workspaces, members, seats, invitations and roles, as serverless functions.
#[derive(Parser)]
#[command(name = "seatwise", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    dev: DevArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Run the whole service on this machine; the default without a command
    Dev(DevArgs),
    /// Print the OpenAPI document
    Openapi,
    /// Edit, check and publish the policies of a product pack: see policies/README.md
    #[command(subcommand)]
    Policies(policies::PoliciesCommand),
    /// Provide what the Stripe account needs: products, prices, the portal, and the keys of a stack
    #[command(subcommand)]
    Billing(billing::BillingCommand),
    /// Verify that nobody has changed the logs of events
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Commands for deployed stacks: see infra/README.md
    #[command(subcommand)]
    Infra(InfraCommand),
}

#[derive(Subcommand)]
enum InfraCommand {
    /// Print a template of infra/
    Template {
        /// Which one
        #[arg(value_enum, default_value_t = TemplateName::Stack)]
        which: TemplateName,
    },
    /// Publish a pack to a new stack; a stack with published policies stays unchanged
    #[command(hide = true)]
    Seed {
        #[command(flatten)]
        stack: StackArgs,
        /// Product pack: the name of a built-in pack, or a folder (its path contains a slash)
        #[arg(long, value_name = "NAME", default_value = dev::DEFAULT_PACK)]
        pack: String,
    },
    /// Let functions trust the signing key
    #[command(hide = true)]
    Trust {
        /// The secret with the keys that sign policies
        #[arg(long, value_name = "SECRET")]
        signing: String,
        /// The secret with the public keys that check signatures
        #[arg(long, value_name = "SECRET")]
        trusted: String,
    },
    /// Make the keys that sign digests of the logs of events known to `seatwise audit verify`
    #[command(hide = true)]
    TrustSeals {
        #[command(flatten)]
        keys: SealKeysArgs,
    },
    /// Add a key that signs digests of the logs of events (`infra/rotate` calls this)
    RotateSeals {
        #[command(flatten)]
        keys: SealKeysArgs,
    },
    /// Change the plan of a workspace, including the seats of the plan
    SetPlan {
        /// The stack's table
        #[arg(long, value_name = "NAME")]
        table: String,
        /// The id of the workspace
        workspace: WorkspaceId,
        /// The id of a plan of the product
        plan: String,
    },
    /// Put workspaces that an earlier release created into the list of all workspaces: once, after the upgrade
    ///
    /// Reads the whole table. A second run changes nothing.
    ListWorkspaces {
        /// The stack's table
        #[arg(long, value_name = "NAME")]
        table: String,
    },
    /// Verify a workspace's claim of an email domain by hand, if you know that the workspace owns the domain
    VerifyDomain {
        /// The stack's table
        #[arg(long, value_name = "NAME")]
        table: String,
        /// The id of the workspace
        workspace: WorkspaceId,
        /// The domain name
        domain: DomainName,
    },
    /// Add a key for invitation links; existing links stay valid (`infra/rotate` calls this)
    RotateLinks {
        /// The secret with the keys for invitation links
        #[arg(long, value_name = "SECRET")]
        links: String,
    },
    /// Add a key that signs policies, and sign the active policies with it (`infra/rotate` calls this)
    RotateSigning {
        #[command(flatten)]
        stack: StackArgs,
        /// The secret with the public keys that check signatures
        #[arg(long, value_name = "SECRET")]
        trusted: String,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum TemplateName {
    /// template.yaml: everything but the roles
    Stack,
    /// roles.yaml: the roles, nested in the other
    Roles,
}

#[derive(Args)]
struct StackArgs {
    /// The stack's table
    #[arg(long, value_name = "NAME")]
    table: String,
    /// The secret with the keys that sign policies
    #[arg(long, value_name = "SECRET")]
    signing: String,
}

#[derive(Args)]
struct SealKeysArgs {
    /// The secret with the keys that sign digests
    #[arg(long, value_name = "SECRET")]
    seals: String,
    /// The secret with the public keys that verify digests
    #[arg(long, value_name = "SECRET")]
    public: String,
}

#[derive(Args, Clone)]
struct DevArgs {
    /// Port on 127.0.0.1; 0 selects a free port
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// The file that stores the state [default: a file in your data folder]
    #[arg(long, value_name = "FILE", conflicts_with = "memory")]
    data: Option<PathBuf>,
    /// Do not store the state; it is lost when the server stops
    #[arg(long)]
    memory: bool,
    /// Product pack: the name of a built-in pack, or a folder (its path contains a slash), which is published
    /// at the start [default: the pack of the data file, else purchased-seats]
    #[arg(long, value_name = "NAME")]
    pack: Option<String>,
    /// Create a workspace with members and invitations in every state, and print them
    #[arg(long)]
    demo: bool,
    /// The URL of your client app, where links in mails lead to `/join` [default: this server]
    #[arg(long, value_name = "URL", value_parser = app_url)]
    app_url: Option<String>,
    /// The payment provider [default: the one of the pack]
    #[arg(long, value_enum)]
    billing: Option<BillingMode>,
    /// The secret that signs the webhooks of the built-in Stripe; with `--billing stripe`, the one of
    /// `stripe listen` [default: a fresh one]
    #[arg(long, value_name = "SECRET", requires = "billing")]
    stripe_webhook_secret: Option<String>,
    /// Also trust the tokens of this OpenID Connect issuer
    #[arg(long, value_name = "URL")]
    oidc_issuer: Option<String>,
    /// The tokens of that issuer that are services: name=subject, with commas between several
    #[arg(long, value_name = "LIST", requires = "oidc_issuer", value_parser = ServiceClients::parse, default_value = "", hide_default_value = true)]
    service_clients: ServiceClients,
    /// The audience of the tokens of that issuer, with commas between several [default: seatwise]
    #[arg(long, value_name = "NAME", requires = "oidc_issuer")]
    oidc_audience: Option<String>,
}

/// A URL that a path can follow.
fn app_url(text: &str) -> Result<String, String> {
    let url =
        reqwest::Url::parse(text).map_err(|error| format!("{error}; give it as http://localhost:3000"))?;
    let is_web = matches!(url.scheme(), "http" | "https");
    if !is_web || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err("give a web address without a query, such as http://localhost:3000".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// A payment provider of the local server.
#[derive(Clone, Copy, clap::ValueEnum)]
enum BillingMode {
    /// Purchases are granted at once
    Manual,
    /// The built-in Stripe, with pages to pay on
    Stub,
    /// A test account at Stripe, whose key is in `STRIPE_SECRET_KEY`
    Stripe,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse_flags(&error),
    };
    match cli.command {
        None => dev::serve::run(cli.dev),
        Some(Command::Dev(args)) => dev::serve::run(args),
        Some(Command::Openapi) => print_openapi(),
        Some(Command::Policies(command)) => policies::run(command),
        Some(Command::Billing(command)) => billing::run(command),
        Some(Command::Audit(command)) => audit::run(command),
        Some(Command::Infra(command)) => infra::run(command),
    }
}

/// Help and version go to stdout. Anything else is one line: clap's message without its usage.
fn refuse_flags(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        say(&error.render());
        return ExitCode::SUCCESS;
    }
    let text = error.render().to_string();
    let message: Vec<&str> = text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    fail(&format!("{} (see --help)", message.join(" ").trim_start_matches("error: ")))
}

fn print_openapi() -> ExitCode {
    print(seatwise_functions::openapi::document().to_pretty_json().map(|document| document + "\n"))
}

/// Runs asynchronous work; an error is printed in one line.
fn work<E: Display>(work: impl Future<Output = Result<ExitCode, E>>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format_args!("no runtime: {error}")),
    };
    runtime.block_on(work).unwrap_or_else(|error| fail(&error))
}

/// A text to stdout, or an error in one line.
fn print<E: Display>(result: Result<String, E>) -> ExitCode {
    match result {
        Ok(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

/// A value as JSON to stdout.
fn print_json(value: &impl Serialize) -> ExitCode {
    print(serde_json::to_string_pretty(value).map(|json| json + "\n"))
}

/// One line on stderr, and the exit code of what the user has to mend.
fn fail(message: &dyn Display) -> ExitCode {
    // Nothing is left to be done if stderr is closed.
    let _ = writeln!(io::stderr(), "seatwise: {message}");
    ExitCode::from(EXIT_USAGE)
}

/// To stdout. A reader who has seen enough (`| head`) is no failure.
fn say(text: &dyn Display) {
    let mut out = io::stdout().lock();
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_flags_of_dev_need_no_command() {
        let cli = Cli::try_parse_from(["seatwise", "--memory", "--port", "9000"]).ok().unwrap();
        assert!(cli.command.is_none() && cli.dev.memory);
        assert_eq!(cli.dev.port, 9000);
        assert!(Cli::try_parse_from(["seatwise", "--memory", "dev"]).is_err());
        assert!(Cli::try_parse_from(["seatwise", "dev", "--memory", "--data", "x"]).is_err());
        assert!(Cli::try_parse_from(["seatwise", "--oidc-audience", "x"]).is_err());
        let app = Cli::try_parse_from(["seatwise", "--app-url", "http://localhost:3000/"]).ok().unwrap();
        assert_eq!(app.dev.app_url.as_deref(), Some("http://localhost:3000"));
        for bad in ["localhost:3000", "ftp://a.example", "https://a.example/?b", "https://a.example/#b", ""] {
            assert!(Cli::try_parse_from(["seatwise", "--app-url", bad]).is_err(), "{bad}");
        }
    }
}
