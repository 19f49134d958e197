//! The temperature of the chip, from a sensor that is calibrated at two temperatures.

use core::ptr;

use embassy_stm32::Peri;
use embassy_stm32::adc::{Adc, SampleTime, Temperature};
use embassy_stm32::peripherals::ADC3;

/// The sensor and the converter that reads it.
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

    /// Returns the temperature in degrees Celsius. A supply of 3.3 V is assumed, as at calibration.
    pub(crate) fn celsius(&mut self) -> f64 {
        // The sensor needs 9 microseconds; this takes at least 25.
        let reading = self.converter.blocking_read(&mut self.sensor, SampleTime::CYCLES810_5);
        let (at_30, at_110) = (measured(AT_30_DEGREES), measured(AT_110_DEGREES));
        30.0 + (f64::from(reading) - at_30) * (110.0 - 30.0) / (at_110 - at_30)
    }
}

/// Returns a calibration value, a reading of 16 bits.
fn measured(address: usize) -> f64 {
    // SAFETY: the two addresses are in the chip's read-only memory, and aligned.
    f64::from(unsafe { ptr::with_exposed_provenance::<u16>(address).read_volatile() })
}

const AT_30_DEGREES: usize = 0x1ff1_e820;
const AT_110_DEGREES: usize = 0x1ff1_e840;
