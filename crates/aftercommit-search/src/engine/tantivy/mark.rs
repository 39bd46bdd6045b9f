//! Marks words in a text, beginnings of words included, which tantivy's own snippets do not show.

use std::ops::Range;

use super::schema::analyzer;

/// Around the first word that is marked, in bytes: about two lines.
const WIDTH: usize = 160;

/// A part of the text as HTML, with the words in `<mark>`. Empty if it has none of them.
pub(super) fn mark(text: &str, words: &[String]) -> String {
    let found = find(text, words);
    let Some(first) = found.first() else {
        return String::new();
    };
    let window = window(text, first);
    let mut html = String::new();
    let mut at = window.start;
    for word in found
        .iter()
        .filter(|word| word.start >= window.start && word.end <= window.end)
    {
        escape(&text[at..word.start], &mut html);
        html.push_str("<mark>");
        escape(&text[word.clone()], &mut html);
        html.push_str("</mark>");
        at = word.end;
    }
    escape(&text[at..window.end], &mut html);
    html
}

/// Where the words stand; the last one may be the beginning of one.
fn find(text: &str, words: &[String]) -> Vec<Range<usize>> {
    let Some((last, whole)) = words.split_last() else {
        return Vec::new();
    };
    let mut analyzer = analyzer();
    let mut stream = analyzer.token_stream(text);
    let mut found = Vec::new();
    while stream.advance() {
        let token = stream.token();
        if whole.contains(&token.text) || token.text.starts_with(last.as_str()) {
            found.push(token.offset_from..token.offset_to);
        }
    }
    found
}

/// The part that is shown: it begins and ends between words, where there are any.
fn window(text: &str, first: &Range<usize>) -> Range<usize> {
    if text.len() <= WIDTH {
        return 0..text.len();
    }
    let near = first.start.saturating_sub(WIDTH / 4);
    let start = match text[..first.start]
        .char_indices()
        .find(|(at, c)| *at >= near && c.is_whitespace())
    {
        _ if near == 0 => 0,
        Some((at, c)) => at + c.len_utf8(),
        None => first.start,
    };
    let far = (start + WIDTH).max(first.end);
    let end = match text[first.end..]
        .char_indices()
        .rev()
        .find(|(at, c)| first.end + at <= far && c.is_whitespace())
    {
        _ if far >= text.len() => text.len(),
        Some((at, _)) => first.end + at,
        None => first.end,
    };
    start..end
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        mark(text, &words)
    }

    #[test]
    fn words_and_the_beginning_of_the_last_are_marked() {
        assert_eq!(
            marked("Ada Lovelace", &["love"]),
            "Ada <mark>Lovelace</mark>"
        );
        assert_eq!(
            marked("Müller & Söhne", &["muller", "so"]),
            "<mark>Müller</mark> &amp; <mark>Söhne</mark>"
        );
        assert_eq!(
            marked("lovely Ada", &["love", "ada"]),
            "lovely <mark>Ada</mark>"
        );
        assert_eq!(marked("nothing", &["ada"]), "");
        assert_eq!(
            marked("<b>'\"", &["b"]),
            "&lt;<mark>b</mark>&gt;&#39;&quot;"
        );
    }

    #[test]
    fn a_long_text_is_cut_between_words() {
        let text = format!("{}needle {}", "before ".repeat(100), "äfter ".repeat(100));
        let html = marked(&text, &["needle"]);
        assert!(
            html.starts_with("before ") && html.ends_with("äfter"),
            "{html}"
        );
        assert!(
            html.contains("<mark>needle</mark>") && html.len() < WIDTH + 60,
            "{html}"
        );
    }

    #[test]
    fn no_text_can_break_it() {
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..2_000 {
            let text: String = (0..random.usize(..400))
                .map(|_| {
                    if random.u8(..4) == 0 {
                        ' '
                    } else {
                        random.char(..)
                    }
                })
                .collect();
            let word: String = text
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .to_lowercase();
            mark(&text, &[word]);
            mark(&"x".repeat(500), &["x".into()]);
        }
    }
}
