"""Reads account assignments as any other tool would: through AWS's own SDK, which knows nothing of Usher."""

import functools
from typing import Any

from clients import client, pages


def assignments(endpoint: str, account: str | None = None) -> list[dict[str, Any]]:
    """Every account assignment, or those of one account, with the names that a person would look for."""
    reader = _Reader(endpoint)
    accounts = pages(reader.organizations, "list_accounts", "Accounts")
    rows = [row for one in accounts if account in (None, one["Id"]) for row in reader.rows_of_account(one)]
    return sorted(rows, key=lambda row: (row["account_id"], row["permission_set"], row["principal_id"]))


class _Reader:
    def __init__(self, endpoint: str) -> None:
        self.organizations = client("organizations", endpoint)
        self.sso_admin = client("sso-admin", endpoint)
        self.identity_store = client("identitystore", endpoint)
        instance = pages(self.sso_admin, "list_instances", "Instances")[0]
        self.instance_arn = instance["InstanceArn"]
        self.identity_store_id = instance["IdentityStoreId"]
        self.permission_set_name = functools.cache(self._permission_set_name)
        self.principal_name = functools.cache(self._principal_name)

    def rows_of_account(self, account: dict[str, Any]) -> list[dict[str, Any]]:
        permission_sets = pages(
            self.sso_admin,
            "list_permission_sets_provisioned_to_account",
            "PermissionSets",
            InstanceArn=self.instance_arn,
            AccountId=account["Id"],
        )
        return [row for one in permission_sets for row in self._rows_of_permission_set(account, one)]

    def _rows_of_permission_set(self, account: dict[str, Any], permission_set_arn: str) -> list[dict[str, Any]]:
        found = pages(
            self.sso_admin,
            "list_account_assignments",
            "AccountAssignments",
            InstanceArn=self.instance_arn,
            AccountId=account["Id"],
            PermissionSetArn=permission_set_arn,
        )
        return [
            {
                "account_id": account["Id"],
                "account_name": account["Name"],
                "permission_set": self.permission_set_name(permission_set_arn),
                "principal_id": one["PrincipalId"],
                "principal_name": self.principal_name(one["PrincipalType"], one["PrincipalId"]),
                "principal_type": one["PrincipalType"],
            }
            for one in found
        ]

    def _permission_set_name(self, arn: str) -> str:
        answer = self.sso_admin.describe_permission_set(InstanceArn=self.instance_arn, PermissionSetArn=arn)
        name: str = answer["PermissionSet"]["Name"]
        return name

    def _principal_name(self, principal_type: str, principal_id: str) -> str | None:
        """The display name of a group, the name of a user, or None when it no longer exists."""
        store = self.identity_store
        try:
            if principal_type == "USER":
                user: str = store.describe_user(IdentityStoreId=self.identity_store_id, UserId=principal_id)["UserName"]
                return user
            group = store.describe_group(IdentityStoreId=self.identity_store_id, GroupId=principal_id)
            display_name: str = group["DisplayName"]
            return display_name
        except store.exceptions.ResourceNotFoundException:
            return None
