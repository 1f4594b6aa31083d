//! The bytes of sections of WebAssembly.

pub fn put_u32(bytes: &mut Vec<u8>, mut value: u32) {
    loop {
        let low = u8::try_from(value & 0x7f).expect("seven bits");
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

fn put_length(bytes: &mut Vec<u8>, length: usize) {
    put_u32(bytes, u32::try_from(length).expect("memory has addresses of 32 bits"));
}

pub fn put_name(bytes: &mut Vec<u8>, name: &str) {
    put_length(bytes, name.len());
    bytes.extend_from_slice(name.as_bytes());
}

/// Adds a section with this content.
pub fn put_section(bytes: &mut Vec<u8>, id: u8, content: &[u8]) {
    bytes.push(id);
    put_length(bytes, content.len());
    bytes.extend_from_slice(content);
}

/// A section that is a vector of entries.
pub struct Section {
    id: u8,
    count: u32,
    content: Vec<u8>,
}

impl Section {
    pub fn new(id: u8) -> Self {
        Self { id, count: 0, content: Vec::new() }
    }

    /// Begins an entry, whose bytes are appended to the result.
    pub fn entry(&mut self) -> &mut Vec<u8> {
        self.count += 1;
        &mut self.content
    }

    pub fn append_to(mut self, bytes: &mut Vec<u8>) {
        let mut content = Vec::new();
        put_u32(&mut content, self.count);
        content.append(&mut self.content);
        put_section(bytes, self.id, &content);
    }
}
