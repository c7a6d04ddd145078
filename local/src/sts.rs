//! STS, of which only the question who calls is answered: AWS's older protocol, a form that is answered in XML.
//!
//! Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>

use crate::{call::Caller, cloud_trail::session_arn};

/// How the one operation is counted.
pub(crate) const GET_CALLER_IDENTITY: &str = "sts:GetCallerIdentity";

/// Whether a request without an `X-Amz-Target` header asks who calls.
pub(crate) fn asks_who_calls(form: &[u8]) -> bool {
    form.split(|byte| *byte == b'&').any(|field| field == b"Action=GetCallerIdentity")
}

/// Who calls.
pub(crate) fn identity(caller: &Caller, request_id: &str) -> String {
    let Caller { account_id, role, .. } = caller;
    let arn = session_arn(account_id, role);
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <GetCallerIdentityResult><Arn>{arn}</Arn><UserId>AROALOCAL:local</UserId><Account>{account_id}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>"
    )
}
