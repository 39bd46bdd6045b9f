//! Foreign texts on a terminal. Pure.

use std::fmt::{self, Write as _};

/// A text of somebody else's as one line that a terminal cannot be fooled by: what controls it is shown as an escape.
///
/// ```
/// # use aftercommit::operate::Visible;
/// assert_eq!(Visible("red\u{1b}[31m").to_string(), "red\\u{1b}[31m");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Visible<'t>(pub &'t str);

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if c.is_control() || turns(c) {
                write!(f, "{}", c.escape_default())?;
            } else {
                f.write_char(c)?;
            }
        }
        Ok(())
    }
}

/// Whether it changes the direction of writing, or the line, and is not seen itself.
fn turns(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_controls_a_terminal_is_shown() {
        let text = "a\tb\r\n\u{1b}]0;x\u{7}\u{202e}cba\u{2066}é😀";
        let shown = Visible(text).to_string();
        assert_eq!(
            shown,
            "a\\tb\\r\\n\\u{1b}]0;x\\u{7}\\u{202e}cba\\u{2066}é😀"
        );
    }
}
