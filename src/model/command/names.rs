//! Standard names of the commands, for traces. They are the protocol's own words and are not translated.

/// The standard name of the command of that code; a response has its command's name. `None` for a code that
/// the protocol does not use.
///
/// Commands that the emulated card does not know are named as well: a trace shows what was sent.
pub fn command_name(code: u8) -> Option<&'static str> {
    Some(match code & !1 {
        0x00 => "Polling",
        0x02 => "Request Service",
        0x04 => "Request Response",
        0x06 => "Read Without Encryption",
        0x08 => "Write Without Encryption",
        0x0A => "Search Service Code",
        0x0C => "Request System Code",
        0x0E => "Request Block Information",
        0x10 => "Authentication1",
        0x12 => "Authentication2",
        0x14 => "Read",
        0x16 => "Write",
        0x32 => "Request Service v2",
        0x38 => "Get System Status",
        0x3C => "Request Specification Version",
        0x3E => "Reset Mode",
        0x40 => "Authentication1 v2",
        0x42 => "Authentication2 v2",
        0x44 => "Read v2",
        0x46 => "Write v2",
        0x80 => "Register Issue ID",
        0x82 => "Register Area",
        0x84 => "Register Service",
        0x88 => "Separate System",
        0x8A => "Register AES Key",
        0x8C => "Change System Block v2",
        0x8E => "Change System Block",
        _ => return None,
    })
}
