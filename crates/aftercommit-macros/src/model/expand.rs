//! Writes the implementations. Pure.
//!
//! Nothing in them can be taken for something of the user's: paths are absolute, and names that are not begin with two
//! underscores.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Path;
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
        krate,
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
            Written::OrDefault => quote!(OrDefault),
            Written::Database => quote!(ByDatabase),
            Written::AtInsert => quote!(AtInsert),
            Written::AtWrite => quote!(AtWrite),
        };
        quote!(#krate::model::Column { name: #name, written: #krate::model::Written::#written })
    });
    // The span is the field's type, so that a type that cannot be an id is shown where it stands.
    let number = if generated {
        let span = id_type.span();
        let krate = at(krate, span);
        let generated_id = quote_spanned!(span=> <#id_type as #krate::model::GeneratedId>);
        quote_spanned! {span=>
            fn is_unset(&self) -> ::core::primitive::bool {
                #generated_id::is_unset(&self.#id_field)
            }
            fn id_from_number(__number: ::core::primitive::u64) -> ::core::option::Option<#id_type> {
                #generated_id::from_number(__number)
            }
            fn id_number(&self) -> ::core::option::Option<::core::primitive::u64> {
                #generated_id::to_number(&self.#id_field)
            }
        }
    } else {
        quote! {
            fn is_unset(&self) -> ::core::primitive::bool { false }
            fn id_from_number(__number: ::core::primitive::u64) -> ::core::option::Option<#id_type> {
                ::core::option::Option::None
            }
            fn id_number(&self) -> ::core::option::Option<::core::primitive::u64> {
                ::core::option::Option::None
            }
        }
    };
    let differs = keep_old.then(|| differs(krate, &model.columns));
    let leaves = leaves(&model.columns);
    quote! {
        #[automatically_derived]
        impl #krate::model::Model for #ident {
            type Id = #id_type;
            const TABLE: &'static #krate::model::Table = &#krate::model::Table {
                name: #table,
                columns: &[#(#columns),*],
                id: #id,
                id_generated: #generated,
                keep_old: #keep_old,
            };
            fn id(&self) -> &Self::Id { &self.#id_field }
            fn set_id(&mut self, __id: Self::Id) { self.#id_field = __id; }
            #number
            #differs
            #leaves
        }
    }
}

fn differs(krate: &Path, columns: &[Column]) -> TokenStream {
    let arms = columns.iter().enumerate().map(|(index, column)| {
        let field = &column.field;
        quote_spanned!(column.ty.span()=> #index => #krate::model::values_differ(&self.#field, &__other.#field),)
    });
    quote! {
        fn differs(&self, __other: &Self, __column: ::core::primitive::usize) -> ::core::primitive::bool {
            match __column {
                #(#arms)*
                _ => false,
            }
        }
    }
}

fn leaves(columns: &[Column]) -> Option<TokenStream> {
    let left = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.written == Written::OrDefault);
    let arms: Vec<_> = left
        .map(|(index, column)| {
            let field = &column.field;
            quote_spanned!(column.ty.span()=> #index => ::core::option::Option::is_none(&self.#field),)
        })
        .collect();
    (!arms.is_empty()).then(|| {
        quote! {
            fn leaves(&self, __column: ::core::primitive::usize) -> ::core::primitive::bool {
                match __column {
                    #(#arms)*
                    _ => false,
                }
            }
        }
    })
}

/// How a row is read and written, on every database that knows the types of its columns.
fn store(model: &Model) -> TokenStream {
    let (ident, krate) = (&model.ident, &model.krate);
    let mut types = Vec::new();
    for column in &model.columns {
        if !types.contains(&&column.ty) {
            types.push(&column.ty);
        }
    }
    // The span is the field's type, so that the error of a type that no column can have points at it.
    let bounds = types.iter().map(|ty| {
        let krate = at(krate, ty.span());
        quote_spanned!(ty.span()=> #ty: #krate::model::Value<__DB>)
    });
    let fields: Vec<_> = model.columns.iter().map(|column| &column.field).collect();
    let indexes: Vec<_> = (0..fields.len()).collect();
    // The span is the field, so that a type without a default is shown where it stands.
    let skipped = model
        .skipped
        .iter()
        .map(|field| quote_spanned!(field.span()=> #field: ::core::default::Default::default()));
    let columns = quote!(&#krate::model::Columns<'_, __DB>);
    let values = quote!(&mut #krate::model::Values<__DB>);
    let result = quote!(::core::result::Result);
    let usize = quote!(::core::primitive::usize);
    quote! {
        #[automatically_derived]
        impl<__DB: #krate::Dialect> #krate::model::Stored<__DB> for #ident
        where
            #(#bounds,)*
        {
            fn load(__row: #columns) -> #result<Self, #krate::Error> {
                #result::Ok(Self {
                    #(#fields: __row.get(#indexes)?,)*
                    #(#skipped,)*
                })
            }

            fn read(&mut self, __column: #usize, __row: #columns, __at: #usize) -> #result<(), #krate::Error> {
                match __column {
                    #(#indexes => self.#fields = __row.get(__at)?,)*
                    _ => {}
                }
                #result::Ok(())
            }

            fn bind(&self, __column: #usize, __values: #values) -> #result<(), #krate::Error> {
                match __column {
                    #(#indexes => __values.add(&self.#fields),)*
                    _ => #result::Ok(()),
                }
            }

            fn bind_id(__id: &Self::Id, __values: #values) -> #result<(), #krate::Error> {
                __values.add(__id)
            }

            fn load_id(__row: #columns) -> #result<Self::Id, #krate::Error> {
                __row.get(0)
            }
        }
    }
}

/// The path, as if it stood there.
fn at(path: &Path, span: Span) -> TokenStream {
    let tokens = path.to_token_stream().into_iter();
    tokens
        .map(|mut token| {
            token.set_span(token.span().located_at(span));
            token
        })
        .collect()
}
