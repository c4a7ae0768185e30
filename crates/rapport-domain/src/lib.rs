//! Types and pure rules of the inbox: ids, statuses, permissions, events and the shapes the API shows.
//! No input or output, no async, no clock: time and randomness arrive as arguments.

pub mod clock;
pub mod email_address;
pub mod event;
pub mod id;
pub mod model;
pub mod permission;
pub mod phone;
pub mod text;
pub mod text_enum;
pub mod timestamp;
pub mod transition;
pub mod vocabulary;

pub use clock::{Clock, Entropy, SystemClock, SystemEntropy};
pub use event::{Actor, Event, EventEnvelope};
pub use id::*;
pub use permission::{Permission, Role};
pub use timestamp::Timestamp;
pub use vocabulary::*;
