//! The modules of one crate, and what each of them uses: paths resolved through `super`, imports and re-exports.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path as File, PathBuf},
};

use crate::syntax::{Path, Scope, Submodule};

/// More steps than this are a circle of re-exports.
const MAX_STEPS: usize = 16;

pub struct Module {
    /// `["delay", "family"]`; empty for the root.
    pub path: Path,
    pub file: PathBuf,
    pub is_test: bool,
    pub scope: Scope,
    parent: usize,
    children: Vec<usize>,
}

/// One use of a module by another.
pub struct Use {
    /// The modules that the path names: those whose re-exports it goes through, and at the end the one that has the item.
    pub named: Vec<usize>,
    pub is_public: bool,
}

pub struct Crate {
    pub modules: Vec<Module>,
    /// Its name in the paths of its own binary.
    name: &'static str,
}

impl Crate {
    /// A crate from its root file, with all its modules.
    pub fn load(root: &File) -> Self {
        let mut new = Self {
            modules: Vec::new(),
            name: "",
        };
        new.add(
            Path::new(),
            0,
            root.to_owned(),
            false,
            Scope::read(parse(root)),
            true,
        );
        new
    }

    /// The library with its binary as the module `main`.
    pub fn library() -> Self {
        let mut new = Self::load(File::new("src/lib.rs"));
        new.name = "httpserver";
        let main = File::new("src/main.rs");
        new.add(
            vec!["main".to_owned()],
            0,
            main.to_owned(),
            false,
            Scope::read(parse(main)),
            true,
        );
        new
    }

    /// A crate whose modules are all inline.
    pub fn inline(source: &str) -> Self {
        let items = syn::parse_file(source).unwrap().items;
        let mut new = Self {
            modules: Vec::new(),
            name: "",
        };
        new.add(
            Path::new(),
            0,
            PathBuf::new(),
            false,
            Scope::read(items),
            true,
        );
        new
    }

    /// `owns_folder`: its submodules are beside its file, as those of `mod.rs` are.
    fn add(
        &mut self,
        path: Path,
        parent: usize,
        file: PathBuf,
        is_test: bool,
        mut scope: Scope,
        owns_folder: bool,
    ) {
        let id = self.modules.len();
        let submodules = std::mem::take(&mut scope.submodules);
        let beside = file.parent().unwrap_or(File::new("")).to_owned();
        let folder = if owns_folder {
            beside.clone()
        } else {
            file.with_extension("")
        };
        self.modules.push(Module {
            path,
            file,
            is_test,
            scope,
            parent,
            children: Vec::new(),
        });
        if id != parent {
            self.modules[parent].children.push(id);
        }
        for Submodule {
            name,
            is_test,
            file: given,
            inline,
        } in submodules
        {
            let module = &self.modules[id];
            let path = [&module.path[..], std::slice::from_ref(&name)].concat();
            let is_test = is_test || module.is_test;
            if let Some(items) = inline {
                let file = module.file.clone();
                self.add(path, id, file, is_test, Scope::read(items), owns_folder);
            } else {
                let named = folder.join(&name).with_extension("rs");
                let file = match given {
                    Some(given) => beside.join(given),
                    None if named.exists() => named,
                    None => folder.join(&name).join("mod.rs"),
                };
                let owns_folder = file.file_name().is_some_and(|name| name == "mod.rs");
                let scope = Scope::read(parse(&file));
                self.add(path, id, file, is_test, scope, owns_folder);
            }
        }
    }

    /// Everything that a module uses from this crate.
    pub fn uses(&self, module: usize) -> Vec<Use> {
        let scope = &self.modules[module].scope;
        let imports = scope
            .imports
            .iter()
            .map(|import| (&import.path, import.is_public));
        let mentions = scope.mentions.iter().map(|path| (path, false));
        let resolved = imports.chain(mentions).map(|(path, is_public)| Use {
            named: self.resolve(module, path, 0).unwrap_or_default(),
            is_public,
        });
        resolved.filter(|found| !found.named.is_empty()).collect()
    }

    /// The modules that `path` names in `module`; `None` where it is not known to be of this crate.
    fn resolve(&self, module: usize, path: &[String], steps: usize) -> Option<Vec<usize>> {
        let (first, mut rest) = path.split_first()?;
        if steps > MAX_STEPS {
            return None;
        }
        let mut at = module;
        match first.as_str() {
            "crate" => at = 0,
            "self" => {}
            "super" => {
                at = self.modules[at].parent;
                while let Some(("super", after)) = rest
                    .split_first()
                    .map(|(first, rest)| (first.as_str(), rest))
                {
                    (at, rest) = (self.modules[at].parent, after);
                }
            }
            name if name == self.name && self.child(at, name).is_none() => at = 0,
            // a lone name is an item, not a module
            _ if rest.is_empty() => return self.member(at, path, steps),
            _ => {
                let Some(child) = self.child(at, first) else {
                    return self.member(at, path, steps);
                };
                at = child;
            }
        }
        while let Some(child) = rest.first().and_then(|name| self.child(at, name)) {
            (at, rest) = (child, &rest[1..]);
        }
        Some(self.member(at, rest, steps).unwrap_or_else(|| vec![at]))
    }

    /// An item that `module` defines or imports under the first name of `path`.
    fn member(&self, module: usize, path: &[String], steps: usize) -> Option<Vec<usize>> {
        let (first, rest) = path.split_first()?;
        let scope = &self.modules[module].scope;
        if scope.items.contains(first) {
            return Some(vec![module]);
        }
        let via = |path: &[String], rest: &[String]| {
            let found = self.resolve(module, &[path, rest].concat(), steps + 1)?;
            Some([vec![module], found].concat())
        };
        if let Some(import) = scope.imports.iter().find(|import| import.name == *first) {
            return via(&import.path, rest);
        }
        let mut globs = scope.imports.iter().filter(|import| import.name == "*");
        globs.find_map(|glob| {
            let source = *self.resolve(module, &glob.path, steps + 1)?.last()?;
            let found = match self.child(source, first) {
                Some(child) => vec![child],
                None => self.member(source, path, steps + 1)?,
            };
            Some([vec![module, source], found].concat())
        })
    }

    fn child(&self, module: usize, name: &str) -> Option<usize> {
        let children = self.modules[module].children.iter().copied();
        children.into_iter().find(|child| {
            self.modules[*child]
                .path
                .last()
                .is_some_and(|last| last == name)
        })
    }

    /// Each file with the files that it uses; test modules are left out, and so are re-exports of a module's own submodules.
    pub fn files(&self) -> Vec<(PathBuf, BTreeSet<PathBuf>)> {
        let tested = |module: &&Module| !module.is_test;
        let mut files: Vec<(PathBuf, BTreeSet<PathBuf>)> = Vec::new();
        for (id, module) in self
            .modules
            .iter()
            .enumerate()
            .filter(|(_, module)| tested(module))
        {
            let below = |other: &Module| other.path.starts_with(&module.path);
            let used = self.uses(id).into_iter().filter_map(|found| {
                let last = &self.modules[*found.named.last()?];
                let reexport = found.is_public && below(last);
                (last.file != module.file && !reexport).then(|| last.file.clone())
            });
            let used: BTreeSet<_> = used.collect();
            match files.iter_mut().find(|(file, _)| *file == module.file) {
                Some((_, known)) => known.extend(used),
                None => files.push((module.file.clone(), used)),
            }
        }
        files
    }
}

fn parse(file: &File) -> Vec<syn::Item> {
    let source =
        fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    syn::parse_file(&source)
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
        .items
}
