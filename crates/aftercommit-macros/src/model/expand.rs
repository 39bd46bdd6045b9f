//! Writes the implementations. Pure.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::read::{Column, Model, Written};

pub(crate) fn expand(model: &Model) -> TokenStream {
    let described = describe(model);
    let stored = store(model);
    quote! {
        #described
        #stored
    }
}

/// What is the same on every database.
fn describe(model: &Model) -> TokenStream {
    let Model {
        ident,
        table,
        keep_old,
        id,
        ..
    } = model;
    let id_column = &model.columns[*id];
    let (id_field, id_type) = (&id_column.field, &id_column.ty);
    let generated = !model.id_given;
    let columns = model.columns.iter().map(|column| {
        let name = &column.name;
        let written = match column.written {
            Written::Program => quote!(ByProgram),
            Written::Database => quote!(ByDatabase),
            Written::AtInsert => quote!(AtInsert),
            Written::AtWrite => quote!(AtWrite),
        };
        quote!(::aftercommit::model::Column { name: #name, written: ::aftercommit::model::Written::#written })
    });
    // The span is the field's type, so that a type that cannot be an id is shown where it stands.
    let number = if generated {
        quote_spanned! {id_type.span()=>
            fn is_unset(&self) -> bool {
                <#id_type as ::aftercommit::model::GeneratedId>::is_unset(&self.#id_field)
            }
            fn id_from_number(number: u64) -> ::core::option::Option<Self::Id> {
                <#id_type as ::aftercommit::model::GeneratedId>::from_number(number)
            }
        }
    } else {
        quote! {
            fn is_unset(&self) -> bool { false }
            fn id_from_number(_number: u64) -> ::core::option::Option<Self::Id> { ::core::option::Option::None }
        }
    };
    let differs = keep_old.then(|| differs(&model.columns));
    quote! {
        #[automatically_derived]
        impl ::aftercommit::model::Model for #ident {
            type Id = #id_type;
            const TABLE: &'static ::aftercommit::model::Table = &::aftercommit::model::Table {
                name: #table,
                columns: &[#(#columns),*],
                id: #id,
                id_generated: #generated,
                keep_old: #keep_old,
            };
            fn id(&self) -> &Self::Id { &self.#id_field }
            fn set_id(&mut self, id: Self::Id) { self.#id_field = id; }
            #number
            #differs
        }
    }
}

fn differs(columns: &[Column]) -> TokenStream {
    let arms = columns.iter().enumerate().map(|(index, column)| {
        let field = &column.field;
        quote_spanned!(column.ty.span()=> #index => self.#field != other.#field,)
    });
    quote! {
        fn differs(&self, other: &Self, column: usize) -> bool {
            match column {
                #(#arms)*
                _ => false,
            }
        }
    }
}

/// How a row is read and written, on every database that knows the types of its columns.
fn store(model: &Model) -> TokenStream {
    let ident = &model.ident;
    let mut types = Vec::new();
    for column in &model.columns {
        if !types.contains(&&column.ty) {
            types.push(&column.ty);
        }
    }
    let bounds = types
        .iter()
        .map(|ty| quote_spanned!(ty.span()=> #ty: ::aftercommit::model::Value<DB>));
    let fields: Vec<_> = model.columns.iter().map(|column| &column.field).collect();
    let indexes: Vec<_> = (0..fields.len()).collect();
    // The span is the field, so that a type without a default is shown where it stands.
    let skipped = model
        .skipped
        .iter()
        .map(|field| quote_spanned!(field.span()=> #field: ::core::default::Default::default()));
    quote! {
        #[automatically_derived]
        impl<DB: ::aftercommit::Dialect> ::aftercommit::model::Stored<DB> for #ident
        where
            #(#bounds,)*
        {
            fn load(row: &::aftercommit::model::Columns<'_, DB>) -> ::core::result::Result<Self, ::aftercommit::Error> {
                ::core::result::Result::Ok(Self {
                    #(#fields: row.get(#indexes)?,)*
                    #(#skipped,)*
                })
            }

            fn read(
                &mut self,
                column: usize,
                row: &::aftercommit::model::Columns<'_, DB>,
                at: usize,
            ) -> ::core::result::Result<(), ::aftercommit::Error> {
                match column {
                    #(#indexes => self.#fields = row.get(at)?,)*
                    _ => {}
                }
                ::core::result::Result::Ok(())
            }

            fn bind(
                &self,
                column: usize,
                values: &mut ::aftercommit::model::Values<DB>,
            ) -> ::core::result::Result<(), ::aftercommit::Error> {
                match column {
                    #(#indexes => values.add(&self.#fields),)*
                    _ => ::core::result::Result::Ok(()),
                }
            }

            fn bind_id(
                id: &Self::Id,
                values: &mut ::aftercommit::model::Values<DB>,
            ) -> ::core::result::Result<(), ::aftercommit::Error> {
                values.add(id)
            }

            fn load_id(
                row: &::aftercommit::model::Columns<'_, DB>,
            ) -> ::core::result::Result<Self::Id, ::aftercommit::Error> {
                row.get(0)
            }
        }
    }
}
