//! Prints what maps of files of OpenStreetMap hold: the elements of each blob.

use osmpbf::{BlobDecode, Mmap};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    for path in std::env::args().skip(1) {
        // SAFETY: nobody changes the file meanwhile.
        let map = unsafe { Mmap::from_path(&path)? };
        for blob in map.blob_iter() {
            let blob = blob?;
            println!("{path} {:?} {:?}", blob.get_type(), blob.offset());
            match blob.decode()? {
                BlobDecode::OsmHeader(header) => println!("{:?}", header.required_features()),
                BlobDecode::OsmData(block) => block.for_each_element(|element| match element {
                    osmpbf::Element::Node(node) => println!("node {} {} {}", node.id(), node.lat(), node.lon()),
                    osmpbf::Element::DenseNode(node) => {
                        println!(
                            "node {} {} {} {:?}",
                            node.id(),
                            node.lat(),
                            node.lon(),
                            node.tags().collect::<Vec<_>>()
                        );
                    }
                    osmpbf::Element::Way(way) => println!("way {} {:?}", way.id(), way.refs().collect::<Vec<_>>()),
                    osmpbf::Element::Relation(one) => {
                        println!("relation {} {:?}", one.id(), one.tags().collect::<Vec<_>>())
                    }
                }),
                BlobDecode::Unknown(kind) => println!("unknown {kind}"),
            }
        }
    }
    Ok(())
}
