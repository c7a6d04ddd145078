//! Where a file is: in S3, or on this machine.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

/// Where the rules in force are in their bucket. All else that Usher keeps there stands beside this folder.
const ACTIVE: &str = "active";

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// `s3://bucket/key`.
    S3 {
        /// The bucket.
        bucket: String,
        /// The object's key.
        key: String,
    },
    /// A path on this machine.
    File(PathBuf),
}

impl Location {
    /// Another file of the same bucket or folder. Of rules in `active/`, that is what that folder stands in.
    #[must_use]
    pub fn beside(&self, name: &str) -> Self {
        match self {
            Self::S3 { bucket, key } => {
                let mut folders: Vec<&str> = key.split('/').collect();
                folders.pop();
                folders.pop_if(|last| *last == ACTIVE);
                folders.push(name);
                Self::S3 { bucket: bucket.clone(), key: folders.join("/") }
            }
            Self::File(path) => {
                let folder = path.parent().unwrap_or_else(|| Path::new(""));
                let is_active = folder.file_name().is_some_and(|folder| folder == ACTIVE);
                let above = if is_active { folder.parent() } else { Some(folder) };
                Self::File(above.unwrap_or_else(|| Path::new("")).join(name))
            }
        }
    }
}

/// Text that is no location.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither `s3://bucket/key` nor a path")]
pub struct InvalidLocation(pub String);

impl FromStr for Location {
    type Err = InvalidLocation;

    fn from_str(text: &str) -> Result<Self, InvalidLocation> {
        let invalid = || InvalidLocation(text.to_owned());
        let Some(rest) = text.strip_prefix("s3://") else {
            let is_path = !text.is_empty() && !text.contains("://");
            return is_path.then(|| Self::File(text.into())).ok_or_else(invalid);
        };
        let (bucket, key) = rest.split_once('/').ok_or_else(invalid)?;
        if bucket.is_empty() || key.is_empty() {
            return Err(invalid());
        }
        Ok(Self::S3 { bucket: bucket.to_owned(), key: key.to_owned() })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::S3 { bucket, key } => write!(f, "s3://{bucket}/{key}"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_buckets_or_paths() {
        let s3 = Location::S3 { bucket: "b".to_owned(), key: "active/rules.yaml".to_owned() };
        assert_eq!("s3://b/active/rules.yaml".parse(), Ok(s3.clone()));
        assert_eq!(s3.to_string(), "s3://b/active/rules.yaml");
        assert_eq!("rules.yaml".parse(), Ok(Location::File("rules.yaml".into())));
        for text in
            ["", "s3://", "s3://b", "s3://b/", "s3:///k", "https://b/k", "file:///rules.yaml"]
        {
            assert!(text.parse::<Location>().is_err(), "`{text}`");
        }
    }

    #[test]
    fn what_stands_beside_the_rules() {
        for (rules, expected) in [
            ("s3://b/active/rules.yaml", "s3://b/held/1.json"),
            ("s3://b/rules.yaml", "s3://b/held/1.json"),
            ("s3://b/usher/active/rules.yaml", "s3://b/usher/held/1.json"),
            ("s3://b/inactive/rules.yaml", "s3://b/inactive/held/1.json"),
            ("folder/active/rules.yaml", "folder/held/1.json"),
            ("/folder/rules.yaml", "/folder/held/1.json"),
            ("rules.yaml", "held/1.json"),
        ] {
            let rules: Location = rules.parse().unwrap();
            assert_eq!(rules.beside("held/1.json").to_string(), expected, "{rules}");
        }
    }
}
