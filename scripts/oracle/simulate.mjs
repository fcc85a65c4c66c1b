// Reads `gateproof decide` lines and prints what the outside evaluator says: a line each,
// {"id", "decision"} or {"id", "skipped": WHY} where it does not model the line or refuses it.
// Usage: node simulate.mjs FOLDER_WITH_NODE_MODULES < LINES

import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'

const require = createRequire(resolve(process.argv[2], 'package.json'))
const { runSimulation, anonymousPrincipal } = require('@cloud-copilot/iam-simulate')

// Why a line is outside what the evaluator models; undefined where it is inside.
function unmodelled({ request, policies }) {
  if (policies.grants?.length) return 'KMS grants'
  if (policies.session && policies.session.length !== 1) return 'not one session policy'
  if (policies.boundary && policies.boundary.length === 0) return 'an empty boundary'
  if (policies.endpoint && policies.endpoint.length === 0) return 'an empty endpoint policy'
  if (/\*[^"]*\*[^"]*\*[^"]*\*[^"]*\*/.test(JSON.stringify(policies))) return 'a text with five wildcards: its matching can take for ever'
  if (!['AWS', 'Service', 'Anonymous'].includes(request.principal.type)) return 'federated callers'
  return undefined
}

function levels(list) {
  return (list ?? []).map((documents, level) => ({
    orgIdentifier: `level-${level}`,
    policies: documents.map((policy, n) => ({ name: `policy-${level}-${n}`, policy })),
  }))
}

function named(documents) {
  return documents.map((policy, n) => ({ name: `policy-${n}`, policy }))
}

function simulation({ request, policies }) {
  const anonymous = request.principal.type === 'Anonymous'
  const principalSide = !anonymous && request.principal.type !== 'Service'
  return {
    request: {
      principal: anonymous ? anonymousPrincipal : request.principal.id,
      action: request.action,
      resource: {
        resource: request.resource,
        accountId: request.resource_account ?? request.resource.split(':')[4] ?? request.principal_account,
      },
      contextVariables: request.context,
    },
    identityPolicies: principalSide ? named(policies.identity ?? []) : [],
    sessionPolicy: principalSide ? policies.session?.[0] : undefined,
    permissionBoundaryPolicies: principalSide && policies.boundary ? named(policies.boundary) : undefined,
    serviceControlPolicies: principalSide ? levels(policies.scps) : [],
    resourceControlPolicies: levels(policies.rcps),
    resourcePolicy: policies.resource ?? undefined,
    vpcEndpointPolicies: policies.endpoint ? named(policies.endpoint) : undefined,
    additionalSettings: { s3: { blockPublicAccess: policies.block_public_access?.RestrictPublicBuckets ?? false } },
  }
}

async function answer(line) {
  const why = unmodelled(line)
  if (why) return { id: line.id, skipped: why }
  try {
    const result = await runSimulation(simulation(line), {})
    if (result.resultType === 'error') return { id: line.id, skipped: result.errors.message }
    if (result.resultType !== 'single') return { id: line.id, skipped: 'a resource with wildcards' }
    if (result.result.ignoredContextKeys.length) return { id: line.id, skipped: 'context keys that the action does not list' }
    return { id: line.id, decision: result.overallResult }
  } catch (error) {
    return { id: line.id, skipped: `exception: ${error.message}` }
  }
}

for await (const text of createInterface({ input: process.stdin })) {
  if (text.trim()) process.stdout.write(`${JSON.stringify(await answer(JSON.parse(text)))}\n`)
}
