//! The names that AWS Control Tower gives.
//!
//! **Why.** To protect them is right before Control Tower is set up, too, as the starter file does. Where they match nothing, nobody
//! has misspelt anything; and what has a similar name, `AdministratorAccess`, was not meant.

/// Its permission sets.
///
/// Source: <https://docs.aws.amazon.com/controltower/latest/userguide/sso-groups.html>
pub(super) const PERMISSION_SETS: [&str; 6] = [
    "AWSAdministratorAccess",
    "AWSOrganizationsFullAccess",
    "AWSPowerUserAccess",
    "AWSReadOnlyAccess",
    "AWSServiceCatalogAdminFullAccess",
    "AWSServiceCatalogEndUserAccess",
];

/// Its groups.
///
/// Source: <https://docs.aws.amazon.com/controltower/latest/userguide/sso-groups.html>
pub(super) const GROUPS: [&str; 8] = [
    "AWSAccountFactory",
    "AWSAuditAccountAdmins",
    "AWSControlTowerAdmins",
    "AWSLogArchiveAdmins",
    "AWSLogArchiveViewers",
    "AWSSecurityAuditPowerUsers",
    "AWSSecurityAuditors",
    "AWSServiceCatalogAdmins",
];
