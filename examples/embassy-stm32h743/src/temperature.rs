//! The chip's temperature, from a sensor that the manufacturer calibrated at two temperatures.

use core::ptr;

use embassy_stm32::Peri;
use embassy_stm32::adc::{Adc, SampleTime, Temperature};
use embassy_stm32::peripherals::ADC3;

/// The sensor and its A/D converter.
pub(crate) struct Thermometer {
    converter: Adc<'static, ADC3>,
    sensor: Temperature,
}

impl Thermometer {
    pub(crate) fn start(converter: Peri<'static, ADC3>) -> Self {
        let converter = Adc::new(converter);
        let sensor = converter.enable_temperature();
        Self { converter, sensor }
    }

    /// Returns degrees Celsius. Assumes a supply of 3.3 V, as in the calibration.
    pub(crate) fn celsius(&mut self) -> f64 {
        // The sensor needs 9 microseconds; this is at least 25.
        let reading = self.converter.blocking_read(&mut self.sensor, SampleTime::CYCLES810_5);
        let (at_30, at_110) = (measured(AT_30_DEGREES), measured(AT_110_DEGREES));
        30.0 + (f64::from(reading) - at_30) * (110.0 - 30.0) / (at_110 - at_30)
    }
}

/// The 16-bit readings of the calibration.
fn measured(address: usize) -> f64 {
    // SAFETY: the two addresses are in the chip's read-only memory, and aligned.
    f64::from(unsafe { ptr::with_exposed_provenance::<u16>(address).read_volatile() })
}

const AT_30_DEGREES: usize = 0x1ff1_e820;
const AT_110_DEGREES: usize = 0x1ff1_e840;
