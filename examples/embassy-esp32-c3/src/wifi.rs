//! The radio, and the LED.

use embassy_board::{Radio, Wifi};
use esp_hal::gpio::{Level, Output};
use esp_println::println;
use esp_radio::wifi::sta::StationConfig;
use esp_radio::wifi::{AuthenticationMethodConfig, Config, ConnectionError, WifiController};

/// The radio, and an LED that is lit by a low level.
pub(crate) struct EspRadio {
    pub(crate) controller: WifiController<'static>,
    pub(crate) led: Output<'static>,
}

impl EspRadio {
    async fn try_join(&mut self, wifi: Wifi<'_>) -> Result<(), ConnectionError> {
        let authentication = match wifi.password {
            Some(password) => AuthenticationMethodConfig::Wpa2Personal(password.try_into()?),
            None => AuthenticationMethodConfig::Open,
        };
        let station = StationConfig::default()
            .with_ssid(wifi.network.try_into()?)
            .with_authentication(authentication);
        self.controller.set_config(&Config::Station(station))?;
        self.controller.connect_async().await?;
        Ok(())
    }
}

impl Radio for EspRadio {
    async fn join(&mut self, wifi: Wifi<'_>) -> bool {
        match self.try_join(wifi).await {
            Ok(()) => return true,
            Err(ConnectionError::Failed(lost)) => {
                println!("cannot join {}: {:?}", wifi.network, lost.reason);
            }
            Err(error) => println!("cannot join {}: {error:?}", wifi.network),
        }
        false
    }

    async fn leave(&mut self) {
        // It fails only if the radio is in no network.
        let _ = self.controller.disconnect_async().await;
    }

    async fn light(&mut self, lit: bool) {
        self.led.set_level(if lit { Level::Low } else { Level::High });
    }
}
