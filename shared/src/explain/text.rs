//! An explanation as people read it.

use std::fmt::{self, Display, Formatter};

use crate::{organization::Gap, shown::Shown};

use super::{ExplainedAccess, ExplainedRule, Explanation, FailedKey, Fate};

/// Shows an explanation: what the principal has, then why the other rules do not grant; of those that
/// are for others, only for whom they are.
#[derive(Clone, Copy, Debug)]
pub struct ExplanationText<'a>(pub &'a Explanation);

impl Display for ExplanationText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let explanation = self.0;
        header(f, explanation)?;
        if explanation.permission_sets.is_empty() {
            nothing(f, explanation)?;
        } else {
            access(f, &explanation.permission_sets)?;
        }
        let silent = explanation.rules.iter().filter(|rule| rule.grants.is_empty());
        let (others, meant): (Vec<_>, Vec<_>) = silent.partition(|rule| rule.for_others);
        not_granting(f, &meant)?;
        for_others(f, &others)
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
    if let Some(why) = &account.left_alone {
        writeln!(f, "Nothing is changed in this account: {}.", Shown(why))?;
    }
    for Gap { what, reason, .. } in &explanation.gaps {
        writeln!(f, "Not read: {} ({reason}); nothing is deleted in this account", what.as_str())?;
    }
    Ok(())
}

fn nothing(f: &mut Formatter<'_>, explanation: &Explanation) -> fmt::Result {
    if explanation.gaps.is_empty() {
        return writeln!(f, "\nNo permission set, and no rule grants one.");
    }
    writeln!(f, "\nNo permission set as far as was read, and no rule certainly grants one.")
}

fn access(f: &mut Formatter<'_>, permission_sets: &[ExplainedAccess]) -> fmt::Result {
    writeln!(f)?;
    let width = permission_sets.iter().map(|access| access.permission_set.chars().count());
    let width = width.max().unwrap_or(0);
    for access in permission_sets {
        let ExplainedAccess { permission_set, through, fate, held, why, .. } = access;
        let held = if *held { "  (held)" } else { "" };
        let sign = sign(*fate);
        let through = through
            .as_ref()
            .map_or_else(String::new, |group| format!("  through group {}", Shown(group)));
        let permission_set = Shown(permission_set);
        writeln!(f, "  {sign} {permission_set:width$}  {}{through}{held}", in_words(*fate))?;
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

/// One line each: whom they are for is all there is to say.
fn for_others(f: &mut Formatter<'_>, rules: &[&ExplainedRule]) -> fmt::Result {
    if rules.is_empty() {
        return Ok(());
    }
    writeln!(f, "\nRules for others:")?;
    for ExplainedRule { rule, file, line, failed, .. } in rules {
        let wanted = |FailedKey { key, wanted, .. }: &FailedKey| format!("{key} wants {wanted}");
        let wanted: Vec<String> = failed.iter().map(wanted).collect();
        writeln!(f, "  {rule} ({file}:{line}): {}", wanted.join("; "))?;
    }
    Ok(())
}
