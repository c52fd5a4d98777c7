//! Values that are given as such, or by the name of a file: relative to the file of credentials.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where the file of credentials is.
pub struct Files(PathBuf);

impl Files {
    pub fn beside(path: &Path) -> Self {
        Self(path.parent().unwrap_or(Path::new("")).to_owned())
    }

    /// The value of a key, or of the file that the key with `_file` names; an empty one is not given.
    pub fn one(
        &self,
        key: &str,
        value: Option<String>,
        file: Option<String>,
    ) -> Result<Option<String>, String> {
        let [value, file] = [value, file].map(|given| given.filter(|text| !text.is_empty()));
        match (value, file) {
            (Some(_), Some(_)) => Err(format!(
                "`{key}` and `{key}_file` are both given; keep one of them"
            )),
            (value, None) => Ok(value),
            (None, Some(file)) => self.read(&format!("{key}_file"), &file).map(Some),
        }
    }

    /// The text of a file, without white space around it.
    pub fn read(&self, key: &str, file: &str) -> Result<String, String> {
        let path = self.0.join(file);
        let text = fs::read_to_string(&path)
            .map_err(|error| format!("`{key}`: {} cannot be read: {error}", path.display()))?;
        let text = text.trim();
        if text.is_empty() {
            return Err(format!("`{key}`: {} is empty", path.display()));
        }
        Ok(text.to_owned())
    }
}
