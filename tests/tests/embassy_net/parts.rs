//! Files of the boards' firmware that do not depend on a chip.

#[path = "../../../examples/embassy-board/src/address.rs"]
pub(crate) mod address;
#[path = "../../../examples/embassy-board/src/blink.rs"]
pub(crate) mod blink;
#[path = "../../../examples/embassy-board/src/gateway.rs"]
pub(crate) mod gateway;
#[path = "../../../examples/embassy-board/src/notice.rs"]
pub(crate) mod notice;
#[path = "../../../examples/embassy-board/src/wifi.rs"]
pub(crate) mod wifi;
