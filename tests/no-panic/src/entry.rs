//! The names of entry points, and the panic handler, which cannot be linked.

use core::panic::PanicInfo;

/// Defines functions that are exported as `no_panic.` and their names.
macro_rules! entries {
    ($(
        $(#[$doc:meta])*
        fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block
    )*) => {
        $(
            $(#[$doc])*
            #[expect(unsafe_code, reason = "nothing else in an image has a name like it")]
            #[unsafe(export_name = concat!("no_panic.", stringify!($name)))]
            pub fn $name($($argument: $type),*) $(-> $result)? $body
        )*
    };
}

#[expect(unsafe_code, reason = "nobody can call what is nowhere: the image is not linked")]
mod nowhere {
    use core::panic::PanicInfo;

    unsafe extern "Rust" {
        // It takes the panic, since the compiler would otherwise merge all kinds of panics.
        pub(super) safe fn metric_proto_may_panic(panic: &PanicInfo<'_>) -> !;
    }
}

#[panic_handler]
#[inline(never)]
fn panic(panic: &PanicInfo<'_>) -> ! {
    nowhere::metric_proto_may_panic(panic)
}
