//! The clocks: 400 MHz for the processor and 200 MHz for the buses, from the chip's own oscillator.

use embassy_stm32::Config;
use embassy_stm32::rcc::mux::Adcsel;
use embassy_stm32::rcc::{
    AHBPrescaler, APBPrescaler, Pll, PllDiv, PllMul, PllPreDiv, PllSource, Sysclk, VoltageScale,
};

/// What to start the chip with.
pub(crate) fn config() -> Config {
    let mut config = Config::default();
    let clocks = &mut config.rcc;
    clocks.pll1 = Some(PLL);
    clocks.sys = Sysclk::PLL1_P;
    clocks.ahb_pre = AHBPrescaler::DIV2;
    // The buses of the peripherals take 100 MHz at most.
    clocks.apb1_pre = APBPrescaler::DIV2;
    clocks.apb2_pre = APBPrescaler::DIV2;
    clocks.apb3_pre = APBPrescaler::DIV2;
    clocks.apb4_pre = APBPrescaler::DIV2;
    clocks.voltage_scale = VoltageScale::Scale1;
    // The converter would take a second PLL, which is off; so it takes the oscillator.
    clocks.mux.adcsel = Adcsel::PER;
    config
}

/// 64 MHz, by 4, times 50, by 2.
const PLL: Pll = Pll {
    source: PllSource::HSI,
    prediv: PllPreDiv::DIV4,
    mul: PllMul::MUL50,
    fracn: None,
    divp: Some(PllDiv::DIV2),
    divq: None,
    divr: None,
};
