//! DES itself, its CBC mode, and the key type.

use cardwright::model::cipher::{DesKey, cbc_decrypt, cbc_encrypt};
use cardwright::model::hex::{parse, parse_array};
use proptest::prelude::*;

/// Rows of NIST SP 800-17's variable plaintext test: key, plaintext, ciphertext.
const VARIABLE_PLAINTEXT: &[(&str, &str, &str)] = &[
    ("0101010101010101", "8000000000000000", "95F8A5E5DD31D900"),
    ("0101010101010101", "4000000000000000", "DD7F121CA5015619"),
    ("0101010101010101", "2000000000000000", "2E8653104F3834EA"),
    ("0101010101010101", "1000000000000000", "4BD388FF6CD81D4F"),
    ("0101010101010101", "0800000000000000", "20B9E767B2FB1456"),
    ("0101010101010101", "0400000000000000", "55579380D77138EF"),
    ("0101010101010101", "0200000000000000", "6CC5DEFAAF04512F"),
    ("0101010101010101", "0100000000000000", "0D9F279BA5D87260"),
];

/// Rows of its variable key test.
const VARIABLE_KEY: &[(&str, &str, &str)] = &[
    ("8001010101010101", "0000000000000000", "95A8D72813DAA94D"),
    ("4001010101010101", "0000000000000000", "0EEC1487DD8C26D5"),
    ("2001010101010101", "0000000000000000", "7AD16FFB79C45926"),
    ("1001010101010101", "0000000000000000", "D3746294CA6A6CF3"),
    ("0801010101010101", "0000000000000000", "809F5F873C1FD761"),
    ("0401010101010101", "0000000000000000", "C02FAFFEC989D1FC"),
    ("0201010101010101", "0000000000000000", "4615AA1D33E72F10"),
    ("0180010101010101", "0000000000000000", "2055123350C00858"),
];

/// Its permutation operation test.
const PERMUTATION: &[(&str, &str, &str)] = &[
    ("1046913489980131", "0000000000000000", "88D55E54F54C97B4"),
    ("1007103489988020", "0000000000000000", "0C0CC00C83EA48FD"),
    ("10071034C8980120", "0000000000000000", "83BC8EF3A6570183"),
    ("1046103489988020", "0000000000000000", "DF725DCAD94EA2E9"),
    ("1086911519190101", "0000000000000000", "E652B53B550BE8B0"),
    ("1086911519580101", "0000000000000000", "AF527120C485CBB0"),
    ("5107B01519580101", "0000000000000000", "0F04CE393DB926D5"),
    ("1007B01519190101", "0000000000000000", "C9F00FFC74079067"),
    ("3107915498080101", "0000000000000000", "7CFD82A593252B4E"),
    ("3107919498080101", "0000000000000000", "CB49A2F9E91363E3"),
    ("10079115B9080140", "0000000000000000", "00B588BE70D23F56"),
    ("3107911598080140", "0000000000000000", "406A9A6AB43399AE"),
    ("1007D01589980101", "0000000000000000", "6CB773611DCA9ADA"),
    ("9107911589980101", "0000000000000000", "67FD21C17DBB5D70"),
    ("9107D01589190101", "0000000000000000", "9592CB4110430787"),
    ("1007D01598980120", "0000000000000000", "A6B7FF68A318DDD3"),
    ("1007940498190101", "0000000000000000", "4D102196C914CA16"),
    ("0107910491190401", "0000000000000000", "2DFA9F4573594965"),
    ("0107910491190101", "0000000000000000", "B46604816C0E0774"),
    ("0107940491190401", "0000000000000000", "6E7E6221A4F34E87"),
    ("19079210981A0101", "0000000000000000", "AA85E74643233199"),
    ("1007911998190801", "0000000000000000", "2E5A19DB4D1962D6"),
    ("10079119981A0801", "0000000000000000", "23A866A809D30894"),
    ("1007921098190101", "0000000000000000", "D812D961F017D320"),
    ("100791159819010B", "0000000000000000", "055605816E58608F"),
    ("1004801598190101", "0000000000000000", "ABD88E8B1B7716F1"),
    ("1004801598190102", "0000000000000000", "537AC95BE69DA1E1"),
    ("1004801598190108", "0000000000000000", "AED0F6AE3C25CDD8"),
    ("1002911498100104", "0000000000000000", "B3E35A5EE53E7B8D"),
    ("1002911598190104", "0000000000000000", "61C79C71921A2EF8"),
    ("1002911598100201", "0000000000000000", "E2F5728F0995013C"),
    ("1002911698100101", "0000000000000000", "1AEAC39A61F0A464"),
];

/// Its substitution table test.
const SUBSTITUTION: &[(&str, &str, &str)] = &[
    ("7CA110454A1A6E57", "01A1D6D039776742", "690F5B0D9A26939B"),
    ("0131D9619DC1376E", "5CD54CA83DEF57DA", "7A389D10354BD271"),
    ("07A1133E4A0B2686", "0248D43806F67172", "868EBB51CAB4599A"),
    ("3849674C2602319E", "51454B582DDF440A", "7178876E01F19B2A"),
    ("04B915BA43FEB5B6", "42FD443059577FA2", "AF37FB421F8C4095"),
    ("0113B970FD34F2CE", "059B5E0851CF143A", "86A560F10EC6D85B"),
    ("0170F175468FB5E6", "0756D8E0774761D2", "0CD3DA020021DC09"),
    ("43297FAD38E373FE", "762514B829BF486A", "EA676B2CB7DB2B7A"),
    ("07A7137045DA2A16", "3BDD119049372802", "DFD64A815CAF1A0F"),
    ("04689104C2FD3B2F", "26955F6835AF609A", "5C513C9C4886C088"),
    ("37D06BB516CB7546", "164D5E404F275232", "0A2AEEAE3FF4AB77"),
    ("1F08260D1AC2465E", "6B056E18759F5CCA", "EF1BF03E5DFA575A"),
    ("584023641ABA6176", "004BD6EF09176062", "88BF0DB6D70DEE56"),
    ("025816164629B007", "480D39006EE762F2", "A1F9915541020B56"),
    ("49793EBC79B3258F", "437540C8698F3CFA", "6FBF1CAFCFFD0556"),
    ("4FB05E1515AB73A7", "072D43A077075292", "2F22E49BAB7CA1AC"),
    ("49E95D6D4CA229BF", "02FE55778117F12A", "5A6B612CC26CCE4A"),
    ("018310DC409B26D6", "1D9D5C5018F728C2", "5F4C038ED12B2E41"),
    ("1C587F1C13924FEF", "305532286D6F295A", "63FAC0D034D9F793"),
];

fn key(hex: &str) -> DesKey {
    DesKey::new(parse_array(hex).unwrap())
}

#[test]
fn nist_tables() {
    for table in [VARIABLE_PLAINTEXT, VARIABLE_KEY, PERMUTATION, SUBSTITUTION] {
        for (k, plain, cipher) in table {
            let (plain, cipher) = (parse_array(plain).unwrap(), parse_array(cipher).unwrap());
            assert_eq!(key(k).encrypt(plain), cipher, "encrypt under {k}");
            assert_eq!(key(k).decrypt(cipher), plain, "decrypt under {k}");
        }
    }
}

#[test]
fn rivests_recurrence() {
    let mut x = parse_array("9474B8E8C73BCA7D").unwrap();
    for i in 0..16 {
        let key = DesKey::new(x);
        x = if i % 2 == 0 {
            key.encrypt(x)
        } else {
            key.decrypt(x)
        };
    }
    assert_eq!(x, parse_array("1B1A2DDB4C642438").unwrap());
}

/// Made with another implementation of DES.
#[test]
fn cbc_with_a_zero_initial_vector() {
    let key = key("0123456789ABCDEF");
    let mut text = *b"Now is the time for all ";
    cbc_encrypt(&key.cipher(), text.as_chunks_mut().0);
    assert_eq!(
        text.to_vec(),
        parse("3FA40E8A984D48150B2E73F88DC5856A70A30640CC76DD8B").unwrap()
    );
    cbc_decrypt(&key.cipher(), text.as_chunks_mut().0);
    assert_eq!(&text, b"Now is the time for all ");
}

#[test]
fn weak_keys_are_weak_in_every_parity() {
    // The 4 weak keys and the 6 pairs of semi-weak ones, with odd parity.
    const WEAK: [&str; 16] = [
        "0101010101010101",
        "FEFEFEFEFEFEFEFE",
        "E0E0E0E0F1F1F1F1",
        "1F1F1F1F0E0E0E0E",
        "011F011F010E010E",
        "1F011F010E010E01",
        "01E001E001F101F1",
        "E001E001F101F101",
        "01FE01FE01FE01FE",
        "FE01FE01FE01FE01",
        "1FE01FE00EF10EF1",
        "E01FE01FF10EF10E",
        "1FFE1FFE0EFE0EFE",
        "FE1FFE1FFE0EFE0E",
        "E0FEE0FEF1FEF1FE",
        "FEE0FEE0FEF1FEF1",
    ];
    for weak in WEAK {
        let bytes: [u8; 8] = parse_array(weak).unwrap();
        for parity in 0..=255u8 {
            let mut variant = bytes;
            for (i, byte) in variant.iter_mut().enumerate() {
                *byte = *byte & 0xFE | parity >> i & 1;
            }
            assert!(
                DesKey::new(variant).is_weak(),
                "{weak} with parity {parity:08b}"
            );
        }
        for bit in (0..64).filter(|bit| bit % 8 != 0) {
            let mut near = bytes;
            near[bit / 8] ^= 1 << (bit % 8);
            assert!(!DesKey::new(near).is_weak(), "{weak} with bit {bit} turned");
        }
    }
    assert!(DesKey::new([0x00; 8]).is_weak());
    assert!(DesKey::new([0xFF; 8]).is_weak());
    assert!(!key("0123456789ABCDEF").is_weak());
}

#[test]
fn a_key_does_not_show_itself() {
    let key = key("A1B2C3D4E5F60718");
    let shown = format!("{key:?} {key:#?}").to_uppercase();
    for part in ["A1", "B2", "161", "178"] {
        assert!(!shown.contains(part), "{shown}");
    }
}

#[test]
fn check_value_is_of_a_block_of_zeros() {
    // First row of the variable key test.
    assert_eq!(key("8001010101010101").kcv().to_string(), "95A8D7");
}

proptest! {
    #[test]
    fn cbc_there_and_back(k: [u8; 8], blocks: Vec<[u8; 8]>) {
        let key = DesKey::new(k);
        let mut text = blocks.clone();
        cbc_encrypt(&key.cipher(), &mut text);
        cbc_decrypt(&key.cipher(), &mut text);
        prop_assert_eq!(text, blocks);
    }

    /// The property on which sealing with one key rests.
    #[test]
    fn complement(k: [u8; 8], block: [u8; 8]) {
        let key = DesKey::new(k);
        let turned = key.complement().encrypt(block.map(|byte| !byte));
        prop_assert_eq!(turned, key.encrypt(block).map(|byte| !byte));
    }

    #[test]
    fn parity_does_not_matter_to_des(k: [u8; 8], parity: [bool; 8], block: [u8; 8]) {
        let mut other = k;
        other.iter_mut().zip(parity).for_each(|(byte, turn)| *byte ^= u8::from(turn));
        let (key, other) = (DesKey::new(k), DesKey::new(other));
        prop_assert_eq!(key.encrypt(block), other.encrypt(block));
        prop_assert_eq!(key.without_parity(), other.without_parity());
    }
}
