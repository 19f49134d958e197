//! The texts of machines that were recorded, and of machines that might be.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::files::{Device, Files, Space};

/// A machine in memory. Each clone is the same machine.
#[derive(Clone, Default)]
pub(super) struct Recorded(Arc<(Mutex<Machine>, Condvar)>);

#[derive(Default)]
struct Machine {
    texts: HashMap<String, Vec<u8>>,
    folders: HashMap<PathBuf, Vec<OsString>>,
    devices: HashMap<PathBuf, Device>,
    spaces: HashMap<PathBuf, Space>,
    hanging: HashSet<PathBuf>,
    now: Option<Instant>,
    tick: Option<Duration>,
}

impl Recorded {
    pub(super) fn text(&self, file: &str, text: impl AsRef<[u8]>) -> &Self {
        self.change(|machine| machine.texts.insert(file.to_owned(), text.as_ref().to_vec()))
    }

    pub(super) fn without_text(&self, file: &str) -> &Self {
        self.change(|machine| machine.texts.remove(file))
    }

    pub(super) fn folder(&self, folder: &str, names: &[&str]) -> &Self {
        let names = names.iter().map(OsString::from).collect();
        self.change(|machine| machine.folders.insert(folder.into(), names))
    }

    /// Adds a block device, and the devices that it is made of.
    pub(super) fn device(&self, name: &str, (major, minor): (u32, u32), made_of: &[&str]) -> &Self {
        let text = format!("MAJOR={major}\nMINOR={minor}\nDEVNAME={name}\nDEVTYPE=disk\n");
        self.text(&format!("/sys/dev/block/{major}:{minor}/uevent"), text);
        self.folder(&format!("/sys/class/block/{name}/slaves"), made_of);
        self.node(&format!("/dev/{name}"), (major, minor))
    }

    /// Adds a further name of a block device.
    pub(super) fn node(&self, path: &str, (major, minor): (u32, u32)) -> &Self {
        self.change(|machine| machine.devices.insert(path.into(), Device(major, minor)))
    }

    pub(super) fn space(&self, path: &str, used: u64, available: u64) -> &Self {
        self.change(|machine| machine.spaces.insert(path.into(), Space { used, available }))
    }

    /// Lets calls about a path hang until [`release`](Self::release).
    pub(super) fn hang(&self, path: &str) -> &Self {
        self.change(|machine| machine.hanging.insert(path.into()))
    }

    pub(super) fn release(&self, path: &str) -> &Self {
        self.change(|machine| machine.hanging.remove(Path::new(path)))
    }

    /// Lets so much time pass from each look at the clock to the next. It is a second otherwise.
    pub(super) fn tick(&self, tick: Duration) -> &Self {
        self.change(|machine| machine.tick = Some(tick))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Machine) -> T) -> &Self {
        change(&mut self.0.0.lock().unwrap());
        self.0.1.notify_all();
        self
    }

    fn ask<T>(&self, path: &Path, answer: impl FnOnce(&Machine) -> T) -> T {
        let (machine, changed) = &*self.0;
        let hangs = |machine: &mut Machine| machine.hanging.contains(path);
        answer(&changed.wait_while(machine.lock().unwrap(), hangs).unwrap())
    }
}

impl Files for Recorded {
    fn read(&self, file: &str) -> io::Result<Vec<u8>> {
        let text = self.ask(Path::new(file), |machine| machine.texts.get(file).cloned());
        text.ok_or_else(|| io::Error::other("no such text"))
    }

    fn list(&self, folder: &Path) -> Vec<OsString> {
        let names = self.ask(folder, |machine| machine.folders.get(folder).cloned());
        names.unwrap_or_default()
    }

    fn device(&self, path: &Path) -> Option<Device> {
        self.ask(path, |machine| machine.devices.get(path).copied())
    }

    fn space(&self, path: &Path) -> io::Result<Space> {
        let space = self.ask(path, |machine| machine.spaces.get(path).copied());
        space.ok_or_else(|| io::Error::other("no such space"))
    }

    fn now(&self) -> Instant {
        let mut machine = self.0.0.lock().unwrap();
        let tick = machine.tick.unwrap_or(Duration::from_secs(1));
        let now = machine.now.map_or_else(Instant::now, |now| now + tick);
        machine.now = Some(now);
        now
    }
}
