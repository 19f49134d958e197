//! How an entry point is named, and what an image needs if it can panic.

use core::panic::PanicInfo;

/// Functions that the linker finds by `no_panic.` and their names.
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
        // It is told of the panic, or the compiler would make one function of all kinds of panics.
        pub(super) safe fn metric_proto_may_panic(panic: &PanicInfo<'_>) -> !;
    }
}

#[panic_handler]
#[inline(never)]
fn panic(panic: &PanicInfo<'_>) -> ! {
    nowhere::metric_proto_may_panic(panic)
}
