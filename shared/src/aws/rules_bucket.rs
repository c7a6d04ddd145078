//! The bucket with the rules: what people write to it, and what is in force.
//!
//! **Flow.** People write one object; the version of it that an event names is read, and, when it is
//! right, copied to another, which all functions read. With the copy goes which version it is of, and
//! when in the order of all versions that was written.
//!
//! **Guarantees.** The rules in force are replaced only as they were when they were looked at: of two
//! promotions at the same time, one has to look again.

use std::{collections::HashMap, sync::Arc};

use aws_sdk_s3::{
    operation::{head_object::HeadObjectError, put_object::PutObjectError},
    primitives::ByteStream,
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};

use crate::{failure::CallFailure, scope::RulesObject};

use super::{
    clients::Clients,
    failure::failed,
    store::{Location, Read, Store, StoreFailure},
};

const HEAD_OBJECT: &str = "s3:HeadObject";
const PUT_OBJECT: &str = "s3:PutObject";

/// Where the copy says which version it is of. S3 keeps such fields in small letters.
const VERSION_ID: &str = "usher-version-id";
const SEQUENCER: &str = "usher-sequencer";

/// The bucket with the rules.
#[derive(Debug)]
pub struct RulesBucket {
    clients: Arc<Clients>,
    bucket: String,
    written: String,
    active: String,
}

/// The rules in force, as they are before a promotion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InForce {
    etag: Option<String>,
    /// When the version that they are a copy of was written, in the order of S3's sequencers.
    pub sequencer: Option<String>,
}

/// What came of a promotion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promoted {
    /// The rules are in force.
    Yes,
    /// Others came into force in the meantime.
    Overtaken,
}

impl RulesBucket {
    /// What people write, and what is in force: two objects of one bucket. Nothing, when they are
    /// not.
    #[must_use]
    pub fn new(clients: Arc<Clients>, written: &Location, active: &Location) -> Option<Self> {
        match (written, active) {
            (Location::S3 { bucket, key }, Location::S3 { bucket: other, key: active })
                if bucket == other =>
            {
                let (bucket, written, active) = (bucket.clone(), key.clone(), active.clone());
                Some(Self { clients, bucket, written, active })
            }
            _ => None,
        }
    }

    /// Whether an object is the one that people write.
    #[must_use]
    pub fn is_written_by_people(&self, object: &RulesObject) -> bool {
        object.bucket == self.bucket && object.key == self.written
    }

    /// That version of the file; nothing, when it is gone.
    ///
    /// # Errors
    /// It could not be read, or is too large to be a rules file.
    pub async fn version(&self, object: &RulesObject) -> Result<Option<Vec<u8>>, StoreFailure> {
        let location = Location::S3 { bucket: self.bucket.clone(), key: self.written.clone() };
        let store = Store::new(location, Arc::clone(&self.clients));
        match store.read_version(object.version_id.as_deref()).await? {
            Read::Found { bytes, .. } => Ok(Some(bytes)),
            Read::Absent | Read::NotModified => Ok(None),
        }
    }

    /// What is in force now.
    ///
    /// # Errors
    /// What S3 said. That nothing is in force yet is not an error.
    pub async fn in_force(&self) -> Result<InForce, CallFailure> {
        let head = self.clients.s3().head_object().bucket(&self.bucket).key(&self.active);
        match head.send().await {
            Ok(object) => {
                let metadata = object.metadata().and_then(|fields| fields.get(SEQUENCER)).cloned();
                Ok(InForce { etag: object.e_tag, sequencer: metadata })
            }
            Err(error) if error.as_service_error().is_some_and(HeadObjectError::is_not_found) => {
                Ok(InForce::default())
            }
            Err(error) => Err(failed(HEAD_OBJECT)(error)),
        }
    }

    /// Puts a version in force, in place of what was seen to be.
    ///
    /// # Errors
    /// What S3 said.
    pub async fn promote(
        &self,
        object: &RulesObject,
        bytes: Vec<u8>,
        over: &InForce,
    ) -> Result<Promoted, CallFailure> {
        let fields = [(VERSION_ID, &object.version_id), (SEQUENCER, &object.sequencer)];
        let known =
            fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?)));
        let put = self.clients.s3().put_object().bucket(&self.bucket).key(&self.active);
        let put = put.set_metadata(Some(known.collect::<HashMap<_, _>>()));
        let put = match &over.etag {
            Some(etag) => put.if_match(etag),
            None => put.if_none_match("*"),
        };
        match put.body(ByteStream::from(bytes)).send().await {
            Ok(_) => Ok(Promoted::Yes),
            Err(error) if is_overtaken(&error) => Ok(Promoted::Overtaken),
            Err(error) => Err(failed(PUT_OBJECT)(error)),
        }
    }
}

/// S3's answers to a condition that does not hold, or did not while it looked.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
fn is_overtaken(error: &SdkError<PutObjectError, HttpResponse>) -> bool {
    let status = error.raw_response().map(|response| response.status().as_u16());
    matches!(status, Some(409 | 412))
}
