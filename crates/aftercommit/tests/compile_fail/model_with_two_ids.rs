//! A composite key.
use aftercommit::Model;

#[derive(Model, Clone)]
#[model(table = "seats")]
struct Seat {
    #[model(id, given)]
    row: i32,
    #[model(id, given)]
    number: i32,
}

fn main() {}
