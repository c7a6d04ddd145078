"""Bob's day, played on the real binaries, and looked at through AWS's SDK alone: after each step the assignments are
right within seconds.

Tells of each step how long it took from the event to the assignment, and whose time that was. `just bobs-day` shows it.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from bob import ENGINEERING, MARY, PROD, ROOT, SANDBOX_ACCOUNT, TEST
from deployment import Usher

ASSIGNMENT_SECONDS = 0.7
# On a busy machine with everything on it; what is usual, the table tells.
PATIENCE_SECONDS = 60.0

RULES = """version: 1
manage: {unlisted: revoke, users: true}
protect:
  - groups: [break-glass-*]
rules:
  - name: engineers-build
    permission_sets: [PowerUserAccess]
    groups: [Engineering]
    accounts: {tags: {environment: test}}
  - name: engineers-look-at-production
    permission_sets: [ViewOnlyAccess]
    groups: [Engineering]
    accounts: {tags: {environment: production}}
  - name: auditors-look-at-what-is-built
    permission_sets: [SecurityAudit]
    groups: [Auditors]
    accounts: {organizational_unit: /Workloads/Test}
  - name: new-engineers-play
    permission_sets: [AdministratorAccess]
    users: [{in_group: Engineering, user_name: "mary.*"}]
    accounts: {organizational_unit: /Sandbox}
"""

BUILD = "PowerUserAccess to Engineering"
LOOK = "ViewOnlyAccess to Engineering"
AUDIT = "SecurityAudit to Auditors"
PLAY = "AdministratorAccess to mary.adams@example.com"

Access = dict[str, set[str]]


class Day:
    """Bob, his colleagues, and what they should find."""

    def __init__(self, usher: Usher) -> None:
        self.usher = usher
        self.organizations = usher.local.client("organizations")
        self.identity_store = usher.local.client("identitystore")
        self.sso_admin = usher.local.client("sso-admin")
        instance = self.sso_admin.list_instances()["Instances"][0]
        self.instance: str = instance["InstanceArn"]
        self.store: str = instance["IdentityStoreId"]
        self.sets = {self._name_of_set(arn): arn for arn in self._pages("list_permission_sets", "PermissionSets")}
        names = self.identity_store.get_paginator("list_groups").paginate(IdentityStoreId=self.store)
        self.groups = {group["GroupId"]: group["DisplayName"] for page in names for group in page["Groups"]}
        # Who has what: kept by hand, step by step.
        self.expected: Access = self.access()
        self.rows: list[tuple[str, float, float, float]] = []
        # When the step began, if it began before its function is called.
        self._begin: float | None = None

    def step(
        self,
        name: str,
        act: Callable[[], Any],
        gains: Access | None = None,
        loses: Access | None = None,
        until: Callable[[], Any] | None = None,
    ) -> Any:
        """Bob does something, and soon after just these assignments have come and gone, and no others.

        Where none come or go, a function must at least have heard of it, or what is given as `until` have happened.
        """
        for account, access in (loses or {}).items():
            self.expected[account] -= access
        for account, access in (gains or {}).items():
            self.expected.setdefault(account, set()).update(access)
        begin = self._begin if self._begin is not None else time.time()
        self._begin = None
        answer = act()
        changed = [*(gains or {}), *(loses or {})]
        self._wait_until(lambda: self.access(changed) == {account: self.expected[account] for account in changed})
        end = time.time()
        if not changed:
            self._wait_until(until or (lambda: bool(self._arrived_since(begin))))
        self.usher.check_invocations()
        self._wait_until(lambda: not any(self.usher.stack.queues()["lane"].values()))
        assert self.access() == self.expected, name
        if changed:
            self._measure(name, begin, end)
        return answer

    def access(self, accounts: list[str] | None = None) -> Access:
        """Who has what in these accounts, or in all."""
        if accounts is None:
            pages = self.organizations.get_paginator("list_accounts").paginate()
            accounts = [account["Id"] for page in pages for account in page["Accounts"]]
        return {account: self._access(account) for account in accounts}

    def account(self, name: str, environment: str) -> str:
        """Creates an account, and waits until it is there: the next step begins here."""
        self._begin = time.time()
        answer = self.organizations.create_account(
            AccountName=name,
            Email=f"aws+{name}@example.com",
            Tags=[{"Key": "environment", "Value": environment}],
        )
        request = answer["CreateAccountStatus"]["Id"]

        def status() -> Any:
            return self.organizations.describe_create_account_status(CreateAccountRequestId=request)[
                "CreateAccountStatus"
            ]

        self._wait_until(lambda: status()["State"] == "SUCCEEDED")
        account: str = status()["AccountId"]
        self.expected[account] = set()
        return account

    def grant_by_hand(self, account: str, permission_set: str, group: str) -> None:
        """Somebody grants in the console, and it takes effect."""
        answer = self.sso_admin.create_account_assignment(
            InstanceArn=self.instance,
            TargetId=account,
            TargetType="AWS_ACCOUNT",
            PermissionSetArn=self.sets[permission_set],
            PrincipalType="GROUP",
            PrincipalId=group,
        )
        request = answer["AccountAssignmentCreationStatus"]["RequestId"]

        def status() -> str:
            answer = self.sso_admin.describe_account_assignment_creation_status(
                InstanceArn=self.instance, AccountAssignmentCreationRequestId=request
            )
            status: str = answer["AccountAssignmentCreationStatus"]["Status"]
            return status

        self._wait_until(lambda: status() == "SUCCEEDED")

    def told(self, kind: str) -> Any:
        """Waits for an announcement of that kind."""
        found: list[Any] = []

        def is_told() -> bool:
            found.extend(one for one in self.usher.stack.announcements() if one["detail-type"] == kind)
            return bool(found)

        self._wait_until(is_told)
        return found[0]

    def table(self) -> str:
        """All steps, and what they took."""
        lines = [f"{'seconds from event to assignment':<44}{'all':>7}{'AWS':>7}{'Usher':>7}{'bed':>7}"]
        for name, whole, aws, ours in self.rows:
            lines.append(f"{name:<44}{whole:>7.2f}{aws:>7.2f}{ours:>7.2f}{whole - aws - ours:>7.2f}")
        return "\n".join(lines)

    def _measure(self, name: str, begin: float, end: float) -> None:
        """AWS's is the time in which an assignment was under way; Usher's, that in which a function ran besides."""
        event = min(self._arrived_since(begin), default=begin)
        whole, aws = end - event, self._seconds_under_way(event, end)
        ran = sum(self.usher.seconds_in_functions(event).values())
        # At most: what ran at the same time, or after the assignment was there, is in it too.
        self.rows.append((name, whole, aws, min(max(ran - aws, 0.0), whole - aws)))

    def _arrived_since(self, begin: float) -> list[float]:
        """When events came that are for a function."""
        return [when for when, _, functions in self.usher.arrived if functions and when >= begin]

    def _seconds_under_way(self, begin: float, end: float) -> float:
        lists = [
            ("list_account_assignment_creation_status", "AccountAssignmentsCreationStatus"),
            ("list_account_assignment_deletion_status", "AccountAssignmentsDeletionStatus"),
        ]
        began = sorted(one["CreatedDate"].timestamp() for names in lists for one in self._pages(*names))
        total, at = 0.0, begin
        for one in began:
            until = min(one + ASSIGNMENT_SECONDS, end)
            total += max(until - max(one, at), 0.0)
            at = max(at, until)
        return total

    def _access(self, account: str) -> set[str]:
        found = set()
        arns = self._pages("list_permission_sets_provisioned_to_account", "PermissionSets", AccountId=account)
        for arn in arns:
            rows = self._pages(
                "list_account_assignments", "AccountAssignments", AccountId=account, PermissionSetArn=arn
            )
            found |= {f"{self._name_of_set(arn)} to {self._name_of(row)}" for row in rows}
        return found

    def _name_of(self, row: dict[str, str]) -> str:
        principal = row["PrincipalId"]
        if row["PrincipalType"] == "GROUP":
            return self.groups[principal]
        user = self.identity_store.describe_user(IdentityStoreId=self.store, UserId=principal)
        name: str = user["UserName"]
        return name

    def _name_of_set(self, arn: str) -> str:
        answer = self.sso_admin.describe_permission_set(InstanceArn=self.instance, PermissionSetArn=arn)
        name: str = answer["PermissionSet"]["Name"]
        return name

    def _pages(self, operation: str, key: str, **parameters: str) -> list[Any]:
        paginator = self.sso_admin.get_paginator(operation)
        return [item for page in paginator.paginate(InstanceArn=self.instance, **parameters) for item in page.get(key, [])]

    def _wait_until(self, question: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not question():
            assert time.monotonic() < deadline, self._what_happened()
            time.sleep(0.02)

    def _what_happened(self) -> str:
        found = {
            account: (access, self.expected.get(account))
            for account, access in self.access().items()
            if access != self.expected.get(account)
        }
        logs = "\n".join(self.usher.stack.logs("reconciler")[-20:])
        now = datetime.now(UTC)
        return f"{now}: found and expected: {found}\nqueues: {self.usher.stack.queues()}\n{self.usher.arrived}\n{logs}"


@pytest.fixture
def day() -> Iterator[Day]:
    usher = Usher(ASSIGNMENT_SECONDS)
    try:
        yield Day(usher)
    finally:
        usher.stop()


def test_bobs_day(day: Day, capsys: pytest.CaptureFixture[str]) -> None:
    """From the first rules to the account that is closed."""
    usher, organizations, identity_store = day.usher, day.organizations, day.identity_store
    tests = ["220000000001", "220000000002", "220000000003"]
    prods = ["210000000001", "210000000002", "210000000003"]

    # What somebody granted by hand once is not in the rules; and an account that is suspended is left alone.
    day.step(
        "Bob puts his rules in S3",
        lambda: usher.write_rules(RULES),
        gains={account: {BUILD, AUDIT} for account in tests} | {account: {LOOK} for account in prods},
        loses={"210000000003": {"PowerUserAccess to Auditors"}},
    )
    assert usher.rules_in_force() == RULES

    shop_test = day.account("shop-test", "test")
    day.step("an account is created, for tests", lambda: None, gains={shop_test: {BUILD}})
    shop_prod = day.account("shop-prod", "production")
    day.step("another one is created, for production", lambda: None, gains={shop_prod: {LOOK}})

    member = {"IdentityStoreId": day.store, "GroupId": ENGINEERING, "MemberId": {"UserId": MARY}}
    joined = day.step(
        "Mary joins Engineering",
        lambda: identity_store.create_group_membership(**member),
        gains={SANDBOX_ACCOUNT: {PLAY}},
    )
    day.step(
        "Mary leaves Engineering",
        lambda: identity_store.delete_group_membership(IdentityStoreId=day.store, MembershipId=joined["MembershipId"]),
        loses={SANDBOX_ACCOUNT: {PLAY}},
    )

    def tag(value: str) -> None:
        organizations.tag_resource(ResourceId=shop_test, Tags=[{"Key": "environment", "Value": value}])

    day.step("a tag changes", lambda: tag("production"), gains={shop_test: {LOOK}}, loses={shop_test: {BUILD}})
    day.step(
        "a tag goes",
        lambda: organizations.untag_resource(ResourceId=shop_test, TagKeys=["environment"]),
        loses={shop_test: {LOOK}},
    )
    day.step("a tag comes back", lambda: tag("test"), gains={shop_test: {BUILD}})

    day.step(
        "an account moves",
        lambda: organizations.move_account(AccountId=shop_test, SourceParentId=ROOT, DestinationParentId=TEST),
        gains={shop_test: {AUDIT}},
    )
    day.step(
        "an organizational unit is renamed",
        lambda: organizations.update_organizational_unit(OrganizationalUnitId=TEST, Name="Staging"),
        loses={account: {AUDIT} for account in [*tests, shop_test]},
    )
    day.step(
        "and is called what it was again",
        lambda: organizations.update_organizational_unit(OrganizationalUnitId=TEST, Name="Test"),
        gains={account: {AUDIT} for account in [*tests, shop_test]},
    )

    auditors = next(group for group, name in day.groups.items() if name == "Auditors")
    by_hand = "AdministratorAccess to Auditors"
    assert by_hand not in day.expected[shop_prod]
    day.step(
        "what somebody grants by hand is undone",
        lambda: day.grant_by_hand(shop_prod, "AdministratorAccess", auditors),
        loses={shop_prod: {by_hand}},
    )

    usher.stack.announcements()
    broken = RULES.replace("groups: [Engineering]", "group: [Engineering]")
    rejected: list[Any] = []
    day.step(
        "the rules file breaks",
        lambda: usher.write_rules(broken),
        until=lambda: rejected.append(day.told("Rules Rejected")) or True,
    )
    assert rejected[0]["detail"]["diagnostics"][0]["code"] == "unknown-field", rejected
    assert usher.rules_in_force() == RULES

    # AWS keeps the assignments of a closed account for when it is opened again, and refuses to change them.
    day.step("an account is closed", lambda: organizations.close_account(AccountId=shop_prod))
    day.step(
        "and what its tags then say is no matter",
        lambda: organizations.tag_resource(ResourceId=shop_prod, Tags=[{"Key": "environment", "Value": "test"}]),
    )
    day.step(
        "another account still moves",
        lambda: organizations.move_account(AccountId=shop_test, SourceParentId=TEST, DestinationParentId=PROD),
        loses={shop_test: {AUDIT}},
    )
    assert usher.stack.dead_letters() == []
    with capsys.disabled():
        print(f"\n{day.table()}")
