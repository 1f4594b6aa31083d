//! What tantivy makes and finds with its `MmapDirectory`, without a thread:
//! index make FOLDER FILE FROM TO: an index of the documents FROM to TO, made of the words in FILE.
//! index merge FOLDER INDEX...: one index of several. index show FOLDER: its terms and segments.
//! index search FOLDER QUERY...: what is found. index threads FOLDER: opens the writer that starts threads.

use std::error::Error;
use std::path::Path;
use tantivy::collector::{Count, TopDocs};
use tantivy::directory::MmapDirectory;
use tantivy::indexer::merge_indices;
use tantivy::query::{FuzzyTermQuery, Query, QueryParser, RegexQuery};
use tantivy::schema::{Schema, FAST, INDEXED, STORED, STRING, TEXT};
use tantivy::{Index, IndexSettings, IndexWriter, ReloadPolicy, TantivyDocument, Term};

fn schema() -> Schema {
    let mut schema = Schema::builder();
    schema.add_text_field("body", TEXT | STORED);
    schema.add_text_field("kind", STRING | STORED | FAST);
    schema.add_u64_field("number", INDEXED | STORED | FAST);
    schema.build()
}

fn directory(path: &str) -> Result<MmapDirectory, Box<dyn Error>> {
    std::fs::create_dir_all(path)?;
    Ok(MmapDirectory::open(path)?)
}

fn make(path: &str, words: &str, from: usize, to: usize) -> Result<(), Box<dyn Error>> {
    let text = std::fs::read_to_string(words)?;
    let words: Vec<&str> = text.lines().collect();
    let schema = schema();
    let (body, kind, number) = (schema.get_field("body")?, schema.get_field("kind")?, schema.get_field("number")?);
    let settings = IndexSettings { docstore_compress_dedicated_thread: false, ..IndexSettings::default() };
    let builder = Index::builder().schema(schema).settings(settings);
    let mut writer = builder.single_segment_index_writer(directory(path)?, 30 << 20)?;
    for at in from..to {
        let mut document = TantivyDocument::default();
        let body_words: Vec<&str> = (1..30).map(|step| words[at * at * step % (words.len() / step)]).collect();
        document.add_text(body, body_words.join(" "));
        document.add_text(kind, format!("kind{}", at % 7));
        document.add_u64(number, at as u64);
        writer.add_document(document)?;
    }
    writer.finalize()?;
    Ok(())
}

fn open(path: &str) -> Result<Index, Box<dyn Error>> {
    Ok(Index::open(MmapDirectory::open(Path::new(path))?)?)
}

fn show(path: &str) -> Result<(), Box<dyn Error>> {
    let index = open(path)?;
    println!("damaged: {:?}", index.validate_checksum()?);
    let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
    let body = index.schema().get_field("body")?;
    for segment in reader.searcher().segment_readers() {
        println!("{} documents", segment.num_docs());
        let inverted = segment.inverted_index(body)?;
        let mut terms = inverted.terms().stream()?;
        while let Some((term, info)) = terms.next() {
            println!("{} {}", String::from_utf8_lossy(term), info.doc_freq);
        }
    }
    Ok(())
}

fn search(path: &str, queries: &[String]) -> Result<(), Box<dyn Error>> {
    let index = open(path)?;
    let schema = index.schema();
    let body = schema.get_field("body")?;
    let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
    let searcher = reader.searcher();
    let parser = QueryParser::for_index(&index, vec![body]);
    for text in queries {
        let query: Box<dyn Query> = match text.split_once('=') {
            Some(("fuzzy", word)) => Box::new(FuzzyTermQuery::new(Term::from_field_text(body, word), 2, true)),
            Some(("regex", pattern)) => Box::new(RegexQuery::from_pattern(pattern, body)?),
            _ => parser.parse_query(text)?,
        };
        println!("{text}: {}", searcher.search(&query, &Count)?);
        for (score, address) in searcher.search(&query, &TopDocs::with_limit(10).order_by_score())? {
            let document: TantivyDocument = searcher.doc(address)?;
            println!("{score} {}", tantivy::Document::to_json(&document, &schema));
        }
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (verb, words) = words.split_first().ok_or("what?")?;
    match (verb.as_str(), words) {
        ("make", [path, file, from, to]) => make(path, file, from.parse()?, to.parse()?),
        ("merge", [path, indexes @ ..]) => {
            let indexes = indexes.iter().map(|path| open(path)).collect::<Result<Vec<_>, _>>()?;
            merge_indices(&indexes, directory(path)?)?;
            Ok(())
        }
        ("show", [path]) => show(path),
        ("search", [path, queries @ ..]) => search(path, queries),
        ("threads", [path]) => {
            let _writer: IndexWriter = open(path)?.writer_with_num_threads(1, 20 << 20)?;
            Ok(())
        }
        _ => Err("make FOLDER FILE FROM TO | merge FOLDER INDEX... | show FOLDER | search FOLDER QUERY...".into()),
    }
}
