//! tensors make FILE: writes a file of tensors. tensors show FILE...: prints what maps of such files hold.

use memmap2::{Mmap, MmapOptions};
use safetensors::tensor::{serialize_to_file, Dtype, TensorView};
use safetensors::SafeTensors;
use std::error::Error;
use std::fs::File;
use std::path::Path;

fn make(path: &str) -> Result<(), Box<dyn Error>> {
    let kinds = [(Dtype::F32, 4), (Dtype::U8, 1), (Dtype::I64, 8), (Dtype::BF16, 2), (Dtype::BOOL, 1)];
    let data: Vec<Vec<u8>> = (0..60_u32)
        .map(|at| {
            let size = kinds[at as usize % kinds.len()].1 * ((at as usize + 1) * 517);
            (0..size as u32).map(|byte| (byte.wrapping_mul(2_654_435_761).wrapping_add(at) >> 13) as u8).collect()
        })
        .collect();
    let views = data.iter().enumerate().map(|(at, bytes)| {
        let view = TensorView::new(kinds[at % kinds.len()].0, vec![at + 1, 11, 47], bytes);
        Ok::<_, safetensors::SafeTensorError>((format!("layer.{at}.weight"), view?))
    });
    let views = views.collect::<Result<Vec<_>, _>>()?;
    Ok(serialize_to_file(views, None, Path::new(path))?)
}

fn show(map: &[u8]) -> Result<(), Box<dyn Error>> {
    let tensors = SafeTensors::deserialize(map)?;
    let mut names = tensors.names();
    names.sort();
    for name in names {
        let tensor = tensors.tensor(name)?;
        let sum = tensor.data().iter().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
        println!("{name} {:?} {:?} {sum:x}", tensor.dtype(), tensor.shape());
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.split_first() {
        Some((verb, paths)) if verb == "make" => paths.iter().try_for_each(|path| make(path)),
        Some((verb, paths)) if verb == "show" => paths.iter().try_for_each(|path| {
            let file = File::open(path)?;
            // SAFETY: nobody changes the file meanwhile.
            unsafe {
                show(&Mmap::map(&file)?)?;
                // As programs read the header alone.
                let head = MmapOptions::new().len(8).map(&file)?;
                println!("{path}: {}", u64::from_le_bytes(head[..].try_into()?));
            }
            Ok(())
        }),
        _ => Err("make FILE | show FILE...".into()),
    }
}
