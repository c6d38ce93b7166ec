//! A file of faults: a list, or a map with the key `faults` as scenarios have it.

use std::fmt;
use std::path::Path;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::scenario::{Fault, Problems, from_yaml};
use crate::select;

pub(super) fn read(path: &Path) -> Result<Vec<Fault>, Problems> {
    let file = select::read(path)?;
    let FaultFile(faults) = from_yaml(&file)?;
    Ok(faults)
}

struct FaultFile(Vec<Fault>);

impl<'de> Deserialize<'de> for FaultFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FaultFileVisitor)
    }
}

struct FaultFileVisitor;

impl<'de> Visitor<'de> for FaultFileVisitor {
    type Value = FaultFile;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of faults, or a map with the key `faults`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<FaultFile, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(FaultFile)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FaultFile, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Keyed {
            faults: Vec<Fault>,
        }
        let Keyed { faults } = Keyed::deserialize(MapAccessDeserializer::new(map))?;
        Ok(FaultFile(faults))
    }
}
