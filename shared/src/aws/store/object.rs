//! A file in S3.

use std::collections::HashMap;

use aws_sdk_s3::{
    operation::{
        get_object::{GetObjectError, GetObjectOutput},
        head_object::HeadObjectError,
        put_object::{PutObjectError, builders::PutObjectFluentBuilder},
    },
    primitives::ByteStream,
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};

use crate::{
    aws::failure::failed,
    failure::{CallFailure, FailureKind},
};

use super::{Read, Seen, Store, StoreFailure, Version};

const GET_OBJECT: &str = "s3:GetObject";
const HEAD_OBJECT: &str = "s3:HeadObject";
const PUT_OBJECT: &str = "s3:PutObject";
const DELETE_OBJECT: &str = "s3:DeleteObject";

/// Which state of an object is wanted.
#[derive(Clone, Copy)]
pub(super) enum Which<'a> {
    /// The newest, unless it has that entity tag.
    Unless(Option<&'a str>),
    /// The version of that id.
    Version(&'a str),
}

impl Store {
    pub(super) fn put_object(
        &self,
        bucket: &str,
        key: &str,
        bytes: Vec<u8>,
        fields: HashMap<String, String>,
    ) -> PutObjectFluentBuilder {
        let put = self.clients.s3().put_object().bucket(bucket).key(key);
        put.set_metadata(Some(fields)).body(ByteStream::from(bytes))
    }

    pub(super) async fn put(&self, put: PutObjectFluentBuilder) -> Result<(), StoreFailure> {
        let put = put.send().await.map_err(failed(PUT_OBJECT));
        put.map(drop).map_err(|source| self.in_s3(source))
    }

    /// Writes over what has that entity tag, or over nothing; nothing, when it is something else by now.
    ///
    /// An answer may get lost on its way, and the SDK asks again then: what is there by now may be what it wrote itself.
    /// So whoever was overtaken looks once whether it was by itself.
    pub(super) async fn put_over(
        &self,
        (bucket, key): (&str, &str),
        bytes: &[u8],
        fields: &HashMap<String, String>,
        etag: Option<&str>,
    ) -> Result<Option<Version>, StoreFailure> {
        let put = || {
            let put = self.put_object(bucket, key, bytes.to_vec(), fields.clone());
            match etag {
                Some(etag) => put.if_match(etag),
                None => put.if_none_match("*"),
            }
        };
        let put = match put().send().await {
            Err(error) if is_in_conflict(&error) => put().send().await,
            put => put,
        };
        match put {
            Ok(put) => Ok(Some(Version { etag: put.e_tag, id: put.version_id })),
            Err(error) if is_overtaken(&error) => self.if_it_is((bucket, key), bytes, fields).await,
            Err(error) => Err(self.in_s3(failed(PUT_OBJECT)(error))),
        }
    }

    /// The newest version, if it is this.
    async fn if_it_is(
        &self,
        (bucket, key): (&str, &str),
        bytes: &[u8],
        fields: &HashMap<String, String>,
    ) -> Result<Option<Version>, StoreFailure> {
        let object = match self.clients.s3().get_object().bucket(bucket).key(key).send().await {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(is_absent) => return Ok(None),
            Err(error) => return Err(self.in_s3(failed(GET_OBJECT)(error))),
        };
        let id = object.version_id().map(str::to_owned);
        let is_kept_with = object.metadata().cloned().unwrap_or_default() == *fields;
        Ok(match self.read_body(object).await? {
            Read::Found { bytes: there, etag } if is_kept_with && there == bytes => {
                Some(Version { etag, id })
            }
            _ => None,
        })
    }

    pub(super) async fn delete_object(&self, bucket: &str, key: &str) -> Result<(), StoreFailure> {
        let delete = self.clients.s3().delete_object().bucket(bucket).key(key);
        let deleted = delete.send().await.map_err(failed(DELETE_OBJECT));
        deleted.map(drop).map_err(|source| self.in_s3(source))
    }

    pub(super) async fn look_at_object(
        &self,
        bucket: &str,
        key: &str,
    ) -> Result<Option<Seen>, StoreFailure> {
        let head = self.clients.s3().head_object().bucket(bucket).key(key);
        match head.send().await {
            Ok(object) => {
                let fields = object.metadata().cloned().unwrap_or_default();
                Ok(Some(Seen { etag: object.e_tag, fields }))
            }
            Err(error) if error.as_service_error().is_some_and(HeadObjectError::is_not_found) => {
                Ok(None)
            }
            Err(error) => Err(self.in_s3(failed(HEAD_OBJECT)(error))),
        }
    }

    pub(super) async fn read_object(
        &self,
        bucket: &str,
        key: &str,
        which: Which<'_>,
    ) -> Result<Read, StoreFailure> {
        let get = self.clients.s3().get_object().bucket(bucket).key(key);
        let get = match which {
            Which::Unless(etag) => get.set_if_none_match(etag.map(str::to_owned)),
            Which::Version(id) => get.version_id(id),
        };
        match get.send().await {
            Ok(object) => self.read_body(object).await,
            Err(error) if is_not_modified(&error) => Ok(Read::NotModified),
            Err(error) if error.as_service_error().is_some_and(is_absent) => Ok(Read::Absent),
            Err(error) => Err(self.in_s3(failed(GET_OBJECT)(error))),
        }
    }

    /// Reads an object a piece at a time, so that one that is too large is dropped before it fills
    /// the memory.
    async fn read_body(&self, mut object: GetObjectOutput) -> Result<Read, StoreFailure> {
        let announced = object.content_length().and_then(|length| usize::try_from(length).ok());
        if announced.is_some_and(|length| length > self.most) {
            return Err(self.too_large());
        }
        let mut bytes = Vec::new();
        while let Some(piece) =
            object.body.try_next().await.map_err(|error| self.in_s3(cut_off(&error)))?
        {
            bytes.extend_from_slice(&piece);
            if bytes.len() > self.most {
                return Err(self.too_large());
            }
        }
        Ok(Read::Found { bytes, etag: object.e_tag })
    }

    fn in_s3(&self, source: CallFailure) -> StoreFailure {
        StoreFailure::Call { location: self.location.clone(), source }
    }
}

/// The object is not there, or that version of it is not. S3's model has no name for the latter.
fn is_absent(error: &GetObjectError) -> bool {
    error.is_no_such_key() || error.meta().code() == Some("NoSuchVersion")
}

/// S3's model does not know the answer "not modified", so the SDK takes it for an error.
fn is_not_modified(error: &SdkError<GetObjectError, HttpResponse>) -> bool {
    error.raw_response().is_some_and(|response| response.status().as_u16() == 304)
}

/// S3's answers to a condition that does not hold, or did not while it looked.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
fn is_overtaken(error: &SdkError<PutObjectError, HttpResponse>) -> bool {
    matches!(status(error), Some(409 | 412))
}

/// Somebody else wrote or deleted while S3 looked at the condition: nobody knows yet whether it holds, and S3 asks for
/// the same once more.
///
/// Source: as [`is_overtaken`]
fn is_in_conflict(error: &SdkError<PutObjectError, HttpResponse>) -> bool {
    status(error) == Some(409)
}

fn status(error: &SdkError<PutObjectError, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// The connection broke in the middle of an object.
fn cut_off(error: &dyn std::error::Error) -> CallFailure {
    CallFailure {
        operation: GET_OBJECT,
        code: "CutOff".to_owned(),
        message: error.to_string(),
        kind: FailureKind::Transient,
    }
}
