//! Every record of the table, for operators who count: no function reads the whole table.

use seatwise_domain::Record;

use crate::Store;
use crate::error::{self, StoreError};
use crate::item;

impl Store {
    /// Visits every record that this release can read, and returns the number of items that were read. One
    /// call after the other reads 1 MB each; a record that is written meanwhile may be missed.
    pub async fn visit_all(&self, mut visit: impl FnMut(&Record)) -> Result<u64, StoreError> {
        const OPERATION: &str = "Scan";
        let (mut items, mut start) = (0, None);
        loop {
            let scan = self.client.scan().table_name(&self.table).set_exclusive_start_key(start);
            let page = scan.send().await.map_err(|failure| error::of_call(OPERATION, &failure))?;
            for item in page.items.unwrap_or_default() {
                items += 1;
                if let Ok((record, _)) = item::decode(item) {
                    visit(&record);
                }
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(items);
            }
        }
    }
}
