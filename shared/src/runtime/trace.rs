//! What every line of the log carries: the ids of the events that led to it. Whoever looks for one finds it
//! in the function that heard the event, and in each run that it led to.

use tracing::{Span, error_span};

use crate::lane::Cause;

/// So many events are named in each line. A run's first line names all of them.
const MOST_NAMED: usize = 10;

/// A span that names the events. It is there whatever the level: an error that nobody can trace to its
/// event says half of what it could.
pub(super) fn span_of<'a>(causes: impl IntoIterator<Item = &'a Cause>) -> Span {
    error_span!("events", causes = named(&ids_of(causes)))
}

/// The ids of those events that have one.
pub(super) fn ids_of<'a>(causes: impl IntoIterator<Item = &'a Cause>) -> Vec<&'a str> {
    causes.into_iter().filter_map(|cause| cause.id.as_deref()).collect()
}

fn named(ids: &[&str]) -> String {
    match ids.split_at_checked(MOST_NAMED) {
        Some((first, more)) if !more.is_empty() => {
            format!("{} and {} more", first.join(" "), more.len())
        }
        _ => ids.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_do_not_grow_without_end() {
        let causes: Vec<Cause> = (0..12)
            .map(|number| Cause { id: Some(format!("e{number}")), ..Cause::default() })
            .collect();
        let named = |number: usize| named(&ids_of(&causes[..number]));
        assert_eq!((named(0), named(2)), (String::new(), "e0 e1".to_owned()));
        assert!(named(10).ends_with(" e9"));
        assert!(named(12).ends_with(" e9 and 2 more"));
    }
}
