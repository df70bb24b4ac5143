/**
 * Gates: jobs whose result states something about the pull request (CLA signed, title, labels, approval, coverage) and not about an
 * execution of its code. They flip when a person acts. A gate never flakes and tests no pull request.
 */
import type { CommentFact } from './facts.ts'
import { matchesGlob } from './glob.ts'
import type { PullRequestAct } from './head-facts.ts'
import type { Request } from './request.ts'
import { ACTIONS_APP, type Job, type Run } from './run.ts'
import { MINUTE_MS, SECOND_MS } from './time.ts'

/** Why a job is a gate, as a clause without a full stop; null where it is a test. */
export type GateOf = (job: Pick<Job, 'name' | 'app'> & { job_id?: number }) => { why: string } | null

/** A job that was learned to be a gate. */
export interface LearnedGate {
  job_id: number
  /** What a person had done before each change of its outcome, such as `a label`. */
  followed: string
  /** At how many commits its outcome changed. */
  changes: number
}

/** Apps and contexts that state something about a pull request, and where that can be read. */
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

/** Decides which jobs are gates: those in the table, and those learned in their repository. */
export function gatesAmong(learned: readonly LearnedGate[]): GateOf {
  const byId = new Map(learned.map((gate) => [gate.job_id, gate]))
  return (job) => {
    const known = knownGate(job)
    if (known) return known
    const gate = byId.get(job.job_id ?? -1)
    if (!gate) return null
    const { changes, followed } = gate
    const times = changes === 1 ? 'its only change of result' : `each of its ${changes} changes of result`
    return { why: `${times} followed ${followed} within 10 minutes, and it never ran for 30 s` }
  }
}

/** Why a job is a gate by its app and name; null for jobs that are not in the table. */
export function knownGate({ name, app }: Pick<Job, 'name' | 'app'>): { why: string } | null {
  const lower = name.toLowerCase()
  const known = KNOWN_GATES.find(
    ({ names, apps }) => (app !== '' && apps.includes(app)) || names.some((glob) => matchesGlob(lower, glob)),
  )
  return known ? { why: `known to state: ${known.what}` } : null
}

/** Words in the names of jobs that often are gates. */
const LOOKS_LIKE =
  /\b(?:cla|dco|label(?:s|er)?|title|changelog|approv(?:e|al|als|ed)|wip|semantic|milestone|signed[- ]off|reviewers?)\b/i

/** Whether a job's name suggests that it is a gate, for hints about jobs that are counted. */
export function looksLikeGate(name: string): boolean {
  return LOOKS_LIKE.test(name.replaceAll(/[_/]/g, ' '))
}

/** A job all of whose runs are shorter may be a gate. */
export const MAX_GATE_MS = 30 * SECOND_MS
/** A gate's result follows what a person did within this time. */
const MAX_REACTION_MS = 10 * MINUTE_MS

/** What a person can do to a pull request that makes a gate flip, in words. */
const ACTS: ReadonlyMap<string, string> = new Map([
  ['edited', 'an edit'],
  ['labeled', 'a label'],
  ['unlabeled', 'a label'],
  ['comment', 'a comment'],
  ['review', 'a review'],
  ['review_comment', 'a review'],
])

/** Something that a person did to a pull request. */
export interface Act {
  number: number
  /** Epoch ms. */
  at: number
  what: string
}

/**
 * What was done to the pull requests besides pushes and commands.
 * @param isCommand whether a comment holds a command: it is addressed to CI and not to people
 * @param isBot whether an account is a robot: their comments say nothing about what a person did
 */
export function actsIn(
  events: readonly PullRequestAct[],
  comments: readonly CommentFact[],
  { isCommand, isBot }: { isCommand(comment: CommentFact): boolean; isBot(comment: CommentFact): boolean },
): Act[] {
  const ofEvents = events.flatMap(({ number, action, reported_at }) => {
    const what = ['edited', 'labeled', 'unlabeled'].includes(action) ? ACTS.get(action) : undefined
    return what ? [{ number, at: Date.parse(reported_at), what }] : []
  })
  const ofComments = comments
    .filter((comment) => !isCommand(comment) && !isBot(comment))
    .flatMap(({ number, kind, reported_at }) => {
      const what = ACTS.get(kind)
      return what ? [{ number, at: Date.parse(reported_at), what }] : []
    })
  return [...ofEvents, ...ofComments]
}

/**
 * What every change of a job's outcome at one commit followed; null when some change followed nothing that a person did, when it is a
 * further attempt of a workflow run, or when somebody had asked for a re-run.
 * @param runs passes and failures of the job at the commit, oldest first
 */
export function followedActs(
  runs: readonly Run[],
  number: number,
  acts: readonly Act[],
  requests: readonly Request[],
): string | null {
  const followed = new Set<string>()
  for (let i = 1; i < runs.length; i++) {
    const [before, after] = [runs[i - 1] as Run, runs[i] as Run]
    if (before.outcome === after.outcome) continue
    if (before.suiteId !== null && before.suiteId === after.suiteId && before.job.app === ACTIONS_APP)
      return null
    const isAskedFor = requests.some(
      ({ at, isFor }) => at >= before.completedAt && at <= after.completedAt && isFor(after.job, number),
    )
    const act = acts.findLast(
      (act) =>
        act.number === number &&
        act.at >= before.completedAt &&
        act.at <= after.completedAt &&
        after.completedAt - act.at <= MAX_REACTION_MS,
    )
    if (isAskedFor || !act) return null
    followed.add(act.what)
  }
  return followed.size === 0 ? null : [...followed].sort().join(', ')
}
