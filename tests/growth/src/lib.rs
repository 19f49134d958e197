//! How front ends and masters of a shared engine grow with puts and series, on paper and by simulation.
//!
//! [`sums`] adds up what a load needs, by [`costs`] that were measured. [`simulation`] plays the
//! rounds of puts of a [`scene`], event by event, and so tells what sums cannot: queues, latencies, and what a
//! master that dies holds up. Its random numbers are seeded, so each run is the same.
//!
//! What neither knows: series that are put far more often than others, slow disks, and networks that lose.

mod actors;
pub mod costs;
pub mod machine;
pub mod report;
pub mod scene;
pub mod simulation;
pub mod sums;
pub mod table;
