//! Changes WebAssembly section by section, so that the result can still be parsed into sections.

/// The magic number and the version.
const HEADER: usize = 8;
/// Sections of a component that hold another binary: a core module, a component.
const NESTED: [u8; 2] = [1, 4];
const COMPONENT: [u8; 4] = [0x0d, 0, 1, 0];

#[derive(Clone)]
struct Section {
    id: u8,
    content: Vec<u8>,
}

fn read_size(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut size = 0_usize;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        size |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((size, index + 1));
        }
    }
    None
}

fn write_size(mut size: usize, to: &mut Vec<u8>) {
    loop {
        let byte = u8::try_from(size & 0x7f).unwrap_or(0);
        size >>= 7;
        if size == 0 {
            return to.push(byte);
        }
        to.push(byte | 0x80);
    }
}

fn parse(bytes: &[u8]) -> Option<(&[u8], Vec<Section>)> {
    let (header, mut rest) = bytes.split_at_checked(HEADER)?;
    let mut sections = Vec::new();
    while let Some((id, tail)) = rest.split_first() {
        let (size, width) = read_size(tail)?;
        let content = tail.get(width..width.checked_add(size)?)?;
        sections.push(Section { id: *id, content: content.to_vec() });
        rest = &tail[width + size..];
    }
    Some((header, sections))
}

fn put(sections: &[Section], header: &[u8]) -> Vec<u8> {
    let mut result = header.to_vec();
    for Section { id, content } in sections {
        result.push(*id);
        write_size(content.len(), &mut result);
        result.extend(content);
    }
    result
}

/// The same with functions that trap, without data and custom sections: as good for what does not run it, and short.
pub fn hollow(bytes: &[u8]) -> Option<Vec<u8>> {
    const CUSTOM: u8 = 0;
    const CODE: u8 = 10;
    const DATA: [u8; 2] = [11, 12];
    let (header, mut sections) = parse(bytes)?;
    let is_component = header[4..] == COMPONENT;
    sections.retain(|section| section.id != CUSTOM && (is_component || !DATA.contains(&section.id)));
    for section in &mut sections {
        if is_component && NESTED.contains(&section.id) {
            section.content = hollow(&section.content)?;
        } else if !is_component && section.id == CODE {
            let (count, width) = read_size(&section.content)?;
            section.content.truncate(width);
            section.content.extend([3, 0, 0, 0x0b].repeat(count)); // The length, no locals, `unreachable`, `end`.
        }
    }
    Some(put(&sections, header))
}

/// Changes a section at any depth, or removes, repeats or moves one. None if there is no section.
///
/// `random` decides, and `mutate` changes plain bytes.
pub fn change(
    bytes: &[u8],
    random: &mut dyn FnMut(usize) -> usize,
    mutate: &dyn Fn(&[u8]) -> Vec<u8>,
) -> Option<Vec<u8>> {
    let (header, mut sections) = parse(bytes)?;
    let at = random(sections.len().max(1));
    let is_component = header[4..] == COMPONENT;
    let section = sections.get(at)?;
    let nested = is_component && NESTED.contains(&section.id) && random(4) > 0;
    match if nested { None } else { Some(random(8)) } {
        None => {
            sections[at].content = change(&section.content, random, mutate).unwrap_or_else(|| mutate(&section.content));
        }
        Some(0) => drop(sections.remove(at)),
        Some(1) => sections.insert(random(sections.len()), section.clone()),
        Some(2) => {
            let other = random(sections.len());
            sections.swap(at, other);
        }
        Some(_) => sections[at].content = mutate(&section.content),
    }
    Some(put(&sections, header))
}
