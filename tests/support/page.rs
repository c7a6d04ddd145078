//! Pages of the documentation, and the examples on them.

use super::root;

/// A fenced block of a page.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// Where it stands: `docs/rules.md:12`, with the line of its first line of text.
    pub(crate) place: String,
    /// What stands behind the opening fence.
    pub(crate) language: String,
    /// What is between the fences.
    pub(crate) text: String,
}

/// All fenced blocks of a page.
pub(crate) fn blocks(path: &str) -> Vec<Block> {
    let page = read(path);
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (line, number) in page.lines().zip(1..) {
        match (line.strip_prefix("```"), &mut open) {
            (Some(language), None) => {
                let place = format!("{path}:{}", number + 1);
                open = Some(Block { place, language: language.to_owned(), text: String::new() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => block.text.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block of {path} has no end");
    blocks
}

/// The text of a page.
pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

impl Block {
    /// A rules file, whole or a piece of one.
    pub(crate) fn is_rules(&self) -> bool {
        ["yaml", "json"].contains(&self.language.as_str())
    }

    /// The rules file that the block is a piece of: with what the page says stands in front of it
    /// where that is missing.
    pub(crate) fn as_file(&self) -> String {
        let has = |key: &str| self.text.lines().any(|line| line.starts_with(key));
        let mut file = String::new();
        if self.language == "yaml" {
            for line in ["version: 1\n", "manage: {unlisted: report}\n", "rules: []\n"] {
                let (key, _) = line.split_once(' ').unwrap();
                file.push_str(if has(key) { "" } else { line });
            }
        }
        file + &self.text
    }
}
