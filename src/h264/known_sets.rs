//! The parameter sets that have come, read: what slice headers need to be understood.

use std::collections::BTreeMap;

use super::pps::Pps;
use super::sps::Sps;

/// By their numbers, of which the standard allows 32 and 256.
#[derive(Debug, Default)]
pub struct KnownSets {
    sps: BTreeMap<u32, Sps>,
    pps: BTreeMap<u32, Pps>,
}

impl KnownSets {
    /// Takes a NAL unit of type 7. One that cannot be read is passed over.
    pub fn add_sps(&mut self, nal: &[u8]) {
        if let Some(sps) = Sps::parse(nal) {
            self.sps.insert(sps.id, sps);
        }
    }

    /// Takes a NAL unit of type 8.
    pub fn add_pps(&mut self, nal: &[u8]) {
        if let Some(pps) = Pps::parse(nal) {
            self.pps.insert(pps.id, pps);
        }
    }

    /// Whether there are none with which a picture can be understood.
    pub fn is_empty(&self) -> bool {
        self.sps.is_empty() || self.pps.is_empty()
    }

    /// What a slice with this pic_parameter_set_id refers to.
    pub fn of_picture(&self, pps_id: u32) -> Option<(&Pps, &Sps)> {
        let pps = self.pps.get(&pps_id)?;
        Some((pps, self.sps.get(&pps.sps_id)?))
    }
}
