//! A query in tantivy's terms, and its answer.

use std::ops::Bound;

use tantivy::collector::{Count, TopDocs};
use tantivy::query::{
    AllQuery, BooleanQuery, EmptyQuery, FuzzyTermQuery, Occur, Query as Clause, RangeQuery,
    TermQuery,
};
use tantivy::schema::{IndexRecordOption, Value};
use tantivy::{DocAddress, Order, Searcher, TantivyDocument, TantivyError, Term};

use super::mark::mark;
use super::schema::{Fields, words};
use crate::error::{Error, Result};
use crate::index::Kind;
use crate::page::{Hit, Page};
use crate::query::{Direction, Filter, MOST_WORDS, Query};

pub(super) fn ask(searcher: &Searcher, fields: &Fields, query: &Query) -> Result<Page> {
    let asked = answer(searcher, fields, query);
    asked.map_err(|error| Error::new("SEARCH_ENGINE", "the index could not be read").caused(error))
}

fn answer(
    searcher: &Searcher,
    fields: &Fields,
    query: &Query,
) -> std::result::Result<Page, TantivyError> {
    let words = tokens(&query.words);
    let matching: Box<dyn Clause> = match words.is_empty() {
        true if query.words.trim().is_empty() => Box::new(AllQuery),
        // Signs alone, of which no document has a word.
        true => Box::new(EmptyQuery),
        false => matching(fields, &words),
    };
    let mut clauses: Vec<(Occur, Box<dyn Clause>)> = vec![(Occur::Must, matching)];
    for (name, filter) in &query.filters {
        if let Some((kind, field)) = fields.get(name) {
            clauses.push((Occur::Must, filtered(kind, field, filter)));
        }
    }
    let whole = BooleanQuery::new(clauses);
    let (total, found) = top(searcher, &whole, query)?;

    let mut hits = Vec::with_capacity(found.len());
    for address in found {
        let document: TantivyDocument = searcher.doc(address)?;
        let id = document
            .get_first(fields.id)
            .and_then(|id| id.as_str().map(str::to_owned));
        let text = |name: &String| {
            let (_, field) = fields.get(name)?;
            document.get_first(field)?.as_str()
        };
        let highlights = query.highlights.iter().map(|name| {
            let marked = mark(text(name).unwrap_or_default(), &words);
            (name.clone(), marked)
        });
        let highlights = highlights.collect();
        let shown = query.shown.iter();
        let texts = shown.map(|name| (name.clone(), text(name).unwrap_or_default().to_owned()));
        let texts = texts.collect();
        hits.push(Hit {
            id: id.unwrap_or_default(),
            highlights,
            texts,
        });
    }
    Ok(Page::new(total, query.page, query.size, hits))
}

/// How many match, and those of the page.
fn top(
    searcher: &Searcher,
    whole: &dyn Clause,
    query: &Query,
) -> std::result::Result<(usize, Vec<DocAddress>), TantivyError> {
    let top = TopDocs::with_limit(query.size).and_offset(query.offset());
    let Some((field, direction)) = &query.order else {
        let (total, found) = searcher.search(whole, &(Count, top.order_by_score()))?;
        return Ok((
            total,
            found.into_iter().map(|(_, address)| address).collect(),
        ));
    };
    let order = match direction {
        Direction::Ascending => Order::Asc,
        Direction::Descending => Order::Desc,
    };
    let is_number = searcher.schema().get_field(field).is_ok_and(|field| {
        searcher
            .schema()
            .get_field_entry(field)
            .field_type()
            .value_type()
            == tantivy::schema::Type::I64
    });
    if is_number {
        let by = top.order_by_fast_field::<i64>(field, order);
        let (total, found) = searcher.search(whole, &(Count, by))?;
        return Ok((
            total,
            found.into_iter().map(|(_, address)| address).collect(),
        ));
    }
    let by = top.order_by_string_fast_field(field, order);
    let (total, found) = searcher.search(whole, &(Count, by))?;
    Ok((
        total,
        found.into_iter().map(|(_, address)| address).collect(),
    ))
}

fn tokens(text: &str) -> Vec<String> {
    // A word that is too long for the index stays: it is found nowhere, and not left out.
    let mut analyzer = words().build();
    let mut stream = analyzer.token_stream(text);
    let mut tokens = Vec::new();
    while stream.advance() && tokens.len() < MOST_WORDS {
        tokens.push(stream.token().text.clone());
    }
    tokens
}

/// Every word, in any text field; the last one also as the beginning of a word.
fn matching(fields: &Fields, tokens: &[String]) -> Box<dyn Clause> {
    let each = tokens.iter().enumerate().map(|(index, token)| {
        let mut anywhere: Vec<(Occur, Box<dyn Clause>)> = Vec::new();
        for field in fields.texts() {
            let term = Term::from_field_text(field, token);
            if index + 1 == tokens.len() {
                let beginning = FuzzyTermQuery::new_prefix(term.clone(), 0, true);
                anywhere.push((Occur::Should, Box::new(beginning)));
            }
            anywhere.push((
                Occur::Should,
                Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)),
            ));
        }
        (
            Occur::Must,
            Box::new(BooleanQuery::new(anywhere)) as Box<dyn Clause>,
        )
    });
    Box::new(BooleanQuery::new(each.collect()))
}

fn filtered(kind: Kind, field: tantivy::schema::Field, filter: &Filter) -> Box<dyn Clause> {
    let range = |from: i64, to: i64| {
        let (from, to) = (
            Term::from_field_i64(field, from),
            Term::from_field_i64(field, to),
        );
        Box::new(RangeQuery::new(Bound::Included(from), Bound::Included(to)))
    };
    match (kind, filter) {
        (_, Filter::Between(from, to)) => range(*from, *to),
        (Kind::Number, Filter::Is(value)) => {
            // Checked before; a value that is no number matches nothing.
            value
                .parse()
                .map_or_else(|_| range(1, 0), |number| range(number, number))
        }
        (_, Filter::Is(value)) => Box::new(TermQuery::new(
            Term::from_field_text(field, value),
            IndexRecordOption::Basic,
        )),
    }
}
