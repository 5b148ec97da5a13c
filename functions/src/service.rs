//! The service of a function: made once, in Lambda's INIT, and shared by all requests.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use seatwise_domain::pack::{BillingProvider, EventTerms};
use seatwise_domain::{Moment, WorkspaceId};
use seatwise_policy::Core;
use seatwise_store::Store;

use crate::dns::Dns;
use crate::keys::{Keys, KeysError};
use crate::links::Links;
use crate::operation::StripeUse;
use crate::payments::{StripeAccess, Webhook};
use crate::policies::{Active, Policies, PolicyError};
use crate::problem::Problem;
use crate::service_clients::ServiceClients;
use crate::token::TokenKeys;

/// Tells the time. The only place that time comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The settings of the operator.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the client app lives: invitation links lead to `<app_url>/join`.
    pub app_url: String,
    /// The sender of mails; an identity that SES has verified.
    pub mail_from: String,
    /// The access tokens of services.
    pub services: ServiceClients,
    /// SES configuration set, for bounces and complaints.
    pub mail_configuration_set: Option<String>,
}

/// The parts of a service.
pub struct ServiceParts {
    /// State.
    pub store: Store,
    /// Mail.
    pub ses: aws_sdk_sesv2::Client,
    /// Time.
    pub clock: Clock,
    /// Records of domains.
    pub dns: Dns,
    /// The settings of the operator.
    pub settings: Settings,
    /// The keys that make and check invitation links.
    pub link_keys: Keys,
    /// The keys that check the signatures of policies.
    pub policy_keys: Keys,
    /// The keys that sign digests of the log: of the function that seals, and empty elsewhere.
    pub seal_keys: Keys,
    /// The access to Stripe.
    pub stripe: StripeAccess,
    /// The schema that this release reads policies under.
    pub core: Core,
    /// The payment provider, if it is not the one of the active pack: on one machine only.
    pub provider: Option<BillingProvider>,
}

/// The service of a function.
pub struct Service {
    pub(crate) store: Store,
    pub(crate) ses: aws_sdk_sesv2::Client,
    pub(crate) clock: Clock,
    pub(crate) dns: Dns,
    pub(crate) settings: Settings,
    pub(crate) stripe: StripeAccess,
    link_keys: Keys,
    pub(crate) seal_keys: Keys,
    pub(crate) policies: Policies,
    has_answered: AtomicBool,
}

impl Service {
    /// A service of these parts.
    pub fn new(parts: ServiceParts) -> Arc<Self> {
        let ServiceParts {
            store,
            ses,
            clock,
            dns,
            settings,
            link_keys,
            policy_keys,
            seal_keys,
            stripe,
            core,
            provider,
        } = parts;
        let policies = Policies::new(core, policy_keys, provider);
        Arc::new(Self {
            store,
            ses,
            clock,
            dns,
            settings,
            stripe,
            link_keys,
            seal_keys,
            policies,
            has_answered: AtomicBool::new(false),
        })
    }

    /// The store, for tests and for tools that look behind the API.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Loads the active policies before the first request, and the keys of links if the function uses
    /// links. A failure is left to the first request: a function that cannot start would only be
    /// started again.
    pub async fn warm_up(&self, uses_links: bool) {
        let keys = async { if uses_links { self.tokens().await.err() } else { None } };
        let (policies, keys) = futures::join!(self.load_policies(&self.store), keys);
        if let Err(error) = policies {
            tracing::warn!(error = &error as &dyn Error, "policies could not be loaded at start");
        }
        if let Some(error) = keys {
            tracing::warn!(error = &error as &dyn Error, "keys could not be read at start");
        }
    }

    /// Reads the secrets of Stripe that the function needs before the first request, which tells of a failure.
    pub async fn warm_up_stripe(&self, stripe: StripeUse) {
        match stripe {
            StripeUse::None => {}
            StripeUse::Asks | StripeUse::Pays => drop(self.stripe.client(self.now()).await),
            StripeUse::Webhook => drop(self.webhook().await),
        }
    }

    /// The active policies, read now.
    pub(crate) async fn load_policies(&self, store: &Store) -> Result<Arc<Active>, PolicyError> {
        self.policies.load(store, self.now()).await
    }

    /// The keys that make and check invitation tokens.
    pub(crate) async fn tokens(&self) -> Result<TokenKeys, KeysError> {
        let keyring = self.link_keys.read(self.now()).await?;
        // Without a key, every link would be refused as unknown.
        if keyring.keys().is_empty() { Err(KeysError::NoKeyring) } else { Ok(TokenKeys::new(keyring)) }
    }

    /// What checks webhooks.
    pub(crate) async fn webhook(&self) -> Result<Webhook, Problem> {
        self.stripe.webhook(self.now()).await
    }

    /// The maker of links, with these keys.
    pub(crate) fn links<'a>(&'a self, tokens: &'a TokenKeys) -> Links<'a> {
        Links { tokens, app_url: &self.settings.app_url, now: self.now() }
    }

    /// The page of a client where Stripe leads back to.
    pub(crate) fn billing_page(&self, workspace: WorkspaceId) -> String {
        format!("{}/billing?workspace={workspace}", self.settings.app_url)
    }

    /// Whether this is the first request: the function was started for it.
    pub(crate) fn is_first_request(&self) -> bool {
        !self.has_answered.swap(true, Ordering::Relaxed)
    }

    /// Now, to the millisecond: clients see the same time that is stored and compared.
    pub(crate) fn now(&self) -> Timestamp {
        let now = (self.clock)();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    /// What events say and how long they are kept, by the policies that are held.
    pub(crate) fn event_terms(&self) -> EventTerms {
        self.policies.held().map_or_else(EventTerms::default, |active| active.bundle.pack().event_terms())
    }

    /// Now, with fresh randomness.
    pub(crate) fn moment(&self) -> Moment {
        Moment::new(self.now(), rand::random())
    }
}
