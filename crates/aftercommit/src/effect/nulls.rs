//! What a value writes as `null` in JSON although it is something else. Pure.
//!
//! JSON has no NaN and no infinities, and serde_json writes `null` for them: they would come back as `None`, or not at all. A `Some` of
//! something that is `null` comes back as `None` as well. The text does not show either, so the value is walked through a second
//! time, and only if there is a `null` in its text.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};

use super::payload::Unfit;

/// Finds what would come back as something else.
pub(super) fn check<S: Serialize>(value: &S) -> Result<(), Unfit> {
    let mut walk = Walk { path: Vec::new() };
    match value.serialize(&mut walk) {
        Err(Found(Some(unfit))) => Err(unfit),
        // A value that cannot be written has said so when its text was made.
        Ok(_) | Err(Found(None)) => Ok(()),
    }
}

struct Walk {
    path: Vec<Step>,
}

enum Step {
    Key(String),
    Index(usize),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrote {
    Null,
    Something,
}

#[derive(Debug)]
struct Found(Option<Unfit>);

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("found")
    }
}

impl std::error::Error for Found {}

impl ser::Error for Found {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(None)
    }
}

impl Walk {
    fn path(&self) -> String {
        let mut path = "$".to_owned();
        for step in &self.path {
            match step {
                Step::Key(key) => path.push_str(&format!(".{key}")),
                Step::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }

    fn number(&self, number: f64) -> Result<Wrote, Found> {
        if number.is_finite() {
            return Ok(Wrote::Something);
        }
        let (path, nan) = (self.path(), number.is_nan());
        let number = if nan { "NaN" } else { "an infinite number" };
        Err(Found(Some(Unfit::NotFinite { path, number })))
    }

    fn inside<T: ?Sized + Serialize>(&mut self, step: Step, value: &T) -> Result<Wrote, Found> {
        self.path.push(step);
        let wrote = value.serialize(&mut *self)?;
        self.path.pop();
        Ok(wrote)
    }

    /// What is inside of a variant, under the variant's name.
    fn variant(&mut self, name: &'static str) -> Inside<'_> {
        self.path.push(Step::Key(name.to_owned()));
        Inside {
            walk: self,
            next: 0,
            key: String::new(),
            named: true,
        }
    }

    fn open(&mut self) -> Inside<'_> {
        Inside {
            walk: self,
            next: 0,
            key: String::new(),
            named: false,
        }
    }
}

macro_rules! something {
    ($($method:ident: $kind:ty),*) => {
        $(fn $method(self, _: $kind) -> Result<Wrote, Found> {
            Ok(Wrote::Something)
        })*
    };
}

impl<'w> Serializer for &'w mut Walk {
    type Ok = Wrote;
    type Error = Found;
    type SerializeSeq = Inside<'w>;
    type SerializeTuple = Inside<'w>;
    type SerializeTupleStruct = Inside<'w>;
    type SerializeTupleVariant = Inside<'w>;
    type SerializeMap = Inside<'w>;
    type SerializeStruct = Inside<'w>;
    type SerializeStructVariant = Inside<'w>;

    something! {
        serialize_bool: bool, serialize_char: char, serialize_str: &str, serialize_bytes: &[u8],
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128
    }

    fn serialize_f32(self, number: f32) -> Result<Wrote, Found> {
        self.number(number.into())
    }

    fn serialize_f64(self, number: f64) -> Result<Wrote, Found> {
        self.number(number)
    }

    fn serialize_none(self) -> Result<Wrote, Found> {
        Ok(Wrote::Null)
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<Wrote, Found> {
        match value.serialize(&mut *self)? {
            Wrote::Null => Err(Found(Some(Unfit::SomeNull { path: self.path() }))),
            wrote => Ok(wrote),
        }
    }

    fn serialize_unit(self) -> Result<Wrote, Found> {
        Ok(Wrote::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Wrote, Found> {
        Ok(Wrote::Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<Wrote, Found> {
        Ok(Wrote::Something)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Wrote, Found> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<Wrote, Found> {
        self.inside(Step::Key(name.to_owned()), value)?;
        Ok(Wrote::Something)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Inside<'w>, Found> {
        Ok(self.open())
    }

    fn serialize_tuple(self, _: usize) -> Result<Inside<'w>, Found> {
        Ok(self.open())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Inside<'w>, Found> {
        Ok(self.open())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Inside<'w>, Found> {
        Ok(self.variant(name))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Inside<'w>, Found> {
        Ok(self.open())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Inside<'w>, Found> {
        Ok(self.open())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Inside<'w>, Found> {
        Ok(self.variant(name))
    }

    fn collect_str<T: ?Sized + fmt::Display>(self, _: &T) -> Result<Wrote, Found> {
        Ok(Wrote::Something)
    }
}

/// The inside of a list, a map or a structure.
struct Inside<'w> {
    walk: &'w mut Walk,
    next: usize,
    key: String,
    named: bool,
}

impl Inside<'_> {
    fn element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Found> {
        self.walk.inside(Step::Index(self.next), value)?;
        self.next += 1;
        Ok(())
    }

    fn field<T: ?Sized + Serialize>(&mut self, key: String, value: &T) -> Result<(), Found> {
        self.walk.inside(Step::Key(key), value).map(drop)
    }

    fn close(self) -> Result<Wrote, Found> {
        if self.named {
            self.walk.path.pop();
        }
        Ok(Wrote::Something)
    }
}

macro_rules! elements {
    ($($kind:ident: $method:ident),*) => {
        $(impl ser::$kind for Inside<'_> {
            type Ok = Wrote;
            type Error = Found;

            fn $method<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Found> {
                self.element(value)
            }

            fn end(self) -> Result<Wrote, Found> {
                self.close()
            }
        })*
    };
}

elements! {
    SerializeSeq: serialize_element, SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field, SerializeTupleVariant: serialize_field
}

macro_rules! fields {
    ($($kind:ident),*) => {
        $(impl ser::$kind for Inside<'_> {
            type Ok = Wrote;
            type Error = Found;

            fn serialize_field<T: ?Sized + Serialize>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Found> {
                self.field(key.to_owned(), value)
            }

            fn end(self) -> Result<Wrote, Found> {
                self.close()
            }
        })*
    };
}

fields! { SerializeStruct, SerializeStructVariant }

impl ser::SerializeMap for Inside<'_> {
    type Ok = Wrote;
    type Error = Found;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Found> {
        self.key = match serde_json::to_value(key) {
            Ok(serde_json::Value::String(key)) => key,
            Ok(other) => other.to_string(),
            Err(_) => return Err(Found(None)),
        };
        Ok(())
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Found> {
        let key = std::mem::take(&mut self.key);
        self.field(key, value)
    }

    fn end(self) -> Result<Wrote, Found> {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;
    use serde_json::json;

    use super::super::payload::encode;
    use super::*;

    #[derive(Serialize)]
    struct Unit;

    #[derive(Serialize)]
    enum Shape {
        New(f64),
        Tuple(u8, f32),
        Struct { list: Vec<Option<f64>> },
    }

    fn not_finite(path: &str, number: &'static str) -> Result<String, Unfit> {
        let path = path.into();
        Err(Unfit::NotFinite { path, number })
    }

    #[test]
    fn a_number_that_is_none_is_refused_wherever_it_stands() {
        let (nan, inf) = ("NaN", "an infinite number");
        assert_eq!(encode(&f64::NAN), not_finite("$", nan));
        assert_eq!(encode(&f32::NEG_INFINITY), not_finite("$", inf));
        assert_eq!(encode(&Some(f64::NAN)), not_finite("$", nan));
        assert_eq!(encode(&[1.0, f64::INFINITY]), not_finite("$[1]", inf));
        assert_eq!(encode(&(1, f32::NAN)), not_finite("$[1]", nan));
        assert_eq!(encode(&Shape::New(f64::NAN)), not_finite("$.New", nan));
        assert_eq!(
            encode(&Shape::Tuple(1, f32::NAN)),
            not_finite("$.Tuple[1]", nan)
        );
        let list = vec![None, Some(1.0), Some(f64::NAN)];
        assert_eq!(
            encode(&Shape::Struct { list }),
            not_finite("$.Struct.list[2]", nan)
        );
        let map: BTreeMap<u8, BTreeMap<&str, f64>> = [(7, [("x", f64::NAN)].into())].into();
        assert_eq!(encode(&map), not_finite("$.7.x", nan));
    }

    #[test]
    fn a_number_that_is_none_is_no_key_either() {
        #[derive(Serialize)]
        struct Keys(#[serde(serialize_with = "keyed")] f64);
        fn keyed<S: Serializer>(key: &f64, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map([(*key, 1)])
        }
        assert!(encode(&Keys(1.5)).is_ok());
        assert!(matches!(
            encode(&Keys(f64::NAN)),
            Err(Unfit::NotJson { .. })
        ));
    }

    #[test]
    fn a_some_that_would_come_back_as_none_is_refused() {
        let refused = |path: &str| Err(Unfit::SomeNull { path: path.into() });
        assert_eq!(encode(&Some(None::<u8>)), refused("$"));
        assert_eq!(encode(&Some(())), refused("$"));
        assert_eq!(encode(&vec![Some(Some(1)), Some(None)]), refused("$[1]"));
        assert_eq!(encode(&Some(Unit)), refused("$"));
        assert_eq!(encode(&Some(json!(null))), refused("$"));
    }

    #[test]
    fn what_is_null_and_means_it_passes() {
        assert_eq!(encode(&None::<f64>).as_deref(), Ok("null"));
        assert_eq!(
            encode(&((), Unit, "null")).as_deref(),
            Ok(r#"[null,null,"null"]"#)
        );
        let text = r#"{"a":null,"b":[null,1.5]}"#;
        assert_eq!(
            encode(&json!({"a": null, "b": [null, 1.5]})).as_deref(),
            Ok(text)
        );
        let big = (None::<u8>, u64::MAX, 1_i128);
        assert!(encode(&big).is_ok());
    }
}
