//! The boards, and where each has its settings.

use std::fmt;
use std::path::Path;

use clap::ValueEnum;
use metric_board_settings::SECTOR;

use super::uf2;

/// A board. The addresses are those in the memory map of its firmware: `memory.x`, or the partitions of
/// the ESP32-C3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Model {
    PicoW,
    #[value(name = "pico-2-w")]
    Pico2W,
    #[value(name = "w5500-evb-pico")]
    W5500EvbPico,
    Stm32h743,
    #[value(name = "esp32-c3")]
    Esp32C3,
    Lm3s6965,
    RiscvVirt,
}

impl Model {
    /// The address of the sector of the settings. For the ESP32-C3 it counts from the start of the flash.
    pub(super) fn address(self) -> u32 {
        match self {
            Self::PicoW | Self::W5500EvbPico => 0x101f_f000,
            Self::Pico2W => 0x103f_f000,
            Self::Stm32h743 => 0x081e_0000,
            Self::Esp32C3 => 0x003f_f000,
            Self::Lm3s6965 => 0x0003_f000,
            Self::RiscvVirt => 0x2003_f000,
        }
    }

    pub(super) fn has_wifi(self) -> bool {
        matches!(self, Self::PicoW | Self::Pico2W | Self::Esp32C3)
    }

    /// Returns the family of UF2, if that is the format of the file.
    fn family(self) -> Option<u32> {
        match self {
            Self::PicoW | Self::W5500EvbPico => Some(uf2::RP2040),
            Self::Pico2W => Some(uf2::ABSOLUTE),
            _ => None,
        }
    }

    /// Refuses a name that promises another format than the file will have.
    pub(super) fn check_name(self, file: &Path) -> Result<(), String> {
        let has =
            |extension| file.extension().is_some_and(|own| own.eq_ignore_ascii_case(extension));
        match self.family() {
            Some(_) if has("bin") => {
                Err(format!("the file for the board {self} is UF2: call it .uf2"))
            }
            None if has("uf2") => {
                Err(format!("the file for the board {self} is not UF2: call it .bin"))
            }
            _ => Ok(()),
        }
    }

    /// Returns the file that is written into the board.
    pub(super) fn file(self, sector: &[u8; SECTOR]) -> Vec<u8> {
        match self.family() {
            Some(family) => uf2::file(family, self.address(), sector),
            None => sector.to_vec(),
        }
    }

    /// Returns how a file is written into the board.
    pub(super) fn way(self, file: &Path) -> String {
        let (address, file) = (self.address(), file.display());
        match self {
            Self::PicoW | Self::W5500EvbPico => drop_on("RPI-RP2", file),
            Self::Pico2W => drop_on("RP2350", file),
            Self::Stm32h743 => format!(
                "probe-rs download --chip STM32H743ZITx --binary-format bin \
                 --base-address {address:#x} {file}"
            ),
            Self::Esp32C3 => format!("espflash write-bin {address:#x} {file}"),
            Self::Lm3s6965 | Self::RiscvVirt => format!("./emulate.sh --settings {file}"),
        }
    }
}

fn drop_on(drive: &str, file: impl fmt::Display) -> String {
    format!("hold BOOTSEL while you plug it in, and copy {file} to the drive {drive}")
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        f.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}
