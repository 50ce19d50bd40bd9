//! FeliCa dumps of the Flipper Zero: text, `Device type: FeliCa`, data format version 2, 3 or 4.
//!
//! Version 2 knows codes, nesting and the blocks that are read without a key; no end codes and no key
//! versions. Versions 3 and 4 (of derived firmware) add the end codes and key versions of the nodes, 4 the
//! key version of the system.
//!
//! A dump is a header and then, for each system: areas, services, a drawn directory tree, and blocks, each
//! list preceded by its count. What is believed:
//! - Nesting comes from the tree. It lists the same nodes in the same order, with one column for each area
//!   around a node; an area is named there by its number (code >> 6) alone. The ranges of service indices in
//!   the area lines say less: `#000-#000` is one service, or none.
//! - Kind and access of a service follow from its attribute. The words beside it do not: version 2 calls
//!   cyclic services random.
//! - The manufacture ID and parameter are those of system 0, which is the one that answers a poll for any
//!   system. Those of the other systems are not in the dump.

mod write;

pub use write::{NoIdentity, write};

use super::decode::{self, NotText};
use super::limit::MAX_FILE_BYTES;
use crate::model::card::observation::{FoundNode, Misplaced, Observation, ObservedSystem};
use crate::model::card::{BLOCK_BYTES, Block, Idm, NodeCode, Pmm, ServiceCode, SystemCode};
use crate::model::hex;
use std::str::Lines;

const FILETYPE: &str = "Flipper NFC device";
/// Stands in versions 3 and 4 where the card did not tell.
const NOT_TOLD: u16 = 0xFFFF;
/// A system's number is a nibble of its IDm.
const MAX_SYSTEMS: usize = 16;

/// Why a dump cannot be read. Lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlipperError {
    #[error("the dump has more than {MAX_FILE_BYTES} bytes")]
    TooLarge,
    #[error(transparent)]
    NotText(#[from] NotText),
    #[error("not a Flipper NFC file")]
    NotFlipper,
    #[error("line {line}: the dump is of a {found:?} card, not of a FeliCa card")]
    WrongDevice { line: usize, found: String },
    #[error("line {line}: data format version {found:?} is not known")]
    WrongVersion { line: usize, found: String },
    #[error("the dump is of a FeliCa Lite card, which has no systems and areas")]
    Lite,
    #[error("line {line}: expected {wanted}")]
    Line { line: usize, wanted: &'static str },
    #[error("the dump ends after line {line}; {wanted} should follow")]
    Cut { line: usize, wanted: &'static str },
    #[error("line {line}: node {code}: {why}")]
    Node {
        line: usize,
        code: NodeCode,
        why: Misplaced,
    },
}

/// Whether the content begins as a Flipper's NFC files do, of whatever card.
pub fn is_flipper(bytes: &[u8]) -> bool {
    let head = decode::head(bytes);
    head.lines().next().and_then(|line| field(line, "Filetype")) == Some(FILETYPE)
}

/// Reads a dump.
pub fn parse(bytes: &[u8]) -> Result<Observation, FlipperError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(FlipperError::TooLarge);
    }
    if !is_flipper(bytes) {
        return Err(FlipperError::NotFlipper);
    }
    let text = decode::decode(bytes)?;
    let mut reader = Reader {
        lines: text.lines(),
        line: 0,
        put_back: None,
    };
    let header = Header::read(&mut reader)?;
    let mut systems = Vec::new();
    for number in 0..header.systems {
        let mut system = read_system(&mut reader, number, header.version)?;
        if number == 0 {
            (system.idm, system.pmm) = (Some(header.idm), Some(header.pmm));
        }
        systems.push(system);
    }
    match reader.next() {
        None => Ok(Observation { systems }),
        Some(_) => Err(reader.expected("the end of the dump")),
    }
}

struct Header {
    version: u32,
    idm: Idm,
    pmm: Pmm,
    systems: usize,
}

impl Header {
    fn read(reader: &mut Reader) -> Result<Header, FlipperError> {
        reader.field("Filetype", "\"Filetype\"")?;
        reader.field("Version", "\"Version\"")?;
        let device = reader.field("Device type", "\"Device type\"")?;
        if device != "FeliCa" {
            return Err(FlipperError::WrongDevice {
                line: reader.line,
                found: shortened(device),
            });
        }
        reader.field("UID", "\"UID\"")?;
        let version = reader.field("Data format version", "\"Data format version\"")?;
        let version = match version.parse() {
            Ok(known @ 2..=4) => known,
            _ => {
                return Err(FlipperError::WrongVersion {
                    line: reader.line,
                    found: shortened(version),
                });
            }
        };
        let idm = reader.field("Manufacture id", "\"Manufacture id\"")?;
        let idm = hex::parse_array(idm).ok_or_else(|| reader.expected("8 bytes"))?;
        let pmm = reader.field("Manufacture parameter", "\"Manufacture parameter\"")?;
        let pmm = hex::parse_array(pmm).ok_or_else(|| reader.expected("8 bytes"))?;
        reader.field("IC Type", "\"IC Type\"")?;
        if reader
            .peek()
            .is_some_and(|line| field(line, "Blocks total").is_some())
        {
            return Err(FlipperError::Lite);
        }
        let systems = reader.count("System found", "\"System found\" and how many")?;
        if systems == 0 || systems > MAX_SYSTEMS {
            return Err(reader.expected("1 to 16 systems"));
        }
        Ok(Header {
            version,
            idm: Idm(idm),
            pmm: Pmm(pmm),
            systems,
        })
    }
}

fn read_system(
    reader: &mut Reader,
    number: usize,
    version: u32,
) -> Result<ObservedSystem, FlipperError> {
    let row = reader.row("System", number, "the next system")?;
    let code = row
        .split('|')
        .next()
        .and_then(code_of)
        .ok_or_else(|| reader.expected("a system code"))?;
    let mut system = ObservedSystem::new(SystemCode(code));
    // Version 3 has the field, but what stands in it is not the system's.
    if version >= 4
        && let Some(key_version) = reader.told(row, "Key version")?
    {
        system.key_versions.insert(NodeCode::SYSTEM, key_version);
    }
    let areas = read_areas(reader, &mut system)?;
    let services = read_services(reader, &mut system)?;
    read_directory(reader, &mut system, &areas, &services)?;
    read_blocks(reader, &mut system)?;
    Ok(system)
}

/// The areas in their order: code and end code.
fn read_areas(
    reader: &mut Reader,
    system: &mut ObservedSystem,
) -> Result<Vec<(NodeCode, Option<NodeCode>)>, FlipperError> {
    let count = reader.count("Area found", "\"Area found\" and how many")?;
    let mut areas = Vec::new();
    for index in 0..count {
        let row = reader.row("Area", index, "the next area")?;
        let code = cell(row, "Code").and_then(code_of).map(NodeCode);
        let code = code
            .filter(|code| code.is_area())
            .ok_or_else(|| reader.expected("an area code"))?;
        let end = reader.told(row, "End")?.map(NodeCode);
        if let Some(key_version) = reader.told(row, "Key version")? {
            system.key_versions.insert(code, key_version);
        }
        areas.push((code, end));
    }
    Ok(areas)
}

/// The services in their order.
fn read_services(
    reader: &mut Reader,
    system: &mut ObservedSystem,
) -> Result<Vec<ServiceCode>, FlipperError> {
    let count = reader.count("Service found", "\"Service found\" and how many")?;
    let mut services = Vec::new();
    for index in 0..count {
        let row = reader.row("Service", index, "the next service")?;
        let code = cell(row, "Code")
            .and_then(code_of)
            .and_then(ServiceCode::new);
        let code = code.ok_or_else(|| reader.expected("a service code"))?;
        let attribute = cell(row, "Attrib.").and_then(|text| u8::from_str_radix(text, 16).ok());
        if attribute != Some(code.attribute()) {
            return Err(reader.expected("the attribute that the service's code has"));
        }
        if let Some(key_version) = reader.told(row, "Key version")? {
            system.key_versions.insert(code.node(), key_version);
        }
        services.push(code);
    }
    Ok(services)
}

/// Takes the nesting from the drawn tree. Each line is one column of `|` or `+` for each area around the
/// node, a dash, and `AREA_nnnn/` or `serv_cccc`.
fn read_directory(
    reader: &mut Reader,
    system: &mut ObservedSystem,
    areas: &[(NodeCode, Option<NodeCode>)],
    services: &[ServiceCode],
) -> Result<(), FlipperError> {
    const TREE: &str = "the directory tree";
    const NODE: &str = "the next node of the directory tree, as listed above it";
    reader.field("Directory Tree", TREE)?;
    for legend in ["+++ ...", "||| ..."] {
        let line = reader.next().ok_or_else(|| reader.cut(TREE))?;
        if !line.starts_with(legend) {
            return Err(reader.expected(TREE));
        }
    }
    let (mut areas, mut services) = (areas.iter(), services.iter());
    while areas.len() + services.len() > 0 {
        let line = reader.next().ok_or_else(|| reader.cut(NODE))?;
        let (columns, name) = line.split_once('-').ok_or_else(|| reader.expected(NODE))?;
        if !columns
            .chars()
            .all(|column| matches!(column, '|' | '+' | ' '))
        {
            return Err(reader.expected(NODE));
        }
        let depth = columns.chars().filter(|column| *column != ' ').count();
        let name = name.trim();
        let node = if let Some(number) = name.strip_prefix("AREA_") {
            let number = number.strip_suffix('/').and_then(code_of);
            let next = areas
                .next()
                .filter(|(code, _)| number == Some(code.number()));
            next.map(|&(code, end)| FoundNode::Area { code, end })
        } else {
            let code = name.strip_prefix("serv_").and_then(code_of);
            let next = services
                .next()
                .filter(|service| code == Some(service.value()));
            next.map(|&code| FoundNode::Service(code))
        };
        let node = node.ok_or_else(|| reader.expected(NODE))?;
        let placed = system.found_at(depth, node);
        placed.map_err(|why| FlipperError::Node {
            line: reader.line,
            code: node.code(),
            why,
        })?;
    }
    Ok(())
}

fn read_blocks(reader: &mut Reader, system: &mut ObservedSystem) -> Result<(), FlipperError> {
    let count = reader.count("Public blocks read", "\"Public blocks read\" and how many")?;
    for index in 0..count {
        let row = reader.row("Block", index, "the next block")?;
        let code = cell(row, "Service code")
            .and_then(code_of)
            .and_then(ServiceCode::new);
        let service = code
            .filter(|code| system.has(code.node()))
            .ok_or_else(|| reader.expected("the code of a service of this system"))?;
        let block = cell(row, "Block index").and_then(|text| u16::from_str_radix(text, 16).ok());
        let block = block.ok_or_else(|| reader.expected("a block number"))?;
        let data = cell(row, "Data:").and_then(hex::parse_array::<BLOCK_BYTES>);
        let data = data.ok_or_else(|| reader.expected("16 bytes"))?;
        if system
            .data
            .entry(service)
            .or_default()
            .insert(block, Block(data))
            .is_some()
        {
            return Err(reader.expected("a block that was not there before"));
        }
    }
    Ok(())
}

/// The lines that say something, and the number of the last one.
struct Reader<'a> {
    lines: Lines<'a>,
    line: usize,
    put_back: Option<&'a str>,
}

impl<'a> Reader<'a> {
    /// The next line that is neither empty nor a comment.
    fn next(&mut self) -> Option<&'a str> {
        if let Some(line) = self.put_back.take() {
            return Some(line);
        }
        for line in self.lines.by_ref() {
            self.line += 1;
            let line = line.trim_end();
            if !line.is_empty() && !line.starts_with('#') {
                return Some(line);
            }
        }
        None
    }

    fn peek(&mut self) -> Option<&'a str> {
        self.put_back = self.next();
        self.put_back
    }

    /// The value of the next line, which must be `name: value`.
    fn field(&mut self, name: &str, wanted: &'static str) -> Result<&'a str, FlipperError> {
        let line = self.next().ok_or_else(|| self.cut(wanted))?;
        field(line, name).ok_or_else(|| self.expected(wanted))
    }

    fn count(&mut self, name: &str, wanted: &'static str) -> Result<usize, FlipperError> {
        self.field(name, wanted)?
            .parse()
            .map_err(|_| self.expected(wanted))
    }

    /// The value of the next line, which must be `name index: value` with a hexadecimal index.
    fn row(
        &mut self,
        name: &str,
        index: usize,
        wanted: &'static str,
    ) -> Result<&'a str, FlipperError> {
        let line = self.next().ok_or_else(|| self.cut(wanted))?;
        let row = line.split_once(':').filter(|(key, _)| {
            let given = key.strip_prefix(name).map(str::trim);
            given.and_then(|digits| usize::from_str_radix(digits, 16).ok()) == Some(index)
        });
        row.map(|(_, value)| value.trim())
            .ok_or_else(|| self.expected(wanted))
    }

    /// A 16-bit number that newer versions give; `None` where it is not given or the card did not tell.
    fn told(&self, row: &str, name: &str) -> Result<Option<u16>, FlipperError> {
        let Some(text) = cell(row, name) else {
            return Ok(None);
        };
        let number = code_of(text).ok_or_else(|| self.expected("four hexadecimal digits"))?;
        Ok(Some(number).filter(|number| *number != NOT_TOLD))
    }

    /// The line just read is not what it should be.
    fn expected(&self, wanted: &'static str) -> FlipperError {
        FlipperError::Line {
            line: self.line,
            wanted,
        }
    }

    /// There is no further line.
    fn cut(&self, wanted: &'static str) -> FlipperError {
        FlipperError::Cut {
            line: self.line,
            wanted,
        }
    }
}

/// The value of `name: value`.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (key, value) = line.split_once(':')?;
    (key == name).then(|| value.trim())
}

/// The value of the cell `name value` among cells set apart by `|`.
fn cell<'a>(row: &'a str, name: &str) -> Option<&'a str> {
    row.split('|')
        .find_map(|cell| cell.trim().strip_prefix(name)?.strip_prefix(' '))
        .map(str::trim)
}

/// Four hexadecimal digits.
fn code_of(text: &str) -> Option<u16> {
    let text = text.trim();
    (text.len() == 4)
        .then(|| hex::parse_array(text).map(u16::from_be_bytes))
        .flatten()
}

/// A value fit to be shown in an error.
fn shortened(value: &str) -> String {
    value.chars().take(40).collect()
}
