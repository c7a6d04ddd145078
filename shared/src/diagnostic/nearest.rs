//! The name that was probably meant.

use std::cell::Cell;

use super::{Diagnostic, Help};
use crate::rules::glob::literals;

/// How much is spent on looking for names that were meant: enough for every slip of a person, and soon
/// used up by a file of which nothing matches.
///
/// Unit: characters compared with each other.
const EFFORT: usize = 10_000_000;

/// Finds names that were probably meant, as long as it does not take too long. Without an end to it, all
/// names of a file that match nothing would be compared with all names of an organization.
#[derive(Debug)]
pub struct Suggestions {
    left: Cell<usize>,
}

impl Default for Suggestions {
    fn default() -> Self {
        Self { left: Cell::new(EFFORT) }
    }
}

impl Suggestions {
    /// The name that `text` was probably meant to be; nothing, when none is near or too much was asked.
    ///
    /// Near is what a slip of the fingers makes: the same but for case, or at most a third of the
    /// letters wrong.
    pub fn find<'a>(
        &self,
        text: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        let lower = text.to_lowercase();
        let length = text.chars().count();
        let allowed = length / 3;
        let mut nearest = None;
        for name in names {
            self.spend(name.len())?;
            let other = name.chars().count();
            // Each character more or less is a mistake, so most names need no closer look.
            if other.abs_diff(length) > allowed || name == text {
                continue;
            }
            self.spend(length.saturating_mul(other))?;
            let distance = strsim::osa_distance(&lower, &name.to_lowercase());
            let near = (distance, name);
            if distance <= allowed && nearest.is_none_or(|nearest| near < nearest) {
                nearest = Some(near);
            }
        }
        nearest.map(|(_, name)| name)
    }

    /// A diagnostic with the name that was probably meant, if there is one.
    #[must_use]
    pub fn add<'a>(
        &self,
        diagnostic: Diagnostic,
        text: &str,
        what: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Diagnostic {
        replaced(diagnostic, what, self.find(text, names))
    }

    /// A diagnostic with the name that was probably meant by something that is written in the place of one: by a slip, by the
    /// beginning of a name, or by a glob.
    #[must_use]
    pub fn add_meant<'a>(
        &self,
        diagnostic: Diagnostic,
        text: &str,
        what: &str,
        names: impl IntoIterator<Item = &'a str> + Clone,
    ) -> Diagnostic {
        let pieces = literals(text);
        if pieces.len() > 1 {
            // In a glob's place one of the names would mean too little.
            let help = self
                .find_like(&pieces, names)
                .map(|name| Help::Resembles { message: similar(what), name: name.to_owned() });
            return Diagnostic { help: help.or(diagnostic.help), ..diagnostic };
        }
        let name = self.find(text, names.clone()).or_else(|| self.find_longer(text, names));
        replaced(diagnostic, what, name)
    }

    /// The name that begins with `text`; of several, the one that the others begin with too.
    fn find_longer<'a>(
        &self,
        text: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        if text.chars().count() < SHORTEST {
            return None;
        }
        let lower = text.to_lowercase();
        let mut longer: Vec<&str> = Vec::new();
        for name in names {
            self.spend(name.len())?;
            if name.to_lowercase().starts_with(&lower) {
                longer.push(name);
            }
        }
        let shortest = longer.iter().min_by_key(|name| (name.len(), **name)).copied()?;
        longer.iter().all(|name| name.starts_with(shortest)).then_some(shortest)
    }

    /// The name that a glob nearly matches, by its pieces without wildcards: the first is what names begin with, the last what
    /// they end with, and the others may stand anywhere.
    fn find_like<'a>(
        &self,
        pieces: &[&str],
        names: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        let pieces: Vec<Vec<char>> =
            pieces.iter().map(|piece| piece.to_lowercase().chars().collect()).collect();
        if pieces.iter().map(Vec::len).max().unwrap_or_default() < SHORTEST {
            return None;
        }
        let mut nearest = None;
        for name in names {
            let lower: Vec<char> = name.to_lowercase().chars().collect();
            let mut distance = 0;
            let mut is_near = true;
            for (number, piece) in pieces.iter().enumerate().filter(|(_, piece)| !piece.is_empty())
            {
                let place = Place { begins: number == 0, ends: number + 1 == pieces.len() };
                self.spend(place.effort(piece, &lower))?;
                match place.distance(piece, &lower) {
                    Some(of_piece) => distance += of_piece,
                    None => {
                        is_near = false;
                        break;
                    }
                }
            }
            let near = (distance, name);
            if is_near && nearest.is_none_or(|nearest| near < nearest) {
                nearest = Some(near);
            }
        }
        nearest.map(|(_, name)| name)
    }

    /// Whether there is still something to spend.
    #[must_use]
    pub fn is_worth_asking(&self) -> bool {
        self.left.get() > 0
    }

    fn spend(&self, effort: usize) -> Option<()> {
        let left = self.left.get().checked_sub(effort);
        self.left.set(left.unwrap_or(0));
        left.map(|_| ())
    }
}

fn similar(what: &str) -> String {
    format!("{what} with a similar name exists")
}

fn replaced(diagnostic: Diagnostic, what: &str, name: Option<&str>) -> Diagnostic {
    let help =
        name.map(|name| Help::Replace { message: similar(what), replacement: name.to_owned() });
    Diagnostic { help: help.or(diagnostic.help), ..diagnostic }
}

/// The least by which a name can be told that is not written whole.
///
/// Unit: characters.
const SHORTEST: usize = 3;

/// Where a piece of a glob stands in the names that are meant.
#[derive(Clone, Copy)]
struct Place {
    begins: bool,
    ends: bool,
}

impl Place {
    /// Of a piece of a name less may be wrong than of a whole name: what stands beside it tells nothing.
    fn allowed(piece: &[char]) -> usize {
        (piece.len() / 4).min(3)
    }

    /// How much of a name is compared with a piece.
    fn window(self, piece: &[char], name: &[char]) -> usize {
        let most = piece.len() + Self::allowed(piece);
        if self.begins || self.ends { most.min(name.len()) } else { name.len() }
    }

    fn effort(self, piece: &[char], name: &[char]) -> usize {
        // Each name is read, and made small.
        name.len() + piece.len() * self.window(piece, name)
    }

    /// How many letters are wrong in a piece, as far as they may be.
    fn distance(self, piece: &[char], name: &[char]) -> Option<usize> {
        let window = self.window(piece, name);
        let distance = if self.begins {
            least_distance(piece, name.iter().take(window), false)
        } else if self.ends {
            let backwards: Vec<char> = piece.iter().rev().copied().collect();
            least_distance(&backwards, name.iter().rev().take(window), false)
        } else {
            least_distance(piece, name.iter(), true)
        };
        // Hands seldom slip at the first letter: another one is another name.
        let is_another = self.begins && distance > 0 && piece.first() != name.first();
        (distance <= Self::allowed(piece) && !is_another).then_some(distance)
    }
}

/// How many letters have to be changed, put in, left out or exchanged with their neighbour to make of `piece` what `name` begins
/// with; or, if it may begin anywhere, what it contains.
fn least_distance<'a>(
    piece: &[char],
    name: impl Iterator<Item = &'a char>,
    anywhere: bool,
) -> usize {
    // For each length of the piece's beginning, the distance to what ends here in the name; and one letter before, and two.
    let first: Vec<usize> = (0..=piece.len()).collect();
    let mut least = piece.len();
    let (mut before, mut last) = (first.clone(), first);
    let mut letter_before = None;
    for (number, letter) in name.enumerate() {
        let mut next = vec![if anywhere { 0 } else { number + 1 }];
        let pairs = std::iter::once(None).chain(piece.iter().map(Some)).zip(piece);
        for (((length, (other_before, other)), with_last), diagonal) in
            (1..).zip(pairs).zip(last.iter().skip(1)).zip(&last)
        {
            let without = next.last().copied().unwrap_or_default();
            let changed = diagonal + usize::from(other != letter);
            let mut distance = changed.min(without + 1).min(with_last + 1);
            let are_exchanged = other_before == Some(letter) && letter_before == Some(other);
            if let Some(exchanged) =
                before.get(length - 2usize.min(length)).filter(|_| are_exchanged && number > 0)
            {
                distance = distance.min(exchanged + 1);
            }
            next.push(distance);
        }
        least = least.min(next.last().copied().unwrap_or(least));
        (before, last, letter_before) = (last, next, Some(letter));
    }
    least
}

/// The name that `text` was probably meant to be.
pub fn nearest<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    Suggestions::default().find(text, names)
}

#[cfg(test)]
mod tests {
    use super::{Suggestions, literals, nearest};

    #[test]
    fn a_slip_finds_the_name_that_was_meant() {
        let names = ["permission_sets", "groups", "accounts", "name"];
        assert_eq!(nearest("permision_set", names), Some("permission_sets"));
        assert_eq!(nearest("Groups", names), Some("groups"));
        assert_eq!(nearest("principals", names), None);
    }

    /// Of two letters, one that is wrong leaves nothing to know the word by.
    #[test]
    fn a_short_name_is_meant_by_itself_or_in_another_case() {
        assert_eq!(nearest("b", ["a", "c"]), None);
        assert_eq!(nearest("qa", ["q", "ua", "QA"]), Some("QA"));
        assert_eq!(nearest("dve", ["dev"]), Some("dev"));
    }

    fn like(glob: &str, names: &[&'static str]) -> Option<&'static str> {
        Suggestions::default().find_like(&literals(glob), names.iter().copied())
    }

    #[test]
    fn a_glob_finds_a_name_that_it_nearly_matches() {
        assert_eq!(like("break-glas-*", &["break-glass-admins"]), Some("break-glass-admins"));
        assert_eq!(like("payment-*", &["pay-prod", "payments-prod"]), Some("payments-prod"));
        assert_eq!(like("*@exmaple.com", &["aws+a@example.com"]), Some("aws+a@example.com"));
        assert_eq!(like("ViewOny*", &["ViewOnlyAccess"]), Some("ViewOnlyAccess"));
        assert_eq!(like("*-frozn", &["pay-prod", "pay-frozen"]), Some("pay-frozen"));
        assert_eq!(like("*Admn*", &["AdministratorAccess"]), Some("AdministratorAccess"));
        assert_eq!(like("aws-*-Admni", &["aws-pay-Admin"]), Some("aws-pay-Admin"));
        assert_eq!(like("/Workload/*", &["/Workloads", "/Workloads/Prod"]), Some("/Workloads"));
        assert_eq!(like("/**/Prd", &["/Workloads/Prod", "/Sandbox"]), Some("/Workloads/Prod"));
        assert_eq!(like("ENG-*", &["eng-shop"]), Some("eng-shop"));
        assert_eq!(like("web-[ab]-tset", &["web-a-test"]), Some("web-a-test"));
    }

    /// What is told must not be silly: somebody may believe it.
    #[test]
    fn a_glob_finds_no_false_friend() {
        for (glob, names) in [
            ("*", &["anything"][..]),
            ("a*", &["admins"]),
            ("*-?", &["team-a", "a-b"]),
            ("pay-*", &["play", "ops-pay", "pray"]),
            ("qa-*", &["q-team", "ua-team"]),
            ("team-*", &["steam-engine", "ream-x", "Engineering"]),
            ("*-prod", &["pay-test", "pay-dev"]),
            ("aws-*-admins", &["aws-pay-readers", "gcp-pay-admins"]),
            ("contractors-*", &["Engineering", "Auditors", "contacts"]),
            ("*Billing*", &["ViewOnlyAccess", "Administrator"]),
            ("/Workloads/*", &["/Sandbox", "/Security/Prod"]),
        ] {
            assert_eq!(like(glob, names), None, "{glob}");
        }
    }

    fn longer(text: &str, names: &[&'static str]) -> Option<&'static str> {
        Suggestions::default().find_longer(text, names.iter().copied())
    }

    #[test]
    fn the_beginning_of_a_name_finds_it_unless_it_may_be_of_another() {
        assert_eq!(longer("prod", &["test", "production"]), Some("production"));
        assert_eq!(longer("prod", &["production", "production-eu"]), Some("production"));
        assert_eq!(
            longer("mary.adams", &["mary.adams@example.com"]),
            Some("mary.adams@example.com")
        );
        assert_eq!(longer("team", &["team-a", "team-b"]), None);
        assert_eq!(longer("p", &["production"]), None);
        assert_eq!(longer("duct", &["production"]), None);
    }

    /// The distance is that of whole words, at the best place.
    #[test]
    fn the_distance_to_a_piece_is_that_to_the_nearest_place_in_the_name() {
        let distance = |piece: &str, name: &str, anywhere| {
            let (piece, name): (Vec<char>, Vec<char>) =
                (piece.chars().collect(), name.chars().collect());
            super::least_distance(&piece, name.iter(), anywhere)
        };
        for (piece, name) in
            [("abcd", "xxabdcyy"), ("prod", "my-prd-1"), ("aab", "baab"), ("ab", "ba")]
        {
            let places = (0..=name.len())
                .flat_map(|from| (from..=name.len()).map(move |to| &name[from..to]));
            let best = places.map(|place| strsim::osa_distance(piece, place)).min().unwrap();
            assert_eq!(distance(piece, name, true), best, "{piece} in {name}");
            let best =
                (0..=name.len()).map(|to| strsim::osa_distance(piece, &name[..to])).min().unwrap();
            assert_eq!(distance(piece, name, false), best, "{piece} before {name}");
        }
    }

    /// What nobody meant does not take for ever: the first are told, and then no more.
    #[test]
    fn looking_for_what_was_meant_ends() {
        let names: Vec<String> = (0..2_000).map(|number| format!("team-{number:05}")).collect();
        let names = || names.iter().map(String::as_str);
        let suggestions = Suggestions::default();
        let found = |number: usize| suggestions.find(&format!("taem-{number:05}"), names());
        assert_eq!(found(1), Some("team-00001"));
        assert!((0..200).map(found).last().is_some_and(|last| last.is_none()));
        assert!(!suggestions.is_worth_asking());
        assert_eq!(nearest(&"x".repeat(1_000_000), ["x".repeat(999_999).as_str()]), None);
    }
}
