//! The temperature of the chip.

use embassy_rp::Peri;
use embassy_rp::adc::{Adc, Blocking, Channel, Config};
use embassy_rp::peripherals::{ADC, ADC_TEMP_SENSOR};

/// The sensor and the converter that reads it.
pub(crate) struct Thermometer {
    converter: Adc<'static, Blocking>,
    sensor: Channel<'static>,
}

impl Thermometer {
    pub(crate) fn start(
        converter: Peri<'static, ADC>,
        sensor: Peri<'static, ADC_TEMP_SENSOR>,
    ) -> Self {
        let converter = Adc::new_blocking(converter, Config::default());
        Self { converter, sensor: Channel::new_temp_sensor(sensor) }
    }

    /// Returns the temperature in degrees Celsius, or NaN if the conversion failed.
    pub(crate) fn celsius(&mut self) -> f64 {
        let reading = self.converter.blocking_read(&mut self.sensor);
        reading.map_or(f64::NAN, |reading| from_volts(f64::from(reading) * SUPPLY / STEPS))
    }
}

/// Converts the sensor's voltage by the formula of the data sheet: 0.706 V at 27 degrees, and 1.721
/// mV less for each degree more.
fn from_volts(volts: f64) -> f64 {
    27.0 - (volts - 0.706) / 0.001_721
}

/// The board's supply in volts, which is the reference of the converter.
const SUPPLY: f64 = 3.3;
const STEPS: f64 = 4096.0;
