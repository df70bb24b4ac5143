/** The table of known gates: apps and jobs whose results state something about a pull request, each with its source. */
import { matchesGlob } from './glob.ts'
import type { Job } from './run.ts'

/** Apps and jobs that state one kind of thing. */
interface KnownGate {
  /** Names and globs of jobs; in lower case, because projects write them in many ways. */
  names: readonly string[]
  /** Slugs of apps all of whose check runs are gates. */
  apps: readonly string[]
  what: string
  source: string
}

const KNOWN_GATES: readonly KnownGate[] = [
  {
    names: ['easycla', 'license/easycla'],
    apps: ['linux-foundation-easycla', 'easycla'],
    what: 'CLA signed',
    source: 'linuxfoundation/easycla, cla-backend/cla/models/github_models.py',
  },
  {
    names: [
      'license/cla',
      'licence/cla',
      'cla/google',
      'cla/linuxfoundation',
      'cla',
      'cla-signed',
      'cla check',
      'clacheck',
      'cla assistant',
      'claassistant',
      'verification/cla-signed',
    ],
    apps: [
      'google-cla',
      'cla-assistant',
      'cla-bot',
      'meta-cla',
      'microsoft-github-policy-service',
      'microsoft-cla',
      'salesforce-cla',
    ],
    what: 'CLA signed',
    source:
      'cla-assistant/cla-assistant, src/server/services/status.js; opensource.google/documentation/reference/cla',
  },
  {
    names: ['dco', 'dco check', 'dco/*', 'probot/dco', 'signed-off-by', 'developer certificate of origin'],
    apps: ['dco', 'dco-2', 'kubevirt-dco'],
    what: 'DCO signed',
    source: 'dcoapp/app, index.js; cncf/dco2',
  },
  {
    names: [
      'semantic-pull-request',
      'semantic pull request',
      'semantic pull requests',
      'semantic-pr',
      'semantic pr',
      'conventional pr title',
      'pr title',
      'pr-title',
      'title check',
    ],
    apps: ['semantic-pull-requests', 'semantic-prs'],
    what: 'title rules',
    source: 'zeke/semantic-pull-requests; Ezard/semantic-prs; amannn/action-semantic-pull-request',
  },
  {
    names: ['wip', 'do not merge', 'do-not-merge'],
    apps: ['wip', 'do-not-merge', 'donotmerge'],
    what: 'work in progress',
    source: 'wip/app, lib/handle-pull-request-change.js',
  },
  {
    names: ['policy-bot: *', 'policy-bot'],
    apps: ['policy-bot'],
    what: 'approval rules',
    source: 'palantir/policy-bot, config setting status_check_context',
  },
  {
    names: [
      'pullapprove',
      'code-review/pullapprove*',
      'pullapprove*',
      'reviewable',
      'code-review/reviewable',
      'approvals',
      'prow/approve',
    ],
    apps: ['pullapprove', 'pullapprove4', 'reviewable'],
    what: 'approval rules',
    source: 'docs.pullapprove.com; docs.reviewable.io',
  },
  {
    names: ['mergify merge protections', 'mergify — *', 'mergify - *', 'mergify merge queue'],
    apps: ['mergify'],
    what: 'merge protections',
    source: 'docs.mergify.com/merge-protections',
  },
  {
    names: [
      'codecov/*',
      'coverage/coveralls',
      'coveralls',
      'codacy/coverage',
      'codeclimate/diff-coverage',
      'codeclimate/total-coverage',
    ],
    apps: ['codecov', 'coveralls'],
    what: 'coverage threshold',
    source: 'docs.codecov.com/docs/commit-status; docs.coveralls.io/coverage-notifications',
  },
  {
    names: ['vercel', 'vercel – *', 'vercel - *', 'netlify/*/deploy-preview', 'deploy/netlify'],
    apps: ['vercel', 'netlify'],
    what: 'permission to deploy',
    source: 'vercel.com/docs/git/vercel-for-github; docs.netlify.com/site-deploys/deploy-previews',
  },
  {
    names: [
      'label checker',
      'label-checker',
      'label check',
      'labels check',
      'check labels',
      'required labels',
      'require labels',
      'verify labels',
      'enforce labels',
      'kind label',
      'release note label',
    ],
    apps: ['label-checker', 'required-labels', 'prlabeler'],
    what: 'label rules',
    source: 'agilepathway/label-checker; mheap/github-action-required-labels',
  },
  {
    names: ['tide', 'keeper'],
    apps: ['prow-tide'],
    what: 'merge conditions',
    source: 'kubernetes-sigs/prow, pkg/tide/status.go; jenkins-x/lighthouse, pkg/keeper/status.go',
  },
]

/** Why a job is a gate by its app and name; null for jobs that are not in the table. */
export function knownGate({ name, app }: Pick<Job, 'name' | 'app'>): { why: string } | null {
  const lower = name.toLowerCase()
  const known = KNOWN_GATES.find(
    ({ names, apps }) => (app !== '' && apps.includes(app)) || names.some((glob) => matchesGlob(lower, glob)),
  )
  return known ? { why: `known to state: ${known.what}` } : null
}
