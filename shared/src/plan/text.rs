//! A plan as people read it: grouped by account, a reason under each change, the count last, silent
//! on what stays.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Display, Formatter},
};

use crate::{
    ids::AccountId,
    organization::{Gap, Organization},
    rules::Rules,
    shown::Shown,
};

use super::{Action, Change, LeftAlone, Plan, Role};

/// A plan, with what its text tells around it.
#[derive(Clone, Copy, Debug)]
pub struct PlanText<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The rules it was made by.
    pub rules: &'a Rules,
    /// The organization it was made for.
    pub organization: &'a Organization,
}

/// How many accounts that are left alone are named before they are only counted.
const NAMED_LEFT_ALONE: usize = 5;

/// What it means that nobody keeps a permission set in an account.
const ROLES_GO: &str = "Nobody keeps these permission sets there, so AWS takes their IAM roles away. Made again later, they have other ARNs:
what names the old ones (EKS, KMS keys, bucket policies) then lets nobody in.";

/// What it means that nobody may keep one.
const ROLES_MAY_GO: &str = "Of these permission sets nobody is known to keep them there, but not everybody was looked at. Where nobody does, their IAM
roles go, too:";

/// In how many accounts it is said that a permission set's role goes, before they are only counted.
const NAMED_ROLES: usize = 10;

impl Display for PlanText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.header(f)?;
        changes(f, self.plan)?;
        roles(f, self.plan, (Role::Goes, ROLES_GO))?;
        roles(f, self.plan, (Role::MayGo, ROLES_MAY_GO))?;
        gaps(f, &self.plan.gaps)?;
        left_alone(f, self.plan)?;
        self.not_ours(f)?;
        last_line(f, self.plan)
    }
}

impl PlanText<'_> {
    fn header(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { plan, rules, organization } = self;
        let rule_count = count(rules.rules.len(), "rule");
        let warnings = match plan.warnings.len() {
            0 => String::new(),
            number => format!(", {}", count(number, "warning")),
        };
        writeln!(
            f,
            "{}: {rule_count}{warnings}     observed {} UTC: {}, {}",
            rules.source.name,
            organization.observed_at.format("%H:%M"),
            count(organization.accounts.len(), "account"),
            count(organization.groups.len(), "group"),
        )
    }
}

impl PlanText<'_> {
    fn not_ours(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let management = &self.organization.organization.management_account_id;
        let reasons = self.plan.not_ours_in_words(management);
        if !reasons.is_empty() {
            writeln!(f)?;
        }
        reasons.iter().try_for_each(|reason| writeln!(f, "Not ours to change: {reason}"))
    }
}

/// The changes by account, in the order of their paths; within an account, creates first.
fn changes(f: &mut Formatter<'_>, plan: &Plan) -> fmt::Result {
    let planned = plan.changes.iter().map(|change| (sign(change.action), change));
    let unlisted = plan.unlisted.iter().map(|change| ('?', change));
    let impossible = plan.impossible.iter().map(|change| ('!', change));
    let mut lines: Vec<(char, &Change)> = planned.chain(unlisted).chain(impossible).collect();
    lines.sort_by_key(|(_, change)| (&change.account.path, &change.account.id));
    let same_account =
        |(_, a): &(char, &Change), (_, b): &(char, &Change)| a.account.id == b.account.id;
    for account in lines.chunk_by(same_account) {
        if let Some((_, first)) = account.first() {
            writeln!(f, "\n  {} ({})", Shown(&first.account.path), first.account.id)?;
        }
        let widths = account.iter().map(|(_, change)| change.permission_set.name.chars().count());
        let width = widths.max().unwrap_or(0);
        for (sign, change) in account {
            let held = if change.held { "  (held)" } else { "" };
            writeln!(
                f,
                "    {sign} {:width$}  {}{held}",
                Shown(&change.permission_set.name),
                Shown(&change.principal.to_string())
            )?;
            writeln!(f, "      {}", Shown(&change.reason.why))?;
        }
    }
    Ok(())
}

/// Where this becomes of the IAM roles of permission sets, and what it means: once for each permission set.
fn roles(f: &mut Formatter<'_>, plan: &Plan, (role, meaning): (Role, &str)) -> fmt::Result {
    let mut accounts: BTreeMap<&str, BTreeSet<(&str, &AccountId)>> = BTreeMap::new();
    for change in plan.changes.iter().filter(|change| change.role == role) {
        let account = (change.account.name.as_str(), &change.account.id);
        accounts.entry(&change.permission_set.name).or_default().insert(account);
    }
    if accounts.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{meaning}")?;
    for (permission_set, accounts) in accounts {
        let more = match accounts.len().saturating_sub(NAMED_ROLES) {
            0 => String::new(),
            number => format!(" and {}", count(number, "more account")),
        };
        let named: Vec<&str> = accounts.iter().take(NAMED_ROLES).map(|(name, _)| *name).collect();
        let named = named.join(", ");
        writeln!(f, "  {} in {}{more}", Shown(permission_set), Shown(&named))?;
    }
    Ok(())
}

fn sign(action: Action) -> char {
    match action {
        Action::Create => '+',
        Action::Delete => '-',
    }
}

fn gaps(f: &mut Formatter<'_>, gaps: &[Gap]) -> fmt::Result {
    if !gaps.is_empty() {
        writeln!(f)?;
    }
    for Gap { what, account_id, reason } in gaps {
        let (what, reason) = (Shown(what.as_str()), Shown(reason));
        match account_id {
            Some(account) => {
                writeln!(
                    f,
                    "Not read: {what} of account {account} ({reason}); nothing is deleted there"
                )?;
            }
            None => writeln!(f, "Not read: {what} ({reason}); nothing is deleted")?,
        }
    }
    Ok(())
}

fn left_alone(f: &mut Formatter<'_>, plan: &Plan) -> fmt::Result {
    let (named, more) = plan.left_alone.split_at(plan.left_alone.len().min(NAMED_LEFT_ALONE));
    let mut lines: Vec<String> = named
        .iter()
        .map(|left| {
            let LeftAlone { account_id, account_name, assignments, why } = left;
            // What was never seen has no name but its id.
            let account = if account_name == account_id.as_str() {
                account_id.to_string()
            } else {
                format!("{} ({account_id})", Shown(account_name))
            };
            format!("account {account}: {}{}", Shown(why), with_assignments(*assignments))
        })
        .collect();
    if !more.is_empty() {
        let assignments = more.iter().map(|left| left.assignments).sum();
        let accounts = count(more.len(), "more account");
        lines.push(format!("{accounts}{}", with_assignments(assignments)));
    }
    for (number, why) in
        [(plan.protected, "that `protect` holds"), (plan.unmanaged, "outside `manage`")]
    {
        let noun = count(number, "assignment");
        lines.extend((number > 0).then(|| format!("{noun} {why}")));
    }
    if !lines.is_empty() {
        writeln!(f)?;
    }
    lines.iter().try_for_each(|line| writeln!(f, "Left alone: {line}"))
}

/// What is counted with an account is counted nowhere else, so that the numbers add up.
fn with_assignments(number: usize) -> String {
    if number == 0 { String::new() } else { format!(" ({})", count(number, "assignment")) }
}

fn last_line(f: &mut Formatter<'_>, plan: &Plan) -> fmt::Result {
    let summary = plan.summary();
    writeln!(f)?;
    let changes = summary.create + summary.delete + summary.unlisted + summary.impossible;
    if changes == 0 && !plan.gaps.is_empty() {
        let noun = count(summary.unchanged, "assignment");
        return writeln!(f, "No changes, as far as could be read. {noun} left as found.");
    }
    if changes == 0 && summary.unchanged == 0 {
        let why = "the rules grant nothing here, and nothing is here that they manage";
        let is_all = plan.not_ours.is_empty();
        return if is_all { writeln!(f, "No changes: {why}.") } else { writeln!(f, "No changes.") };
    }
    if changes == 0 {
        let verb = if summary.unchanged == 1 { "matches" } else { "match" };
        return writeln!(
            f,
            "No changes. {} {verb} the rules.",
            count(summary.unchanged, "assignment")
        );
    }
    write!(f, "Plan: {} to create, {} to delete", summary.create, summary.delete)?;
    if summary.held > 0 {
        write!(f, " (held: over `max_revocations`)")?;
    }
    if summary.unlisted > 0 {
        write!(f, ", {} that no rule grants", summary.unlisted)?;
    }
    if summary.impossible > 0 {
        write!(f, ", {} beyond AWS's quotas", summary.impossible)?;
    }
    write!(f, ", {} unchanged.", summary.unchanged)?;
    if summary.held > 0 {
        let digest = plan.digest();
        write!(f, " To let exactly these go: `usher approve {digest}`.")?;
    }
    writeln!(f)
}

/// `1 account`, `12 accounts`.
fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}
