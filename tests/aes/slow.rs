//! The AES generation written down once more, slowly and plainly, from the formulas of `docs/protocol.md` alone: its
//! own AES (FIPS 197, with the S-box computed), its own CMAC (RFC 4493), its own OFB and SIV. Nothing here uses the
//! program's ciphers or codecs; frames are bytes.

/// Product in the field of AES, modulo x^8 + x^4 + x^3 + x + 1.
fn times(a: u8, b: u8) -> u8 {
    let (mut a, mut product) = (a, 0);
    for bit in 0..8 {
        if b >> bit & 1 == 1 {
            product ^= a;
        }
        a = a << 1 ^ if a & 0x80 != 0 { 0x1B } else { 0 };
    }
    product
}

/// FIPS 197, 5.1.1: the inverse in the field, then the affine map.
fn s_box(x: u8) -> u8 {
    let inverse = (0..=255).find(|y| times(x, *y) == 1).unwrap_or(0);
    (0..5).fold(0x63, |sum, turn| sum ^ inverse.rotate_left(turn))
}

/// Forward and inverse S-box; computed once, since 65,536 products are too slow even for this file.
fn boxes() -> &'static ([u8; 256], [u8; 256]) {
    static BOXES: std::sync::OnceLock<([u8; 256], [u8; 256])> = std::sync::OnceLock::new();
    BOXES.get_or_init(|| {
        let (mut forward, mut back) = ([0; 256], [0; 256]);
        for x in 0..=255u8 {
            forward[x as usize] = s_box(x);
            back[s_box(x) as usize] = x;
        }
        (forward, back)
    })
}

fn xor(a: &[u8], b: &[u8]) -> Vec<u8> {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a ^ b).collect()
}

/// FIPS 197, 5.2: eleven round keys of 16 bytes.
fn round_keys(key: &[u8]) -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> = key.chunks(4).map(<[u8]>::to_vec).collect();
    let mut round_constant = 1;
    for i in 4..44 {
        let mut word = words[i - 1].clone();
        if i % 4 == 0 {
            word.rotate_left(1);
            word = word.iter().map(|b| boxes().0[*b as usize]).collect();
            word[0] ^= round_constant;
            round_constant = times(round_constant, 2);
        }
        words.push(xor(&words[i - 4], &word));
    }
    words.chunks(4).map(|four| four.concat()).collect()
}

/// Row r of the state moves r places left; the state stands column by column.
fn shift_rows(state: &[u8], back: bool) -> Vec<u8> {
    let from = |at: usize| {
        let (column, row) = (at / 4, at % 4);
        let column = if back { column + 4 - row } else { column + row };
        state[column % 4 * 4 + row]
    };
    (0..16).map(from).collect()
}

fn mix_columns(state: &[u8], factors: [u8; 4]) -> Vec<u8> {
    let mixed = |at: usize| {
        let column = &state[at / 4 * 4..at / 4 * 4 + 4];
        (0..4).fold(0, |sum, i| {
            sum ^ times(column[i], factors[(i + 4 - at % 4) % 4])
        })
    };
    (0..16).map(mixed).collect()
}

/// FIPS 197, 5.1.
pub fn aes(key: &[u8], block: &[u8]) -> Vec<u8> {
    let keys = round_keys(key);
    let mut state = xor(block, &keys[0]);
    for (round, key) in keys.iter().enumerate().skip(1) {
        state = state.iter().map(|b| boxes().0[*b as usize]).collect();
        state = shift_rows(&state, false);
        if round < 10 {
            state = mix_columns(&state, [2, 3, 1, 1]);
        }
        state = xor(&state, key);
    }
    state
}

/// FIPS 197, 5.3.
pub fn aes_back(key: &[u8], block: &[u8]) -> Vec<u8> {
    let keys = round_keys(key);
    let mut state = xor(block, &keys[10]);
    for round in (0..10).rev() {
        state = shift_rows(&state, true);
        state = state.iter().map(|b| boxes().1[*b as usize]).collect();
        state = xor(&state, &keys[round]);
        if round > 0 {
            state = mix_columns(&state, [14, 11, 13, 9]);
        }
    }
    state
}

/// RFC 4493, 2.3: one bit to the left, and 87h where a bit fell out.
fn doubled(block: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 16];
    for i in 0..16 {
        let next = if i < 15 { block[i + 1] >> 7 } else { 0 };
        out[i] = block[i] << 1 | next;
    }
    if block[0] & 0x80 != 0 {
        out[15] ^= 0x87;
    }
    out
}

/// RFC 4493, 2.4.
pub fn cmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let k1 = doubled(&aes(key, &[0; 16]));
    let k2 = doubled(&k1);
    let mut blocks: Vec<Vec<u8>> = message.chunks(16).map(<[u8]>::to_vec).collect();
    let mut last = blocks.pop().unwrap_or_default();
    if last.len() == 16 {
        last = xor(&last, &k1);
    } else {
        last.push(0x80);
        last.resize(16, 0);
        last = xor(&last, &k2);
    }
    blocks.push(last);
    blocks
        .iter()
        .fold(vec![0; 16], |chain, block| aes(key, &xor(&chain, block)))
}

/// SP 800-38A, 6.4: the first `length` bytes of the OFB key stream.
pub fn ofb(key: &[u8], iv: &[u8], length: usize) -> Vec<u8> {
    let (mut stream, mut block) = (Vec::new(), iv.to_vec());
    while stream.len() < length {
        block = aes(key, &block);
        stream.extend(&block);
    }
    stream.truncate(length);
    stream
}

/// I0 = 01 01 00×13 80, enciphered under each key in turn.
pub fn group(keys: &[Vec<u8>]) -> Vec<u8> {
    let mut group = [&[1, 1][..], &[0; 13], &[0x80]].concat();
    for key in keys {
        group = aes(key, &group);
    }
    group
}

/// α and β.
pub fn alpha_beta(group: &[u8], individual: &[u8], idm: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let h = xor(group, individual);
    let context = |which| [&[which, 2, 0, 0, 0, 0], idm, &[1, 0]].concat();
    (aes(&h, &context(1)), aes(&h, &context(2)))
}

/// β' = β xor (C3C ‖ 00×12).
pub fn beta_with(beta: &[u8], c3c: &[u8]) -> Vec<u8> {
    xor(beta, &[c3c, &[0; 12]].concat())
}

/// What a session is made of, on either side.
#[derive(Clone)]
pub struct SlowSession {
    pub k_enc: Vec<u8>,
    pub k_mac: Vec<u8>,
    pub tid: Vec<u8>,
    pub c3c: Vec<u8>,
}

impl SlowSession {
    pub fn new(r1: &[u8], r2: &[u8], c3c: &[u8]) -> SlowSession {
        let derived = |which| aes(r2, &[&[which, 3][..], &[0; 12], &[1, 0]].concat());
        SlowSession {
            k_enc: derived(1),
            k_mac: derived(2),
            tid: r1[2..8].to_vec(),
            c3c: c3c.to_vec(),
        }
    }

    fn iv(&self, len: usize, code: u8, tn: u16) -> Vec<u8> {
        let [low, high] = tn.to_le_bytes();
        let head = [1, u8::try_from(len).expect("a frame"), code, low, high];
        [&head[..], &self.tid, &self.c3c[1..4], &[0, 0]].concat()
    }

    /// The whole frame, its length byte included.
    pub fn wrap(&self, code: u8, tn: u16, payload: &[u8]) -> Vec<u8> {
        let len = 1 + 1 + 2 + payload.len() + 8;
        let iv = self.iv(len, code, tn);
        let payload_len = u16::try_from(payload.len()).expect("short").to_be_bytes();
        let covered = [&[0x19], &iv[1..14], &payload_len, payload].concat();
        let mac = &cmac(&self.k_mac, &covered)[..8];
        let to_mac = payload.len().div_ceil(16) * 16;
        let stream = ofb(&self.k_enc, &iv, to_mac + 8);
        let mut frame = vec![len as u8, code];
        frame.extend(tn.to_le_bytes());
        frame.extend(xor(payload, &stream[..payload.len()]));
        frame.extend(xor(mac, &stream[to_mac..]));
        frame
    }

    /// TN and payload of a whole frame; `None` when the MAC is wrong.
    pub fn unwrap(&self, frame: &[u8]) -> Option<(u16, Vec<u8>)> {
        assert_eq!(usize::from(frame[0]), frame.len());
        let tn = u16::from_le_bytes([frame[2], frame[3]]);
        let cipher = &frame[4..frame.len() - 8];
        let iv = self.iv(frame.len(), frame[1], tn);
        let payload = xor(cipher, &ofb(&self.k_enc, &iv, cipher.len()));
        // The frame that this payload makes is the frame that came, or its MAC is wrong.
        (self.wrap(frame[1], tn, &payload) == frame).then_some((tn, payload))
    }
}

/// RFC 5297, 2.4 and 2.6, for texts of at least 16 bytes: the synthetic vector and the ciphertext.
pub fn siv(k_mac: &[u8], k_ctr: &[u8], data: &[&[u8]], text: &[u8]) -> Vec<u8> {
    let mut d = cmac(k_mac, &[0; 16]);
    for part in data {
        d = xor(&doubled(&d), &cmac(k_mac, part));
    }
    let mut last = text.to_vec();
    let tail = last.split_off(text.len() - 16);
    last.extend(xor(&tail, &d));
    let v = cmac(k_mac, &last);
    let mut counter = v.clone();
    counter[8] &= 0x7F;
    counter[12] &= 0x7F;
    let mut out = v;
    for part in text.chunks(16) {
        out.extend(xor(part, &aes(k_ctr, &counter)[..part.len()]));
        for byte in counter.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }
    out
}

/// A sealed AES key, as `docs/memory-format.md` has it.
pub fn key_package(
    parent: &[u8],
    old: Option<&[u8]>,
    node: u16,
    version: u16,
    key: &[u8],
) -> Vec<u8> {
    let constant = |which, from| [&[which, from][..], &[0; 12], &[1, 0]].concat();
    let mut s = aes(parent, &constant(1, 4));
    if let Some(old) = old {
        s = aes(old, &s);
    }
    let plain = [&node.to_le_bytes()[..], &version.to_le_bytes(), key].concat();
    siv(
        &aes(&s, &constant(1, 5)),
        &aes(&s, &constant(2, 5)),
        &[b"Cardwright AES key 1"],
        &plain,
    )
}
