//! `#[derive(GeneratedId)]`: a type of the user's own around an id that the database gives.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Fields, Path, Result};

use crate::attributes::model_attributes;

/// The implementation of the trait, or an error that points at what is wrong.
pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let only_field = match &input.data {
        Data::Struct(data) if input.generics.params.is_empty() => match &data.fields {
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed.first(),
            _ => None,
        },
        _ => None,
    };
    let Some(field) = only_field else {
        return Err(Error::new(
            input.ident.span(),
            "an id of your own is a struct around one number, such as `struct UserId(i64);`",
        ));
    };
    let mut krate: Path = syn::parse_quote!(::aftercommit);
    for attribute in model_attributes(&input.attrs) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("crate") {
                krate = meta.value()?.parse::<syn::LitStr>()?.parse()?;
                return Ok(());
            }
            Err(meta.error("unknown: an id knows `crate = \"…\"`"))
        })?;
    }
    let (ident, ty) = (&input.ident, &field.ty);
    let inner = quote_spanned!(ty.span()=> <#ty as #krate::model::GeneratedId>);
    Ok(quote! {
        #[automatically_derived]
        impl #krate::model::GeneratedId for #ident {
            fn is_unset(&self) -> ::core::primitive::bool {
                #inner::is_unset(&self.0)
            }
            fn from_number(__number: ::core::primitive::u64) -> ::core::option::Option<Self> {
                ::core::option::Option::map(#inner::from_number(__number), Self)
            }
            fn to_number(&self) -> ::core::option::Option<::core::primitive::u64> {
                #inner::to_number(&self.0)
            }
        }
    })
}
