//! An explanation as people read it.

use std::fmt::{self, Display, Formatter};

use crate::shown::Shown;

use super::{ExplainedAccess, ExplainedRule, Explanation, FailedKey, Fate};

/// Shows an explanation: what the principal has, then why the other rules do not grant.
#[derive(Clone, Copy, Debug)]
pub struct ExplanationText<'a>(pub &'a Explanation);

impl Display for ExplanationText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let explanation = self.0;
        header(f, explanation)?;
        access(f, &explanation.permission_sets)?;
        let silent = explanation.rules.iter().filter(|rule| rule.grants.is_empty());
        not_granting(f, &silent.collect::<Vec<_>>())
    }
}

fn header(f: &mut Formatter<'_>, explanation: &Explanation) -> fmt::Result {
    let (account, principal) = (&explanation.account, &explanation.principal);
    let kind = principal.principal.kind().to_lowercase();
    write!(
        f,
        "{kind} {} in account {} ({})",
        Shown(&principal.name),
        Shown(&account.name),
        account.id
    )?;
    // What no rule asks for is not read.
    let unit = account.organizational_unit.as_ref();
    writeln!(f, "{}", unit.map_or_else(String::new, |unit| format!(", {}", Shown(unit))))?;
    if !principal.groups.is_empty() {
        writeln!(f, "member of {}", Shown(&principal.groups.join(", ")))?;
    }
    match &account.left_alone {
        Some(why) => writeln!(f, "Nothing is changed in this account: {}.", Shown(why)),
        None => Ok(()),
    }
}

fn access(f: &mut Formatter<'_>, permission_sets: &[ExplainedAccess]) -> fmt::Result {
    if permission_sets.is_empty() {
        return writeln!(f, "\nNo permission set, and no rule grants one.");
    }
    writeln!(f)?;
    let width = permission_sets.iter().map(|access| access.permission_set.chars().count());
    let width = width.max().unwrap_or(0);
    for access in permission_sets {
        let ExplainedAccess { permission_set, through, fate, why, .. } = access;
        let sign = sign(*fate);
        let through = through
            .as_ref()
            .map_or_else(String::new, |group| format!("  through group {}", Shown(group)));
        let permission_set = Shown(permission_set);
        writeln!(f, "  {sign} {permission_set:width$}  {}{through}", in_words(*fate))?;
        writeln!(f, "    {}", Shown(why))?;
    }
    Ok(())
}

fn sign(fate: Fate) -> char {
    match fate {
        Fate::Stays | Fate::LeftAlone => '=',
        Fate::Created => '+',
        Fate::Deleted => '-',
        Fate::Reported => '?',
        Fate::Refused => '!',
    }
}

fn in_words(fate: Fate) -> &'static str {
    match fate {
        Fate::Stays => "in place",
        Fate::Created => "to be created",
        Fate::Deleted => "to be deleted",
        Fate::Reported => "in place, only reported",
        Fate::Refused => "refused",
        Fate::LeftAlone => "left as it is",
    }
}

fn not_granting(f: &mut Formatter<'_>, rules: &[&ExplainedRule]) -> fmt::Result {
    if rules.is_empty() {
        return Ok(());
    }
    writeln!(f, "\nRules that grant nothing here:")?;
    for ExplainedRule { rule, file, line, failed, .. } in rules {
        writeln!(f, "  {} ({file}:{line})", Shown(rule))?;
        for FailedKey { key, wanted, met, line } in failed {
            let line = line.map_or_else(String::new, |line| format!(" (line {line})"));
            let (key, wanted, met) = (Shown(key), Shown(wanted), Shown(met));
            writeln!(f, "    {key}{line}: wants {wanted}, met {met}")?;
        }
    }
    Ok(())
}
