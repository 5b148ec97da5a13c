//! API keys: programs and flows act by them for a member (F14, L7).

pub mod create_api_key;
pub mod delete_api_key;
pub mod list_api_keys;
pub mod revoke_api_key;
pub mod rotate_api_key;
pub mod set_api_key_limits;
pub mod target;
mod text;
pub mod verify_api_key;
mod view;
