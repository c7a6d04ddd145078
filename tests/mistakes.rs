//! The page of mistakes: it has every code, and each of its examples leads to the code above it.

use shared::{
    decide,
    diagnostic::{Code, Diagnostic},
    lint::lint,
    organization::Organization,
    rules::{InvalidRules, Rules},
    source::SourceFile,
    trial::{self, Verdict},
};

use crate::support::{
    organization::company,
    page::{Block, blocks, read},
};

const PAGE: &str = "docs/mistakes.md";

/// These need a file that no page can show; `rules.rs` and `cli.rs` have them.
const NOT_SHOWN: [Code; 3] = [Code::NotUtf8, Code::TooManyMistakes, Code::TooManyWarnings];

/// A link from a message leads somewhere, and the page is in the order of the codes.
#[test]
fn the_page_has_every_code() {
    let page = read(PAGE);
    let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(headings, codes);
    assert!(Code::ALL.is_sorted_by_key(|code| code.severity()), "errors first");
}

#[test]
fn every_example_leads_to_the_code_above_it() {
    let organization = organization();
    for code in Code::ALL.iter().filter(|code| !NOT_SHOWN.contains(code)) {
        let (example, shown) = example_of(*code);
        let told = told(&example, &organization);
        let places = &example.place;
        let found: Vec<Code> = told.iter().map(|(code, _)| *code).collect();
        // What is lost is told beside what is missing.
        let causes: &[Code] =
            if *code == Code::LosesAccess { &[Code::UnmatchedGroup] } else { &[] };
        assert_eq!(found, [causes, &[*code]].concat(), "{places}: {told:?}");
        if let Some(shown) = shown {
            let rendered = &told[0].1;
            assert!(rendered.starts_with(shown.text.trim_end()), "{places}: {rendered}");
        }
    }
}

/// The example under a code's heading, and what the page shows that Usher says of it.
fn example_of(code: Code) -> (Block, Option<Block>) {
    let is_below = |block: &Block| heading_above(block) == code.as_str();
    let mut below = blocks(PAGE).into_iter().filter(is_below);
    let example = below.next().unwrap_or_else(|| panic!("no example of {}", code.as_str()));
    assert!(example.is_rules(), "{}: not an example", example.place);
    (example, below.next())
}

fn heading_above(block: &Block) -> String {
    let line: usize = block.place.rsplit_once(':').unwrap().1.parse().unwrap();
    let page = read(PAGE);
    let above: Vec<&str> = page.lines().take(line).collect();
    above.iter().rev().find_map(|line| line.strip_prefix("## ")).unwrap().to_owned()
}

/// Each thing that is said of a file, and how.
fn told(example: &Block, organization: &Organization) -> Vec<(Code, String)> {
    let source = SourceFile { name: "rules.yaml".to_owned(), text: example.as_file() };
    let say = |source: &SourceFile, diagnostics: Vec<Diagnostic>| {
        let said = diagnostics.iter();
        said.map(|diagnostic| (diagnostic.code, diagnostic.render(source, false))).collect()
    };
    match Rules::parse(source) {
        Err(InvalidRules { source, diagnostics }) => say(&source, diagnostics),
        Ok(rules) => {
            let now = organization.observed_at;
            // What needs no organization to be seen is the cause of what does.
            let failed = trial::run(&rules, now).unwrap();
            let failed = failed.iter().filter_map(Verdict::diagnostic).collect();
            let steps = [failed, lint(&rules, now), decide::warnings(&rules, organization, now)];
            let first = steps.into_iter().find(|diagnostics| !diagnostics.is_empty());
            say(&rules.source, first.unwrap_or_default())
        }
    }
}

/// The organization that the page describes.
fn organization() -> Organization {
    let mut company = company()
        .unit("/Workloads")
        .unit("/Workloads/Prod")
        .account("pay-prod", "/Workloads/Prod")
        .tagged("environment", "production")
        .group("Engineering")
        .group("Auditors")
        .user("bob@example.com")
        .with("department", "Platform")
        .member("bob@example.com", "Engineering")
        .permission_set("ViewOnlyAccess")
        .permission_set("PowerUserAccess")
        .assigned("PowerUserAccess", "Auditors", "pay-prod");
    for number in 1..=101 {
        company = company.group(&format!("team-{number}"));
    }
    company.0
}
