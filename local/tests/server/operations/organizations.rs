//! AWS Organizations.

use aws_sdk_organizations::{
    Client,
    types::{ChildType, HandshakeParty, HandshakePartyType, Tag},
};

use super::{Table, fail_once, row};
use crate::support::{Server, sdk};

const ROOT: &str = "r-bob1";
const SANDBOX: &str = "ou-bob1-sandbox1";
const SECURITY: &str = "ou-bob1-security";
const WORKLOADS: &str = "ou-bob1-workload";
const SANDBOX_ACCOUNT: &str = "230000000001";
const AUDIT: &str = "240000000001";

const NO_UNIT: &str = "ou-bob1-00000000";
const NO_ACCOUNT: &str = "999999999999";
const NO_HANDSHAKE: &str = "h-0000000000";
const NO_TOKEN: &str = "nothing";

const IDENTITY_CENTER: &str = "sso.amazonaws.com";

pub(crate) async fn rows(server: &mut Server, table: &mut Table) {
    let client = server.organizations.clone();
    organization(server, &client, table).await;
    units(&client, table).await;
    accounts(server, &client, table).await;
    tags(&client, table).await;
    delegations(&client, table).await;
    handshakes(server, &client, table).await;
}

async fn organization(server: &Server, client: &Client, table: &mut Table) {
    row!(table, "organizations:DescribeOrganization", client.describe_organization(), {
        let code = "AWSOrganizationsNotInUseException";
        fail_once(server, "organizations:DescribeOrganization", code);
        client.describe_organization()
    });
    row!(
        table,
        "organizations:ListRoots",
        client.list_roots(),
        client.list_roots().next_token(NO_TOKEN),
    );
}

async fn units(client: &Client, table: &mut Table) {
    let create = client.create_organizational_unit().parent_id(SANDBOX).name("Trials");
    let created = row!(
        table,
        "organizations:CreateOrganizationalUnit",
        create.clone().tags(tag("purpose", "trial")),
        create,
    );
    let unit = created.organizational_unit.unwrap().id.unwrap();
    let describe = |id: &str| client.describe_organizational_unit().organizational_unit_id(id);
    row!(table, "organizations:DescribeOrganizationalUnit", describe(&unit), describe(NO_UNIT));
    let list = |parent: &str| client.list_organizational_units_for_parent().parent_id(parent);
    row!(table, "organizations:ListOrganizationalUnitsForParent", list(SANDBOX), list(NO_UNIT),);
    let children = |parent: &str| {
        client.list_children().parent_id(parent).child_type(ChildType::OrganizationalUnit)
    };
    row!(table, "organizations:ListChildren", children(SANDBOX), children(NO_UNIT));
    let parents = |child: &str| client.list_parents().child_id(child);
    row!(table, "organizations:ListParents", parents(&unit), parents(NO_ACCOUNT));
    let update = |id: &str| {
        client.update_organizational_unit().organizational_unit_id(id).name("Experiments")
    };
    row!(table, "organizations:UpdateOrganizationalUnit", update(&unit), update(NO_UNIT));
    let delete = |id: &str| client.delete_organizational_unit().organizational_unit_id(id);
    row!(table, "organizations:DeleteOrganizationalUnit", delete(&unit), delete(WORKLOADS));
}

async fn accounts(server: &mut Server, client: &Client, table: &mut Table) {
    let create = client.create_account().account_name("trial");
    let created = row!(
        table,
        "organizations:CreateAccount",
        create.clone().email("trial@example.com"),
        create.email("trial"),
    );
    let request = created.create_account_status.unwrap().id.unwrap();
    server.event("CreateAccountResult").await;
    let describe = |id: &str| client.describe_create_account_status().create_account_request_id(id);
    let described = row!(
        table,
        "organizations:DescribeCreateAccountStatus",
        describe(&request),
        describe("car-00000000000000000000000000000000"),
    );
    let account = described.create_account_status.unwrap().account_id.unwrap();
    let list = client.list_create_account_status();
    row!(table, "organizations:ListCreateAccountStatus", list.clone(), list.next_token(NO_TOKEN),);
    let list = client.list_accounts();
    row!(table, "organizations:ListAccounts", list.clone(), list.next_token(NO_TOKEN));
    let list = |parent: &str| client.list_accounts_for_parent().parent_id(parent);
    row!(table, "organizations:ListAccountsForParent", list(SANDBOX), list(NO_UNIT));
    let describe = |id: &str| client.describe_account().account_id(id);
    row!(table, "organizations:DescribeAccount", describe(AUDIT), describe(NO_ACCOUNT));
    let move_from_root =
        client.move_account().source_parent_id(ROOT).destination_parent_id(SANDBOX);
    row!(
        table,
        "organizations:MoveAccount",
        move_from_root.clone().account_id(&account),
        move_from_root.account_id(NO_ACCOUNT),
    );
    let close = |id: &str| client.close_account().account_id(id);
    row!(table, "organizations:CloseAccount", close(&account), close(NO_ACCOUNT));
}

async fn tags(client: &Client, table: &mut Table) {
    let add = |id: &str| client.tag_resource().resource_id(id).tags(tag("purpose", "trial"));
    row!(table, "organizations:TagResource", add(AUDIT), add(NO_ACCOUNT));
    let list = |id: &str| client.list_tags_for_resource().resource_id(id);
    row!(table, "organizations:ListTagsForResource", list(AUDIT), list(NO_ACCOUNT));
    let remove = |id: &str| client.untag_resource().resource_id(id).tag_keys("purpose");
    row!(table, "organizations:UntagResource", remove(SECURITY), remove(NO_ACCOUNT));
}

async fn delegations(client: &Client, table: &mut Table) {
    let register = |id: &str| {
        client.register_delegated_administrator().account_id(id).service_principal(IDENTITY_CENTER)
    };
    row!(
        table,
        "organizations:RegisterDelegatedAdministrator",
        register(AUDIT),
        register(NO_ACCOUNT),
    );
    let list = client.list_delegated_administrators();
    row!(
        table,
        "organizations:ListDelegatedAdministrators",
        list.clone(),
        list.next_token(NO_TOKEN),
    );
    let list = |id: &str| client.list_delegated_services_for_account().account_id(id);
    row!(
        table,
        "organizations:ListDelegatedServicesForAccount",
        list(AUDIT),
        list(SANDBOX_ACCOUNT),
    );
    let deregister = |id: &str| {
        client
            .deregister_delegated_administrator()
            .account_id(id)
            .service_principal(IDENTITY_CENTER)
    };
    row!(
        table,
        "organizations:DeregisterDelegatedAdministrator",
        deregister(AUDIT),
        deregister(SANDBOX_ACCOUNT),
    );
}

/// Three accounts are invited: one comes and leaves, one comes and is removed, and one does not want to.
async fn handshakes(server: &Server, client: &Client, table: &mut Table) {
    let [leaving, removed, unwilling] = ["777788889991", "777788889992", "777788889993"];
    let as_account = |id: &str| Client::new(&sdk(&server.local, id));
    let invited = row!(
        table,
        "organizations:InviteAccountToOrganization",
        invite(client, leaving),
        invite(client, AUDIT),
    );
    let handshake = invited.handshake.unwrap().id.unwrap();
    let describe = |id: &str| client.describe_handshake().handshake_id(id);
    row!(table, "organizations:DescribeHandshake", describe(&handshake), describe(NO_HANDSHAKE),);
    let list = client.list_handshakes_for_organization();
    row!(
        table,
        "organizations:ListHandshakesForOrganization",
        list.clone(),
        list.next_token(NO_TOKEN),
    );
    let outsider = as_account(leaving);
    let list = outsider.list_handshakes_for_account();
    row!(table, "organizations:ListHandshakesForAccount", list.clone(), list.next_token(NO_TOKEN),);
    let accept = |id: &str| outsider.accept_handshake().handshake_id(id);
    row!(table, "organizations:AcceptHandshake", accept(&handshake), accept(NO_HANDSHAKE));
    row!(
        table,
        "organizations:LeaveOrganization",
        outsider.leave_organization(),
        client.leave_organization(),
    );

    let handshake = invitation(client, removed).await;
    as_account(removed).accept_handshake().handshake_id(handshake).send().await.unwrap();
    let remove = |id: &str| client.remove_account_from_organization().account_id(id);
    row!(table, "organizations:RemoveAccountFromOrganization", remove(removed), remove(NO_ACCOUNT),);

    let handshake = invitation(client, unwilling).await;
    let outsider = as_account(unwilling);
    let decline = |id: &str| outsider.decline_handshake().handshake_id(id);
    row!(table, "organizations:DeclineHandshake", decline(&handshake), decline(NO_HANDSHAKE));
    let handshake = invitation(client, unwilling).await;
    let cancel = |id: &str| client.cancel_handshake().handshake_id(id);
    row!(table, "organizations:CancelHandshake", cancel(&handshake), cancel(NO_HANDSHAKE));
}

fn invite(
    client: &Client,
    account: &str,
) -> aws_sdk_organizations::operation::invite_account_to_organization::builders::InviteAccountToOrganizationFluentBuilder
{
    let party = HandshakeParty::builder().id(account).r#type(HandshakePartyType::Account);
    client.invite_account_to_organization().target(party.build().unwrap())
}

async fn invitation(client: &Client, account: &str) -> String {
    let invited = invite(client, account).send().await.unwrap();
    invited.handshake.unwrap().id.unwrap()
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}
