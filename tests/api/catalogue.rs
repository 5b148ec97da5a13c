//! The catalogue of requests holds, and the proof of a deployment reads the same one.

use crate::support::catalogue::{self, PRODUCTS};
use crate::support::committed;
use crate::support::deployment::Deployment;
use crate::support::scene::Scene;
use crate::support::stream::delete_workspaces;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_request_of_the_catalogue_works_in_its_product() {
    for product in &PRODUCTS {
        let deployment = Deployment::under(product.pack, &[]).await;
        let of_product = catalogue::of(product.pack).into_iter();
        for (number, entry) in of_product.enumerate() {
            let what = format!("{} in {}", entry.name(), product.pack);
            let (scene, request) = Scene::before(deployment.process(), &entry, &number.to_string()).await;
            let reply = request
                .send(&scene.client, entry.row.idempotent.then_some(number.to_string()).as_deref())
                .await;
            assert_eq!(reply.status.as_u16(), request.call.status, "{what}: {}", reply.text);
        }
        // The contents of a deleted workspace go on a schedule.
        delete_workspaces(&deployment.process()).await;
        deployment.audit().await;
    }
}

#[test]
fn every_operation_is_in_the_catalogue() {
    for row in catalogue::rows() {
        // Fails with the name of an operation that has none.
        assert!(catalogue::first_of(row).iter().any(|entry| entry.variant.is_empty()), "{}", row.name);
    }
}

#[test]
fn the_proof_of_a_deployment_reads_this_catalogue() {
    committed::check("../../infra/requests.json", &catalogue::to_json());
}
