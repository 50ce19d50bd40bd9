//! Sealed packages: the known ones from both sides, and that nothing altered opens.

use cardwright::model::card::{NodeCode, ServiceCode, SystemCode};
use cardwright::model::cipher::{
    AreaPackage, DesKey, IssueIdPackage, PackageError, ServicePackage, WrongSeal,
    key_change_package, open, open_key_change, seal,
};
use cardwright::model::hex::parse_array;
use proptest::prelude::*;

fn key(hex: &str) -> DesKey {
    DesKey::new(parse_array(hex).unwrap())
}

fn parent() -> DesKey {
    key("3031323334353637")
}

fn package_key() -> DesKey {
    key("4041424344454647")
}

const AREA: &str = "52d99e8439bb2200dde00f64648dd72c404d68222c17163d";
const SERVICE: &str = "c7d051d6681257fa4b1c00a8024a57fe31f68ca1a2114804";
const ISSUE_ID: &str = "f9a2cb843a9c8ec6ae07023f3c63af1252fb216328d7df6a";
const KEY_CHANGE: &str = "30a48aee4f11818d79d9fdf2a3c5a3a2";

fn area() -> AreaPackage {
    let (code, end) = (NodeCode(0x1000), NodeCode(0x17FF));
    AreaPackage {
        code,
        end,
        blocks: 4,
        key_version: 1,
        key: package_key(),
    }
}

fn service() -> ServicePackage {
    let code = ServiceCode::new(0x1008).unwrap();
    ServicePackage {
        code,
        blocks: 4,
        key_version: 1,
        key: package_key(),
    }
}

fn issue_id() -> IssueIdPackage {
    IssueIdPackage {
        system_code: SystemCode(0x8092),
        area0_key_version: 1,
        area0_key: package_key(),
    }
}

#[test]
fn known_packages() {
    assert_eq!(area().seal(&parent()), parse_array(AREA).unwrap());
    assert_eq!(service().seal(&parent()), parse_array(SERVICE).unwrap());
    assert_eq!(issue_id().seal(&parent()), parse_array(ISSUE_ID).unwrap());
    assert_eq!(
        AreaPackage::open(&parent(), &parse_array(AREA).unwrap()),
        Ok(area())
    );
    assert_eq!(
        ServicePackage::open(&parent(), &parse_array(SERVICE).unwrap()),
        Ok(service())
    );
    assert_eq!(
        IssueIdPackage::open(&parent(), &parse_array(ISSUE_ID).unwrap()),
        Ok(issue_id())
    );
}

#[test]
fn known_key_change() {
    let (parent, old, new) = (
        key("4041424344454647"),
        key("6061626364656667"),
        key("5051525354555657"),
    );
    let package = parse_array(KEY_CHANGE).unwrap();
    assert_eq!(key_change_package(&parent, &old, &new, 2), package);
    assert_eq!(open_key_change(&parent, &old, &package), Some((new, 2)));
    // Each key in the other's place, or one bit (not of parity) wrong.
    assert_eq!(open_key_change(&old, &parent, &package), None);
    assert_eq!(
        open_key_change(&key("4041424344454645"), &old, &package),
        None
    );
    assert_eq!(
        open_key_change(&parent, &key("6061626364656665"), &package),
        None
    );
}

#[test]
fn the_wrong_key_opens_nothing() {
    let wrong = key("3031323334353635");
    assert_eq!(
        AreaPackage::open(&wrong, &parse_array(AREA).unwrap()),
        Err(PackageError::Mac)
    );
    assert_eq!(
        ServicePackage::open(&wrong, &parse_array(SERVICE).unwrap()),
        Err(PackageError::Mac)
    );
    assert_eq!(
        IssueIdPackage::open(&wrong, &parse_array(ISSUE_ID).unwrap()),
        Err(PackageError::Mac)
    );
}

#[test]
fn another_kind_of_package_is_told_by_its_shape() {
    let area = area().seal(&parent());
    assert_eq!(
        ServicePackage::open(&parent(), &area),
        Err(PackageError::Shape)
    );
    assert_eq!(
        IssueIdPackage::open(&parent(), &area),
        Err(PackageError::Shape)
    );

    // Right seal, right zeros, but 0018h is no service's attribute.
    let mut plain = [0; 16];
    plain[0] = 0x18;
    assert_eq!(
        ServicePackage::open(&parent(), &seal(&parent(), &plain)),
        Err(PackageError::Shape)
    );
    plain[0] = 0x17;
    assert!(ServicePackage::open(&parent(), &seal(&parent(), &plain)).is_ok());
    plain[2] = 1;
    assert_eq!(
        ServicePackage::open(&parent(), &seal(&parent(), &plain)),
        Err(PackageError::Shape)
    );
    for at in 12..16 {
        let mut plain = [0; 16];
        plain[at] = 1;
        assert_eq!(
            IssueIdPackage::open(&parent(), &seal(&parent(), &plain)),
            Err(PackageError::Shape)
        );
    }
}

/// The seal as defined: MAC = last block of CBC under the key's complement, then CBC over text and MAC.
#[test]
fn the_mac_is_made_with_the_complement() {
    let (a, b) = ([0x11; 8], [0x22; 8]);
    let xor = |x: [u8; 8], y: [u8; 8]| std::array::from_fn(|i| x[i] ^ y[i]);
    let turned = parent().complement();
    let mac = turned.encrypt(xor(turned.encrypt(a), b));
    let first = parent().encrypt(a);
    let second = parent().encrypt(xor(first, b));
    let third = parent().encrypt(xor(second, mac));
    let mut plain = [0x11; 16];
    plain[8..].fill(0x22);
    let sealed: [u8; 24] = seal(&parent(), &plain);
    assert_eq!(sealed.to_vec(), [first, second, third].concat());
}

#[test]
fn packages_do_not_show_their_keys() {
    let shown = format!("{:?} {:?} {:?}", area(), service(), issue_id());
    // 40h 41h 42h, in hexadecimal or decimal.
    assert!(
        !shown.contains("4041") && !shown.contains("64, 65"),
        "{shown}"
    );
}

/// Turns each bit of `package` in turn and sees `opens` refuse it.
fn no_turned_bit_opens<const S: usize>(package: [u8; S], opens: impl Fn(&[u8; S]) -> bool) {
    assert!(opens(&package));
    for bit in 0..S * 8 {
        let mut turned = package;
        turned[bit / 8] ^= 1 << (bit % 8);
        assert!(!opens(&turned), "bit {bit}");
    }
}

#[test]
fn every_turned_bit_of_the_known_packages_is_found() {
    no_turned_bit_opens(area().seal(&parent()), |p| {
        AreaPackage::open(&parent(), p).is_ok()
    });
    no_turned_bit_opens(service().seal(&parent()), |p| {
        ServicePackage::open(&parent(), p).is_ok()
    });
    no_turned_bit_opens(issue_id().seal(&parent()), |p| {
        IssueIdPackage::open(&parent(), p).is_ok()
    });
}

proptest! {
    #[test]
    fn sealed_things_open_to_what_they_were(
        k: [u8; 8], short: [u8; 8], middle: [u8; 24], long in prop::array::uniform32(any::<u8>())
    ) {
        let key = DesKey::new(k);
        let sealed: [u8; 16] = seal(&key, &short);
        prop_assert_eq!(*open::<16, 8>(&key, &sealed).unwrap(), short);
        let sealed: [u8; 32] = seal(&key, &middle);
        prop_assert_eq!(*open::<32, 24>(&key, &sealed).unwrap(), middle);
        let sealed: [u8; 40] = seal(&key, &long);
        prop_assert_eq!(*open::<40, 32>(&key, &sealed).unwrap(), long);
    }

    #[test]
    fn no_turned_bit_of_any_package_opens(k: [u8; 8], plain in prop::array::uniform16(any::<u8>())) {
        let key = DesKey::new(k);
        no_turned_bit_opens::<24>(seal(&key, &plain), |p| open::<24, 16>(&key, p).is_ok());
    }

    #[test]
    fn random_bytes_do_not_open(k: [u8; 8], package in prop::array::uniform24(any::<u8>())) {
        prop_assert_eq!(open::<24, 16>(&DesKey::new(k), &package), Err(WrongSeal));
    }

    #[test]
    fn packages_there_and_back(parent: [u8; 8], k: [u8; 8], codes: [u16; 4], attribute in 0x08u16..=0x17) {
        let (parent, key) = (DesKey::new(parent), DesKey::new(k));
        let [code, end, blocks, key_version] = codes;
        let area = AreaPackage { code: NodeCode(code), end: NodeCode(end), blocks, key_version, key: key.clone() };
        prop_assert_eq!(AreaPackage::open(&parent, &area.seal(&parent)), Ok(area));
        let code = ServiceCode::new(code & !0x3F | attribute).unwrap();
        let service = ServicePackage { code, blocks, key_version, key: key.clone() };
        prop_assert_eq!(ServicePackage::open(&parent, &service.seal(&parent)), Ok(service));
        let issue = IssueIdPackage { system_code: SystemCode(end), area0_key_version: key_version, area0_key: key };
        prop_assert_eq!(IssueIdPackage::open(&parent, &issue.seal(&parent)), Ok(issue));
    }

    #[test]
    fn key_changes_there_and_back(keys: [[u8; 8]; 3], version: u16, bit in 0usize..64) {
        let [parent, old, new] = keys.map(DesKey::new);
        let mut package = key_change_package(&parent, &old, &new, version);
        prop_assert_eq!(open_key_change(&parent, &old, &package), Some((new, version)));
        // The first half is the proof; a bit turned in it leaves six zeros by chance only.
        package[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(open_key_change(&parent, &old, &package), None);
    }
}
