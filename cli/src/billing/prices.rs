//! `seatwise billing prices`: what a pack sells becomes products and prices of a Stripe account.

mod apply;
mod error;
mod plan;
mod render;

use std::process::ExitCode;

use clap::Args;
use seatwise_domain::Pack;
use seatwise_functions::payments::items;
use seatwise_policy::{Bundle, Files};
use seatwise_stripe::{Client, StripeError};

pub use error::PricesError;

use super::{EXIT_REFUSED, account};
use crate::ask::ask;
use crate::policies::place::{PlaceArgs, PolicyPlace};
use crate::{fail, pack, say, work};
use plan::{Account, PricePlan};

/// The functions, which look for the configuration of the pack, read no more.
const CONFIGURATIONS: usize = 100;

const AFTER_HELP: &str = "\
Environment:
  STRIPE_SECRET_KEY  a key of the account. A restricted key needs the permission to write products, prices
                     and the customer portal
  STRIPE_API_BASE    another address than Stripe's, such as the one of a built-in Stripe

A price never changes at Stripe. Where the pack has another amount or period, the command makes a new price and
closes the earlier one: subscriptions keep what they pay. Products and currencies that the pack no longer has stay in the account.

Exit codes:
  0  done, or nothing to do, or --dry-run has shown what is to be done
  1  it was refused: nothing was changed
  2  something cannot be read or written, or the command line is wrong";

/// The arguments of `billing prices`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct PricesArgs {
    /// The product pack: the name of a built-in pack, or a folder (its path contains a slash)
    /// [default: the active pack of a data file or a table]
    #[arg(long, value_name = "NAME|FOLDER", conflicts_with_all = ["data", "table"])]
    pack: Option<String>,
    /// Show what is to be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Shows what is to be done, asks, and does it.
pub(super) fn run(args: &PricesArgs) -> ExitCode {
    let client = match account::client() {
        Ok(client) => client,
        Err(why) => return fail(&why),
    };
    match &args.pack {
        Some(name) => work(async { carry_out(&client, &named(name)?, args).await }),
        None => args.place.run(async |place| carry_out(&client, &active(&place).await?, args).await),
    }
}

/// Gives the account what the pack needs, without a question.
pub async fn provision(client: &Client, pack: &Pack) -> Result<(), PricesError> {
    let plan = foresee(client, pack).await?;
    apply::apply(client, pack, &plan, rand::random()).await
}

async fn carry_out(client: &Client, pack: &Pack, args: &PricesArgs) -> Result<ExitCode, String> {
    let plan = foresee(client, pack).await.map_err(|error| error.to_string())?;
    say(&render::plan(pack, &plan, client.is_live()));
    if plan.steps.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    if args.dry_run {
        say(&"nothing was changed (--dry-run)\n");
        return Ok(ExitCode::SUCCESS);
    }
    if !args.yes && ask(render::question(client.is_live())).as_deref() != Some("yes") {
        fail(&"nothing was changed; in a script, --yes agrees");
        return Ok(ExitCode::from(EXIT_REFUSED));
    }
    let done = apply::apply(client, pack, &plan, rand::random()).await;
    done.map_err(|error| error.to_string())?;
    say(&format_args!("done: Stripe has every product and price of {}\n", pack.name));
    Ok(ExitCode::SUCCESS)
}

async fn foresee(client: &Client, pack: &Pack) -> Result<PricePlan, PricesError> {
    let account = read(client, pack).await.map_err(PricesError::Unread)?;
    Ok(plan::plan(pack, &account)?)
}

async fn read(client: &Client, pack: &Pack) -> Result<Account, StripeError> {
    let sold = pack.items();
    let keys: Vec<String> = sold.iter().filter_map(|item| items::lookup_key(pack, &item.id())).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let products = client.products(usize::MAX).await?.data;
    let prices = client.prices(&keys).await?;
    let configurations = client.portal_configurations(CONFIGURATIONS).await?.data;
    let is_ours = |metadata: &seatwise_stripe::Metadata| metadata.get(items::PACK) == Some(&pack.name);
    let portal = configurations.into_iter().find(|one| one.active && is_ours(&one.metadata));
    Ok(Account { products, prices, portal })
}

fn named(name: &str) -> Result<Pack, String> {
    let (files, _) = pack::read(name).map_err(|error| error.to_string())?;
    compiled(&files)
}

async fn active(place: &PolicyPlace) -> Result<Pack, String> {
    let state = place.state().await?;
    if let Some(trusted) = place.trusted().await?
        && state.is_signed(&trusted) == Some(false)
    {
        return Err(format!("{}: the signature of the active policies is wrong", place.site));
    }
    let files = state.active_files();
    compiled(files.ok_or_else(|| format!("{}: no policies are active that could be read", place.site))?)
}

fn compiled(files: &Files) -> Result<Pack, String> {
    Ok(Bundle::compile(files).map_err(|fault| fault.to_string())?.pack().clone())
}
