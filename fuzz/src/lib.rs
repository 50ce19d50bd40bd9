//! What the fuzz targets share: a card to begin with, and what must be true of any card.

use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::Memory;
use cardwright::model::card::image::CardImage;
use cardwright::model::card::materialise::materialise;
use cardwright::model::card::observation::Observation;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{
    Block, Idi, Idm, NodeCode, Pmi, ServiceCode, SystemCode, definition,
};
use cardwright::model::chip::Chip;
use cardwright::model::cipher::DesKey;
use cardwright::model::dump::json;
use cardwright::model::port::Rng;
use cardwright::model::reader::{Reader, observe};

/// IDm of system 0.
pub const IDM: Idm = Idm([0x01, 0x12, 0x0A, 0x1B, 0x2C, 0x3D, 0x4E, 0x5F]);
/// Its code.
pub const SYSTEM: SystemCode = SystemCode(0x0003);

/// The one key of every node, so that any list of nodes can be authenticated with.
pub fn key() -> DesKey {
    DesKey::new(*b"DEMOFUZZ")
}

/// An issued card of the smallest size with one service of each kind, keyed and free.
pub fn card(profile: &Profile) -> Memory {
    let mut data = vec![Block::ERASED; profile.blocks as usize];
    let last = data.len() - 1;
    let mut system = vec![
        definition::manufacture(IDM, profile.pmm),
        definition::issuance(Idi([1; 8]), Pmi([2; 8])),
        definition::system(SYSTEM, 1, &key(), profile.blocks),
        definition::division_key(1, &key()),
    ];
    let areas = [(0x0000, 0xFFFE, profile.blocks - 5), (0x1000, 0x17FF, 24)];
    for (code, end, allotted) in areas {
        let (code, end) = (NodeCode(code), NodeCode(end));
        system.push(definition::area(
            code,
            end,
            allotted.min(0xFFFF) as u16,
            1,
            &key(),
        ));
    }
    let services = [
        (0x1008, 0, 3),
        (0x1009, 0, 3),
        (0x104C, 3, 3),
        (0x104D, 3, 3),
        (0x1090, 6, 1),
        (0x1091, 6, 1),
        (0x1093, 6, 1),
        (0x1095, 6, 1),
    ];
    for (code, first, blocks) in services {
        if let Some(code) = ServiceCode::new(code) {
            system.push(definition::service(code, first, blocks, 1, &key()));
        }
    }
    for (index, block) in system.into_iter().enumerate() {
        data[last - index] = block;
    }
    Memory::new(data, profile)
}

/// Randomness that is the same on every run.
pub struct Steps(pub u64);

impl Rng for Steps {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
            *byte = (self.0 >> 56) as u8;
        }
    }
}

/// A card's memory decodes to what its chip takes it to be, and so does what is prepared.
pub fn check(chip: &Chip, memory: &Memory) {
    let image = CardImage::decode(&memory.data()).expect("the memory is a card's");
    assert!(image == *chip.image(), "the chip knows its memory");
    let mut prepared = memory.data().to_vec();
    for (at, block) in chip.prepared() {
        prepared[*at as usize] = *block;
    }
    let image = CardImage::decode(&&prepared[..]).expect("what is prepared is a card's");
    for system in &image.systems {
        assert!(system.user_end() <= system.lowest_system_block());
        for (area, used) in system.areas.iter().zip(system.used_by_area()) {
            assert!(
                used <= u32::from(area.allotted),
                "an area pays for what is in it"
            );
        }
    }
    let systems = image.systems.iter();
    let counted = systems.map(|s| s.user_blocks() + s.system_blocks.len() as u32 + s.free_blocks());
    assert_eq!(
        counted.sum::<u32>() as usize,
        prepared.len(),
        "no block is lost"
    );
}

/// What was read from a dump can be shown, and put on a card that a reader can list, or is refused.
pub fn show(seen: &Observation) {
    json::cardwright(&seen.tree(), "fuzz");
    let Ok(made) = materialise(seen) else { return };
    let memory = Memory::new(made.blocks, &made.profile);
    let mut card = EmulatedCard::new(made.profile, memory).expect("what is made is a card");
    let listed = observe(&mut Reader::new(&mut card)).expect("it can be listed");
    assert_eq!(listed.systems.len(), seen.systems.len());
}
