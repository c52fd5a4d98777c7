//! Parses one source file: its submodules, its imports, and the paths that its code mentions.

use std::collections::BTreeSet;

use syn::{
    Attribute, Item, Meta, UseTree,
    buffer::{Cursor, TokenBuffer},
    visit::{self, Visit},
};

pub type Path = Vec<String>;

/// One name that a `use` brings into scope.
#[derive(Clone)]
pub struct Import {
    /// `*` for a glob.
    pub name: String,
    pub path: Path,
    pub is_public: bool,
}

/// What one module holds, without its submodules.
#[derive(Default)]
pub struct Scope {
    pub imports: Vec<Import>,
    /// Paths in code, attributes and the arguments of macros.
    pub mentions: BTreeSet<Path>,
    /// The names of what it defines.
    pub items: BTreeSet<String>,
    pub submodules: Vec<Submodule>,
}

pub struct Submodule {
    pub name: String,
    pub is_test: bool,
    /// `#[path = "…"]`.
    pub file: Option<String>,
    /// Its items, where they are inline.
    pub inline: Option<Vec<Item>>,
}

// === impl Scope ===

impl Scope {
    pub fn read(items: Vec<Item>) -> Self {
        let mut scope = Self::default();
        for item in items {
            if let Item::Mod(module) = item {
                scope.submodules.push(Submodule {
                    name: module.ident.to_string(),
                    is_test: module.attrs.iter().any(is_test),
                    file: module.attrs.iter().find_map(file),
                    inline: module.content.map(|(_, items)| items),
                });
            } else {
                scope.items.extend(name(&item));
                scope.visit_item(&item);
            }
        }
        scope
    }

    fn import(&mut self, tree: &UseTree, mut path: Path, is_public: bool) {
        let name = match tree {
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, path.clone(), is_public);
                }
                return;
            }
            UseTree::Path(inner) => {
                path.push(inner.ident.to_string());
                return self.import(&inner.tree, path, is_public);
            }
            UseTree::Glob(_) => "*".to_owned(),
            UseTree::Name(found) if found.ident == "self" => {
                path.last().cloned().unwrap_or_default()
            }
            UseTree::Name(found) => {
                path.push(found.ident.to_string());
                found.ident.to_string()
            }
            UseTree::Rename(found) => {
                if found.ident != "self" {
                    path.push(found.ident.to_string());
                }
                found.rename.to_string()
            }
        };
        self.imports.push(Import {
            name,
            path,
            is_public,
        });
    }

    /// Records `a::b::c` wherever it occurs among tokens.
    fn scan(&mut self, mut at: Cursor) {
        let mut path = Path::new();
        let mut colons = 0;
        while !at.eof() {
            if let Some((ident, next)) = at.ident() {
                if colons != 2 {
                    self.mentions.insert(std::mem::take(&mut path));
                }
                path.push(ident.to_string());
                (colons, at) = (0, next);
            } else if let Some((sign, next)) = at.punct() {
                colons = if sign.as_char() == ':' { colons + 1 } else { 3 };
                at = next;
            } else if let Some((inside, _, _, next)) = at.any_group() {
                self.scan(inside);
                (colons, at) = (3, next);
            } else if let Some((_, next)) = at.token_tree() {
                (colons, at) = (3, next);
            }
        }
        self.mentions.insert(path);
    }
}

impl<'a> Visit<'a> for Scope {
    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        let is_public = !matches!(item.vis, syn::Visibility::Inherited);
        self.import(&item.tree, Path::new(), is_public);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let segments = path.segments.iter();
        self.mentions
            .insert(segments.map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, found: &'a syn::Macro) {
        self.scan(TokenBuffer::new2(found.tokens.clone()).begin());
        visit::visit_macro(self, found);
    }

    fn visit_attribute(&mut self, attribute: &'a Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.scan(TokenBuffer::new2(list.tokens.clone()).begin());
        }
    }

    /// `pub(in crate::x)` uses nothing.
    fn visit_visibility(&mut self, _: &'a syn::Visibility) {}
}

fn name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

fn is_test(attribute: &Attribute) -> bool {
    let test = |list: &syn::MetaList| list.tokens.to_string() == "test";
    attribute.path().is_ident("cfg") && attribute.meta.require_list().is_ok_and(test)
}

fn file(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    match &pair.value {
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        }) if pair.path.is_ident("path") => Some(text.value()),
        _ => None,
    }
}
