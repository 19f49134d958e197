#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| metric_tests::oracles::mdns(data));
