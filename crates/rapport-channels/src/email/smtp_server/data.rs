//! The content after DATA: strict about where it ends, so that no second message can be smuggled in.

use super::memory::Share;

/// Collects a message until the line that holds only a dot. Line ends count only as CRLF.
pub(super) struct DataReader {
    state: State,
    message: Vec<u8>,
    share: Share,
    limit: usize,
    /// Bytes read, also those beyond the limit that are not kept.
    pub received: usize,
    pub too_large: bool,
    /// Other messages use up the memory: this one has to come again.
    pub no_room: bool,
    /// A dot stood alone between bare CR or LF: some servers would take that for the end.
    pub smuggling: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    LineStart,
    Dot,
    DotCarriageReturn,
    Middle,
    CarriageReturn,
    AfterBareLineEnd,
    BareDot,
    Done,
}

impl DataReader {
    pub fn new(limit: usize, share: Share) -> Self {
        Self {
            state: State::LineStart,
            message: Vec::new(),
            share,
            limit,
            received: 0,
            too_large: false,
            no_room: false,
            smuggling: false,
        }
    }

    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// The message, with its share of the memory, which it has until it is stored.
    pub fn into_message(self) -> (Vec<u8>, Share) {
        (self.message, self.share)
    }

    pub fn is_dropped(&self) -> bool {
        self.too_large || self.no_room
    }

    /// Takes from `chunk` and returns how many bytes belonged to this message.
    pub fn feed(&mut self, chunk: &[u8]) -> usize {
        let mut position = 0;
        while position < chunk.len() && self.state != State::Done {
            if self.state == State::Middle {
                // Most bytes are inside lines; they are copied in one go.
                let end = memchr::memchr2(b'\r', b'\n', &chunk[position..])
                    .map_or(chunk.len(), |offset| position + offset);
                self.keep(&chunk[position..end]);
                position = end;
                if position == chunk.len() {
                    break;
                }
            }
            self.step(chunk[position]);
            position += 1;
        }
        self.received += position;
        position
    }

    fn step(&mut self, byte: u8) {
        self.state = match (self.state, byte) {
            (State::LineStart, b'.') => State::Dot,
            (State::Dot, b'\r') => State::DotCarriageReturn,
            (State::Dot, b'\n') => {
                self.smuggling = true;
                self.keep(b".\n");
                State::AfterBareLineEnd
            }
            (State::DotCarriageReturn, b'\n') => State::Done,
            (State::DotCarriageReturn, _) => {
                self.smuggling = true;
                self.keep(b".\r");
                self.inside(byte)
            }
            (State::CarriageReturn, b'\n') => {
                self.keep(b"\n");
                State::LineStart
            }
            (State::CarriageReturn | State::AfterBareLineEnd, b'.') => {
                self.keep(b".");
                State::BareDot
            }
            (State::BareDot, b'\r' | b'\n') => {
                self.smuggling = true;
                self.inside(byte)
            }
            _ => self.inside(byte),
        };
    }

    fn inside(&mut self, byte: u8) -> State {
        self.keep(&[byte]);
        match byte {
            b'\r' => State::CarriageReturn,
            b'\n' => State::AfterBareLineEnd,
            _ => State::Middle,
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.is_dropped() {
            return;
        }
        let length = self.message.len() + bytes.len();
        self.too_large = length > self.limit;
        let allowed = if self.too_large { None } else { self.share.grow_to(length) };
        let Some(allowed) = allowed else {
            self.no_room = !self.too_large;
            self.message = Vec::new();
            self.share.give_back();
            return;
        };
        if length > self.message.capacity() {
            // What is set aside is what is used: a vector left to itself takes up to twice as much.
            let wanted = allowed.min(self.limit.max(length)).min((2 * length).max(4_096));
            self.message.reserve_exact(wanted.max(length) - self.message.len());
        }
        self.message.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::email::smtp_server::memory::Memory;

    fn share() -> Share {
        Memory::new(1_000_000, 0).of_trusted_peer().share()
    }

    /// Feeds in every split and checks that the split makes no difference.
    fn read(input: &[u8]) -> (Vec<u8>, usize, bool) {
        let mut whole = DataReader::new(1_000, share());
        let used = whole.feed(input);
        let result = (used, whole.smuggling, whole.is_done());
        let mut bytewise = DataReader::new(1_000, share());
        let used_bytewise: usize = input.iter().map(|byte| bytewise.feed(&[*byte])).sum();
        assert_eq!(result, (used_bytewise, bytewise.smuggling, bytewise.is_done()));
        let message = whole.into_message().0;
        assert_eq!(message, bytewise.into_message().0);
        (message, used, result.1)
    }

    #[test]
    fn the_end_is_a_dot_between_full_line_ends() {
        assert_eq!(read(b"a\r\n.\r\nMAIL"), (b"a\r\n".to_vec(), 6, false));
        assert_eq!(read(b".\r\n"), (vec![], 3, false));
        assert_eq!(read(b"..a\r\n.b\r\n...\r\n.\r\n").0, b".a\r\nb\r\n..\r\n");
    }

    #[test]
    fn every_other_end_is_seen_as_smuggling() {
        for attempt in
            ["a\n.\nMAIL", "a\n.\r\nMAIL", "a\r.\rMAIL", "a\r\n.\nMAIL", "a\r\n.\rMAIL", "a\r.\r\nMAIL"]
        {
            let input = format!("{attempt} FROM:<x>\r\n.\r\n");
            let (message, used, smuggling) = read(input.as_bytes());
            assert!(smuggling, "{attempt:?}");
            assert_eq!(used, input.len(), "{attempt:?}");
            assert!(!message.is_empty());
        }
        assert!(!read(b"bare\nline\nends\r\n.\r\n").2);
    }

    #[test]
    fn the_rest_of_a_large_message_is_read_but_not_kept() {
        let mut reader = DataReader::new(10, share());
        let input = [b"x".repeat(5_000).as_slice(), b"\r\n.\r\n"].concat();
        assert_eq!(reader.feed(&input), input.len());
        assert!(reader.too_large && reader.is_done());
        assert!(reader.into_message().0.is_empty());
    }
}
