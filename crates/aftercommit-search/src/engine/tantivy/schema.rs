//! The fields of an index in tantivy's terms.

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{
    AsciiFoldingFilter, LowerCaser, RemoveLongFilter, SimpleTokenizer, TextAnalyzer,
    TextAnalyzerBuilder, Tokenizer,
};

use crate::index::{Definition, Kind};

/// The name under which the words of a text are cut.
pub(super) const ANALYZER: &str = "aftercommit";

/// The fields, in the order of their definition.
#[derive(Clone)]
pub(super) struct Fields {
    pub(super) id: Field,
    pub(super) all: Vec<(&'static str, Kind, Field)>,
}

impl Fields {
    pub(super) fn get(&self, name: &str) -> Option<(Kind, Field)> {
        let found = self.all.iter().find(|(known, ..)| *known == name);
        found.map(|(_, kind, field)| (*kind, *field))
    }

    pub(super) fn texts(&self) -> impl Iterator<Item = Field> {
        let texts = self.all.iter().filter(|(_, kind, _)| *kind == Kind::Text);
        texts.map(|(_, _, field)| *field)
    }
}

pub(super) fn of(definition: &Definition) -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let id = schema.add_text_field("id", STRING | STORED | FAST);
    let words = TextFieldIndexing::default()
        .set_tokenizer(ANALYZER)
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let text = TextOptions::default()
        .set_indexing_options(words)
        .set_stored();
    let mut all = Vec::with_capacity(definition.fields.len());
    for field in &definition.fields {
        let made = match field.kind {
            Kind::Text => schema.add_text_field(field.name, text.clone()),
            Kind::Keyword => schema.add_text_field(field.name, STRING | FAST),
            Kind::Number => schema.add_i64_field(field.name, INDEXED | FAST),
        };
        all.push((field.name, field.kind, made));
    }
    (schema.build(), Fields { id, all })
}

/// Words without case and accents: `Müller` is found by `muller`.
pub(super) fn words() -> TextAnalyzerBuilder<impl Tokenizer> {
    let words = TextAnalyzer::builder(SimpleTokenizer::default());
    words.filter(LowerCaser).filter(AsciiFoldingFilter)
}

/// The words of a text, but for those that nobody types.
pub(super) fn analyzer() -> TextAnalyzer {
    words().filter(RemoveLongFilter::limit(100)).build()
}

pub(super) fn register(index: &tantivy::Index) {
    index.tokenizers().register(ANALYZER, analyzer());
}
