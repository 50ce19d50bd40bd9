//! Known answers, for the program's ciphers and for the slow ones: FIPS 197, SP 800-38A, RFC 4493, RFC 5297, and what
//! an open implementation of the protocol has from a real card.

use super::slow;
use cardwright::model::card::NodeCode;
use cardwright::model::cipher::{AesKey, aes_group_key, aes_siv_open, aes_siv_seal};
use cardwright::model::hex::{parse, parse_array};

fn key(hex: &str) -> AesKey {
    AesKey::new(parse_array(hex).expect("16 bytes"))
}

fn bytes(hex: &str) -> Vec<u8> {
    parse(hex).expect("hexadecimal")
}

fn block(hex: &str) -> [u8; 16] {
    parse_array(hex).expect("16 bytes")
}

/// FIPS 197 (appendices B and C.1) and the four blocks of SP 800-38A, F.1.1: key, plain, cipher.
const AES: &[(&str, &str, &str)] = &[
    (
        "2B7E151628AED2A6ABF7158809CF4F3C",
        "3243F6A8885A308D313198A2E0370734",
        "3925841D02DC09FBDC118597196A0B32",
    ),
    (
        "000102030405060708090A0B0C0D0E0F",
        "00112233445566778899AABBCCDDEEFF",
        "69C4E0D86A7B0430D8CDB78070B4C55A",
    ),
    (
        "2B7E151628AED2A6ABF7158809CF4F3C",
        "6BC1BEE22E409F96E93D7E117393172A",
        "3AD77BB40D7A3660A89ECAF32466EF97",
    ),
    (
        "2B7E151628AED2A6ABF7158809CF4F3C",
        "AE2D8A571E03AC9C9EB76FAC45AF8E51",
        "F5D3D58503B9699DE785895A96FDBAAF",
    ),
    (
        "2B7E151628AED2A6ABF7158809CF4F3C",
        "30C81C46A35CE411E5FBC1191A0A52EF",
        "43B1CD7F598ECE23881B00E3ED030688",
    ),
    (
        "2B7E151628AED2A6ABF7158809CF4F3C",
        "F69F2445DF4F9B17AD2B417BE66C3710",
        "7B0C785E27E8AD3F8223207104725DD4",
    ),
];

#[test]
fn one_block_of_aes() {
    for (k, plain, cipher) in AES {
        assert_eq!(key(k).encrypt(block(plain)), block(cipher));
        assert_eq!(key(k).decrypt(block(cipher)), block(plain));
        assert_eq!(slow::aes(&bytes(k), &bytes(plain)), bytes(cipher));
        assert_eq!(slow::aes_back(&bytes(k), &bytes(cipher)), bytes(plain));
    }
}

/// RFC 4493, section 4: 0, 16, 40 and 64 bytes.
#[test]
fn cmac_of_rfc_4493() {
    let k = "2B7E151628AED2A6ABF7158809CF4F3C";
    let message = bytes(
        "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51\
         30C81C46A35CE411E5FBC1191A0A52EFF69F2445DF4F9B17AD2B417BE66C3710",
    );
    let known = [
        (0, "BB1D6929E95937287FA37D129B756746"),
        (16, "070A16B46B4D4144F79BDD9DD04A287C"),
        (40, "DFA66747DE9AE63030CA32611497C827"),
        (64, "51F0BEBF7E3B9D92FC49741779363CFE"),
    ];
    for (length, mac) in known {
        let message = &message[..length];
        assert_eq!(key(k).cmac(&[message]).to_vec(), bytes(mac));
        assert_eq!(slow::cmac(&bytes(k), message), bytes(mac));
        let (front, back) = message.split_at(length / 3);
        assert_eq!(key(k).cmac(&[front, back]).to_vec(), bytes(mac));
    }
}

/// SP 800-38A, F.4.1: four blocks of OFB.
#[test]
fn ofb_of_sp_800_38a() {
    let plain = AES[2..].iter().flat_map(|(_, plain, _)| bytes(plain));
    let iv = bytes("000102030405060708090A0B0C0D0E0F");
    let stream = slow::ofb(&bytes(AES[2].0), &iv, 64);
    let cipher: Vec<u8> = plain.zip(stream).map(|(p, s)| p ^ s).collect();
    let known = "3B3FD92EB72DAD20333449F8E83CFB4A7789508D16918F03F53C52DAC54ED825\
                 9740051E9C5FECF64344F7A82260EDCC304C6528F659C77866A510D9C1D6AE5E";
    assert_eq!(cipher, bytes(known));
}

/// RFC 5297, A.2: three strings of associated data and 47 bytes of text.
#[test]
fn siv_of_rfc_5297() {
    let (mac, ctr) = (
        "7F7E7D7C7B7A79787776757473727170",
        "404142434445464748494A4B4C4D4E4F",
    );
    let data = [
        bytes("00112233445566778899AABBCCDDEEFFDEADDADADEADDADAFFEEDDCCBBAA99887766554433221100"),
        bytes("102030405060708090A0"),
        bytes("09F911029D74E35BD84156C5635688C0"),
    ];
    let data: Vec<&[u8]> = data.iter().map(Vec::as_slice).collect();
    let plain = bytes(
        "7468697320697320736F6D6520706C61696E7465787420746F20656E6372797074207573696E67205349562D414553",
    );
    let known = bytes(
        "7BDB6E3B432667EB06F4D14BFF2FBD0FCB900F2FDDBE404326601965C889BF17\
         DBA77CEB094FA663B7A3F748BA8AF829EA64AD544A272E9C485B62A3FD5C0D",
    );
    assert_eq!(slow::siv(&bytes(mac), &bytes(ctr), &data, &plain), known);

    let mut text = plain.clone();
    let iv = aes_siv_seal(&key(mac), &key(ctr), &data, &mut text);
    assert_eq!([&iv[..], &text].concat(), known);
    assert_eq!(
        aes_siv_open(&key(mac), &key(ctr), &data, &iv, &mut text),
        Ok(())
    );
    assert_eq!(text, plain);
    let mut changed = known[16..].to_vec();
    changed[20] ^= 1;
    assert!(aes_siv_open(&key(mac), &key(ctr), &data, &iv, &mut changed).is_err());
    assert!(
        changed.iter().all(|byte| *byte == 0),
        "nothing of it is given out"
    );
}

/// Group keys that an open implementation has from a real card. That card's keys are the node's code, over and over,
/// and for node 1008 zeros.
#[test]
fn group_keys_of_a_real_card() {
    let by_code = |code: u16| code.to_be_bytes().repeat(8);
    let zeros = vec![0; 16];
    let known = [
        (vec![zeros.clone()], "3925042E238282F085BCEE62593C2385"),
        (
            vec![zeros, by_code(0x100C)],
            "586A2E06EE16AA2C6AE5B6CDFF6A5039",
        ),
        (vec![by_code(0x100C)], "651049AE89581DDC3F302EA4E4A0F911"),
        (
            vec![by_code(0x100C), by_code(0x1012)],
            "5E86F6C0574EBAD952FAD9142E1AA6BB",
        ),
        (vec![by_code(0x3111)], "94459E3640EDBCE4746D83EECE80C065"),
    ];
    for (keys, group) in known {
        assert_eq!(slow::group(&keys), bytes(group));
        let keys: Vec<AesKey> = keys
            .iter()
            .map(|key| AesKey::new(key.as_slice().try_into().expect("16 bytes")))
            .collect();
        let folded = aes_group_key(&keys.iter().collect::<Vec<_>>());
        assert_eq!(folded.0.expose().to_vec(), bytes(group));
    }
}

/// A frame of which the same open implementation has the ciphertext: keys and C3C all zeros, 38 bytes of payload, and
/// code 48h, which this program does not use; so only the slow side can make it.
#[test]
fn the_slow_frame_is_the_known_one() {
    let session = slow::SlowSession {
        k_enc: vec![0; 16],
        k_mac: vec![0; 16],
        tid: bytes("5EC8B5971704"),
        c3c: vec![0; 4],
    };
    let payload =
        bytes("0000000100000123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF");
    let known = bytes(
        "324841CFAE0D2F92B2259287E05646E140E5924EE27F79CB69A2047DA5F9353EED59E35FBC90A5D731D25A0FCDBDD6802174",
    );
    assert_eq!(session.wrap(0x48, 0xCF41, &payload), known);
    assert_eq!(session.unwrap(&known), Some((0xCF41, payload)));
}

#[test]
fn the_check_value_is_a_cmac() {
    let k = key("2B7E151628AED2A6ABF7158809CF4F3C");
    let mac = slow::cmac(k.expose(), &[0; 16]);
    assert_eq!(k.kcv().0.to_vec(), mac[..3]);
    assert_ne!(k.kcv().0.to_vec(), slow::aes(k.expose(), &[0; 16])[..3]);
}

#[test]
fn a_key_does_not_show_itself() {
    let k = key("44454D4F4145534B4559303030303031");
    assert_eq!(format!("{k:?}"), "AesKey(…)");
    assert_ne!(k, key("44454D4F4145534B4559303030303032"));
    let package = cardwright::model::cipher::AesKeyPackage {
        node: NodeCode(0x1008),
        key_version: 1,
        key: k,
    };
    assert!(!format!("{package:?}").contains("68"));
}
