//! What the tests are told in: organizations as sentences, rules as text, AWS as a value.

pub(crate) mod bed;
pub(crate) mod events;
pub(crate) mod fake_aws;
pub(crate) mod in_process;
pub(crate) mod local_aws;
pub(crate) mod organization;
pub(crate) mod page;
pub(crate) mod random;
pub(crate) mod runtime_api;
pub(crate) mod sts;
pub(crate) mod surroundings;
pub(crate) mod usher;
pub(crate) mod validate;
pub(crate) mod wire;
pub(crate) mod wire_faults;

use std::path::{Path, PathBuf};

use shared::{rules::Rules, source::SourceFile};

/// Rules that must be right.
#[track_caller]
pub(crate) fn rules(text: &str) -> Rules {
    let source = SourceFile { name: "rules.yaml".to_owned(), text: text.to_owned() };
    Rules::parse(source).unwrap_or_else(|invalid| panic!("{invalid}"))
}

/// The rules that we show and ship, by name.
pub(crate) fn examples() -> Vec<(String, String)> {
    let shown =
        ["README.md", "docs/rules.md", "docs/coexistence.md"].into_iter().flat_map(page::blocks);
    let shown = shown.filter(page::Block::is_rules).map(|block| {
        let text = block.as_file();
        (block.place, text)
    });
    let shipped = ["infra/rules.yaml", "cli/src/demo/rules.yaml"];
    shown.chain(shipped.map(|path| (path.to_owned(), page::read(path)))).collect()
}

/// The project's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
