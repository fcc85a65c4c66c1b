//! The policies of one request, prepared, layer by layer. As in [`PolicySet`], `None` where a layer does
//! not apply.

use crate::compiled::{CompiledDocument, Compiler};
use gateproof_model::policy::Document;
use gateproof_model::policy_set::{BlockPublicAccess, Grant, PolicySet};
use std::sync::Arc;

/// One level, or one layer without levels.
pub type Documents = Vec<Arc<CompiledDocument>>;

/// The layers of one request, held by others.
#[derive(Debug, Clone, Copy, Default)]
pub struct Layers<'a> {
    /// Identity policies.
    pub identity: &'a [Arc<CompiledDocument>],
    /// The permissions boundary; an empty list allows nothing.
    pub boundary: Option<&'a [Arc<CompiledDocument>]>,
    /// Session policies; an empty list allows nothing.
    pub session: Option<&'a [Arc<CompiledDocument>]>,
    /// The policy of the resource.
    pub resource: Option<&'a Arc<CompiledDocument>>,
    /// Service control policies, a list a level, root first.
    pub scps: &'a [Documents],
    /// Resource control policies, a list a level, root first.
    pub rcps: &'a [Documents],
    /// The policy of the VPC endpoint.
    pub endpoint: Option<&'a [Arc<CompiledDocument>]>,
    /// S3 Block Public Access as it applies to the bucket.
    pub block_public_access: BlockPublicAccess,
    /// Grants of the KMS key.
    pub grants: &'a [Grant],
}

/// The layers of a [`PolicySet`], prepared.
#[derive(Debug, Clone, Default)]
pub struct CompiledPolicies {
    identity: Documents,
    boundary: Option<Documents>,
    session: Option<Documents>,
    resource: Option<Arc<CompiledDocument>>,
    scps: Vec<Documents>,
    rcps: Vec<Documents>,
    endpoint: Option<Documents>,
    block_public_access: BlockPublicAccess,
    grants: Vec<Grant>,
}

/// Documents, prepared.
pub fn compile_documents(documents: &[Arc<Document>], compiler: &Compiler) -> Documents {
    documents.iter().map(|d| compiler.compile(d)).collect()
}

/// Levels of documents, prepared.
pub fn compile_levels(levels: &[Vec<Arc<Document>>], compiler: &Compiler) -> Vec<Documents> {
    levels.iter().map(|level| compile_documents(level, compiler)).collect()
}

impl CompiledPolicies {
    /// Prepares every document of the set.
    pub fn of(policies: &PolicySet, compiler: &Compiler) -> Self {
        let some =
            |layer: &Option<Vec<Arc<Document>>>| layer.as_deref().map(|d| compile_documents(d, compiler));
        Self {
            identity: compile_documents(&policies.identity, compiler),
            boundary: some(&policies.boundary),
            session: some(&policies.session),
            resource: policies.resource.as_ref().map(|d| compiler.compile(d)),
            scps: compile_levels(&policies.scps, compiler),
            rcps: compile_levels(&policies.rcps, compiler),
            endpoint: some(&policies.endpoint),
            block_public_access: policies.block_public_access,
            grants: policies.grants.clone(),
        }
    }

    /// The layers.
    pub fn layers(&self) -> Layers<'_> {
        Layers {
            identity: &self.identity,
            boundary: self.boundary.as_deref(),
            session: self.session.as_deref(),
            resource: self.resource.as_ref(),
            scps: &self.scps,
            rcps: &self.rcps,
            endpoint: self.endpoint.as_deref(),
            block_public_access: self.block_public_access,
            grants: &self.grants,
        }
    }
}
