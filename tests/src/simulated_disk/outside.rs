//! What others than the store do to a disk. None of it is an operation, and none of it fails.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::SimulatedDisk;
use super::image::Image;

/// Each change makes everything durable.
impl SimulatedDisk {
    /// Changes the bytes of a file, as damage does: flip a bit, cut the file with
    /// `bytes.truncate(9)`, zero a range with `bytes[3..9].fill(0)`.
    ///
    /// # Panics
    ///
    /// If there is no such file.
    pub fn edit(&self, name: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        self.replace(|image| {
            let inode = image.names[name];
            edit(image.bytes(inode));
        });
    }

    /// Adds a file, or replaces one.
    pub fn add(&self, name: &str, bytes: &[u8]) {
        self.replace(|image| {
            image.names.insert(name.to_owned(), image.files.len());
            image.files.push(Arc::new(bytes.to_vec()));
        });
    }

    /// Deletes a file.
    ///
    /// # Panics
    ///
    /// If there is no such file.
    pub fn delete(&self, name: &str) {
        self.replace(|image| {
            image.names.remove(name).expect("such a file");
        });
    }

    /// Gives a file another name, and replaces a file that has it.
    ///
    /// # Panics
    ///
    /// If there is no such file.
    pub fn move_file(&self, from: &str, to: &str) {
        self.replace(|image| {
            let inode = image.names.remove(from).expect("such a file");
            image.names.insert(to.to_owned(), inode);
        });
    }

    /// Returns all files by name.
    #[must_use]
    pub fn contents(&self) -> BTreeMap<String, Vec<u8>> {
        let image = &self.state().visible;
        let bytes = |inode: &usize| image.files[*inode].to_vec();
        image.names.iter().map(|(name, inode)| (name.clone(), bytes(inode))).collect()
    }

    fn replace(&self, change: impl FnOnce(&mut Image)) {
        let mut state = self.state();
        let mut image = state.visible.clone();
        change(&mut image);
        state.replace(image);
    }
}
