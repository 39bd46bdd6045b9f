//! What happens to an index. Pure.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One change of one document.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// The document is this, whatever it was.
    Put {
        /// The row's id.
        id: String,
        /// The values, in the order of the index's fields.
        values: Vec<Value>,
    },
    /// There is no such document any more.
    Remove {
        /// The row's id.
        id: String,
    },
    /// There is no document any more.
    Clear,
}

/// The value of a field. As JSON it is a text or a number.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Value {
    /// Of a text or keyword field.
    Text(String),
    /// Of a number field.
    Number(i64),
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Change::Put { .. } => "Put",
            Change::Remove { .. } => "Remove",
            Change::Clear => "Clear",
        })
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A row's content does not belong into a log.
        f.write_str(match self {
            Value::Text(_) => "Text",
            Value::Number(_) => "Number",
        })
    }
}
