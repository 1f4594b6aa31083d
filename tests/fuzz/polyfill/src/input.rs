//! The bytes of a fuzzer, read as choices. Past its end, an input is all zeros.

const PAGE: u64 = 4096;

pub struct Input<'a>(pub &'a [u8]);

impl Input<'_> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit
    }

    pub fn flag(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    fn bits(&mut self, bytes: u32) -> u64 {
        (0..bytes).fold(0, |value, _| value << 8 | u64::from(self.byte()))
    }

    /// A number that is often near one of the edges, or at a multiple of the page size.
    pub fn number(&mut self, edges: &[u64]) -> u64 {
        let kind = self.byte();
        let value = u64::from(kind / 8);
        let edge = edges[usize::from(kind / 8) % edges.len()];
        let near = |byte: u8| i64::from(i8::from_ne_bytes([byte]));
        match kind % 8 {
            0 => value,
            1 => self.bits(2),
            2 => PAGE * value,
            3 => self.bits(3),
            4 | 5 => edge,
            6 => edge.wrapping_add_signed(near(self.byte())),
            _ if kind == u8::MAX => self.bits(8),
            _ => (PAGE * value).wrapping_add_signed(near(self.byte())),
        }
    }

    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        let first = self.byte();
        (0..5).map(|step| first.wrapping_add(step)).cycle().take(length).collect()
    }
}
