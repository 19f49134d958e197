//! The clocks: 400 MHz for the processor and 200 MHz for the buses, from the chip's own oscillator.

use embassy_stm32::Config;
use embassy_stm32::rcc::mux::Adcsel;
use embassy_stm32::rcc::{
    AHBPrescaler, APBPrescaler, Pll, PllDiv, PllMul, PllPreDiv, PllSource, Sysclk, VoltageScale,
};

/// Returns the chip's clock configuration.
pub(crate) fn config() -> Config {
    let mut config = Config::default();
    let clocks = &mut config.rcc;
    clocks.pll1 = Some(PLL);
    clocks.sys = Sysclk::PLL1_P;
    clocks.ahb_pre = AHBPrescaler::DIV2;
    // The peripheral buses run at 100 MHz at most.
    clocks.apb1_pre = APBPrescaler::DIV2;
    clocks.apb2_pre = APBPrescaler::DIV2;
    clocks.apb3_pre = APBPrescaler::DIV2;
    clocks.apb4_pre = APBPrescaler::DIV2;
    clocks.voltage_scale = VoltageScale::Scale1;
    // The A/D converter's default clock is the second PLL, which is off. Use the oscillator.
    clocks.mux.adcsel = Adcsel::PER;
    config
}

/// The PLL: 64 MHz / 4 * 50 / 2.
const PLL: Pll = Pll {
    source: PllSource::HSI,
    prediv: PllPreDiv::DIV4,
    mul: PllMul::MUL50,
    fracn: None,
    divp: Some(PllDiv::DIV2),
    divq: None,
    divr: None,
};
