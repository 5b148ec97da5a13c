//! Policies, put into a table past the workbench that checks them.

use jiff::Timestamp;
use seatwise_cli::publish::{PublishedState, frame};
use seatwise_domain::{
    PolicyBundle, PolicyPointer, PolicySignature, PolicyTarget, Publication, PublicationKind, SchemaId,
};
use seatwise_functions::Keyring;
use seatwise_policy::{Bundle, Core, Files, PolicySigningKey};
use seatwise_store::Store;

use super::packs;

/// The secret key of the publisher.
pub const PUBLISHER_SEED: [u8; 32] = [0x5E; 32];

/// The publisher's key.
pub fn publisher() -> PolicySigningKey {
    PolicySigningKey::new(1, &PUBLISHER_SEED).expect("a key")
}

/// The publishers whose signatures functions trust.
pub fn publishers() -> Keyring {
    Keyring::of(1, publisher().public().expect("its other half"))
}

/// A version of the default pack's policies, made of these files.
pub fn bundle(files: Files) -> PolicyBundle {
    PolicyBundle { version: seatwise_policy::version(&files), pack: packs::DEFAULT.to_owned(), files }
}

/// Another version of the default pack that decides the same.
pub fn edited() -> PolicyBundle {
    bundle(packs::commented("// Edited."))
}

/// Makes these the active policies, whatever was active.
pub async fn publish(store: &Store, bundle: &PolicyBundle) {
    publish_as(store, bundle, |target| publisher().sign(target, &bundle.pack)).await;
}

/// Makes these the active policies, signed in any way. The files are not checked.
pub async fn publish_as(store: &Store, bundle: &PolicyBundle, sign: impl Fn(PolicyTarget) -> PolicyTarget) {
    let core = Core::current();
    publish_for(store, bundle, &[core.id()], sign).await;
}

/// Makes these the active policies of these releases; other releases keep their policies.
pub async fn publish_for(
    store: &Store,
    bundle: &PolicyBundle,
    schemas: &[SchemaId],
    sign: impl Fn(PolicyTarget) -> PolicyTarget,
) {
    let standing = PublishedState::read(store).await.expect("read");
    let before = standing.head.as_ref().map(|head| &head.frame);
    let frame = match Bundle::compile(&bundle.files) {
        Ok(bundle) => frame(before, bundle.pack()).ok(),
        Err(_) => before.cloned(),
    };
    let publication = Publication {
        number: standing.head.as_ref().map_or(0, |head| head.number) + 1,
        version: bundle.version.clone(),
        before: standing.active().map(|active| active.version.clone()),
        deed: PublicationKind::Published,
        pack: bundle.pack.clone(),
        schemas: schemas.to_vec(),
        author: "test".to_owned(),
        at: Timestamp::UNIX_EPOCH,
        message: String::new(),
        frame: frame.unwrap_or_default(),
        signature: PolicySignature::default(),
    };
    let mut targets: Vec<PolicyTarget> =
        schemas.iter().map(|schema| sign(seatwise_policy::target(&publication, schema))).collect();
    let kept = standing.pointer.iter().flat_map(|pointer| &pointer.targets);
    targets.extend(kept.filter(|target| !schemas.contains(&target.schema)).cloned());
    let publication = Publication { signature: targets[0].signature.clone(), ..publication };
    let pointer = PolicyPointer { copy: 0, pack: bundle.pack.clone(), targets };
    let core = Core::current();
    let schema = core.to_record();
    store.publish(&publication, &pointer, bundle, &schema).await.expect("published");
}
