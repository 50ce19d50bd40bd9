//! The registry's write-ahead log, looked at before SQLite opens it.
//!
//! SQLite reads its log up to the first frame that does not check and takes the rest for what a crash left behind: it
//! drops it without a word, the writes with it that were acknowledged. So the log is walked here first, by the rules of
//! SQLite's file format ("The Write-Ahead Log" and "WAL-Index File Format"), and a log of which frames are lost is told
//! from one that a crash cut short. The index beside the log (`-shm`) is the witness: it is made anew at every opening,
//! and until then says how many frames were committed.

use super::RegistryError;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
/// The first word of a log; the last bit says that checksums are of big-endian words.
const MAGIC: u32 = 0x377F_0682;
/// The one version of log and index that there is.
const VERSION: u32 = 3_007_000;
/// Of the index: what is read of it, and where the number of frames stands that are in the database itself.
const INDEX_BYTES: usize = 100;
const INDEX_COPY_BYTES: usize = 48;
const INDEX_SUMMED_BYTES: usize = 40;

/// How a log ends that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Everything that was acknowledged is there.
    Whole,
    /// The last frame is not whole, and nothing witnesses that it was never acknowledged.
    Doubtful,
}

/// Looks at the log of the registry in that file, and changes nothing.
///
/// # Errors
/// [`RegistryError::Damaged`] when frames are lost that were acknowledged.
pub(super) fn examine(registry: &Path) -> Result<End, RegistryError> {
    let index = Index::read(&with_ending(registry, "-shm"))?;
    let log = with_ending(registry, "-wal");
    let length = match fs::metadata(&log) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error.into()),
    };
    if length == 0 {
        return match index {
            Some(index) if index.frames > index.in_database => Err(lost("it is gone")),
            _ => Ok(End::Whole),
        };
    }
    let mut file = BufReader::new(File::open(&log)?);
    let header = Header::read(&mut file)?;
    let index = index.filter(|index| index.salts == header.salts);
    let walked = Walked::through(&mut file, &header)?;
    if walked.followed {
        return Err(lost("a frame before others does not check"));
    }
    match index {
        Some(index) if index.frames > walked.committed => Err(lost("its last frames do not check")),
        Some(_) => Ok(End::Whole),
        None if walked.unfinished => Ok(End::Doubtful),
        None => Ok(End::Whole),
    }
}

fn lost(what: &str) -> RegistryError {
    RegistryError::Damaged(format!(
        "what was written to it last cannot be read from its log (registry.db-wal): {what}"
    ))
}

/// What begins a log.
struct Header {
    big_endian: bool,
    page_bytes: usize,
    /// How often the log was begun anew in its file. What stands behind the newest frames is then of an earlier time.
    restarts: u32,
    salts: [u8; 8],
    sum: Sum,
}

impl Header {
    fn read(file: &mut impl Read) -> Result<Header, RegistryError> {
        let mut bytes = [0; HEADER_BYTES];
        if read_up_to(file, &mut bytes)? < HEADER_BYTES {
            return Err(lost("it is cut off"));
        }
        let magic = word(&bytes, 0);
        let page_bytes = word(&bytes, 8) as usize;
        let big_endian = magic & 1 == 1;
        let sum = Sum::default().over(&bytes[..24], big_endian);
        let fits = magic & !1 == MAGIC
            && word(&bytes, 4) == VERSION
            && (512..=65_536).contains(&page_bytes)
            && page_bytes.is_power_of_two();
        if !fits || sum != Sum::at(&bytes, 24) {
            return Err(lost("its header does not check"));
        }
        Ok(Header {
            big_endian,
            page_bytes,
            restarts: word(&bytes, 12),
            salts: eight(&bytes, 16),
            sum,
        })
    }

    /// Whether a frame of those salts is left from before the log was begun anew: the first salt goes up by one each
    /// time.
    fn is_earlier(&self, salts: [u8; 8]) -> bool {
        let back = word(&self.salts, 0).wrapping_sub(word(&salts, 0));
        (1..=self.restarts).contains(&back)
    }
}

/// What the frames of a log came to.
#[derive(Default)]
struct Walked {
    /// Frames up to the last commit that checks.
    committed: u32,
    /// The first frame that does not check is of this log, cut off or not.
    unfinished: bool,
    /// A commit of this log and more frames follow it. A crash leaves no more behind than the frames of one commit that
    /// the disk took in another order.
    followed: bool,
}

impl Walked {
    fn through(file: &mut impl Read, header: &Header) -> io::Result<Walked> {
        let mut walked = Walked::default();
        let mut sum = header.sum;
        let mut frame = vec![0; FRAME_HEADER_BYTES + header.page_bytes];
        let mut number = 0;
        let (mut broken, mut commit_behind) = (false, false);
        loop {
            let read = read_up_to(file, &mut frame)?;
            let Some(salts) = frame[..read].get(8..16) else {
                // Too short to say whose it was.
                walked.unfinished |= read > 0 && !broken;
                return Ok(walked);
            };
            let ours = salts == header.salts;
            if broken {
                walked.followed |= ours && commit_behind;
            } else {
                let next = sum
                    .over(&frame[..8], header.big_endian)
                    .over(&frame[FRAME_HEADER_BYTES..], header.big_endian);
                let checks = read == frame.len() && next == Sum::at(&frame, 16);
                number += 1;
                if checks && ours && word(&frame, 0) != 0 {
                    sum = next;
                    if word(&frame, 4) != 0 {
                        walked.committed = number;
                    }
                } else {
                    broken = true;
                    walked.unfinished = ours || checks || !header.is_earlier(eight(&frame, 8));
                }
            }
            commit_behind |= broken && ours && word(&frame, 4) != 0;
            if read < frame.len() {
                return Ok(walked);
            }
        }
    }
}

/// What the index of a log says of it.
struct Index {
    /// Frames that were committed.
    frames: u32,
    /// Frames of which the pages are in the database itself.
    in_database: u32,
    salts: [u8; 8],
}

impl Index {
    /// `None` where there is none that checks.
    fn read(path: &Path) -> io::Result<Option<Index>> {
        let mut bytes = [0; INDEX_BYTES];
        match File::open(path).and_then(|mut file| read_up_to(&mut file, &mut bytes)) {
            Ok(INDEX_BYTES) => {}
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        }
        // Its words are as this machine has them.
        let native =
            |at| u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let (first, second) = bytes.split_at(INDEX_COPY_BYTES);
        let sum = Sum::default().over(&first[..INDEX_SUMMED_BYTES], cfg!(target_endian = "big"));
        let checks = sum == Sum(native(40), native(44));
        if native(0) != VERSION || !checks || *first != second[..INDEX_COPY_BYTES] {
            return Ok(None);
        }
        Ok(Some(Index {
            frames: native(16),
            in_database: native(96),
            salts: eight(&bytes, 32),
        }))
    }
}

/// The running checksum of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum(u32, u32);

impl Sum {
    /// Goes on over a whole number of pairs of words.
    fn over(self, bytes: &[u8], big_endian: bool) -> Sum {
        let read = if big_endian {
            u32::from_be_bytes
        } else {
            u32::from_le_bytes
        };
        let (words, _) = bytes.as_chunks::<4>();
        let (pairs, _) = words.as_chunks::<2>();
        pairs.iter().fold(self, |Sum(a, b), [first, second]| {
            let a = a.wrapping_add(read(*first)).wrapping_add(b);
            let b = b.wrapping_add(read(*second)).wrapping_add(a);
            Sum(a, b)
        })
    }

    /// The one that stands there.
    fn at(bytes: &[u8], at: usize) -> Sum {
        Sum(word(bytes, at), word(bytes, at + 4))
    }
}

/// A big-endian word. Callers stay within the bytes, whose number is fixed.
fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn eight(bytes: &[u8], at: usize) -> [u8; 8] {
    std::array::from_fn(|index| bytes[at + index])
}

/// Reads until the buffer is full or the file ends. Gives how many bytes were read.
fn read_up_to(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The path of another of SQLite's files beside a registry's.
pub fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
