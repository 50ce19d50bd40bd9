//! The few Phosphor icons that are used, by meaning: one icon, one meaning.
//!
//! A constant is the icon's character in `assets/fonts/Phosphor.ttf`, which every text family ends with;
//! the filled shape of the same character is in the family [`super::theme::icon_fill`].

/// The icon that a flow's table asks for by Phosphor's name; a person's where it is none of these.
pub fn of_lane(name: &str) -> &'static str {
    match name {
        "buildings" => ISSUER,
        "handshake" => OPERATOR,
        "device-tablet" => TERMINAL,
        "credit-card" => CARD,
        _ => PARTIES,
    }
}

/// A purse service. (`wallet`)
pub const WALLET: &str = "\u{e68a}";
/// A cyclic service. (`arrows-clockwise`)
pub const ARROWS_CLOCKWISE: &str = "\u{e094}";
/// A random service. (`squares-four`)
pub const SQUARES_FOUR: &str = "\u{e464}";
/// An area. (`folder-simple`)
pub const FOLDER: &str = "\u{e25a}";
/// System blocks. (`stack`)
pub const STACK: &str = "\u{e466}";
/// Needs authentication. (`key`)
pub const KEY: &str = "\u{e2d6}";
/// Free to read. (`lock-simple-open`)
pub const LOCK_OPEN: &str = "\u{e30a}";
/// Closed. (`lock`)
pub const LOCK: &str = "\u{e2fa}";
/// Divide. (`scissors`)
pub const SCISSORS: &str = "\u{eae0}";
/// A degenerate key. (`git-fork`)
pub const GIT_FORK: &str = "\u{e27e}";
/// The Desk place. (`tray`)
pub const DESK: &str = "\u{e4aa}";
/// A card; the Card place. (`credit-card`)
pub const CARD: &str = "\u{e1d2}";
/// The Parties place. (`users-three`)
pub const PARTIES: &str = "\u{e68e}";
/// The Faces place. (`identification-card`)
pub const FACES: &str = "\u{e2c8}";
/// Light theme. (`sun`)
pub const SUN: &str = "\u{e472}";
/// Dark theme. (`moon`)
pub const MOON: &str = "\u{e330}";
/// Not known. (`question`)
pub const QUESTION: &str = "\u{e3e8}";
/// Open, or opens a menu. (`caret-down`)
pub const CARET_DOWN: &str = "\u{e136}";
/// Closed. (`caret-right`)
pub const CARET_RIGHT: &str = "\u{e13a}";
/// Go back. (`arrow-left`)
pub const ARROW_LEFT: &str = "\u{e058}";
/// Go on. (`arrow-right`)
pub const ARROW_RIGHT: &str = "\u{e06c}";
/// Put down, insert. (`arrow-down`)
pub const ARROW_DOWN: &str = "\u{e03e}";
/// Find. (`magnifying-glass`)
pub const SEARCH: &str = "\u{e30c}";
/// Narrow a list. (`funnel-simple`)
pub const FILTER: &str = "\u{e268}";
/// Close or dismiss. (`x`)
pub const CLOSE: &str = "\u{e4f6}";
/// Done. (`check`)
pub const CHECK: &str = "\u{e182}";
/// Done, as a state. (`check-circle`)
pub const CHECK_CIRCLE: &str = "\u{e184}";
/// Refused. (`x-circle`)
pub const X_CIRCLE: &str = "\u{e4f8}";
/// Attention. (`warning`)
pub const WARNING: &str = "\u{e4e0}";
/// A remark. (`info`)
pub const INFO: &str = "\u{e2ce}";
/// Add, or nearer. (`plus`)
pub const PLUS: &str = "\u{e3d4}";
/// Farther. (`minus`)
pub const MINUS: &str = "\u{e32a}";
/// Shown. (`eye`)
pub const EYE: &str = "\u{e220}";
/// Hidden. (`eye-slash`)
pub const EYE_SLASH: &str = "\u{e224}";
/// A reader. (`contactless-payment`)
pub const READER: &str = "\u{ed42}";
/// Not connected. (`plugs`)
pub const PLUGS: &str = "\u{eb56}";
/// Connected. (`plugs-connected`)
pub const PLUGS_CONNECTED: &str = "\u{eb5a}";
/// Not yet. (`clock`)
pub const CLOCK: &str = "\u{e19a}";
/// Save. (`floppy-disk`)
pub const SAVE: &str = "\u{e248}";
/// Open a file. (`folder-open`)
pub const OPEN: &str = "\u{e256}";
/// Make new. (`plus-circle`)
pub const NEW: &str = "\u{e3d6}";
/// Look again. (`arrow-clockwise`)
pub const REFRESH: &str = "\u{e036}";
/// A step that has not come yet. (`circle`)
pub const CIRCLE: &str = "\u{e18a}";
/// Under way. (`circle-half`)
pub const CIRCLE_HALF: &str = "\u{e18c}";
/// The next step. (`arrow-circle-right`)
pub const ARROW_CIRCLE_RIGHT: &str = "\u{e02e}";
/// A seal that was checked. (`seal-check`)
pub const SEAL_CHECK: &str = "\u{e606}";
/// Safe until written. (`shield-check`)
pub const SHIELD_CHECK: &str = "\u{e40c}";
/// Run all. (`fast-forward`)
pub const FAST_FORWARD: &str = "\u{e6a6}";
/// Stop. (`stop-circle`)
pub const STOP: &str = "\u{e46e}";
/// Step back. (`arrow-u-up-left`)
pub const UNDO: &str = "\u{e08a}";
/// A message. (`envelope-simple`)
pub const ENVELOPE: &str = "\u{e218}";
/// The card issuer. (`buildings`)
pub const ISSUER: &str = "\u{e102}";
/// The area operator. (`handshake`)
pub const OPERATOR: &str = "\u{e582}";
/// A terminal. (`device-tablet`)
pub const TERMINAL: &str = "\u{e1e6}";
/// A chip. (`cpu`)
pub const CHIP: &str = "\u{e610}";
/// Fit to the window. (`corners-out`)
pub const FIT: &str = "\u{e1d0}";
/// By what blocks are coloured. (`palette`)
pub const PALETTE: &str = "\u{e6c8}";
/// Take the card out. (`eject`)
pub const EJECT: &str = "\u{e212}";
/// Something that goes wrong on purpose. (`lightning`)
pub const LIGHTNING: &str = "\u{e2de}";
/// A window of its own. (`app-window`)
pub const WINDOW: &str = "\u{e5da}";
/// Fold all. (`arrows-in-line-vertical`)
pub const COLLAPSE: &str = "\u{e532}";
/// Unfold all. (`arrows-out-line-vertical`)
pub const EXPAND: &str = "\u{e536}";
/// Copy. (`copy`)
pub const COPY: &str = "\u{e1ca}";
/// An action. (`command`)
pub const COMMAND: &str = "\u{e1c4}";
/// The start of the time line. (`skip-back`)
pub const SKIP_BACK: &str = "\u{e5a4}";
/// The end of the time line. (`skip-forward`)
pub const SKIP_FORWARD: &str = "\u{e5a6}";
/// One back on the time line. (`caret-left`)
pub const CARET_LEFT: &str = "\u{e138}";
/// Play. (`play`)
pub const PLAY: &str = "\u{e3d0}";
/// Pause. (`pause`)
pub const PAUSE: &str = "\u{e39e}";
/// A past moment. (`clock-counter-clockwise`)
pub const PAST: &str = "\u{e1a0}";
/// Go on from a moment. (`arrow-elbow-down-right`)
pub const GO_ON: &str = "\u{e046}";
/// Do again. (`arrow-u-up-right`)
pub const REDO: &str = "\u{e08c}";
/// A branch of what happened. (`git-branch`)
pub const BRANCH: &str = "\u{e278}";
/// Name. (`pencil-simple`)
pub const PENCIL: &str = "\u{e3b4}";
/// Give up. (`trash`)
pub const TRASH: &str = "\u{e4a6}";
/// Stay at the newest. (`arrow-line-down`)
pub const FOLLOW: &str = "\u{e05c}";
/// Write to a file for others. (`export`)
pub const EXPORT: &str = "\u{eaf0}";
/// What passed between two. (`arrows-left-right`)
pub const TRACE: &str = "\u{e0a6}";
/// Exchange two. (`arrows-left-right`)
pub const SWAP: &str = "\u{e0a0}";
/// What differs. (`git-diff`)
pub const DIFFERENCE: &str = "\u{e27c}";
/// The one before, in a list. (`caret-up`)
pub const CARET_UP: &str = "\u{e13c}";
/// Read a card with keys. (`scan`)
pub const SCAN: &str = "\u{ebb6}";
/// A file. (`file`)
pub const FILE: &str = "\u{e230}";
