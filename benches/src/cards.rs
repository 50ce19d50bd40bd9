//! The cards that are measured: one of ours and one of the peer's, with the same systems, keys and contents.

use cardwright::device::emulated::EmulatedCard;
use cardwright::device::memory::Memory;
use cardwright::model::card::profile::Profile;
use cardwright::model::card::{
    Block, Idi, Idm, NodeCode, Pmi, Pmm, ServiceCode, SystemCode, definition,
};
use cardwright::model::cipher::DesKey;
use felica::felica_standard::{
    EmulatedArea, EmulatedService, EmulatedSystem, FelicaStandardEmulator,
};

pub const IDM: [u8; 8] = [0x01, 0x12, 0x0A, 0x1B, 0x2C, 0x3D, 0x4E, 0x5F];
pub const PMM: [u8; 8] = [0x01, 0x20, 0x22, 0x04, 0x27, 0x67, 0x4E, 0xFF];
pub const SYSTEM: u16 = 0x0003;
pub const AREA: u16 = 0x1000;
pub const AREA_END: u16 = 0x10FF;
/// Random access behind a key.
pub const KEYED: u16 = 0x1008;
/// Random access without one.
pub const FREE: u16 = 0x1049;
pub const SYSTEM_KEY: [u8; 8] = *b"DEMOSYST";
pub const AREA_KEY: [u8; 8] = *b"DEMOAREA";
pub const SERVICE_KEY: [u8; 8] = *b"DEMOSERV";
/// User blocks of each service.
pub const BLOCKS: u16 = 8;
/// What stands in every user block at first.
pub const CONTENT: [u8; 16] = *b"Cardwright bench";

/// Our card, on the profile that demo cards are made of.
pub fn ours() -> Result<EmulatedCard, String> {
    let profile = Profile::demo();
    let (key, area_key, service_key) = (
        DesKey::new(SYSTEM_KEY),
        DesKey::new(AREA_KEY),
        DesKey::new(SERVICE_KEY),
    );
    let service = |code| ServiceCode::new(code).ok_or("no service's code");
    let mut data = vec![Block::ERASED; profile.blocks as usize];
    data[..2 * usize::from(BLOCKS)].fill(Block(CONTENT));
    let last = data.len() - 1;
    data[last] = definition::manufacture(Idm(IDM), Pmm(PMM));
    data[last - 1] = definition::issuance(Idi([1; 8]), Pmi([2; 8]));
    data[last - 2] = definition::system(SystemCode(SYSTEM), 1, &key, profile.blocks);
    data[last - 3] = definition::area(NodeCode::AREA_0, NodeCode::AREA_0_END, 200, 1, &key);
    data[last - 4] = definition::area(NodeCode(AREA), NodeCode(AREA_END), 100, 1, &area_key);
    data[last - 5] = definition::service(service(KEYED)?, 0, BLOCKS, 1, &service_key);
    data[last - 6] = definition::service(service(FREE)?, BLOCKS, BLOCKS, 1, &service_key);
    EmulatedCard::new(profile.clone(), Memory::new(data, &profile)).map_err(|e| e.to_string())
}

/// The peer's.
pub fn peers() -> Result<FelicaStandardEmulator, String> {
    let said = |error: felica::felica_standard::EmulatorConfigError| error.to_string();
    let service = |code| {
        let blocks = vec![CONTENT; BLOCKS.into()];
        let mut service = EmulatedService::with_blocks(felica::ServiceCode::new(code), 1, blocks);
        service.set_key(SERVICE_KEY);
        service
    };
    let mut area = EmulatedArea::new(AREA, AREA_END).map_err(said)?;
    area.set_key(AREA_KEY);
    area.add_service(service(KEYED)).map_err(said)?;
    area.add_service(service(FREE)).map_err(said)?;
    let mut system = EmulatedSystem::new(SYSTEM, IDM, PMM).map_err(said)?;
    system.set_system_key(SYSTEM_KEY);
    system.set_idi_pmi([1; 8], [2; 8]);
    system.add_area(area).map_err(said)?;
    let mut card = FelicaStandardEmulator::new();
    card.add_system(system);
    Ok(card)
}
