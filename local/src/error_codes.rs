//! The errors that AWS has for each operation, so that nobody waits for one that never comes.

use crate::service::Service;

/// The errors that any operation of any service may be answered with, by their names on the pages of Identity Center and
/// of Organizations; and two that others have seen.
///
/// Sources: <https://docs.aws.amazon.com/singlesignon/latest/APIReference/CommonErrors.html>,
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/CommonErrors.html>
pub(crate) const COMMON_ERRORS: &[&str] = &[
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InternalFailure",
    "InvalidClientTokenId",
    "MalformedHttpRequestException",
    "NotAuthorized",
    "OptInRequired",
    "RequestAbortedException",
    "RequestEntityTooLargeException",
    "RequestExpired",
    "RequestTimeoutException",
    "SerializationException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "ThrottlingException",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "ValidationError",
];

/// Which operations of a service, of those that are here, have an error.
enum Of {
    All,
    AllBut(&'static [&'static str]),
    Only(&'static [&'static str]),
}

/// The errors of Organizations, from the page of each operation.
///
/// Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html>
const ORGANIZATIONS: &[(&str, Of)] = &[
    (
        "AWSOrganizationsNotInUseException",
        Of::AllBut(&[
            "CancelHandshake",
            "DeclineHandshake",
            "DescribeHandshake",
            "ListHandshakesForAccount",
        ]),
    ),
    ("AccessDeniedException", Of::All),
    ("AccessDeniedForDependencyException", Of::Only(&["AcceptHandshake"])),
    ("AccountAlreadyClosedException", Of::Only(&["CloseAccount"])),
    ("AccountAlreadyRegisteredException", Of::Only(&["RegisterDelegatedAdministrator"])),
    (
        "AccountNotFoundException",
        Of::Only(&[
            "CloseAccount",
            "DeregisterDelegatedAdministrator",
            "DescribeAccount",
            "LeaveOrganization",
            "ListDelegatedServicesForAccount",
            "MoveAccount",
            "RegisterDelegatedAdministrator",
            "RemoveAccountFromOrganization",
        ]),
    ),
    (
        "AccountNotRegisteredException",
        Of::Only(&["DeregisterDelegatedAdministrator", "ListDelegatedServicesForAccount"]),
    ),
    ("AccountOwnerNotVerifiedException", Of::Only(&["InviteAccountToOrganization"])),
    ("ChildNotFoundException", Of::Only(&["ListParents"])),
    (
        "ConcurrentModificationException",
        Of::AllBut(&[
            "DescribeAccount",
            "DescribeCreateAccountStatus",
            "DescribeOrganizationalUnit",
            "ListAccounts",
            "ListAccountsForParent",
            "ListChildren",
            "ListCreateAccountStatus",
            "ListDelegatedAdministrators",
            "ListDelegatedServicesForAccount",
            "ListOrganizationalUnitsForParent",
            "ListParents",
            "ListRoots",
            "ListTagsForResource",
        ]),
    ),
    ("ConflictException", Of::Only(&["CloseAccount"])),
    (
        "ConstraintViolationException",
        Of::Only(&[
            "AcceptHandshake",
            "CloseAccount",
            "CreateAccount",
            "CreateOrganizationalUnit",
            "DeregisterDelegatedAdministrator",
            "InviteAccountToOrganization",
            "LeaveOrganization",
            "ListDelegatedAdministrators",
            "ListDelegatedServicesForAccount",
            "RegisterDelegatedAdministrator",
            "RemoveAccountFromOrganization",
            "TagResource",
            "UntagResource",
        ]),
    ),
    ("CreateAccountStatusNotFoundException", Of::Only(&["DescribeCreateAccountStatus"])),
    ("DestinationParentNotFoundException", Of::Only(&["MoveAccount"])),
    ("DuplicateAccountException", Of::Only(&["MoveAccount"])),
    ("DuplicateHandshakeException", Of::Only(&["InviteAccountToOrganization"])),
    (
        "DuplicateOrganizationalUnitException",
        Of::Only(&["CreateOrganizationalUnit", "UpdateOrganizationalUnit"]),
    ),
    (
        "FinalizingOrganizationException",
        Of::Only(&["CreateAccount", "InviteAccountToOrganization"]),
    ),
    (
        "HandshakeAlreadyInStateException",
        Of::Only(&["AcceptHandshake", "CancelHandshake", "DeclineHandshake"]),
    ),
    (
        "HandshakeConstraintViolationException",
        Of::Only(&["AcceptHandshake", "InviteAccountToOrganization"]),
    ),
    (
        "HandshakeNotFoundException",
        Of::Only(&["AcceptHandshake", "CancelHandshake", "DeclineHandshake", "DescribeHandshake"]),
    ),
    (
        "InvalidHandshakeTransitionException",
        Of::Only(&["AcceptHandshake", "CancelHandshake", "DeclineHandshake"]),
    ),
    ("InvalidInputException", Of::AllBut(&["DescribeOrganization"])),
    (
        "MasterCannotLeaveOrganizationException",
        Of::Only(&["AcceptHandshake", "LeaveOrganization", "RemoveAccountFromOrganization"]),
    ),
    ("OrganizationalUnitNotEmptyException", Of::Only(&["DeleteOrganizationalUnit"])),
    (
        "OrganizationalUnitNotFoundException",
        Of::Only(&[
            "DeleteOrganizationalUnit",
            "DescribeOrganizationalUnit",
            "UpdateOrganizationalUnit",
        ]),
    ),
    (
        "ParentNotFoundException",
        Of::Only(&[
            "CreateOrganizationalUnit",
            "ListAccountsForParent",
            "ListChildren",
            "ListOrganizationalUnitsForParent",
        ]),
    ),
    ("ServiceException", Of::All),
    ("SourceParentNotFoundException", Of::Only(&["MoveAccount"])),
    ("TargetNotFoundException", Of::Only(&["ListTagsForResource", "TagResource", "UntagResource"])),
    ("TooManyRequestsException", Of::All),
    (
        "UnsupportedAPIEndpointException",
        Of::Only(&[
            "CloseAccount",
            "CreateAccount",
            "DeregisterDelegatedAdministrator",
            "DescribeCreateAccountStatus",
            "ListCreateAccountStatus",
            "ListDelegatedAdministrators",
            "ListDelegatedServicesForAccount",
            "RegisterDelegatedAdministrator",
        ]),
    ),
];

/// The errors of Identity Center, from the page of each operation.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_Operations.html>
const SSO_ADMIN: &[(&str, Of)] = &[
    ("AccessDeniedException", Of::All),
    (
        "ConflictException",
        Of::Only(&[
            "AttachCustomerManagedPolicyReferenceToPermissionSet",
            "AttachManagedPolicyToPermissionSet",
            "CreateAccountAssignment",
            "CreateInstanceAccessControlAttributeConfiguration",
            "CreatePermissionSet",
            "DeleteAccountAssignment",
            "DeleteInlinePolicyFromPermissionSet",
            "DeleteInstanceAccessControlAttributeConfiguration",
            "DeletePermissionSet",
            "DeletePermissionsBoundaryFromPermissionSet",
            "DetachCustomerManagedPolicyReferenceFromPermissionSet",
            "DetachManagedPolicyFromPermissionSet",
            "ProvisionPermissionSet",
            "PutInlinePolicyToPermissionSet",
            "PutPermissionsBoundaryToPermissionSet",
            "TagResource",
            "UntagResource",
            "UpdateInstanceAccessControlAttributeConfiguration",
            "UpdatePermissionSet",
        ]),
    ),
    ("InternalServerException", Of::All),
    ("ResourceNotFoundException", Of::AllBut(&["DescribeInstance", "ListInstances"])),
    (
        "ServiceQuotaExceededException",
        Of::Only(&[
            "AttachCustomerManagedPolicyReferenceToPermissionSet",
            "AttachManagedPolicyToPermissionSet",
            "CreateAccountAssignment",
            "CreatePermissionSet",
            "PutInlinePolicyToPermissionSet",
            "TagResource",
        ]),
    ),
    ("ThrottlingException", Of::All),
    ("ValidationException", Of::All),
];

/// The errors of the Identity Store, from the page of each operation.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_Operations.html>
const IDENTITY_STORE: &[(&str, Of)] = &[
    ("AccessDeniedException", Of::All),
    (
        "ConflictException",
        Of::Only(&[
            "CreateGroup",
            "CreateGroupMembership",
            "CreateUser",
            "DeleteGroup",
            "DeleteGroupMembership",
            "DeleteUser",
            "UpdateGroup",
            "UpdateUser",
        ]),
    ),
    ("InternalServerException", Of::All),
    ("ResourceNotFoundException", Of::All),
    (
        "ServiceQuotaExceededException",
        Of::Only(&[
            "CreateGroup",
            "CreateGroupMembership",
            "CreateUser",
            "UpdateGroup",
            "UpdateUser",
        ]),
    ),
    ("ThrottlingException", Of::All),
    ("ValidationException", Of::All),
];

/// The errors that are on the page of an operation.
pub(crate) fn own_errors(service: Service, operation: &str) -> Vec<&'static str> {
    let of_service = match service {
        Service::Organizations => ORGANIZATIONS,
        Service::SsoAdmin => SSO_ADMIN,
        Service::IdentityStore => IDENTITY_STORE,
        Service::Sqs | Service::EventBridge => &[],
    };
    of_service.iter().filter(|(_, of)| of.has(operation)).map(|(code, _)| *code).collect()
}

impl Of {
    fn has(&self, operation: &str) -> bool {
        match self {
            Self::All => true,
            Self::AllBut(others) => !others.contains(&operation),
            Self::Only(these) => these.contains(&operation),
        }
    }
}
