//! Finds the fields of a frame. What the frame says is decoded by the codecs of [`command`](crate::model::command);
//! this module knows in which order the parts stand, and goes along the bytes with what was decoded.
//!
//! The fields of any bytes lie side by side from the first byte to the last; what is not understood is one field,
//! [`FieldName::Unread`].

use super::field::{About, FieldName, FieldValue, TraceField};
use crate::model::card::{BLOCK_BYTES, NodeCode, SystemCode};
use crate::model::command::{AccessMode, BlockElement, PollingRequest, Status, code};

/// What a command asks, as far as its answer is read by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The nodes of its list, or of the list that its session was opened for.
    pub nodes: Vec<NodeCode>,
    pub elements: Vec<BlockElement>,
    /// Of Polling.
    pub polling: Option<PollingRequest>,
}

impl Asked {
    /// The node and block that an element names.
    pub fn about(&self, element: &BlockElement) -> Option<About> {
        let node = *self.nodes.get(usize::from(element.service))?;
        let is_key = element.access == AccessMode::KEY_CHANGE;
        Some(About {
            node,
            block: (!is_key).then_some(element.number),
        })
    }
}

/// Goes along bytes and names what it passes.
pub(super) struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    fields: Vec<TraceField>,
}

impl<'a> Walk<'a> {
    pub fn new(bytes: &'a [u8]) -> Walk<'a> {
        Walk {
            bytes,
            at: 0,
            fields: Vec::new(),
        }
    }

    /// The next `len` bytes, or as many as there are.
    pub fn take(&mut self, name: FieldName, len: usize, value: FieldValue, about: Option<About>) {
        let end = self.at.saturating_add(len).min(self.bytes.len());
        if end > self.at {
            let at = self.at..end;
            self.fields.push(TraceField {
                name,
                at,
                value,
                about,
            });
            self.at = end;
        }
    }

    /// All fields; what is left over is not understood.
    pub fn finish(mut self) -> Vec<TraceField> {
        self.bytes(FieldName::Unread, usize::MAX);
        self.fields
    }

    pub fn bytes(&mut self, name: FieldName, len: usize) {
        self.take(name, len, FieldValue::Bytes, None);
    }

    /// Length byte and code, where there are both.
    pub fn head(&mut self) {
        if let [len, code, ..] = *self.bytes {
            let len = FieldValue::Number(len.into());
            self.take(FieldName::Length, 1, len, None);
            self.take(FieldName::Code, 1, FieldValue::Code(code), None);
        }
    }

    pub fn id(&mut self, name: FieldName) {
        self.bytes(name, 8);
    }

    pub fn number8(&mut self, name: FieldName, value: u8) {
        self.take(name, 1, FieldValue::Number(value.into()), None);
    }

    pub fn number16(&mut self, name: FieldName, value: u16) {
        self.take(name, 2, FieldValue::Number(value.into()), None);
    }

    pub fn count(&mut self, len: usize) {
        let count = u32::try_from(len).unwrap_or(u32::MAX);
        self.take(FieldName::Count, 1, FieldValue::Number(count), None);
    }

    pub fn system(&mut self, code: SystemCode) {
        self.take(FieldName::SystemCode, 2, FieldValue::System(code), None);
    }

    pub fn node(&mut self, name: FieldName, node: NodeCode) {
        let about = About::node(node);
        self.take(name, 2, FieldValue::Node(node), Some(about));
    }

    /// A count and node codes.
    pub fn nodes(&mut self, name: FieldName, nodes: &[NodeCode]) {
        self.count(nodes.len());
        nodes.iter().for_each(|node| self.node(name, *node));
    }

    pub fn status(&mut self, status: Status) {
        let (sf1, sf2) = (FieldValue::Where(status.sf1), FieldValue::What(status.sf2));
        self.take(FieldName::StatusFlag1, 1, sf1, None);
        self.take(FieldName::StatusFlag2, 1, sf2, None);
    }

    /// A count and block list elements.
    pub fn elements(&mut self, asked: &Asked) {
        self.count(asked.elements.len());
        for element in &asked.elements {
            let first = self.bytes.get(self.at).copied().unwrap_or(0);
            let value = FieldValue::Element {
                service: element.service,
                access: element.access,
                number: element.number,
            };
            let (len, about) = (BlockElement::wire_len(first), asked.about(element));
            self.take(FieldName::Element, len, value, about);
        }
    }

    /// A block for each element; those of a key change are packages.
    pub fn blocks(&mut self, asked: &Asked, count: usize) {
        for index in 0..count {
            let element = asked.elements.get(index);
            let name = match element {
                Some(element) if element.access == AccessMode::KEY_CHANGE => FieldName::KeyPackage,
                _ => FieldName::Data,
            };
            let about = element.and_then(|element| asked.about(element));
            self.take(name, BLOCK_BYTES, FieldValue::Bytes, about);
        }
    }

    /// A number for each of some nodes, in the order asked.
    pub fn of_nodes(&mut self, name: FieldName, nodes: &[NodeCode], values: &[u16]) {
        for (index, value) in values.iter().enumerate() {
            let value = match name {
                FieldName::KeyVersion => FieldValue::Version(*value),
                _ => FieldValue::Blocks(*value),
            };
            let about = nodes.get(index).copied().map(About::node);
            self.take(name, 2, value, about);
        }
    }

    /// What an enciphered frame shows.
    pub fn enciphered(&mut self, command: u8, body: &[u8]) {
        let shows_number = code::is_secure_v2(command) || command == code::AUTHENTICATION2_V2;
        if let (true, [low, high, ..]) = (shows_number, body) {
            let number = u16::from_le_bytes([*low, *high]);
            self.number16(FieldName::TransactionNumber, number);
        }
        self.bytes(FieldName::Enciphered, usize::MAX);
    }

    /// What is left is padding.
    pub fn padding(&mut self) {
        self.bytes(FieldName::Padding, usize::MAX);
    }
}
